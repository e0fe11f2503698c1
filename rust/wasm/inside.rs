//! What the pages of the site ask of a tokenizer besides its ids: pieces, merges and their traces.

use super::tokenizer::ask;
use super::{NONE, numbers};
use crate::error::Result;
use crate::fast::util::fallible::push_str;
use crate::formats::events;
use crate::reference::more::trace::{Event, trace_merges, trace_piece as traced};
use crate::reference::published::preprocess::Before;
use crate::reference::published::vocabs::{NO_ID, Vocab};

/// The units of a text: the pieces that it is cut into, and the tokens that are found in it. The answer is how many there are; for
/// each its segment (of those between tokens), the id of a token, how many bytes it has, and how many its tokens spell; and the
/// bytes end to end.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn units(number: u32, special: u32) -> u32 {
    ask(number, |tokenizer, arguments| {
        let (text, core) = (arguments.bytes()?, &tokenizer.core);
        let (mut facts, mut data, mut segment) = (Vec::new(), Vec::new(), 0);
        core.preprocessor.segments(&text, tokenizer.search(special)?, Before::Nothing, None, &mut |found| {
            segment += 1;
            if let Some(id) = found.id {
                let token = core.token_bytes(id).unwrap_or_default();
                data.extend_from_slice(token);
                facts.extend([segment, id, token.len() as u32, token.len() as u32]);
                return Ok(());
            }
            core.pieces(&found.text.data, &mut |piece| {
                data.extend_from_slice(piece);
                facts.extend([segment, NONE, piece.len() as u32, spelled(&core.vocab, piece) as u32]);
                Ok(())
            })
        })?;
        let count = facts.len() as u32 / 4;
        Ok([numbers([count]), numbers(facts), data].concat())
    })
}

/// How many bytes of a piece its tokens spell.
fn spelled(vocab: &Vocab, piece: &[u8]) -> usize {
    let is_whole = || vocab.whole_pieces && vocab.token_id(piece).is_some();
    if !vocab.alphabet.drops_bytes || vocab.alphabet.fallback.is_some() || is_whole() {
        return piece.len();
    }
    piece.iter().filter(|&&byte| vocab.byte_ids[usize::from(byte)] != NO_ID).count()
}

/// Rank and id of the merge of each of some pairs of ids.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn merges_of(number: u32) -> u32 {
    ask(number, |tokenizer, arguments| {
        let (pairs, vocab) = (arguments.numbers()?, &tokenizer.core.vocab);
        let merge = |&[left, right]: &[u32; 2]| {
            let (rank, id) = vocab.merge_of(left, right).unwrap_or((NONE, NONE));
            [rank, id]
        };
        Ok(numbers(pairs.as_chunks().0.iter().flat_map(merge)))
    })
}

/// What encoding a piece does, as events (SPEC X2). `piece` is the number that they carry, `start` where it begins.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn trace_piece(number: u32, piece: u32, start: u32) -> u32 {
    ask(number, |tokenizer, arguments| {
        let (data, vocab) = (arguments.bytes()?, &tokenizer.core.vocab);
        lines(|emit| traced(vocab, &data, piece as usize, start as usize, emit).map(drop))
    })
}

/// The merges that the parts of a piece make, as events, whether or not the piece is taken whole.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn trace_parts(number: u32, piece: u32) -> u32 {
    ask(number, |tokenizer, arguments| {
        let (ids, vocab) = (arguments.numbers()?, &tokenizer.core.vocab);
        lines(|emit| trace_merges(vocab, ids, piece as usize, emit).map(drop))
    })
}

/// The events that `run` emits, a line each.
fn lines(run: impl FnOnce(&mut dyn FnMut(Event) -> Result<()>) -> Result<()>) -> Result<Vec<u8>> {
    let mut written = String::new();
    run(&mut |event| {
        events::value(&event).write(&mut written)?;
        push_str(&mut written, "\n")
    })?;
    Ok(written.into_bytes())
}
