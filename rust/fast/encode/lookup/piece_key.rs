//! A piece as one number that names it.
//!
//! A piece of up to 13 bytes *is* its key: the bytes, little end first, with their number in the four bits above them. A longer
//! piece is named by 104 bits of hash under the number 14, and a look-up compares its bytes too. The tag keeps pieces of NUL bytes
//! apart from each other and from empty slots, whose tag is 0.
//!
//! ```text
//! bit 0                                              104  108                 128
//!     | bytes of the piece, or bits of its hash      | tag |  free: a value     |
//! ```
//!
//! Cost: two loads and a mask; a long piece one multiplication for 8 bytes. Buys: with a checked load of the bytes, text that comes
//! again takes 1.05 to 1.10 times as long.

#![expect(clippy::cast_possible_truncation, reason = "the halves of a key and of a product are meant")]
#![allow(unsafe_code)]
// The hot loops are made of one-line helpers that must vanish into them.
#![allow(clippy::inline_always)]

use crate::fast::simd::vector::Shape;

/// The longest piece that is its own key.
pub const MAX_KEY_BYTES: usize = 13;
/// Longer pieces are not cached, so their keys need not tell them apart.
pub const MEMORABLE: usize = 256;
/// How many bytes are read of a short piece.
pub const LOAD: usize = 16;
const LONG_TAG: u128 = 14;
const HASH_MASK: u128 = (1 << TAG_SHIFT) - 1;
const TAG_SHIFT: u32 = 104;
pub const VALUE_SHIFT: u32 = 108;
pub const KEY_MASK: u128 = (1 << VALUE_SHIFT) - 1;

/// By number of bytes: the mask of those that belong to the key, and the tag where it stands in the key.
pub static SHAPES: [Shape; LOAD] = {
    let mut shapes = [Shape { kept: [0; LOAD], tag: [0; LOAD] }; LOAD];
    let mut len = 0;
    while len <= MAX_KEY_BYTES {
        (shapes[len].kept, shapes[len].tag) =
            (((1_u128 << (8 * len)) - 1).to_le_bytes(), ((len as u128) << TAG_SHIFT).to_le_bytes());
        len += 1;
    }
    shapes
};

/// The key of `text[start..end]`, which must not be empty.
#[inline(always)]
pub fn key_of(text: &[u8], start: usize, end: usize) -> u128 {
    let len = end - start;
    if len > MAX_KEY_BYTES {
        return key_of_long(&text[start..end]);
    }
    short_key(load(text, start), len)
}

/// The first [`LOAD`] bytes of a piece.
///
/// # Safety
///
/// `start + LOAD <= text.len()`.
#[inline(always)]
pub unsafe fn bytes_within(text: &[u8], start: usize) -> &[u8; LOAD] {
    debug_assert!(start + LOAD <= text.len());
    // SAFETY: the caller's promise.
    unsafe { &*text.as_ptr().add(start).cast() }
}

#[inline(always)]
fn short_key(bytes: u128, len: usize) -> u128 {
    let Shape { kept, tag } = SHAPES[len];
    bytes & u128::from_le_bytes(kept) | u128::from_le_bytes(tag)
}

/// Sixteen bytes from `start` on; zeros after the end of the text.
#[inline(always)]
fn load(text: &[u8], start: usize) -> u128 {
    let from = start.min(text.len().saturating_sub(LOAD));
    match text[from..].first_chunk::<LOAD>() {
        Some(bytes) => u128::from_le_bytes(*bytes) >> (8 * (start - from)),
        None => load_small(&text[start..]),
    }
}

/// All of fewer than sixteen bytes.
#[inline(never)]
fn load_small(bytes: &[u8]) -> u128 {
    bytes.iter().rfold(0, |number, &byte| number << 8 | u128::from(byte))
}

#[inline(never)]
fn key_of_long(piece: &[u8]) -> u128 {
    let mut hash = mix(piece.len() as u64, piece.len() as u64);
    let mut twin = !hash;
    let (words, rest) = piece[..piece.len().min(MEMORABLE)].as_chunks::<8>();
    let last = {
        let mut bytes = [0; 8];
        bytes[..rest.len()].copy_from_slice(rest);
        bytes
    };
    for word in words.iter().chain([&last]) {
        hash = mix(hash, u64::from_le_bytes(*word));
        twin = twin.rotate_left(29) ^ hash;
    }
    (u128::from(hash) | u128::from(twin) << 64) & HASH_MASK | LONG_TAG << TAG_SHIFT
}

#[inline]
pub fn is_long(key: u128) -> bool {
    key >> TAG_SHIFT & 15 == LONG_TAG
}

#[inline]
fn mix(one: u64, two: u64) -> u64 {
    let product = u128::from(one ^ 0x9E37_79B9_7F4A_7C15) * u128::from(two ^ 0xD6E8_FEB8_6659_FD93);
    (product >> 64) as u64 ^ product as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_name_pieces() {
        let text: Vec<u8> = (1..=40).collect();
        for end in 1..=40 {
            for start in 0..end {
                let len = end - start;
                let key = key_of(&text, start, end);
                assert_eq!(is_long(key), len > MAX_KEY_BYTES);
                assert_eq!(key, key_of(&text[start..end], 0, len), "what follows does not matter");
                assert_eq!(key >> VALUE_SHIFT, 0);
            }
        }
        let zeros = [0; 20];
        let keys: Vec<u128> = (1..=20).map(|len| key_of(&zeros, 0, len)).collect();
        assert!(keys.iter().enumerate().all(|(at, key)| *key != 0 && !keys[..at].contains(key)));
    }

    #[test]
    fn every_bit_of_a_long_piece_matters_to_every_bit_of_its_key() {
        for len in [14, 16, 20, 24, 40] {
            let piece: Vec<u8> = (0..len).map(|at| (at * 37 % 251) as u8).collect();
            let key = key_of(&piece, 0, len);
            let mut changed = [0; TAG_SHIFT as usize];
            for bit in 0..8 * len {
                let mut other = piece.clone();
                other[bit / 8] ^= 1 << (bit % 8);
                let differs = key ^ key_of(&other, 0, len);
                assert!(differs >> TAG_SHIFT == 0 && (25..80).contains(&differs.count_ones()), "{differs:x}");
                (0..).zip(&mut changed).for_each(|(bit, count)| *count += differs >> bit & 1);
            }
            let (least, most) = (2 * len as u128, 6 * len as u128);
            assert!(changed.iter().all(|count| (least..=most).contains(count)), "{len}: {changed:?}");
        }
    }

    #[test]
    fn what_stands_before_a_word_that_makes_a_product_zero_matters() {
        let zero = 0xD6E8_FEB8_6659_FD93u64.to_le_bytes();
        assert_eq!(mix(7, u64::from_le_bytes(zero)), 0);
        let keys: std::collections::BTreeSet<u128> =
            (0..1000u64).map(|word| key_of_long(&[&word.to_le_bytes()[..], &zero, b"the rest"].concat())).collect();
        assert_eq!(keys.len(), 1000);
    }

    #[test]
    fn long_pieces_of_equal_bytes_differ_by_their_length() {
        let zeros = [0; MEMORABLE + 9];
        let keys: std::collections::BTreeSet<u128> = (1..=zeros.len()).map(|len| key_of(&zeros, 0, len)).collect();
        assert_eq!(keys.len(), zeros.len());
    }
}
