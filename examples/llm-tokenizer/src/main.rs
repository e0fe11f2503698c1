//! Compares minitok with `llm-tokenizer`'s own tokenizer of Hugging Face: `cargo run --release -- tokenizer.json TEXTS`, in which each
//! text ends with a zero byte. The ids of each text must be equal, also in a batch, and its text, also as a stream.

use anyhow::{Result, ensure};
use llm_tokenizer::traits::{Decoder, Encoder};
use llm_tokenizer::{DecodeStream, HuggingFaceTokenizer};
use minitok_llm_tokenizer::Gateway;
use std::sync::Arc;

/// Streams ids through the decoders of both: ours has always said what theirs has, and at the end of a text the same.
fn check_streams(ours: &dyn Decoder, theirs: &dyn Decoder, ids: &[u32], skip: bool, is_whole: bool) -> Result<()> {
    let decoders = (ours.incremental_decoder(skip), theirs.incremental_decoder(skip));
    let (Some(mut own), Some(mut other)) = decoders else { anyhow::bail!("a tokenizer without a decoder of streams") };
    let (mut said, mut expected) = (String::new(), String::new());
    for &id in ids {
        said += &own.step(id)?;
        expected += &other.step(id)?;
        ensure!(said.starts_with(&expected), "{said:?} is behind {expected:?}");
    }
    ensure!(!is_whole || said == expected, "{said:?} is not {expected:?}");
    ensure!(ours.decode(ids, skip)?.starts_with(&said), "{said:?} is not the beginning of the text");
    Ok(())
}

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [file, texts] = &args[..] else { anyhow::bail!("usage: minitok-llm-tokenizer TOKENIZER.JSON TEXTS") };
    let theirs = Arc::new(HuggingFaceTokenizer::from_file(file)?);
    let ours = Arc::new(Gateway::from_file(file)?);
    let texts = std::fs::read_to_string(texts)?;
    let texts: Vec<&str> = texts.split_terminator('\0').collect();
    let batch = ours.encode_batch(&texts, false)?;
    let (mut ids_seen, mut streams) = (0, 0);
    for (text, in_batch) in texts.iter().zip(batch) {
        let (own, expected) = (ours.encode(text, false)?, theirs.encode(text, false)?);
        let ids = expected.token_ids();
        ensure!(own.token_ids() == ids && in_batch.token_ids() == ids, "the ids of {text:?} differ");
        // Cut somewhere, a text may end within a character.
        let cut = &ids[..ids.len() - ids.len() / 3];
        for skip in [true, false] {
            for part in [ids, cut] {
                let (own, expected) = (ours.decode(part, skip)?, theirs.decode(part, skip)?);
                ensure!(own == expected, "the text of {part:?} differs: {own:?}, {expected:?}");
            }
            let mut both = (DecodeStream::new(ours.clone(), &[], skip), DecodeStream::new(theirs.clone(), &[], skip));
            for &id in cut {
                let (own, expected) = (both.0.step(id)?, both.1.step(id)?);
                ensure!(own == expected, "the stream of {cut:?} differs: {own:?}, {expected:?}");
            }
            // Theirs waits for what follows a U+FFFD, also for one that is in the text.
            check_streams(&*ours, &*theirs, ids, skip, !text.ends_with('\u{fffd}'))?;
            check_streams(&*ours, &*theirs, cut, skip, false)?;
            streams += 3;
        }
        ids_seen += ids.len();
    }
    println!("{} texts, {ids_seen} ids, {streams} streams: equal", texts.len());
    Ok(())
}
