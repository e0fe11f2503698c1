//! One crate on two texts, in a process of its own: `minitok-peers PEER ENCODING FILE verify|time CLOCK TEXT IDS TEXT IDS`.
//!
//! FILE is the encoding as a `tokenizer.json`; IDS are files of NumPy's. Prints a line of JSON: seconds to load, of the first pass over
//! the first text, of one over the second, and of later passes over the first (their median); or why the crate is not timed.

use serde_json::{Value, json};
use std::path::Path;
use std::time::Instant;

type Encode = Box<dyn Fn(&str) -> Vec<u32>>;
type Fails = Box<dyn std::error::Error>;

/// Seconds of the passes over a text that is known.
const WARM_SECONDS: f64 = 0.4;
const WARM_PASSES: usize = 9;

/// The call of a crate that gives ids as a vector, special tokens as text.
fn open(peer: &str, encoding: &str, file: &Path) -> Result<Option<Encode>, Fails> {
    let is_published = ["cl100k_base", "o200k_base"].contains(&encoding);
    Ok(Some(match peer {
        "minitok" => {
            let tok = if is_published {
                minitok::Tokenizer::encoding(encoding)?
            } else {
                minitok::Tokenizer::from_file(file)?
            };
            Box::new(move |text| tok.encode(text).expect("ids"))
        }
        "tokenizers" => {
            let tok = tokenizers::Tokenizer::from_file(file).map_err(|error| error.to_string())?;
            Box::new(move |text| tok.encode_fast(text, false).expect("ids").get_ids().to_vec())
        }
        "kitoken" => {
            let tok = kitoken::Kitoken::from_tokenizers_file(file)?;
            Box::new(move |text| tok.encode(text, false).expect("ids"))
        }
        "snaptokens" => {
            let tok = snaptokens::Tokenizer::from_file(file)?;
            Box::new(move |text| tok.encode(text).expect("ids"))
        }
        "splintr" => {
            let tok = if is_published {
                splintr::pretrained::from_pretrained(encoding)?
            } else {
                splintr::from_json_path(file)?
            };
            Box::new(move |text| tok.encode(text))
        }
        "bpe-openai" => {
            let tok = match encoding {
                "cl100k_base" => bpe_openai::cl100k_base(),
                "o200k_base" => bpe_openai::o200k_base(),
                _ => return Ok(None),
            };
            Box::new(move |text| tok.encode(text))
        }
        "tiktoken" => {
            let name = if encoding == "llama-3" { "llama3" } else { encoding };
            let Some(tok) = tiktoken::get_encoding(name) else { return Ok(None) };
            Box::new(move |text| tok.encode(text))
        }
        "tiktoken-rs" => {
            let tok = match encoding {
                "cl100k_base" => tiktoken_rs::cl100k_base()?,
                "o200k_base" => tiktoken_rs::o200k_base()?,
                _ => return Ok(None),
            };
            Box::new(move |text| tok.encode_ordinary(text))
        }
        _ => return Err(format!("unknown peer {peer}").into()),
    }))
}

/// Seconds: of the clock on the wall, or those that this thread had a processor.
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
            unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time) };
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

fn unequal(found: &[u32], wanted: &[u32]) -> Option<String> {
    let place = found.iter().zip(wanted).position(|(one, other)| one != other).unwrap_or(found.len().min(wanted.len()));
    let (found, wanted) = (found.len(), wanted.len());
    (place < found.max(wanted)).then(|| format!("other ids: {found} instead of {wanted}, the first at {place}"))
}

fn measured(arguments: &[String]) -> Result<Value, Fails> {
    let [peer, encoding, file, what, clock, given @ ..] = arguments else { return Err("see main.rs".into()) };
    let clock = if clock == "cpu" { Clock::Cpu } else { Clock::Wall(Instant::now()) };
    let read = |pair: &[String]| Ok((std::fs::read_to_string(&pair[0])?, ids_of(&pair[1])?));
    let texts = given.chunks(2).map(read).collect::<Result<Vec<_>, Fails>>()?;
    let (load, opened) = clock.timed(|| open(peer, encoding, Path::new(file)));
    let Some(encode) = opened? else { return Ok(json!({"missing": true})) };
    let mut seconds = Vec::new();
    for (text, wanted) in &texts {
        let (time, ids) = clock.timed(|| encode(text));
        seconds.push(time);
        if let Some(why) = unequal(&ids, wanted) {
            return Ok(json!({"unequal": why}));
        }
    }
    let mut warm = Vec::new();
    while what == "time" && warm.len() < WARM_PASSES && warm.iter().sum::<f64>() < WARM_SECONDS {
        warm.push(clock.timed(|| encode(&texts[0].0)).0);
    }
    warm.sort_by(f64::total_cmp);
    let warm = warm.get(warm.len() / 2);
    Ok(json!({"load": load, "cold": seconds[0], "unseen": seconds.get(1), "warm": warm}))
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    println!("{}", measured(&arguments).unwrap_or_else(|error| json!({"failed": error.to_string()})));
}
