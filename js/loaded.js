// The one instance of the module that a program has.

import { bytesAt } from "./bytes.js";
import { Engine } from "./engine.js";

let loading = null;

// After a failure there is a new one, for what is opened from then on.
export async function loadedEngine(Kept) {
  loading ??= bytesAt(new URL("../minitok.wasm", import.meta.url)).then((bytes) => Engine.of(bytes, Kept));
  const asked = loading;
  const engine = await asked.catch((error) => error);
  if (engine instanceof Engine && !engine.failure) return engine;
  if (loading === asked) loading = null;
  if (engine instanceof Engine) return loadedEngine(Kept);
  throw engine; // what could not be fetched may be there next time
}
