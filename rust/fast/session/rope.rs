//! A long text in chunks, each with its ids.
//!
//! The chunks stand in blocks of up to 64. Each block knows the sums of its chunks, so that a place is found, and chunks are
//! replaced, at the cost of a look at each block and at each chunk of one. Copies of the rope share blocks until one of them changes
//! there, and chunks beyond that: a copy that differs by an edit has one block of its own, and the chunks that were made anew.
//!
//! By hand, with two chunks a block: `ab`, `c` | `de`: byte 3 is byte 0 of the third chunk, since the first block has 3.
//!
//! Invariants: there is at least one block, and each has at least one chunk. Only the one chunk of an empty text is empty.
//!
//! Costs: 88 bytes a chunk besides text and ids, and what the allocator takes for these two; O(n / (chunk * block) + block) for each call on
//! a text of n bytes.

use crate::error::Result;
use crate::fast::util::fallible::{append, collect, extend, push, room};
use std::ops::{Add, AddAssign, Deref, Sub, SubAssign};
use std::sync::Arc;

/// How many chunks a block has at most.
const BLOCK: usize = if cfg!(any(test, fuzzing)) { 3 } else { 64 };

/// The lowest first byte of a character of four bytes, which is two code units of UTF-16.
pub const FOUR_BYTES: u8 = 0xF0;

/// What places are counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    Bytes,
    Chars,
    /// Code units of UTF-16, as JavaScript counts.
    Utf16,
    Ids,
}

/// How long a part of the text is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Size {
    pub bytes: usize,
    pub chars: usize,
    pub utf16: usize,
    pub ids: usize,
}

impl Size {
    pub fn of(self, unit: Unit) -> usize {
        match unit {
            Unit::Bytes => self.bytes,
            Unit::Chars => self.chars,
            Unit::Utf16 => self.utf16,
            Unit::Ids => self.ids,
        }
    }
}

impl Add for Size {
    type Output = Size;

    fn add(self, other: Size) -> Size {
        Size {
            bytes: self.bytes + other.bytes,
            chars: self.chars + other.chars,
            utf16: self.utf16 + other.utf16,
            ids: self.ids + other.ids,
        }
    }
}

impl AddAssign for Size {
    fn add_assign(&mut self, other: Size) {
        *self = *self + other;
    }
}

impl Sub for Size {
    type Output = Size;

    fn sub(self, other: Size) -> Size {
        Size {
            bytes: self.bytes - other.bytes,
            chars: self.chars - other.chars,
            utf16: self.utf16 - other.utf16,
            ids: self.ids - other.ids,
        }
    }
}

impl SubAssign for Size {
    fn sub_assign(&mut self, other: Size) {
        *self = *self - other;
    }
}

/// A part of the text and its ids, which copies share.
#[derive(Debug, Clone)]
pub struct Chunk {
    pub size: Size,
    held: Arc<Held>,
}

#[derive(Debug)]
pub struct Held {
    pub text: Box<[u8]>,
    pub ids: Box<[u32]>,
}

impl Deref for Chunk {
    type Target = Held;

    fn deref(&self) -> &Held {
        &self.held
    }
}

impl Chunk {
    pub fn new(text: &[u8], ids: &[u32]) -> Result<Chunk> {
        let chars = count_chars(text);
        let utf16 = chars + count(text, |byte| byte >= FOUR_BYTES);
        let size = Size { bytes: text.len(), chars, utf16, ids: ids.len() };
        let (mut held, mut held_ids) = (room(text.len())?, room(ids.len())?);
        append(&mut held, text)?;
        append(&mut held_ids, ids)?;
        Ok(Chunk { size, held: Arc::new(Held { text: held.into(), ids: held_ids.into() }) })
    }
}

/// How many characters begin in some UTF-8.
pub fn count_chars(text: &[u8]) -> usize {
    count(text, |byte| byte & 0xC0 != 0x80)
}

/// How many bytes are of a kind. Sums of few bytes fit into bytes, which vectors add many at a time.
fn count(text: &[u8], is_counted: impl Fn(u8) -> bool) -> usize {
    let few = |part: &[u8]| part.iter().map(|&byte| u8::from(is_counted(byte))).sum::<u8>();
    text.chunks(128).map(|part| usize::from(few(part))).sum()
}

#[derive(Debug, Clone)]
struct Block {
    chunks: Arc<Vec<Chunk>>,
    size: Size,
}

impl Block {
    fn new(chunks: Vec<Chunk>) -> Block {
        let size = size_of(&chunks);
        Block { chunks: Arc::new(chunks), size }
    }
}

fn size_of(chunks: &[Chunk]) -> Size {
    chunks.iter().fold(Size::default(), |size, chunk| size + chunk.size)
}

/// Which chunk: the number of its block, and its own there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    block: usize,
    chunk: usize,
}

