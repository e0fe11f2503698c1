//! Hashes of pieces that nobody can prepare collisions for.

#![expect(clippy::cast_possible_truncation, reason = "the halves of a product and of a key are meant")]

use std::hash::BuildHasher;

use foldhash::fast::RandomState;

/// Hashes pieces. Tables whose residues must agree share its secrets.
#[derive(Clone)]
pub(super) struct Hasher {
    secrets: [u64; 3],
    long: RandomState,
}

impl Default for Hasher {
    fn default() -> Self {
        let long = RandomState::default();
        Self { secrets: std::array::from_fn(|i| long.hash_one(i)), long }
    }
}

impl Hasher {
    /// One folded multiplication of the two halves, each hidden by a secret; and one more, since after the first alone
    /// keys at equal distances lie at equal distances too.
    #[inline]
    pub(super) fn short(&self, key: u128) -> u64 {
        let halves = fold(key as u64 ^ self.secrets[0], (key >> 64) as u64 ^ self.secrets[1]);
        fold(halves, self.secrets[2])
    }

    /// A piece too long for an entry.
    pub(super) fn long(&self, piece: &[u8]) -> u64 {
        self.long.hash_one(piece)
    }
}

fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    (product >> 64) as u64 ^ product as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Slots are chosen by the low bits of a hash, residues and files by higher ones.
    #[test]
    fn each_bit_of_a_key_changes_half_of_the_bits_in_every_part_of_the_hash() {
        let hasher = Hasher::default();
        let keys: Vec<u128> =
            (1..=200_u128).map(|n| n.wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835)).collect();
        for bit in 0..128 {
            let mut changed = [0; 4];
            for key in &keys {
                let change = hasher.short(*key) ^ hasher.short(key ^ 1 << bit);
                (0..4).for_each(|part| changed[part] += ((change >> (16 * part)) as u16).count_ones());
            }
            // Half of 200 * 16 bits, and more than ten standard deviations around it.
            assert!(changed.iter().all(|bits| (1300..1900).contains(bits)), "bit {bit}: {changed:?}");
        }
    }

    #[test]
    fn the_halves_of_a_key_are_not_interchangeable() {
        let hasher = Hasher::default();
        for n in 1..100_u128 {
            assert_ne!(hasher.short((n << 64) | (7 * n)), hasher.short(((7 * n) << 64) | n));
        }
    }

    #[test]
    fn tables_share_secrets_or_have_their_own() {
        let (one, other) = (Hasher::default(), Hasher::default());
        let hashes = |hasher: &Hasher| (hasher.short(1), hasher.long(b"a piece that is long"));
        assert_eq!(hashes(&one.clone()), hashes(&one));
        assert_ne!(hashes(&one).0, hashes(&other).0);
        assert_ne!(hashes(&one).1, hashes(&other).1);
    }
}
