// A text that changes: each change costs what it touches.
import { getEncoding } from "minitok";

const tokenizer = await getEncoding("cl100k_base");
const session = tokenizer.session("The quick brown fox");
const { start, removed, ids } = session.edit(4, 9, "slow");
console.log(start, removed, [...ids]); // prints 1 1 [ 6435 ]
console.log(session.text(), session.count()); // prints The slow brown fox 4
