//! One crate on two texts, in a process of its own: `minitok-peers PEER ENCODING FILE OP THREADS verify|time CLOCK TEXT IDS TEXT IDS`.
//!
//! FILE is the encoding as a `tokenizer.json`; IDS are files of NumPy's. OP is `encode`: a text to ids; `batch`: documents with a zero
//! between them, on some threads; or `stream`: ids to text, one by one. Prints a line of JSON: seconds to load, of the first pass over
//! the first text, of one over the second, and of later passes over the first (their median); or why the crate is not timed.

mod peer;
mod peers;

use peer::{Fails, Peer};
use serde_json::{Value, json};
use std::path::Path;
use std::time::Instant;

/// Seconds of the passes over a text that is known.
const WARM_SECONDS: f64 = 0.4;
const WARM_PASSES: usize = 9;

/// Seconds: of the clock on the wall, or those that this process had a processor.
#[derive(Clone, Copy)]
enum Clock {
    Wall(Instant),
    Cpu,
}

impl Clock {
    fn now(self) -> f64 {
        let Clock::Wall(start) = self else {
            let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
            // SAFETY: it writes into `time` only.
            unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &raw mut time) };
            return time.tv_sec as f64 + time.tv_nsec as f64 / 1e9;
        };
        start.elapsed().as_secs_f64()
    }

    fn timed<T>(self, work: impl FnOnce() -> T) -> (f64, T) {
        let start = self.now();
        let made = work();
        (self.now() - start, made)
    }
}

/// The numbers of a file of NumPy's, which are `u32`.
fn ids_of(path: &str) -> Result<Vec<u32>, Fails> {
    let bytes = std::fs::read(path)?;
    let header = 10 + usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    if !bytes[..header].windows(3).any(|window| window == b"<u4") {
        return Err("not a file of numbers of 32 bits".into());
    }
    Ok(bytes[header..].as_chunks().0.iter().map(|&word| u32::from_le_bytes(word)).collect())
}

/// A text, its documents, and all their ids.
struct Given {
    text: String,
    documents: Vec<String>,
    ids: Vec<u32>,
}

enum Made {
    Ids(Vec<u32>),
    Batch(Vec<Vec<u32>>),
    Text(String),
}

impl Made {
    fn unequal(self, given: &Given) -> Option<String> {
        let (found, wanted) = match self {
            Made::Text(text) => return (text != given.text).then(|| "another text".into()),
            Made::Batch(batch) => (batch.concat(), &given.ids),
            Made::Ids(ids) => (ids, &given.ids),
        };
        let shorter = found.len().min(wanted.len());
        let place = found.iter().zip(wanted).position(|(one, other)| one != other).unwrap_or(shorter);
        let (found, wanted) = (found.len(), wanted.len());
        (place < found.max(wanted)).then(|| format!("other ids: {found} instead of {wanted}, the first at {place}"))
    }
}

/// What is measured; None if the crate does not do it.
fn work<'p>(peer: &'p Peer, op: &str, threads: usize) -> Option<Box<dyn Fn(&Given) -> Made + 'p>> {
    Some(match op {
        "encode" => Box::new(|given| Made::Ids((peer.encode)(&given.text))),
        "batch" => Box::new(move |given| Made::Batch((peer.batch)(&given.documents, threads))),
        _ => {
            let stream = peer.stream.as_ref()?;
            Box::new(|given| Made::Text(stream(&given.ids)))
        }
    })
}

fn measured(arguments: &[String]) -> Result<Value, Fails> {
    let [peer, encoding, file, op, threads, what, clock, given @ ..] = arguments else {
        return Err("see main.rs".into());
    };
    let clock = if clock == "cpu" { Clock::Cpu } else { Clock::Wall(Instant::now()) };
    let read = |pair: &[String]| {
        let text = std::fs::read_to_string(&pair[0])?;
        let documents = text.split('\0').map(str::to_owned).collect();
        Ok(Given { text, documents, ids: ids_of(&pair[1])? })
    };
    let texts = given.chunks(2).map(read).collect::<Result<Vec<_>, Fails>>()?;
    let (load, opened) = clock.timed(|| peers::open(peer, encoding, Path::new(file)));
    let Some(opened) = opened? else { return Ok(json!({"missing": true})) };
    let Some(work) = work(&opened, op, threads.parse()?) else { return Ok(json!({"missing": true})) };
    let mut seconds = Vec::new();
    for given in &texts {
        let (time, made) = clock.timed(|| work(given));
        seconds.push(time);
        if let Some(why) = made.unequal(given) {
            return Ok(json!({"unequal": why}));
        }
    }
    let mut warm = Vec::new();
    while what == "time" && warm.len() < WARM_PASSES && warm.iter().sum::<f64>() < WARM_SECONDS {
        warm.push(clock.timed(|| work(&texts[0])).0);
    }
    warm.sort_by(f64::total_cmp);
    let warm = warm.get(warm.len() / 2);
    Ok(json!({"load": load, "cold": seconds[0], "unseen": seconds.get(1), "warm": warm}))
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    println!("{}", measured(&arguments).unwrap_or_else(|error| json!({"failed": error.to_string()})));
}
