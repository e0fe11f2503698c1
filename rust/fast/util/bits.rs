//! The bits of a mask -> their positions in the text.

// A call for each window of 64 bytes would be a tenth of a scan.
#![allow(clippy::inline_always)]

/// Writes the positions of the bits, counted from `base`; false, and nothing is written, if there is no room for them. Where
/// there is room for 64, more is written than there are bits, to spare the branches.
#[inline(always)]
pub fn write(mut bits: u64, base: usize, out: &mut [usize]) -> bool {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bit_is_written_if_there_is_room() {
        let each = (0..64).map(|bit| 1 << bit);
        for bits in
            each.chain([0, u64::MAX, u64::MAX << 1, u64::MAX >> 1, 0x8000_0000_0000_0001, 0x0123_4567_89AB_CDEF])
        {
            let expected: Vec<usize> = (0..64).filter(|bit| bits >> bit & 1 == 1).map(|bit| 100 + bit).collect();
            for room in (0..=70).chain([1000]) {
                let mut out = vec![7; room];
                let fits = room >= expected.len();
                assert_eq!(write(bits, 100, &mut out), fits, "{bits:x}, {room}");
                assert_eq!(out.get(..expected.len()), fits.then_some(&expected[..]), "{bits:x}, {room}");
                if !fits {
                    assert_eq!(out, vec![7; room]);
                }
            }
        }
    }
}
