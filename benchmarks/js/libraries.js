// Each library as { encode(text) -> ids, count(text) }, opened when it is asked for.

export const LIBRARIES = {
  async minitok() {
    const { encode, countTokens } = await import("minitok/o200k_base");
    return { encode, count: countTokens };
  },
  async "gpt-tokenizer"() {
    const { encode, countTokens } = await import("gpt-tokenizer/encoding/o200k_base");
    return { encode, count: countTokens };
  },
  async "js-tiktoken"() {
    const [{ Tiktoken }, { default: ranks }] = await Promise.all([import("js-tiktoken/lite"), import("js-tiktoken/ranks/o200k_base")]);
    const made = new Tiktoken(ranks);
    return { encode: (text) => made.encode(text), count: (text) => made.encode(text).length };
  },
};
