//! Loads a cache line before it is needed. Changes nothing else, and does nothing on processors other than x86-64.

#![allow(unsafe_code)]

#[inline]
pub(crate) fn prefetch<T>(place: *const T) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: a prefetch is a hint; it never faults, whatever the address, and every x86-64 processor has it.
    unsafe {
        std::arch::x86_64::_mm_prefetch::<{ std::arch::x86_64::_MM_HINT_T0 }>(place.cast());
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = place;
}

/// The same items, in order; `ask` is called with each of them `N` places before its turn.
#[cfg(target_arch = "x86_64")]
pub(crate) fn ahead<T: Copy, const N: usize>(
    things: impl Iterator<Item = T>,
    ask: impl Fn(T),
) -> impl Iterator<Item = T> {
    let mut waiting = [None; N];
    things.map(Some).chain(std::iter::repeat_n(None, N)).enumerate().filter_map(move |(index, thing)| {
        thing.into_iter().for_each(&ask);
        std::mem::replace(&mut waiting[index % N], thing)
    })
}

/// The same items, in order: there is nothing to ask for.
#[cfg(not(target_arch = "x86_64"))]
pub(crate) fn ahead<T: Copy, const N: usize>(
    things: impl Iterator<Item = T>,
    _ask: impl Fn(T),
) -> impl Iterator<Item = T> {
    things
}

#[cfg(all(test, target_arch = "x86_64"))]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_lost_on_the_way() {
        for count in [0, 1, 3, 4, 5, 100] {
            assert!(ahead::<_, 4>(0..count, |_| ()).eq(0..count));
        }
    }

    #[test]
    fn each_is_asked_for_once_in_order_and_some_places_before_its_turn() {
        for count in [0, 1, 3, 4, 5, 100] {
            let asked = std::cell::RefCell::new(Vec::new());
            for thing in ahead::<_, 4>(0..count, |thing| asked.borrow_mut().push(thing)) {
                assert_eq!(asked.borrow().len(), count.min(thing + 5));
            }
            assert!(asked.into_inner().into_iter().eq(0..count));
        }
    }
}
