//! The crates, each by its own calls: ids of a text, of documents on some threads, and the text of ids that come one by one.

use crate::peer::{Fails, Peer};
use std::path::Path;
use tokenizers_1::pipeline::{EncodeOptions, PipelineTokenizer};

fn ids_of_next(tok: &PipelineTokenizer, text: &str) -> Vec<u32> {
    let mut ids = Vec::new();
    tok.encode_into(text, &EncodeOptions::no_specials(), &mut ids).expect("ids");
    ids.into_iter().map(u32::from).collect() // in place
}

/// A crate with an encoding: one that it carries, or that of the file.
pub fn open(peer: &str, encoding: &str, file: &Path) -> Result<Option<Peer>, Fails> {
    let is_published = ["cl100k_base", "o200k_base"].contains(&encoding);
    Ok(Some(match peer {
        "minitok" => {
            let tok = if is_published {
                minitok::Tokenizer::encoding(encoding)?
            } else {
                minitok::Tokenizer::from_file(file)?
            };
            Peer::of(
                tok,
                |tok, text| tok.encode(text).expect("ids"),
                Some(|tok, documents, threads| {
                    tok.encode_batch(documents, minitok::Special::NONE, threads).expect("ids")
                }),
                Some(|tok, ids| {
                    let (mut stream, mut text) = (tok.stream_decoder(), String::new());
                    for &id in ids {
                        stream.push_into(id, &mut text).expect("text");
                    }
                    text + &stream.finish().expect("text")
                }),
            )
        }
        "tokenizers" => Peer::of(
            tokenizers::Tokenizer::from_file(file).map_err(|error| error.to_string())?,
            |tok, text| tok.encode_fast(text, false).expect("ids").get_ids().to_vec(),
            Some(|tok, documents, _| {
                let found = tok.encode_batch_fast(documents.iter().map(String::as_str).collect(), false).expect("ids");
                found.iter().map(|one| one.get_ids().to_vec()).collect()
            }),
            Some(|tok, ids| {
                let mut stream = tok.decode_stream(false);
                ids.iter().filter_map(|&id| stream.step(id).expect("text")).collect()
            }),
        ),
        "tokenizers-1" => {
            let file = tokenizers_1::canonicalize_file(file).map_err(|error| error.to_string())?;
            Peer::of(
                tokenizers_1::from_json(&file).map_err(|error| error.to_string())?,
                ids_of_next,
                Some(|tok, documents, _| {
                    let made = tok.encode(documents.to_vec(), &EncodeOptions::no_specials()).wait().expect("ids");
                    made.iter().map(|one| one.ids().iter().map(|&id| id.into()).collect()).collect()
                }),
                Some(|tok, ids| {
                    let mut stream = tok.decode_stream(false);
                    ids.iter().filter_map(|&id| stream.step(id).expect("text")).collect()
                }),
            )
        }
        "kitoken" => Peer::of(
            kitoken::Kitoken::from_tokenizers_file(file)?,
            |tok, text| tok.encode(text, false).expect("ids"),
            None,
            None,
        ),
        "snaptokens" => Peer::of(
            snaptokens::Tokenizer::from_file(file)?,
            |tok, text| tok.encode(text).expect("ids"),
            Some(|tok, documents, _| tok.encode_batch(documents, false).expect("ids")),
            Some(|tok, ids| {
                let mut stream = snaptokens::DecodeStream::new(Vec::new(), false);
                ids.iter().filter_map(|&id| stream.step(tok, vec![id]).expect("text")).collect()
            }),
        ),
        "splintr" => Peer::of(
            if is_published { splintr::pretrained::from_pretrained(encoding)? } else { splintr::from_json_path(file)? },
            |tok, text| tok.encode(text),
            Some(|tok, documents, _| tok.encode_batch(&documents.iter().map(String::as_str).collect::<Vec<_>>())),
            Some(|tok, ids| {
                let mut stream = tok.streaming_decoder().expect("a stream");
                let text: String = ids.iter().filter_map(|&id| stream.add_token(id).expect("text")).collect();
                text + &stream.flush()
            }),
        ),
        "bpe-openai" => Peer::of(
            match encoding {
                "cl100k_base" => bpe_openai::cl100k_base(),
                "o200k_base" => bpe_openai::o200k_base(),
                _ => return Ok(None),
            },
            |tok, text| tok.encode(text),
            None,
            None,
        ),
        "tiktoken" => {
            let name = if encoding == "llama-3" { "llama3" } else { encoding };
            let Some(tok) = tiktoken::get_encoding(name) else { return Ok(None) };
            Peer::of(tok, |tok, text| tok.encode(text), None, None)
        }
        "tiktoken-rs" => Peer::of(
            match encoding {
                "cl100k_base" => tiktoken_rs::cl100k_base()?,
                "o200k_base" => tiktoken_rs::o200k_base()?,
                _ => return Ok(None),
            },
            |tok, text| tok.encode_ordinary(text),
            None,
            None,
        ),
        _ => return Err(format!("unknown peer {peer}").into()),
    }))
}
