//! The checksum of a packed vocabulary. Must equal `adler32` of `rust/reference/published/packed_vocab.rs`.
//!
//! The first sum is that of the bytes, the second that of the first after each byte. So a byte counts in the second as often as
//! there are bytes from it on. Eight bytes are taken at a time: the even ones as the four lanes of one number, the odd ones as those
//! of another. By hand, for one word of the bytes x0 to x7: the first sum grows by all of them, the second by eight times the first
//! as it was, and by 8 x0 + 7 x1 + ... + 1 x7: eight times their sum less 0 x0 + 1 x1 + ... + 7 x7.
//!
//! Costs: O(n); half a dozen operations for eight bytes, with or without an optimizing compiler.

/// The greatest prime number below 2^16.
const BASE: u64 = 65521;
/// A lane holds the sums of this many words: 255 (1 + 2 + ... + 22) is less than 2^16.
const WORDS: usize = 22;
const LANES: u64 = 0x00ff_00ff_00ff_00ff;

/// The checksum of RFC 1950.
#[expect(clippy::cast_possible_truncation, reason = "both sums are less than 2^16")]
pub fn adler32(data: &[u8]) -> u32 {
    let (mut a, mut b) = (1, 0);
    let (words, rest) = data.as_chunks::<8>();
    for block in words.chunks(WORDS) {
        // The lanes of the words so far, and those of their sums after each word.
        let (mut even, mut odd, mut evens, mut odds) = (0, 0, 0, 0);
        for &word in block {
            let word = u64::from_le_bytes(word);
            even += word & LANES;
            odd += word >> 8 & LANES;
            evens += even;
            odds += odd;
        }
        let ([e0, e1, e2, e3], [o0, o1, o2, o3]) = (lanes(even), lanes(odd));
        let later = o0 + 2 * e1 + 3 * o1 + 4 * e2 + 5 * o2 + 6 * e3 + 7 * o3;
        let ([s0, s1, s2, s3], [t0, t1, t2, t3]) = (lanes(evens), lanes(odds));
        let sums = s0 + s1 + s2 + s3 + t0 + t1 + t2 + t3;
        b = (b + 8 * block.len() as u64 * a + 8 * sums - later) % BASE;
        a = (a + e0 + e1 + e2 + e3 + o0 + o1 + o2 + o3) % BASE;
    }
    for &byte in rest {
        a += u64::from(byte);
        b += a;
    }
    (a, b) = (a % BASE, b % BASE);
    (b << 16 | a) as u32
}

/// The four numbers of 16 bits in one of 64.
fn lanes(number: u64) -> [u64; 4] {
    [0, 16, 32, 48].map(|shift| number >> shift & 0xffff)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::published::packed_vocab;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn equals_the_mirror(data in prop::collection::vec(any::<u8>(), 0..2000)) {
            prop_assert_eq!(adler32(&data), packed_vocab::adler32(&data));
        }
    }

    #[test]
    fn the_greatest_bytes_fit() {
        for length in (0..1000).chain([100_000, 1 << 20]) {
            let data = vec![0xff; length];
            assert_eq!(adler32(&data), packed_vocab::adler32(&data), "{length}");
        }
    }
}
