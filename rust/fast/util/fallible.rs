//! Vectors whose length comes from outside: each of these functions returns an error where there is no memory.
//!
//! The forms of the standard library end the process then. In `rust/fast` and `rust/python` Clippy refuses them
//! (`disallowed-methods` in `clippy.toml`): where a length is bounded, the place says by what.
//!
//! Costs: those of the infallible forms, and a comparison for each call.

#![allow(clippy::disallowed_methods, reason = "memory is reserved before")]

use crate::error::{Error, Result};

/// Appends an item.
#[inline]
pub(crate) fn push<T>(out: &mut Vec<T>, item: T) -> Result<()> {
    if out.len() == out.capacity() {
        out.try_reserve(1)?;
    }
    out.push(item);
    Ok(())
}

/// Appends copies of items.
#[inline]
pub(crate) fn append<T: Copy>(out: &mut Vec<T>, items: &[T]) -> Result<()> {
    out.try_reserve(items.len())?;
    out.extend_from_slice(items);
    Ok(())
}

/// Appends text.
pub(crate) fn push_str(out: &mut String, text: &str) -> Result<()> {
    out.try_reserve(text.len())?;
    out.push_str(text);
    Ok(())
}

/// Appends items.
#[inline]
pub(crate) fn extend<T>(out: &mut Vec<T>, items: impl IntoIterator<Item = T>) -> Result<()> {
    let items = items.into_iter();
    let (least, most) = items.size_hint();
    out.try_reserve(least)?;
    if most == Some(least) {
        out.extend(items);
        return Ok(());
    }
    for item in items {
        push(out, item)?;
    }
    Ok(())
}

/// Returns items as a vector.
#[inline]
pub(crate) fn collect<T>(items: impl IntoIterator<Item = T>) -> Result<Vec<T>> {
    let items = items.into_iter();
    let mut all = room(items.size_hint().0)?;
    extend(&mut all, items)?;
    Ok(all)
}

/// Returns the items as a vector, or the first error.
pub(crate) fn try_collect<T, E: From<Error>>(
    items: impl IntoIterator<Item = std::result::Result<T, E>>,
) -> std::result::Result<Vec<T>, E> {
    let items = items.into_iter();
    let mut all = room(items.size_hint().0)?;
    for item in items {
        push(&mut all, item?)?;
    }
    Ok(all)
}

/// Returns an empty vector with room for `length` items.
#[inline]
pub(crate) fn room<T>(length: usize) -> Result<Vec<T>> {
    let mut all = Vec::new();
    all.try_reserve_exact(length)?;
    Ok(all)
}

/// Returns `length` copies of an item.
#[inline]
pub(crate) fn filled<T: Clone>(item: T, length: usize) -> Result<Vec<T>> {
    let mut all = room(length)?;
    all.resize(length, item);
    Ok(all)
}

/// Makes a vector `length` items long, with copies of an item where it was shorter.
#[inline]
pub(crate) fn resize<T: Clone>(out: &mut Vec<T>, length: usize, item: T) -> Result<()> {
    out.try_reserve(length.saturating_sub(out.len()))?;
    out.resize(length, item);
    Ok(())
}

/// Returns slices one after the other.
pub(crate) fn concat<T: Copy>(parts: &[&[T]]) -> Result<Vec<T>> {
    let mut all = room(parts.iter().map(|part| part.len()).sum())?;
    for part in parts {
        all.extend_from_slice(part);
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_what_the_standard_library_makes() {
        let mut out = vec![1];
        push(&mut out, 2).unwrap();
        append(&mut out, &[3, 4]).unwrap();
        extend(&mut out, (5..100).filter(|item| item % 40 == 0)).unwrap();
        resize(&mut out, 8, 7).unwrap();
        assert_eq!(out, [1, 2, 3, 4, 40, 80, 7, 7]);
        resize(&mut out, 1, 7).unwrap();
        assert_eq!((out, collect(2..5), filled(6, 3)), (vec![1], Ok(vec![2, 3, 4]), Ok(vec![6; 3])));
        assert_eq!(concat(&[&b"ab"[..], b"", b"c"]), Ok(b"abc".to_vec()));
        assert!(room::<u8>(9).unwrap().capacity() >= 9);
    }

    #[test]
    fn a_length_that_cannot_be_had_is_an_error() {
        let (most, mut out) = (usize::MAX / 2, vec![0_u64]);
        let many = || (0..usize::MAX).map(|number| number as u64);
        assert_eq!(room::<u8>(most + 2), Err(Error::Memory));
        assert_eq!(filled(0_u64, most), Err(Error::Memory));
        assert_eq!(resize(&mut out, most, 0), Err(Error::Memory));
        assert_eq!(extend(&mut out, many()), Err(Error::Memory));
        assert_eq!(out, [0]);
    }
}
