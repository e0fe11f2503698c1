//! Cuts inside a piece where no token can stand across. Must not change what `encode_piece` of `rust/encode.rs` gives.
//!
//! Chinese, Japanese or Thai comes as pieces of whole sentences, no two alike, which no cache of pieces helps. But of all
//! pairs of characters that meet in a text, few meet inside a token (16,000 pairs in o200k, 800 in cl100k). Where two meet
//! that never do, no merge can cross, for what it made would be a token that holds both. So the piece may be cut there, and
//! its parts are looked up and remembered each by itself.
//!
//! Only places between two characters of several bytes are considered: bytes of 0x80 to 0xBF before, 0xC0 or more after. A
//! token that stands across such a place either holds both characters whole, and then their pair is in `pairs`; or it begins
//! or ends inside one of them, and then the two bytes that meet are in `partial`. A place is cut only if it is in neither.
//! `pairs` is a set of bits chosen by a hash: if two pairs share a bit, a cut is missed, never made wrongly.
//!
//! The parts are looked up as pieces of their own, and "a piece that is a token is taken whole" would be asked of parts that
//! the mirror never asks it of. So the encoder cuts only where that question makes no difference: where merges make every
//! token, or whole pieces are not taken.
//!
//! Costs: 33 KB; one look-up for each such character of a text, nothing for ASCII. Building reads every token once.

use crate::vocab::Vocab;

const LOG_BITS: u32 = 18;

#[derive(Debug)]
pub(super) struct StaticCuts {
    pairs: Vec<u64>,
    /// For the low six bits of the byte before, those of the byte after.
    partial: [u64; 64],
}

impl StaticCuts {
    pub(super) fn new(vocab: &Vocab) -> StaticCuts {
        let mut cuts = StaticCuts { pairs: vec![0; 1 << (LOG_BITS - 6)], partial: [0; 64] };
        for (_, token) in vocab.tokens.iter().filter(|(_, token)| !token.is_ascii()) {
            for at in 1..token.len() {
                if is_tail(token[at - 1]) && is_lead(token[at]) {
                    cuts.add(token, at);
                }
            }
        }
        cuts
    }

    fn add(&mut self, token: &[u8], at: usize) {
        let start = token[..at].iter().rposition(|&byte| !is_tail(byte));
        match (start.map(|start| char_of(token, start)), char_of(token, at)) {
            (Some((before, _)), (after, len)) if at + len <= token.len() => {
                let (word, bit) = bit_of(before, after);
                self.pairs[word] |= 1 << bit;
            }
            _ => self.partial[usize::from(token[at - 1] & 63)] |= 1 << (token[at] & 63),
        }
    }

    /// Put the cuts inside pieces among their ends; the first piece begins at `start`.
    pub(super) fn cut(&self, text: &[u8], mut start: usize, ends: &mut Vec<usize>, cut: &mut Vec<usize>) {
        let Some(&last) = ends.last() else { return };
        if text[start..last].is_ascii() {
            return;
        }
        cut.clear();
        for &end in &*ends {
            // What begins with two ASCII bytes is hardly worth a closer look.
            if end - start >= 4 && (text[start] | text[start + 1]) >= 0x80 {
                self.cut_piece(&text[..end], start, cut);
            }
            cut.push(end);
            start = end;
        }
        std::mem::swap(ends, cut);
    }

    fn cut_piece(&self, text: &[u8], mut at: usize, cut: &mut Vec<usize>) {
        let mut before = 0;
        while at < text.len() {
            let (after, len) = if is_lead(text[at]) { char_of(text, at) } else { (0, 1) };
            if before != 0 && after != 0 && !self.meet(before, after, text[at - 1], text[at]) {
                cut.push(at);
            }
            (before, at) = (after, at + len);
        }
    }

    #[inline]
    fn meet(&self, before: u32, after: u32, last: u8, first: u8) -> bool {
        let (word, bit) = bit_of(before, after);
        self.pairs[word] >> bit & 1 != 0 || self.partial[usize::from(last & 63)] >> (first & 63) & 1 != 0
    }
}

fn is_tail(byte: u8) -> bool {
    byte & 0xC0 == 0x80
}

fn is_lead(byte: u8) -> bool {
    byte >= 0xC0
}

/// The bytes of the character that begins at `at` as a number, and how many its first byte promises. The number is 0 if
/// they are not there, or not all of 0x80 to 0xBF; then the length is that of what is there.
#[inline]
fn char_of(text: &[u8], at: usize) -> (u32, usize) {
    let len = match text[at] {
        0xF0.. => 4,
        0xE0.. => 3,
        0xC0.. => 2,
        _ => 1,
    };
    let Some(bytes) = text.get(at..at + len) else { return (0, len) };
    let value = bytes.iter().fold(0, |value, &byte| value << 8 | u32::from(byte));
    if len > 1 && bytes[1..].iter().all(|&byte| is_tail(byte)) { (value, len) } else { (0, 1) }
}

#[inline]
fn bit_of(before: u32, after: u32) -> (usize, u32) {
    let hash = (u64::from(before) << 32 | u64::from(after)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let bit = (hash >> (64 - LOG_BITS)) as usize;
    (bit / 64, (bit % 64) as u32)
}
