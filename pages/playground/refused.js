// What a question may be answered with instead of an answer: why not, in a sentence.

export class Refused extends Error {
  constructor(message, code, kind) {
    super(message);
    Object.assign(this, { code, kind });
  }
}
