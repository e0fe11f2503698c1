//! Sets of ids as bits: 64 in each word, the lowest first.

pub type Bits = Vec<u64>;

#[inline]
pub fn has(bits: &[u64], id: u32) -> bool {
    bits.get(id as usize >> 6).is_some_and(|word| word >> (id & 63) & 1 == 1)
}

#[inline]
pub fn set(bits: &mut [u64], id: u32) {
    bits[id as usize >> 6] |= 1 << (id & 63);
}

#[inline]
pub fn unset(bits: &mut [u64], id: u32) {
    bits[id as usize >> 6] &= !(1 << (id & 63));
}
