//! Counts the tokens of files, or of what is typed: `cargo run --example count -- o200k_base README.md`.
//!
//! The first argument is the name of an encoding, or a file that `Tokenizer::from_file` reads.

use minitok::Tokenizer;
use std::error::Error;
use std::io::Read;
use std::path::Path;

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let name = args.next().unwrap_or_else(|| "o200k_base".into());
    let tok = if Path::new(&name).exists() { Tokenizer::from_file(&name)? } else { Tokenizer::encoding(&name)? };
    let files: Vec<String> = args.collect();
    for file in &files {
        println!("{}\t{file}", tok.count(&std::fs::read_to_string(file)?)?);
    }
    if files.is_empty() {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text)?;
        println!("{}", tok.count(&text)?);
    }
    Ok(())
}
