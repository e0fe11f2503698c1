//! What `encode_into`, `count` and `push_into` promise: once a text's pieces are known, and there is room, no memory is asked for.

#![cfg(not(feature = "python"))] // the extension has an allocator of its own
#![allow(unsafe_code, reason = "an allocator is one by unsafe methods")]

use minitok::{Special, Tokenizer};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

thread_local! {
    static ASKED: Cell<usize> = const { Cell::new(0) };
}

struct Counting;

// SAFETY: the system's allocator does all; what it is asked is counted.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ASKED.with(|asked| asked.set(asked.get() + 1));
        // SAFETY: as the caller promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(place, layout) }
    }

    unsafe fn realloc(&self, place: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ASKED.with(|asked| asked.set(asked.get() + 1));
        // SAFETY: as the caller promises.
        unsafe { System.realloc(place, layout, size) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

fn asked(mut work: impl FnMut()) -> usize {
    let before = ASKED.get();
    work();
    ASKED.get() - before
}

#[test]
fn known_texts_need_no_memory() {
    let tok = Tokenizer::encoding("o200k_base").unwrap();
    let text = "A naïve café, 12345 times — <|endoftext|> and so on.\n".repeat(20);
    let mut ids = Vec::new();
    for special in [Special::NONE, Special::All, Special::Only(&["<|endoftext|>"])] {
        let mut encode = || {
            ids.clear();
            tok.encode_into(&text, special, &mut ids).unwrap();
        };
        assert!(asked(&mut encode) > 0);
        assert_eq!(asked(|| (0..100).for_each(|_| encode())), 0, "{special:?}");
    }
    tok.count(&text).unwrap();
    assert_eq!(asked(|| assert!(tok.count(&text).unwrap() > 0)), 0);
}

#[test]
fn a_stream_of_whole_characters_needs_no_memory() {
    let tok = Tokenizer::encoding("o200k_base").unwrap();
    let ids = tok.encode("A café, 12345 times: and so on.\n").unwrap();
    let (mut stream, mut text) = (tok.stream_decoder(), String::with_capacity(100));
    let push_all = || {
        for &id in &ids {
            stream.push_into(id, &mut text).unwrap();
        }
    };
    assert_eq!(asked(push_all), 0);
    assert_eq!(text, "A café, 12345 times: and so on.\n");
}
