//! Tokenizers: opened from a packed vocabulary, from merges or from tokens, and what a page asks of them.

use super::{Arguments, NONE, answer, events, numbers, wrong};
use crate::codec::Codec;
use crate::error::Result;
use crate::fast::codec::FastCodec;
use crate::fast::pystr::source::Source;
use crate::normalize::Normalizer;
use crate::packed;
use crate::preprocess::Search;
use crate::pretokenize::Pattern;
use crate::special::SpecialTokens;
use crate::tokens::Tokens;
use crate::trace::{Event, trace_merges};
use crate::vocab::{Alphabet, Merge, Vocab};
use std::cell::RefCell;
use std::sync::Arc;

struct Tokenizer {
    codec: FastCodec,
    /// Finds no special token, and all of them.
    searches: [Search; 2],
}

thread_local! {
    static TOKENIZERS: RefCell<Vec<Option<Tokenizer>>> = const { RefCell::new(Vec::new()) };
}

/// Keeps a tokenizer. The arguments left are the pattern, the ids of the special tokens, and their names. The answer is its
/// number, and one more than the highest id of its vocabulary.
fn keep(vocab: Vocab, arguments: &mut Arguments) -> Result<Vec<u8>> {
    let pattern = Pattern::new(&arguments.text()?)?;
    let (ids, names) = (arguments.numbers()?, arguments.texts()?);
    let special = SpecialTokens::new(names.into_iter().zip(ids).collect())?;
    let n_ids = vocab.tokens.n_ids();
    let codec = Codec::new(Arc::new(vocab), pattern, special, Normalizer::default(), None, None)?;
    let names: Vec<&str> = codec.preprocessor.special.ids.iter().map(|(name, _)| name.as_str()).collect();
    let searches = [codec.search(Some(&[]))?, codec.search(Some(&names))?];
    let tokenizer = Tokenizer { codec: FastCodec::new(codec), searches };
    TOKENIZERS.with_borrow_mut(|all| {
        let number = all.iter().position(Option::is_none).unwrap_or(all.len());
        if number == all.len() {
            all.push(None);
        }
        all[number] = Some(tokenizer);
        Ok(numbers([number as u32, n_ids]))
    })
}

/// Answers a call about a tokenizer.
fn ask(number: u32, make: impl FnOnce(&Tokenizer, &mut Arguments) -> Result<Vec<u8>>) -> u32 {
    answer(|arguments| {
        TOKENIZERS.with_borrow(|all| match all.get(number as usize) {
            Some(Some(tokenizer)) => make(tokenizer, arguments),
            _ => Err(wrong("there is no such tokenizer")),
        })
    })
}

/// Opens a packed vocabulary (SPEC F4), without the ids from `below` on; `u32::MAX` is all of it.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn open_packed(below: u32) -> u32 {
    answer(|arguments| keep(packed::unpack(&arguments.bytes()?, (below != NONE).then_some(below))?, arguments))
}

/// Opens a byte order and pairs of ids in rank order.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn open_merges() -> u32 {
    answer(|arguments| {
        let (order, pairs) = (arguments.bytes()?, arguments.numbers()?);
        let pairs: Vec<(u32, u32)> = pairs.as_chunks().0.iter().map(|&[left, right]| (left, right)).collect();
        keep(Vocab::from_merges(&order, &pairs)?, arguments)
    })
}

/// Opens tokens (ids, lengths, and all bytes end to end), and merges (left, right, id, rank) in rank order.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn open_tokens(whole_pieces: u32) -> u32 {
    answer(|arguments| {
        let (ids, lengths, bytes) = (arguments.numbers()?, arguments.numbers()?, arguments.bytes()?);
        let mut tokens = Tokens::default();
        let mut rest = &bytes[..];
        for (&id, &length) in ids.iter().zip(&lengths) {
            let (token, after) =
                rest.split_at_checked(length as usize).ok_or_else(|| wrong("the tokens are cut short"))?;
            tokens.set(id, token)?;
            rest = after;
        }
        let merges = arguments.numbers()?;
        let merge = |&[left, right, id, rank]: &[u32; 4]| Merge { left, right, id, rank };
        keep(
            Vocab::new(
                tokens,
                merges.as_chunks().0.iter().map(merge).collect(),
                whole_pieces != 0,
                Alphabet::default(),
            )?,
            arguments,
        )
    })
}

