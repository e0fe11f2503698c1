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
