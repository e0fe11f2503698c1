//! How fast patterns are compiled, and how fast they cut a file into pieces:
//! `cargo run --release --example scan_speed -- FILE [MB [PATTERN...]]`; the patterns of `tests/patterns.json` where none is given.
//!
//! Each line: the tier, classes and states, the time to parse and compile in milliseconds, megabytes a second (the median of five
//! passes), and the name.

#![allow(clippy::cast_precision_loss, reason = "megabytes are not counted to the byte")]

use minitok::fast::scan::{Scanner, Tier};
use minitok::reference::published::patterns::scanner_of;
use std::time::Instant;

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let [_, file, rest @ ..] = args.as_slice() else { panic!("FILE [MB [PATTERN...]]") };
    let text = std::fs::read(file).expect("a file to scan");
    let megabytes = rest.first().map_or(10, |mb| mb.parse().expect("a number of megabytes"));
    let text = &text[..text.len().min(megabytes * 1_000_000)];
    let patterns = if rest.len() > 1 { rest[1..].iter().map(|p| (p.clone(), p.clone())).collect() } else { in_use() };
    for (name, pattern) in patterns {
        let mut times: Vec<f64> = (0..5)
            .map(|_| {
                let start = Instant::now();
                let _ = scanner_of(&pattern).expect("a pattern");
                start.elapsed().as_secs_f64() * 1e3
            })
            .collect();
        times.sort_by(f64::total_cmp);
        let (kind, tier) = match scanner_of(&pattern).expect("a pattern") {
            Ok(tier) => (format!("{:?}", tier.size()), tier),
            Err(reason) => {
                println!("engine  {:5.2} ms            {name}: {reason}", times[2]);
                continue;
            }
        };
        println!("{:7} {kind:10} {:5.2} ms {:6.0} MB/s  {name}", tier.name(), times[2], speed(&tier, text));
    }
}

fn speed(tier: &Tier, text: &[u8]) -> f64 {
    let mut ends = Vec::new();
    let mut speeds: Vec<f64> = (0..5)
        .map(|_| {
            let start = Instant::now();
            let mut scanner = Scanner::of(tier, text);
            while scanner.next_block(&mut ends, 512).expect("masks and tables do not go back") {}
            text.len() as f64 / 1e6 / start.elapsed().as_secs_f64()
        })
        .collect();
    speeds.sort_by(f64::total_cmp);
    speeds[2]
}

/// The names and patterns of `tests/patterns.json`.
fn in_use() -> Vec<(String, String)> {
    let file: serde_json::Value = serde_json::from_str(include_str!("../tests/patterns.json")).expect("a JSON file");
    let text = |value: &serde_json::Value| value.as_str().expect("a text").to_owned();
    let patterns = file["patterns"].as_array().expect("a list");
    patterns.iter().map(|case| (text(&case["name"]), text(&case["pattern"]))).collect()
}
