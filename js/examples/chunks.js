// A document in chunks of at most a number of tokens, as an index for retrieval holds them.
import { getEncoding } from "minitok";

const o200k = await getEncoding("o200k_base");
for (const { text, start, tokens, border } of o200k.chunk("One fish, two fish. Red fish.", 6)) {
  console.log(JSON.stringify(text), start, tokens, border);
}
// prints "One fish, two fish." 0 6 sentence
// prints " Red fish." 19 3 end
