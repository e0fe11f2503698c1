//! One program with all fuzz targets: `MINITOK_FUZZ` names the one that runs. `tools/fuzz.sh` builds and runs it.
//!
//! Whatever an input says, the fast paths, the mirror and a textbook agree, no reader panics, and nothing takes long. In this build caches and chunks
//! are tiny (`cfg(fuzzing)`), since those of real sizes never fill up on inputs of a few hundred bytes.

#![no_main]

mod characters;
mod counting;
mod encoding;
mod formats;
mod input;
mod patterns;
mod readers;
mod sessions;
mod streams;
mod training;

use libfuzzer_sys::fuzz_target;
use minitok::support::once::Once;

type Target = fn(&[u8]);

fn target() -> Target {
    static TARGET: Once<Target> = Once::new();
    *TARGET.get_or_make(|| match std::env::var("MINITOK_FUZZ").as_deref() {
        Ok("characters") => characters::run,
        Ok("counting") => counting::run,
        Ok("encoding") => encoding::run,
        Ok("formats") => formats::run,
        Ok("training") => training::run,
        Ok("readers") => readers::run,
        Ok("patterns") => patterns::run,
        Ok("sessions") => sessions::run,
        Ok("streams") => streams::run,
        other => panic!("MINITOK_FUZZ names no target: {other:?}"),
    })
}

/// How many seconds of processor time an input may take, and how many more for each of its bytes. What is slow on a thousand
/// bytes is quadratic, or worse.
const MOST: f64 = 5.0;
const MOST_A_BYTE: f64 = 0.005;

/// How long this thread has run, in seconds, where the system says so.
fn spent() -> f64 {
    let said = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    said.split(' ').next().and_then(|nanoseconds| nanoseconds.parse::<f64>().ok()).unwrap_or(0.0) / 1e9
}

fuzz_target!(|data: &[u8]| {
    let began = spent();
    target()(data);
    let took = spent() - began;
    assert!(took < MOST + MOST_A_BYTE * data.len() as f64, "{took} seconds for {} bytes", data.len());
});
