//! A vocabulary as the package stores it: merges as pairs of ids, packed to the bit.
//!
//! The bytes of a published token need not be stored: it is the merge of two earlier tokens. So a vocabulary is the order of
//! the 256 bytes and one pair of ids for each merge. Small ids are more frequent, and take fewer bits: a fifth of the size of
//! tiktoken's text, read in one pass without decompression. Wheels and servers compress bytes, so that a byte holds the length of
//! an id and its first bits, which are far from random; the bits below, which are nearly so, follow all of these bytes.
//!
//! The layout, integers little-endian and of 32 bits unless said otherwise (SPEC F4):
//!
//! | | |
//! |---|---|
//! | magic | 8 bytes: `minitok`, then the version, 2 |
//! | checksum | Adler-32 of everything after it |
//! | counts | merges M, runs R, extra tokens X |
//! | byte order | 256 bytes: the byte of each of the ids 0 to 255 |
//! | runs | R times: first id, count. The merges take these ids in order; between two runs is a gap |
//! | extra tokens | X times: id, length; then all their bytes. Tokens that no merge makes: Whisper's empty one |
//! | heads | M times: the head of the left id and that of the right id, a byte each |
//! | low bits | of all ids, in the same order, the least significant first, in one stream of bits |
//!
//! An id below 32 is its own head. Of any other id the n bits below its first five are its low bits; its head is 16 n plus the
//! number that the first five are. So ids end below 2^19. The rank of a merge is the id it makes.
//!
//! By hand: 300 is `100101100` in binary, so n = 4 and the head is 64 + 18; 104 is `1101000`, so n = 2 and the head is 32 + 26.
//! The pair (300, 104) has the heads `52 3a`, and the low bits `1100` and `00`: the byte `0c`, of which two bits are left for the
//! next.
//!
//! Invariants: a file that is cut short, damaged, or that joins an id before it has a token is refused. The merges are
//! trusted to make each token from its bytes, because the writer recovered them from ranks; with an extra token that is not
//! empty, this is not assumed.
//!
//! Costs: O(V L) for V tokens of L bytes.
//!
//! When not to use it: for vocabularies in which a token has several merges, or ranks that are not ids; minitok's native
//! files keep those.
//!
//! Implements SPEC F4.

#![expect(clippy::cast_possible_truncation, reason = "there are 256 bytes; an id has 19 bits")]

use crate::error::{Error, Result};
use crate::fast::util::fallible::{collect, room};
use crate::fast::{adler32, token_bytes};
use crate::reference::published::vocabs::{Alphabet, Merge, Tokens, Vocab};

pub const MAGIC: &[u8; 8] = b"minitok\x02";

/// How many low bits an id has, by its head.
pub(crate) const N_LOW: [u8; 256] = {
    let mut n_low = [0; 256];
    let mut head = 32;
    while head < 256 {
        n_low[head] = head as u8 / 16 - 1;
        head += 1;
    }
    n_low
};

/// Reads a vocabulary, or only its ids less than `below`: an older vocabulary may be the beginning of a newer one.
pub fn unpack(data: &[u8], below: Option<u32>) -> Result<Vocab> {
    let mut reader = VocabReader { data, at: 0 };
    if reader.take(8)? != MAGIC {
        return refuse("it does not begin with 'minitok' and version 2");
    }
    if reader.number()? != adler32::adler32(&data[reader.at..]) {
        return refuse("its checksum is wrong: the file is damaged");
    }
    let (n_merges, n_runs, n_extra) = (reader.number()?, reader.number()?, reader.number()?);
    let order = reader.take(256)?;
    let runs = reader.pairs(n_runs)?;
    let lengths = reader.pairs(n_extra)?;
    check_runs(&runs, n_merges)?;
    let mut extra = Vec::new();
    extra.try_reserve_exact(lengths.len())?;
    for (id, length) in lengths {
        extra.push((id, reader.take(length.into())?));
    }
    let heads = reader.take(2 * u64::from(n_merges))?;
    let low = reader.take(heads.iter().map(|&head| u64::from(N_LOW[usize::from(head)])).sum::<u64>().div_ceil(8))?;
    if reader.at < data.len() {
        return refuse("it is longer than it says");
    }
    let below = below.unwrap_or(u32::MAX);
    let mut tokens = Tokens::default();
    for (index, &byte) in order.iter().enumerate() {
        tokens.set(index as u32, &[byte])?;
    }
    let merges_make_all = extra.iter().all(|(_, token)| token.is_empty());
    for (id, token) in extra.into_iter().filter(|&(id, _)| id < below) {
        tokens.set(id, token)?;
    }
    let ids = runs.iter().flat_map(|&(first, count)| first..(first + count).min(below));
    let mut merges = room(heads.len() / 2)?;
    for (id, (left, right)) in ids.zip(pairs(heads, low)) {
        merges.push(Merge { left, right, id, rank: id });
    }
    let joined = token_bytes::join_all(&mut tokens, &merges)?;
    if let Some(Merge { left, right, .. }) = merges.get(joined) {
        return refuse(&format!("merge {joined} joins {left} and {right}, which are not both earlier tokens"));
    }
    let mut vocab = Vocab::assemble(tokens, merges, true, Alphabet::default())?;
    vocab.merges_make_all = merges_make_all;
    Ok(vocab)
}

