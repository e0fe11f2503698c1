//! The caller's memory: handles, and what is read from it and written to it.

#![allow(unsafe_code)]

use super::status::{Failure, Status};
use std::ffi::c_char;

type Result<T> = std::result::Result<T, Failure>;

/// What a handle holds.
pub trait Held {
    const NAME: &str;
    /// What a handle of this kind begins with.
    const MARK: u64;
}

/// What a caller holds by a pointer only.
#[repr(C)]
pub struct Handle<T> {
    mark: u64,
    inner: T,
}

impl<T: Held> Handle<T> {
    /// An error if it is not a handle of this kind.
    fn check(handle: *const Handle<T>) -> Result<()> {
        if handle.is_null() {
            return Err(wrong(T::NAME, "null"));
        }
        // SAFETY: handles of all kinds begin with their mark, and the caller has no others.
        if !handle.is_aligned() || unsafe { handle.cast::<u64>().read() } != T::MARK {
            return Err(wrong(T::NAME, "a handle of another kind"));
        }
        Ok(())
    }

    pub fn of<'h>(handle: *const Handle<T>) -> Result<&'h T> {
        Handle::check(handle)?;
        // SAFETY: it is one, nobody has freed it, and what threads share is not changed.
        Ok(unsafe { &(*handle).inner })
    }

    pub fn of_mut<'h>(handle: *mut Handle<T>) -> Result<&'h mut T> {
        Handle::check(handle)?;
        // SAFETY: it is one, nobody has freed it, and only one thread uses it at a time.
        Ok(unsafe { &mut (*handle).inner })
    }

    pub fn free(handle: *mut Handle<T>) -> Result<()> {
        if handle.is_null() {
            return Ok(());
        }
        Handle::check(handle)?;
        // SAFETY: `hand_out` made it. Without its mark it is no handle any more, as long as its memory is nobody else's.
        drop(unsafe {
            (*handle).mark = 0;
            Box::from_raw(handle)
        });
        Ok(())
    }
}

/// Hands out what is made; null if it cannot be.
pub fn hand_out<T: Held>(to: *mut *mut Handle<T>, make: impl FnOnce() -> Result<T>) -> Result<()> {
    check(T::NAME, to, 1)?;
    // SAFETY: the caller has a place for a pointer there.
    unsafe { to.write(std::ptr::null_mut()) };
    let handle = Box::new(Handle { mark: T::MARK, inner: make()? });
    // SAFETY: as before.
    unsafe { to.write(Box::into_raw(handle)) };
    Ok(())
}

pub fn read<'c, T>(name: &str, from: *const T, length: usize) -> Result<&'c [T]> {
    check(name, from, length)?;
    if length == 0 {
        return Ok(&[]);
    }
    // SAFETY: the caller has as many there.
    Ok(unsafe { std::slice::from_raw_parts(from, length) })
}

pub fn read_text<'c>(name: &str, from: *const c_char, length: usize) -> Result<&'c str> {
    let bytes = read(name, from.cast::<u8>(), length)?;
    simdutf8::basic::from_utf8(bytes).map_err(|_| {
        let at = std::str::from_utf8(bytes).map_or_else(|error| error.valid_up_to(), str::len);
        Failure(Status::NotUtf8, format!("{name} is not UTF-8 at byte {at}"))
    })
}

/// Writes items where there is room for them, and how many they are.
pub fn write<T: Copy>(name: &str, items: &[T], to: *mut T, room: usize, length: *mut usize) -> Result<()> {
    check(name, to, room)?;
    set("the number of what is written", length, || Ok(items.len()))?;
    if items.len() > room {
        let reason = format!("{name} has room for {room} items, and there are {}", items.len());
        return Err(Failure(Status::TooSmall, reason));
    }
    if !items.is_empty() {
        // SAFETY: the caller has room for as many, which nobody else uses meanwhile.
        unsafe { to.copy_from_nonoverlapping(items.as_ptr(), items.len()) };
    }
    Ok(())
}

/// Writes one item, if there is a place for it.
pub fn set<T>(name: &str, to: *mut T, item: impl FnOnce() -> Result<T>) -> Result<()> {
    check(name, to, 1)?;
    let item = item()?;
    // SAFETY: the caller has a place for it there.
    unsafe { to.write(item) };
    Ok(())
}

/// Fails if `length` items cannot be at a place.
fn check<T>(name: &str, place: *const T, length: usize) -> Result<()> {
    if length == 0 {
        return Ok(());
    }
    let size = length.checked_mul(size_of::<T>()).filter(|&size| isize::try_from(size).is_ok());
    match size {
        _ if place.is_null() => Err(wrong(name, "null")),
        _ if !place.is_aligned() => Err(wrong(name, "not aligned")),
        None => Err(wrong(name, "longer than memory is")),
        Some(_) => Ok(()),
    }
}

fn wrong(name: &str, reason: &str) -> Failure {
    Failure(Status::Argument, format!("{name} is {reason}"))
}
