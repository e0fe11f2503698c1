//! A text that changes: what an edit has encoded again, and which ids stay whatever follows.

use super::tokenizer::ask;
use super::{NONE, wrong};
use crate::fast::session::Session;
use std::sync::Arc;

/// Makes one edit of a text in a session. The arguments are the text before it, and the bytes that are put in the place of those
/// from `start` to `end`. The answer is how many bytes the edit has encoded, and how many ids every continuation keeps: `u32::MAX`
/// where that is not known, or takes looking at more than `most` bytes.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn edit(number: u32, special: u32, start: usize, end: usize, most: usize) -> u32 {
    ask(number, |tokenizer, arguments| {
        let (before, put) = (arguments.bytes()?, arguments.bytes()?);
        let search = tokenizer.search(special)?.clone();
        let mut session = Session::new(tokenizer.codec()?.clone(), search, Arc::default())?;
        session.edit(0, 0, &before)?;
        if start > end || end > before.len() || !session.is_start(start) || !session.is_start(end) {
            return Err(wrong("not a range of the text"));
        }
        session.edit(start, end, &put)?;
        let stable = session.stable_within(most)?.map_or(NONE, |count| count as u32);
        Ok(vec![session.encoded_bytes() as u32, stable])
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::call;
    use super::super::tokenizer_tests::{read, with};
    use super::*;
    use serde_json::json;

    #[test]
    fn an_edit_says_what_it_encoded_and_what_stays() {
        let asked = |tok, text: &str, put: &str, start, end, most| {
            call(&[text.as_bytes(), put.as_bytes()], || edit(tok, 0, start, end, most)).map(|bytes| read(&bytes))
        };
        let tok = with(&json!({"pattern": "gpt2"})).unwrap();
        // If `c` follows, the last `ab` is `abc`.
        assert_eq!(asked(tok, "x ", "ab", 2, 2, 3).unwrap(), [4, 2]);
        // Far from the edit nothing is encoded again.
        let [encoded, stable] = asked(tok, &"ab ".repeat(99), "c", 2, 2, 9).unwrap()[..] else { panic!() };
        assert!(encoded < 50 && stable == 198, "{encoded} {stable}");
        assert_eq!(asked(tok, "", &"ab".repeat(5), 0, 0, 9).unwrap(), [10, NONE]);
        let changed = with(&json!({"pattern": "gpt2", "normalizer": "NFC"})).unwrap();
        assert_eq!(asked(changed, "x ", "ab", 2, 2, 4).unwrap()[1], NONE);
        assert!(asked(tok, "\u{e9}", "a", 1, 1, 0).unwrap_err().contains("not a range"));
        assert!(asked(tok, "ab", "a", 2, 3, 0).unwrap_err().contains("not a range"));
    }
}
