//! How fast a file is encoded: `cargo run --release --example encode_speed -- RANKS.tiktoken PATTERN FILE [MB [long]]`.
//!
//! The first pass is *cold*: no word of the text has been met. The best of the passes after it is *warm*.

#![allow(clippy::cast_precision_loss, reason = "megabytes are not counted to the byte")]

use minitok::fast::encode::cut::split_by::SplitBy;
use minitok::fast::encode::encoder::Encoder;
use minitok::fast::pystr::source::Source;
use minitok::reference::published::patterns::scanner_of;
use minitok::reference::published::vocabs::Vocab;
use std::sync::Arc;

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let [_, ranks, pattern, file, rest @ ..] = args.as_slice() else { panic!("RANKS PATTERN FILE [MB [long]]") };
    let tier = scanner_of(pattern).expect("a pattern").expect("a pattern that is compiled");
    let text = std::fs::read(file).expect("a file to encode");
    let megabytes = rest.first().map_or(20, |mb| mb.parse().expect("a number of megabytes"));
    let text = &text[..text.len().min(megabytes * 1_000_000)];
    let vocab = Arc::new(read_ranks(ranks));
    let start = clock();
    let encoder = Encoder::new(vocab).unwrap();
    println!("tables  {:8.2} ms", (clock() - start) * 1e3);
    let short = if rest.len() > 1 { &[][..] } else { &[(20, 50_000), (200, 20_000), (2000, 5000)][..] };
    for &(len, rounds) in short {
        let mut ids = Vec::new();
        let start = clock();
        encoder.encode(Source::Bytes(&text[..len.min(text.len())]), SplitBy::Scan(&tier), &mut ids).expect("no regex");
        let first = (clock() - start) * 1e6;
        let start = clock();
        for _ in 0..rounds {
            ids.clear();
            encoder
                .encode(Source::Bytes(&text[..len.min(text.len())]), SplitBy::Scan(&tier), &mut ids)
                .expect("no regex");
        }
        println!("{len:5} bytes: first {first:.2} us, then {:.3} us", (clock() - start) * 1e6 / f64::from(rounds));
    }
    let megabytes = text.len() as f64 / 1e6;
    let mut best = f64::MAX;
    let mut ids = Vec::with_capacity(text.len() / 3);
    for pass in 0..6 {
        ids.clear();
        let start = clock();
        encoder.encode(Source::Bytes(text), SplitBy::Scan(&tier), &mut ids).expect("no regex");
        let time = clock() - start;
        if pass == 0 {
            println!("cold {:8.1} MB/s", megabytes / time);
        } else {
            best = best.min(time);
        }
    }
    let sum = ids
        .iter()
        .enumerate()
        .fold(0u64, |sum, (at, &id)| sum.wrapping_mul(31).wrapping_add(u64::from(id) ^ at as u64));
    println!("warm {:8.1} MB/s, {} ids, checksum {sum:x}", megabytes / best, ids.len());
    let start = clock();
    let count = encoder.count(Source::Bytes(text), SplitBy::Scan(&tier)).expect("no regex");
    println!("count {:7.1} MB/s, {count}", megabytes / (clock() - start));
}

/// Nanoseconds that this thread has run, which other programs do not lengthen; elsewhere than on Linux, the time of day.
fn clock() -> f64 {
    let scheduled = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let running = scheduled.and_then(|text| text.split(' ').next()?.parse::<f64>().ok());
    running.unwrap_or_else(|| {
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0.0, |time| time.as_secs_f64() * 1e9)
    }) / 1e9
}

fn read_ranks(path: &str) -> Vocab {
    let lines = std::fs::read_to_string(path).expect("a file of ranks");
    let ranks: Vec<(Vec<u8>, u32)> = (lines.lines())
        .map(|line| {
            let (token, rank) = line.split_once(' ').expect("a token and a rank");
            (base64(token), rank.parse().expect("a rank"))
        })
        .collect();
    Vocab::from_ranks(&ranks).expect("a vocabulary")
}

fn base64(text: &str) -> Vec<u8> {
    let digit = |byte: u8| match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' => 62,
        _ => 63,
    };
    let mut bytes = Vec::new();
    let (mut bits, mut have) = (0u32, 0);
    for byte in text.bytes().filter(|&byte| byte != b'=') {
        (bits, have) = (bits << 6 | u32::from(digit(byte)), have + 6);
        if have >= 8 {
            have -= 8;
            bytes.push((bits >> have & 0xFF) as u8);
        }
    }
    bytes
}
