//! The functions of `minitok.h`, which says what each does, in its order.

#![allow(unsafe_code)]

use super::memory::{Handle, Held, hand_out, read, read_text, set, write};
use super::status::{Failure, Status, answer, last};
use crate::api::stream::StreamDecoder;
use crate::api::tokenizer::{Special, Tokenizer};
use crate::error::Result;
use std::ffi::{CStr, c_char};

// -- tokenizers ------------------------------------------------------------------------------------------------------------

impl Held for Tokenizer {
    const NAME: &str = "tokenizer";
    const MARK: u64 = 0x6d69_6e69_746f_6b31;
}

#[unsafe(no_mangle)]
pub extern "C" fn minitok_encoding(
    name: *const c_char,
    length: usize,
    tokenizer: *mut *mut Handle<Tokenizer>,
) -> Status {
    answer(|| hand_out(tokenizer, || Ok(Tokenizer::encoding(read_text("name", name, length)?)?)))
}

#[unsafe(no_mangle)]
pub extern "C" fn minitok_load(data: *const u8, length: usize, tokenizer: *mut *mut Handle<Tokenizer>) -> Status {
    answer(|| hand_out(tokenizer, || Ok(Tokenizer::from_bytes(read("data", data, length)?)?)))
}

#[unsafe(no_mangle)]
pub extern "C" fn minitok_free(tokenizer: *mut Handle<Tokenizer>) -> Status {
    answer(|| Handle::free(tokenizer))
}

// -- texts -----------------------------------------------------------------------------------------------------------------

#[unsafe(no_mangle)]
pub extern "C" fn minitok_encode(
    tokenizer: *const Handle<Tokenizer>,
    text: *const c_char,
    length: usize,
    special: i32,
    ids: *mut u32,
    room: usize,
    count: *mut usize,
) -> Status {
    answer(|| {
        let (tokenizer, text) = (Handle::of(tokenizer)?, read_text("text", text, length)?);
        let special = match special {
            0 => Special::NONE,
            1 => Special::All,
            other => return Err(Failure(Status::Argument, format!("special is {other}; it can be 0 or 1"))),
        };
        write("ids", &tokenizer.encode_with_special(text, special)?, ids, room, count)
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn minitok_count(
    tokenizer: *const Handle<Tokenizer>,
    text: *const c_char,
    length: usize,
    count: *mut usize,
) -> Status {
    answer(|| {
        let (tokenizer, text) = (Handle::of(tokenizer)?, read_text("text", text, length)?);
        set("count", count, || Ok(tokenizer.count(text)?))
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn minitok_truncate(
    tokenizer: *const Handle<Tokenizer>,
    text: *const c_char,
    length: usize,
    limit: usize,
    kept: *mut usize,
) -> Status {
    answer(|| {
        let (tokenizer, text) = (Handle::of(tokenizer)?, read_text("text", text, length)?);
        set("kept", kept, || Ok(tokenizer.truncate(text, limit, Special::NONE)?.len()))
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn minitok_decode(
    tokenizer: *const Handle<Tokenizer>,
    ids: *const u32,
    count: usize,
    text: *mut c_char,
    room: usize,
    length: *mut usize,
) -> Status {
    answer(|| {
        let decoded = Handle::of(tokenizer)?.decode(read("ids", ids, count)?)?;
        write("text", decoded.as_bytes(), text.cast(), room, length)
    })
}

// -- streams ---------------------------------------------------------------------------------------------------------------

/// A stream, the text that it said last, and the strings that end it.
pub struct Stream {
    decoder: StreamDecoder,
    said: String,
    stops: Vec<String>,
    /// Whether an id of the text has come.
    begun: bool,
}

impl Held for Stream {
    const NAME: &str = "stream";
    const MARK: u64 = 0x6d69_6e69_746f_6b32;
}

#[unsafe(no_mangle)]
pub extern "C" fn minitok_stream_new(
    tokenizer: *const Handle<Tokenizer>,
    skip_special: i32,
    stream: *mut *mut Handle<Stream>,
) -> Status {
    let make = || {
        let decoder = Handle::of(tokenizer)?.stream_decoder();
        let decoder = match skip_special {
            0 => decoder,
            1 => decoder.skip_special(),
            other => return Err(Failure(Status::Argument, format!("skip_special is {other}; it can be 0 or 1"))),
        };
        Ok(Stream { decoder, said: String::new(), stops: Vec::new(), begun: false })
    };
    answer(|| hand_out(stream, make))
}

#[unsafe(no_mangle)]
pub extern "C" fn minitok_stream_stop(stream: *mut Handle<Stream>, text: *const c_char, length: usize) -> Status {
    answer(|| {
        let (Stream { stops, begun, .. }, text) = (Handle::of_mut(stream)?, read_text("text", text, length)?);
        let wrong = if *begun { "given after the first id" } else { "empty" };
        if *begun || text.is_empty() {
            return Err(Failure(Status::Argument, format!("the stop string is {wrong}")));
        }
        stops.push(text.to_owned());
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn minitok_stream_stopped(stream: *const Handle<Stream>, number: *mut i32) -> Status {
    answer(|| {
        let Stream { decoder, stops, .. } = Handle::of(stream)?;
        let found = decoder.stopped().and_then(|found| stops.iter().position(|stop| stop == found));
        set("number", number, || Ok(found.and_then(|at| i32::try_from(at).ok()).unwrap_or(-1)))
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn minitok_stream_push(
    stream: *mut Handle<Stream>,
    id: u32,
    text: *mut *const c_char,
    length: *mut usize,
) -> Status {
    say(stream, text, length, |Stream { decoder, said, stops, begun }| {
        if !std::mem::replace(begun, true) && !stops.is_empty() {
            *decoder = decoder.clone().stop(stops)?;
        }
        said.clear();
        decoder.push_into(id, said)
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn minitok_stream_finish(
    stream: *mut Handle<Stream>,
    text: *mut *const c_char,
    length: *mut usize,
) -> Status {
    say(stream, text, length, |Stream { decoder, said, begun, .. }| {
        *begun = false;
        *said = decoder.finish()?;
        Ok(())
    })
}

fn say(
    stream: *mut Handle<Stream>,
    text: *mut *const c_char,
    length: *mut usize,
    step: impl FnOnce(&mut Stream) -> Result<()>,
) -> Status {
    answer(|| {
        let stream = Handle::of_mut(stream)?;
        set("text", text, || {
            set("length", length, || {
                step(stream)?;
                Ok(stream.said.len())
            })?;
            Ok(stream.said.as_ptr().cast())
        })
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn minitok_stream_free(stream: *mut Handle<Stream>) -> Status {
    answer(|| Handle::free(stream))
}

// -- what happened ---------------------------------------------------------------------------------------------------------

#[unsafe(no_mangle)]
pub extern "C" fn minitok_last_error() -> *const c_char {
    last()
}

#[unsafe(no_mangle)]
pub extern "C" fn minitok_version() -> *const c_char {
    const VERSION: &CStr = match CStr::from_bytes_with_nul(concat!(env!("CARGO_PKG_VERSION"), "\0").as_bytes()) {
        Ok(version) => version,
        Err(_) => panic!("a version holds no zero"),
    };
    VERSION.as_ptr()
}
