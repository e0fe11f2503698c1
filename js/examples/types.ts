// What compiles, and what must not.
import { encodingForModel, getEncoding, load, Session, Tokenizer, type Chunk, type Cover, type EncodeOptions, type Splice } from "minitok";
import { countTokens, encode, isWithinTokenLimit, tokenizer } from "minitok/o200k_base";
import * as whisper from "minitok/whisper_v3";

const ids: Uint32Array = encode("text", { allowedSpecial: "all" });
const count: number = countTokens(new Uint8Array(3), { disallowedSpecial: new Set(["<|endoftext|>"]) });
const fits: number | false = isWithinTokenLimit("text", count);
const options: EncodeOptions = { allowedSpecial: ["<|endoftext|>"] };
const text: string = whisper.decode(ids) + tokenizer.decode([1, 2, 3]);
const made: Promise<Tokenizer> = load(new URL("tokenizer.json", import.meta.url), { name: "mine" });
const model: Tokenizer = await encodingForModel("gpt-4o");
const session: Session = (await getEncoding("cl100k_base")).session(text, options);
const splice: Splice = session.edit(0, 1, "x");
const covers: Cover[] = session.covers();
const chunks: Chunk[] = model.chunk("text", 256, { at: ["paragraph", "sentence"], overlap: 32, fill: 0.33 });
const special: number | undefined = model.specialTokens["<|endoftext|>"];
void [fits, made, chunks[0].border === "line", splice.ids.length, covers.length, special];
await Tokenizer.fromFile(new Uint8Array(), { pattern: "cl100k" });

void [getEncoding("o200k"), getEncoding("gpt-4o-2024-08-06"), encodingForModel("gpt-4" as string)];

// @ts-expect-error: there is no such encoding
void getEncoding("o20k");
// @ts-expect-error: names come in a list
encode("text", { allowedSpecial: "<|endoftext|>" });
// @ts-expect-error: a chunk has a limit
model.chunk("text");
// @ts-expect-error: there is no such border
model.chunk("text", 256, { at: ["chapter"] });
// @ts-expect-error: a tokenizer does not change
tokenizer.name = "other";
// @ts-expect-error: tokenizers are opened
new Tokenizer();