/// A text in chunks.
#[derive(Debug)]
pub struct Rope {
    blocks: Vec<Block>,
    size: Size,
}

impl Rope {
    /// An empty text.
    pub fn new() -> Result<Rope> {
        let mut blocks = Vec::new();
        let mut chunks = Vec::new();
        push(&mut chunks, Chunk::new(b"", &[])?)?;
        push(&mut blocks, Block::new(chunks))?;
        Ok(Rope { blocks, size: Size::default() })
    }

    /// The same text, whose blocks are shared until one of the two changes.
    pub fn fork(&self) -> Result<Rope> {
        Ok(Rope { blocks: collect(self.blocks.iter().cloned())?, size: self.size })
    }

    pub fn size(&self) -> Size {
        self.size
    }

    pub fn chunk(&self, place: Place) -> &Chunk {
        &self.blocks[place.block].chunks[place.chunk]
    }

    /// The chunk in which something stands, the last one for the end of the text; and what is before that chunk.
    pub fn find(&self, unit: Unit, at: usize) -> (Place, Size) {
        if at >= self.size.of(unit) {
            let block = self.blocks.len() - 1;
            let place = Place { block, chunk: self.blocks[block].chunks.len() - 1 };
            return (place, self.size - self.chunk(place).size);
        }
        let (mut before, mut block) = (Size::default(), 0);
        while block + 1 < self.blocks.len() && at >= (before + self.blocks[block].size).of(unit) {
            before += self.blocks[block].size;
            block += 1;
        }
        let (chunks, mut chunk) = (&self.blocks[block].chunks, 0);
        while chunk + 1 < chunks.len() && at >= (before + chunks[chunk].size).of(unit) {
            before += chunks[chunk].size;
            chunk += 1;
        }
        (Place { block, chunk }, before)
    }

    pub fn next(&self, place: Place) -> Option<Place> {
        if place.chunk + 1 < self.blocks[place.block].chunks.len() {
            return Some(Place { chunk: place.chunk + 1, ..place });
        }
        (place.block + 1 < self.blocks.len()).then_some(Place { block: place.block + 1, chunk: 0 })
    }

    pub fn previous(&self, place: Place) -> Option<Place> {
        if place.chunk > 0 {
            return Some(Place { chunk: place.chunk - 1, ..place });
        }
        let block = place.block.checked_sub(1)?;
        Some(Place { block, chunk: self.blocks[block].chunks.len() - 1 })
    }

    /// The chunks from one on.
    pub fn from(&self, place: Place) -> impl Iterator<Item = &Chunk> {
        std::iter::successors(Some(place), |&place| self.next(place)).map(|place| self.chunk(place))
    }

    /// Replaces the chunks from `first` to `last`, both included. On an error nothing has changed.
    pub fn replace(&mut self, first: Place, last: Place, chunks: Vec<Chunk>) -> Result<()> {
        let touched = first.block..=last.block;
        if first.block == last.block
            && let Block { chunks: held, size } = &mut self.blocks[first.block]
            && let Some(held) = Arc::get_mut(held)
            && held.len() + chunks.len() <= BLOCK + last.chunk - first.chunk + 1
        {
            held.try_reserve(chunks.len())?;
            let (old, new) = (size_of(&held[first.chunk..=last.chunk]), size_of(&chunks));
            held.splice(first.chunk..=last.chunk, chunks);
            *size = *size - old + new;
            self.size = self.size - old + new;
            return Ok(());
        }
        // The chunks that stay are copied first, as long as anything may fail.
        let (head, tail) =
            (&self.blocks[first.block].chunks[..first.chunk], &self.blocks[last.block].chunks[last.chunk + 1..]);
        let mut made: Vec<Chunk> = collect(head.iter().cloned())?;
        extend(&mut made, chunks)?;
        extend(&mut made, tail.iter().cloned())?;
        let new = in_blocks(made)?;
        self.blocks.try_reserve(new.len())?;
        let old = self.blocks[touched.clone()].iter().fold(Size::default(), |size, block| size + block.size);
        let now = new.iter().fold(Size::default(), |size, block| size + block.size);
        self.blocks.splice(touched, new);
        self.size = self.size - old + now;
        Ok(())
    }
}

/// Chunks in one block if they fit, else in blocks of about equal length, none above half of what a block may have: each can grow.
fn in_blocks(chunks: Vec<Chunk>) -> Result<Vec<Block>> {
    let n_blocks = if chunks.len() <= BLOCK { 1 } else { chunks.len().div_ceil(BLOCK.div_ceil(2)) };
    let (mut blocks, length) = (room(n_blocks)?, chunks.len().div_ceil(n_blocks));
    let mut rest = chunks.into_iter().peekable();
    while rest.peek().is_some() {
        let mut part = room(length)?;
        extend(&mut part, rest.by_ref().take(length))?;
        blocks.push(Block::new(part));
    }
    Ok(blocks)
}
