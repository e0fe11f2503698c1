//! The bits of a mask -> their positions in the text.

/// Writes the positions of the bits, counted from `base`; false, and nothing is written, if there is no room for them. Where
/// there is room for 64, more is written than there are bits, to spare the branches.
#[inline(always)]
pub(super) fn write(mut bits: u64, base: usize, out: &mut [usize]) -> bool {
    if let Some(out) = out.first_chunk_mut::<64>() {
        for group in out.chunks_exact_mut(8) {
            for end in group {
                *end = base + bits.trailing_zeros() as usize;
                bits &= bits.wrapping_sub(1);
            }
            if bits == 0 {
                break;
            }
        }
        return true;
    }
    if out.len() < bits.count_ones() as usize {
        return false;
    }
    for end in out.iter_mut().take(bits.count_ones() as usize) {
        *end = base + bits.trailing_zeros() as usize;
        bits &= bits - 1;
    }
    true
}
