//! One program with all fuzz targets: `MINITOK_FUZZ` names the one that runs. `tools/fuzz.sh` builds and runs it.
//!
//! Whatever an input says, the fast paths, the mirror and a textbook agree, and no reader panics. In this build caches and chunks
//! are tiny (`cfg(fuzzing)`), since those of real sizes never fill up on inputs of a few hundred bytes.

#![no_main]

mod encoding;
mod input;
mod patterns;
mod readers;
mod streams;
mod training;

use libfuzzer_sys::fuzz_target;
use minitok::once::Once;

type Target = fn(&[u8]);

fn target() -> Target {
    static TARGET: Once<Target> = Once::new();
    *TARGET.get_or_make(|| match std::env::var("MINITOK_FUZZ").as_deref() {
        Ok("encoding") => encoding::run,
        Ok("training") => training::run,
        Ok("readers") => readers::run,
        Ok("patterns") => patterns::run,
        Ok("streams") => streams::run,
        other => panic!("MINITOK_FUZZ names no target: {other:?}"),
    })
}

fuzz_target!(|data: &[u8]| target()(data));
