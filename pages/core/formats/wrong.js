// Why a file cannot be read here.
export class WrongFile extends Error {}

// What minitok reads and this page does not.
export const elsewhere = (what) =>
  new WrongFile(`${what}, which this page does not read; minitok play does, and minitok convert FILE my.json writes a file that this page reads`);

export const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);

const MOST = 2 ** 31 - 1;
export const isId = (value) => Number.isInteger(value) && value >= 0 && value <= MOST;

// A value in a message: not more of it than can be read.
export function shown(value) {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