/// Forgets a tokenizer; its number may come again.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn close(number: u32) -> u32 {
    answer(|_| {
        TOKENIZERS.with_borrow_mut(|all| all.get_mut(number as usize).map(Option::take));
        Ok(Vec::new())
    })
}

/// The ids of a text; with `special`, its special tokens are found.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn encode(number: u32, special: u32) -> u32 {
    ask(number, |tokenizer, arguments| {
        let ids = tokenizer.codec.encode(1, Source::Bytes(&arguments.bytes()?), tokenizer.search(special), false)?;
        Ok(numbers(ids))
    })
}

/// The bytes of ids, end to end.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn decode(number: u32) -> u32 {
    ask(number, |tokenizer, arguments| tokenizer.codec.core().decode_bytes(&arguments.numbers()?))
}

/// How many bytes each of some ids has.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn lengths(number: u32) -> u32 {
    ask(number, |tokenizer, arguments| {
        let length = |id| tokenizer.codec.core().token_bytes(id).map_or(0, |token| token.len() as u32);
        Ok(numbers(arguments.numbers()?.into_iter().map(length)))
    })
}

/// The segments of a text as (start, end, id): between special tokens, with no id, and these themselves.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn segments(number: u32, special: u32) -> u32 {
    ask(number, |tokenizer, arguments| {
        let mut found = Vec::new();
        tokenizer.search(special).early.split(&arguments.bytes()?, |start, end, id| {
            found.extend([start as u32, end as u32, id.unwrap_or(NONE)]);
            Ok(())
        })?;
        Ok(numbers(found))
    })
}

/// Where each piece of a text ends.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn pieces(number: u32) -> u32 {
    ask(number, |tokenizer, arguments| {
        let (text, mut ends, mut end) = (arguments.bytes()?, Vec::new(), 0);
        tokenizer.codec.core().pattern.split(&text, &mut |piece| {
            end += piece.len() as u32;
            ends.push(end);
        })?;
        Ok(numbers(ends))
    })
}

/// Rank and id of the merge of each of some pairs of ids.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn merges_of(number: u32) -> u32 {
    ask(number, |tokenizer, arguments| {
        let pairs = arguments.numbers()?;
        let merge = |&[left, right]: &[u32; 2]| {
            let (rank, id) = tokenizer.codec.core().vocab.merge_of(left, right).unwrap_or((NONE, NONE));
            [rank, id]
        };
        Ok(numbers(pairs.as_chunks().0.iter().flat_map(merge)))
    })
}

/// What encoding a text does, as events (SPEC X2).
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn trace(number: u32, special: u32) -> u32 {
    ask(number, |tokenizer, arguments| {
        let text = arguments.bytes()?;
        lines(|emit| tokenizer.codec.core().trace(&text, tokenizer.search(special), false, emit).map(drop))
    })
}

/// The merges that the parts of a piece make, as events, whether or not the piece is taken whole.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn trace_parts(number: u32, piece: u32) -> u32 {
    ask(number, |tokenizer, arguments| {
        let ids = arguments.numbers()?;
        lines(|emit| trace_merges(&tokenizer.codec.core().vocab, ids, piece as usize, emit).map(drop))
    })
}

/// The events that `run` emits, a line each.
fn lines(run: impl FnOnce(&mut dyn FnMut(Event) -> Result<()>) -> Result<()>) -> Result<Vec<u8>> {
    let mut written = String::new();
    run(&mut |event| {
        events::write(&event, &mut written);
        written.push('\n');
        Ok(())
    })?;
    Ok(written.into_bytes())
}

