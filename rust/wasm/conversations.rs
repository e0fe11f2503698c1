//! The ids of conversations, whose text the page has made by a chat template (`pages/core/chat/`).

use super::numbers;
use super::tokenizer::ask;
use crate::formats::json::parse;
use crate::formats::value::Value;
use crate::reference::published::preprocess::{Before, Trust};

/// The names of the tokens that are found in all text of a conversation (SPEC E8), as a list of JSON: by chat templates, as an object of
/// JSON, or `null`.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn everywhere(number: u32) -> u32 {
    ask(number, |tokenizer, arguments| {
        let chat = parse(&arguments.bytes()?)?;
        let names = tokenizer.definition.fields.everywhere(chat.object().is_some().then_some(&chat));
        let names = names.into_iter().map(|name| Value::Text(name.to_owned())).collect();
        Ok(Value::List(names).json()?.into_bytes())
    })
}

/// The ids of a conversation: of a text, the starts and ends of its trusted stretches, and the names of the tokens that are found
/// everywhere (SPEC E8). The answer is, for each id, the range of the text that it comes from, and whether it was found in the text.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn conversation(number: u32) -> u32 {
    ask(number, |tokenizer, arguments| {
        let (text, places, names) = (arguments.bytes()?, arguments.numbers()?, arguments.list()?);
        let stretches: Vec<_> =
            places.as_chunks().0.iter().map(|&[start, end]: &[u32; 2]| (start as usize, end as usize)).collect();
        let (core, names) = (&tokenizer.core, names.iter().map(String::as_str).collect::<Vec<_>>());
        let everywhere = core.preprocessor.finder(&names, &[])?;
        let trust = Trust { stretches: &stretches, everywhere: &everywhere };
        let mut rows = Vec::new();
        core.preprocessor.segments(&text, tokenizer.search(1)?, Before::Nothing, Some(trust), &mut |found| {
            if let Some(id) = found.id {
                rows.extend([id, found.text.start as u32, found.text.end as u32, 1]);
                return Ok(());
            }
            let (mut ids, mut at) = (Vec::new(), 0);
            tokenizer.codec()?.append_prepared(&found.text.data, &mut ids)?;
            for id in ids {
                // A token may spell more than the text has (marks), and no bytes at all.
                let last = found.text.data.len().saturating_sub(1);
                let end = (at + core.token_bytes(id).map_or(0, <[u8]>::len)).max(at + 1);
                let (first, stop) = (found.text.origin(at.min(last)), found.text.origin((end - 1).min(last)));
                rows.extend([id, first.0 as u32, stop.1 as u32, 0]);
                at = end;
            }
            Ok(())
        })?;
        Ok(numbers(rows))
    })
}
