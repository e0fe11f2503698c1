//! Tokenizers to test with, and tests of what is no more than a call.

use super::tokenizer::{Special, Tokenizer};
use crate::error::Error;
use crate::fast::vocab::FastVocab;
use crate::formats::definition::{Definition, Fields};
use crate::reference::published::normalize::Step;
use crate::reference::published::vocabs::Vocab;

/// How many kinds of tokenizers [`tokenizer`] makes.
pub const KINDS: usize = 3;

/// Bytes, `ab` (256), a special token, and two added ones, of which one marks something: as they are; with NFC; with a space put
/// before the text.
pub fn tokenizer(kind: usize) -> Tokenizer {
    let vocab = Vocab::from_merges(&(0..=255).collect::<Vec<u8>>(), &[(97, 98)]).unwrap();
    let mut fields = Fields::new("gpt2", vec![("<s>".into(), 300)]);
    fields.added_tokens = vec![("<m>".into(), 301), ("+ +".into(), 303)];
    match kind {
        0 => {}
        1 => fields.normalizer = vec![Step::new("NFC", &[]).unwrap()],
        _ => fields.prefix = Some("always".into()),
    }
    Tokenizer::of(Definition { vocab: FastVocab::new(vocab), fields }).unwrap()
}

#[test]
fn ids_are_appended_and_batches_are_in_order() {
    let tok = tokenizer(0);
    let texts: Vec<String> = (0..300).map(|number| "ab<s> ".repeat(number * 7 % 300)).collect();
    for special in [Special::All, Special::NONE, Special::Only(&["<s>"])] {
        let mut all = Vec::new();
        for text in &texts {
            tok.encode_into(text, special, &mut all).unwrap();
        }
        let batch = tok.encode_batch(&texts, special, 3).unwrap();
        assert_eq!(batch.concat(), all);
        assert!(batch.iter().all(|ids| ids.capacity() == ids.len()), "a batch keeps no room that it does not need");
        assert!(texts.iter().zip(&batch).all(|(text, ids)| &tok.encode_with_special(text, special).unwrap() == ids));
    }
    assert!(tok.encode_batch(&["a"], Special::Only(&["?"]), 1).is_err());
}

#[test]
fn a_stream_skips_and_stops() {
    let tok = tokenizer(0);
    let mut stream = tok.stream_decoder().skip_special().stop(&["b!", "</s>"]).unwrap();
    let ids = [300, 97, 98, 300, 120, 256, 33, 97];
    for _ in 0..2 {
        let said: Vec<String> = ids.map(|id| stream.push(id).unwrap()).into();
        assert_eq!((said.concat().as_str(), stream.stopped()), ("abxa", Some("b!")));
        assert_eq!(stream.finish().unwrap(), "");
        let mut text = String::from("> ");
        for id in ids {
            stream.push_into(id, &mut text).unwrap();
        }
        assert_eq!((text.as_str(), stream.finish().unwrap().as_str()), ("> abxa", ""));
        let unknown = Error::UnknownToken { id: 302, position: 0 };
        assert_eq!((stream.push_into(302, &mut text), text.as_str()), (Err(unknown), "> abxa"));
    }
    assert_eq!(tok.stream_decoder().stop(&["a", ""]).unwrap_err(), Error::Stop("stop string 1 is empty".into()));
}
