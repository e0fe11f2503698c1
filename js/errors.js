// What goes wrong. Arguments that are wrong are a TypeError or a RangeError, as everywhere in JavaScript.

// What minitok refuses, with the reason in words.
export class MinitokError extends Error {}
MinitokError.prototype.name = "MinitokError";

// A file that is not a tokenizer, or one that minitok does not read.
export class FileFormatError extends MinitokError {}
FileFormatError.prototype.name = "FileFormatError";
