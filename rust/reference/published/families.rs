//! The split patterns of families of open models, by name.
//!
//! What their files spell out in a long expression has a short name here, which a student can read and a trainer can type.
//! They stand next to the patterns of `OpenAI` (`pretokenize.rs`) and mean the same everywhere: in a file, in a step of a
//! pattern that cuts in turn, on the command line.
//!
//! By hand: `qwen2` is `llama3` with digits one by one, so `in 2024` is `in` ` ` `2` `0` `2` `4` under the one, and `in` ` `
//! `202` `4` under the other.
//!
//! Invariants: no name is a regular expression that anyone would write; a pattern that cuts in turn is spelled with `(?#then)`
//! between its steps, one of which may be a name.
//!
//! Implements SPEC P3.

pub const FAMILIES: [(&str, &str); 7] = [
    (
        // Llama 3, GLM 4.
        "llama3",
        concat!(
            r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*",
            r"|\s*[\r\n]+|\s+(?!\S)|\s+",
        ),
    ),
    (
        // Qwen 2, 2.5 and 3.
        "qwen2",
        concat!(
            r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*",
            r"|\s*[\r\n]+|\s+(?!\S)|\s+",
        ),
    ),
    (
        // Qwen 3.5: a mark belongs to its letter.
        "qwen3.5",
        concat!(
            r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*",
            r"|\s*[\r\n]+|\s+(?!\S)|\s+",
        ),
    ),
    (
        // Mistral's models from Nemo on.
        "tekken",
        concat!(
            r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+",
            r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*",
            r"|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+",
        ),
    ),
    (
        // Kimi K2, Moonlight: o200k with runs of Han characters apart.
        "kimi",
        concat!(
            r"[\p{Han}]+",
            r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]*[\p{Ll}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]+",
            r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
            r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]+[\p{Ll}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]*",
            r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
            r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
        ),
    ),
    (
        // DeepSeek V3 and R1: three cuts in turn.
        "deepseek3",
        concat!(
            r"\p{N}{1,3}(?#then)[\u4E00-\u9FA5\u3040-\u309F\u30A0-\u30FF]+(?#then)",
            r##"[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+"##,
            r"| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
        ),
    ),
    (
        // StarCoder, SmolLM, Command R: digits one by one, then as GPT-2.
        "starcoder", r"\p{N}(?#then)gpt2",
    ),
];
