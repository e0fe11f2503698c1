// How long is a prompt, does it fit, and what of it is which token?
import { countTokens, decode, encode, isWithinTokenLimit } from "minitok/o200k_base";

const prompt = "What's in a name? That which we call a rose";
console.log(countTokens(prompt)); // prints 11
console.log(isWithinTokenLimit(prompt, 10)); // prints false
console.log([...encode(prompt)].map((id) => decode([id])).join("|")); // prints What's| in| a| name|?| That| which| we| call| a| rose
