//! The bytes of all tokens from their merges. Must equal `Tokens::join` of `rust/reference/tokens.rs`, merge after merge.
//!
//! Most tokens are short, and their lengths look random to the processor: a copy of exactly that many bytes is a
//! mispredicted branch on a length that has yet to come from memory. So 16 bytes are copied whatever the length, and the
//! surplus is overwritten by the next token. Nothing then depends on a length but where the next token begins, and the
//! loads of many merges are under way at once. Measured over `o200k_base`: a quarter of the time.
//!
//! Costs: O(V L) for V tokens of L bytes.

#![expect(clippy::cast_possible_truncation, reason = "`check_length` allows 2^31 bytes")]

use crate::error::Result;
use crate::fast::util::fallible::resize;
use crate::reference::published::vocabs::Merge;
use crate::reference::tokens::{HOLE, Tokens, check_length};

const CHUNK: usize = 16;

/// Gives the id of each merge its bytes, up to the first merge that joins an id without a token or makes an id that has one
/// already. Returns how many merges were done.
pub fn join_all(tokens: &mut Tokens, merges: &[Merge]) -> Result<usize> {
    let n_ids = merges.iter().map(|merge| merge.id as usize + 1).max().unwrap_or(0).max(tokens.spans.len());
    resize(&mut tokens.spans, n_ids, HOLE)?;
    let mut end = tokens.bytes.len();
    let room = 8 * merges.len() + 2 * CHUNK;
    resize(&mut tokens.bytes, end + room, 0)?;
    let mut done = 0;
    for merge in merges {
        let (Some(&left), Some(&right)) =
            (tokens.spans.get(merge.left as usize), tokens.spans.get(merge.right as usize))
        else {
            break;
        };
        if left == HOLE || right == HOLE || tokens.spans[merge.id as usize] != HOLE {
            break;
        }
        let (start, left_len, right_len) = (end, left.1 as usize, right.1 as usize);
        end += left_len + right_len;
        check_length(end)?;
        if end + 2 * CHUNK > tokens.bytes.len() {
            let room = 2 * end + 2 * CHUNK;
            resize(&mut tokens.bytes, room, 0)?;
        }
        copy(&mut tokens.bytes, left.0 as usize, start, left_len);
        copy(&mut tokens.bytes, right.0 as usize, start + left_len, right_len);
        tokens.spans[merge.id as usize] = (start as u32, (end - start) as u32);
        done += 1;
    }
    tokens.bytes.truncate(end);
    Ok(done)
}

/// Copies `length` bytes, or up to 16, to a place further on; the two do not overlap.
#[inline]
fn copy(bytes: &mut [u8], from: usize, to: usize, len: usize) {
    if len <= CHUNK
        && let Some(&chunk) = bytes[from..].first_chunk::<CHUNK>()
        && let Some(place) = bytes[to..].first_chunk_mut()
    {
        *place = chunk;
    } else {
        bytes.copy_within(from..from + len, to);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn equals_the_mirror(pairs in prop::collection::vec((0..300u32, 0..300u32, 0..4u32), 0..60)) {
            let mut plain = Tokens::default();
            for byte in 0..=255u8 {
                plain.set(u32::from(byte), &[byte]).unwrap();
            }
            plain.set(256, b"").unwrap();
            let mut id = 256;
            let merges: Vec<Merge> = pairs.iter().map(|&(left, right, step)| {
                id += step;
                // Mostly what is a token already, so that tokens grow.
                let near = |side: u32| if side < 256 { side } else { id.saturating_sub(300 - side) };
                Merge { left: near(left), right: near(right), id, rank: id }
            }).collect();
            let mut fast = plain.clone();
            let done = join_all(&mut fast, &merges).unwrap();
            let expected = merges.iter().take_while(|merge| plain.join(merge.left, merge.right, merge.id).unwrap()).count();
            prop_assert_eq!(done, expected);
            prop_assert!(fast.iter().eq(plain.iter()));
        }
    }

    #[test]
    fn tokens_that_outgrow_the_room_are_whole() {
        let mut plain = Tokens::default();
        (0..=255u8).for_each(|byte| plain.set(u32::from(byte), &[byte]).unwrap());
        // Each token is the one before twice, or with the one before that, or with a byte.
        for other in [0, 1, 2] {
            let merges: Vec<Merge> = (256..270u32)
                .map(|id| {
                    let right = if other == 2 { id % 7 } else { id - 1 - other };
                    Merge { left: id - 1, right, id, rank: id }
                })
                .collect();
            let (mut fast, mut expected) = (plain.clone(), plain.clone());
            assert_eq!(join_all(&mut fast, &merges).unwrap(), merges.len());
            assert!(merges.iter().all(|merge| expected.join(merge.left, merge.right, merge.id).unwrap()));
            assert!(fast.iter().eq(expected.iter()));
            assert_eq!(fast.bytes.len(), expected.bytes.len());
        }
    }

    #[test]
    fn the_first_token_outgrows_the_room_whatever_its_length() {
        for first in 0..40u8 {
            let mut plain = Tokens::default();
            plain.set(0, &(0..first).collect::<Vec<u8>>()).unwrap();
            let merges: Vec<Merge> = (1..5).map(|id| Merge { left: id - 1, right: id - 1, id, rank: id }).collect();
            for count in 0..=merges.len() {
                let (mut fast, mut expected) = (plain.clone(), plain.clone());
                assert_eq!(join_all(&mut fast, &merges[..count]).unwrap(), count);
                assert!(merges[..count].iter().all(|merge| expected.join(merge.left, merge.right, merge.id).unwrap()));
                assert!(fast.iter().eq(expected.iter()), "{count} merges of {first} bytes");
            }
        }
    }
}