impl Tokenizer {
    fn search(&self, special: u32) -> &Search {
        &self.searches[usize::from(special != 0)]
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::call;
    use super::*;

    fn read(bytes: &[u8]) -> Vec<u32> {
        bytes.as_chunks().0.iter().map(|&word| u32::from_le_bytes(word)).collect()
    }

    /// The merges (a, b), (b, c), (ab, c), and the special token `<s>` of id 300.
    fn opened() -> u32 {
        let order: Vec<u8> = (0..=255).collect();
        let pairs = numbers([97, 98, 98, 99, 256, 99]);
        let made = call(&[&order, &pairs, b"gpt2", &numbers([300]), b"<s>"], || open_merges()).unwrap();
        let [number, n_ids] = read(&made)[..] else { panic!("{made:?}") };
        assert_eq!(n_ids, 259);
        number
    }

    #[test]
    fn what_a_page_asks() {
        let tok = opened();
        let text = b"abcbc <s>";
        assert_eq!(read(&call(&[text], || encode(tok, 0)).unwrap()), [258, 257, 32, 60, 115, 62]);
        assert_eq!(read(&call(&[text], || encode(tok, 1)).unwrap()), [258, 257, 32, 300]);
        assert_eq!(read(&call(&[text], || segments(tok, 1)).unwrap()), [0, 6, NONE, 6, 9, 300]);
        assert_eq!(read(&call(&[b"I'll  go"], || pieces(tok)).unwrap()), [1, 4, 5, 8]);
        assert_eq!(call(&[&numbers([258, 300])], || decode(tok)).unwrap(), b"abc<s>");
        assert_eq!(read(&call(&[&numbers([258, 97, 299])], || lengths(tok)).unwrap()), [3, 1, 0]);
        assert_eq!(read(&call(&[&numbers([97, 98, 97, 97])], || merges_of(tok)).unwrap()), [0, 256, NONE, NONE]);
        let told = String::from_utf8(call(&[b"abc"], || trace(tok, 0)).unwrap()).unwrap();
        let names: Vec<_> = told.lines().map(|line| &line[..24]).collect();
        assert_eq!(names.len(), 3, "{told}");
        let parts = numbers([97, 98, 99]);
        let same = String::from_utf8(call(&[&parts], || trace_parts(tok, 0)).unwrap()).unwrap();
        assert!(told.ends_with(&same) && same.lines().count() == 2);
    }

    #[test]
    fn numbers_come_again_and_what_is_wrong_is_said() {
        let (first, second) = (opened(), opened());
        assert_ne!(first, second);
        call(&[], || close(first)).unwrap();
        assert!(call(&[b"a"], || encode(first, 0)).unwrap_err().contains("no such tokenizer"));
        assert_eq!(opened(), first);
        assert!(call(&[], || encode(second, 0)).unwrap_err().contains("argument is missing"));
        assert!(call(&[&numbers([9999])], || decode(second)).unwrap_err().contains("unknown token id 9999"));
        assert!(call(&[b"not one"], || open_packed(NONE)).unwrap_err().contains("not a packed vocabulary"));
    }

    #[test]
    fn tokens_of_any_ids() {
        let ids: Vec<u32> = (0..=256).collect();
        let lengths = numbers(ids.iter().map(|&id| if id == 256 { 2 } else { 1 }));
        let bytes: Vec<u8> = (0..=255).chain(*b"ab").collect();
        let merges = numbers([97, 98, 256, 7]);
        let arguments: [&[u8]; 6] = [&numbers(ids), &lengths, &bytes, &merges, b"none", b""];
        let tok = read(&call(&arguments, || open_tokens(1)).unwrap())[0];
        assert_eq!(read(&call(&[b"abb"], || encode(tok, 0)).unwrap()), [256, 98]);
        let short: [&[u8]; 6] = [arguments[0], arguments[1], b"a", arguments[3], b"none", b""];
        assert!(call(&short, || open_tokens(1)).unwrap_err().contains("cut short"));
    }
}
