//! Reads conversations, one request of JSON a line, and prints their ids: `cargo run --features chat --example chat -- tokenizer.json
//! tokenizer_config.json`, then `{"messages": [{"role": "user", "content": "Hello"}], "add_generation_prompt": true}`.

use minitok::Tokenizer;
use std::error::Error;
use std::fs::read_to_string;
use std::io::{BufWriter, Write, stdin, stdout};

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [tokenizer, config] = &args[..] else { return Err("wants a tokenizer and its config".into()) };
    let chat = Tokenizer::from_file(tokenizer)?.chat(None, Some(&read_to_string(config)?))?;
    let mut out = BufWriter::new(stdout());
    for request in stdin().lines() {
        match chat.encode(&request?) {
            Ok(ids) => writeln!(out, "{ids:?}")?,
            Err(error) => writeln!(out, "refused: {}", error.to_string().replace('\n', " "))?,
        }
    }
    Ok(out.flush()?)
}