/// Refuses runs that do not have the ids of the merges.
pub(crate) fn check_runs(runs: &[(u32, u32)], n_merges: u32) -> Result<()> {
    let (mut n_ids, mut end) = (0, 256);
    for &(first, count) in runs {
        match first.checked_add(count) {
            Some(after) if first >= end && count <= n_merges && after <= 1 << 19 => end = after,
            _ => return refuse("the runs of its ids are not in order"),
        }
        n_ids += count;
    }
    if n_ids != n_merges {
        return refuse(&format!("it has {n_merges} merges, but ids for {n_ids}"));
    }
    Ok(())
}

/// The two ids of each merge.
pub(crate) fn pairs(heads: &[u8], low: &[u8]) -> impl Iterator<Item = (u32, u32)> {
    let mut start = 0;
    heads.chunks_exact(2).map(move |pair| {
        let bits = bits_at(low, start);
        let n_left = usize::from(N_LOW[usize::from(pair[0])]);
        start += n_left + usize::from(N_LOW[usize::from(pair[1])]);
        (whole(pair[0], bits), whole(pair[1], bits >> n_left))
    })
}

/// The bits from one on, the low bits of a pair at least.
pub(crate) fn bits_at(low: &[u8], start: usize) -> u64 {
    let near = &low[start / 8..];
    let bytes = near.first_chunk().copied().unwrap_or_else(|| {
        let mut bytes = [0; 8];
        bytes[..near.len()].copy_from_slice(near);
        bytes
    });
    u64::from_le_bytes(bytes) >> (start % 8)
}

/// Returns the id that has a head; its low bits come first in `bits`.
pub(crate) fn whole(head: u8, bits: u64) -> u32 {
    let n_low = N_LOW[usize::from(head)];
    (u32::from(head) - 16 * u32::from(n_low)) << n_low | bits as u32 & ((1 << n_low) - 1)
}

/// The checksum of RFC 1950.
#[cfg(test)]
pub(crate) fn adler32(data: &[u8]) -> u32 {
    const BASE: u32 = 65521;
    let (mut a, mut b) = (1, 0);
    // In 5,552 bytes neither sum reaches 2^32.
    for chunk in data.chunks(5552) {
        for &byte in chunk {
            a += u32::from(byte);
            b += a;
        }
        (a, b) = (a % BASE, b % BASE);
    }
    b << 16 | a
}

pub(crate) struct VocabReader<'d> {
    pub data: &'d [u8],
    pub at: usize,
}

impl<'d> VocabReader<'d> {
    pub fn take(&mut self, length: u64) -> Result<&'d [u8]> {
        let rest = &self.data[self.at..];
        let Some(found) = usize::try_from(length).ok().and_then(|length| rest.get(..length)) else {
            return refuse("it is cut short");
        };
        self.at += found.len();
        Ok(found)
    }

    pub fn number(&mut self) -> Result<u32> {
        Ok(number(self.take(4)?))
    }

    pub fn pairs(&mut self, count: u32) -> Result<Vec<(u32, u32)>> {
        let bytes = self.take(8 * u64::from(count))?;
        collect(bytes.chunks_exact(8).map(|pair| (number(&pair[..4]), number(&pair[4..]))))
    }
}

fn number(bytes: &[u8]) -> u32 {
    bytes.iter().rev().fold(0, |sum, &byte| sum << 8 | u32::from(byte))
}

pub(crate) fn refuse<T>(reason: &str) -> Result<T> {
    Err(Error::Vocabulary(format!("not a packed vocabulary: {reason}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(body: &[u8]) -> Vec<u8> {
        [&MAGIC[..], &adler32(body).to_le_bytes(), body].concat()
    }

    #[test]
    fn by_hand() {
        assert_eq!(adler32(b"Wikipedia"), 0x11E6_0398);
        assert_eq!(pairs(&[0x52, 0x3A], &[0x0C]).collect::<Vec<_>>(), [(300, 104)]);
        let mut body: Vec<u8> = [1u32, 1, 1].iter().flat_map(|number| number.to_le_bytes()).collect();
        body.extend(0..=255);
        body.extend([300u32, 1, 7, 0].iter().flat_map(|number| number.to_le_bytes()));
        body.extend([32 + 24, 32 + 24, 0b1001]); // 97 is 11000 01, 98 is 11000 10
        // The extra token has an id that is in use.
        assert!(unpack(&file(&body), None).is_err());
        body[12 + 256 + 8] = 0;
        body[12 + 256 + 9] = 2;
        let vocab = unpack(&file(&body), None).unwrap();
        assert_eq!((vocab.token_bytes(300), vocab.token_bytes(512)), (Some(&b"ab"[..]), Some(&b""[..])));
        assert_eq!(vocab.merge_of(97, 98), Some((300, 300)));
        assert_eq!(unpack(&file(&body), Some(300)).unwrap().merges(), []);
        for length in 0..body.len() {
            assert!(unpack(&file(&body[..length]), None).is_err());
        }
    }
}
