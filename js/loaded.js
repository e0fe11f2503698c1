// The modules of a program, each with one instance: the one that has the published encodings, and a larger one that reads files.

import { moduleAt } from "./bytes.js";
import { Engine } from "./engine.js";

class Loaded {
  constructor(address) {
    Object.assign(this, { address, loading: null });
  }

  // After a failure there is a new one, for what is opened from then on. `Kept` is the class of its tokenizers.
  async engine(Kept) {
    this.loading ??= moduleAt(this.address).then((module) => Engine.of(module, Kept));
    const asked = this.loading;
    const engine = await asked.catch((error) => error);
    if (engine instanceof Engine && !engine.failure) return engine;
    if (this.loading === asked) this.loading = null;
    if (engine instanceof Engine) return this.engine(Kept);
    throw engine; // what could not be fetched may be there next time
  }
}

export const published = new Loaded(new URL("../minitok.wasm", import.meta.url));
export const files = new Loaded(new URL("../minitok-files.wasm", import.meta.url));
