//! Lines of JSON -> the ids of one field of each, in one pass. Must equal reading the documents (`read/json_lines.rs`) and
//! encoding each.
//!
//! A line is read and encoded while it is in the nearest cache: its text is the line's own bytes or one buffer that all lines
//! share, and its ids go from another such buffer to the result in the width that is asked for. A file is read in small parts, into
//! one buffer. So nothing is touched again once it has left that cache, and the cache of pieces stays there.
//!
//! Costs: the encoding; memory for the result and the longest line.

#![allow(unsafe_code)]

use crate::error::{Error, Result};
use crate::fast::codec::FastCodec;
use crate::fast::codec::encoding::Encoding;
use crate::fast::read::json_lines::{Line, each_line};
use crate::fast::read::line_ranges::each_part;
use crate::fast::util::fallible::push;
use std::ops::Range;
use std::path::Path;

/// A number that an id is written as.
pub trait Id: Copy + Send {
    /// The greatest id that it holds.
    const MOST: u32;
    /// The number, of which higher bits than it has are lost.
    fn of(id: u32) -> Self;
}

impl Id for u16 {
    const MOST: u32 = u16::MAX as u32;
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "callers compare with MOST")]
    fn of(id: u32) -> u16 {
        id as u16
    }
}

impl Id for u32 {
    const MOST: u32 = u32::MAX;
    #[inline]
    fn of(id: u32) -> u32 {
        id
    }
}

/// The ids of documents, where each document ends among them, and how many bytes the texts are.
#[derive(Debug, Default)]
pub struct Packed<I> {
    pub ids: Vec<I>,
    pub ends: Vec<u64>,
    pub bytes: usize,
}

/// How lines are encoded.
#[derive(Debug, Clone, Copy)]
pub struct Options<'o> {
    pub codec: &'o FastCodec,
    pub how: Encoding<'o>,
    /// The name of the field that is text.
    pub field: &'o str,
}

/// Where lines stand.
#[derive(Debug)]
pub enum Lines<'l> {
    /// Whole lines.
    Bytes(&'l [u8]),
    /// The lines of a file that begin within a range of it.
    File(&'l Path, Range<u64>),
}

impl Lines<'_> {
    fn len(&self) -> usize {
        match self {
            Lines::Bytes(data) => data.len(),
            Lines::File(_, range) => usize::try_from(range.end.saturating_sub(range.start)).unwrap_or(0),
        }
    }
}

/// The ids of a field of lines. `other` gives the text of a line that is left to another reader, given its number, or says why there
/// is none.
///
/// All lines are read before an error of the encoder counts: so the first line that cannot be read is named, if there is one.
pub fn encode_lines<I: Id>(
    lines: &Lines,
    options: Options,
    mut other: impl FnMut(usize, &[u8]) -> Result<Vec<u8>>,
) -> Result<Packed<I>> {
    let mut packing = Packing::new(options, lines.len())?;
    match lines {
        Lines::Bytes(data) => packing.add(data, &mut other)?,
        Lines::File(path, range) => each_part(path, range.clone(), |part| packing.add(part, &mut other))?,
    }
    packing.failed.map_or(Ok(packing.packed), Err)
}

/// Lines being encoded.
struct Packing<'o, I> {
    options: Options<'o>,
    packed: Packed<I>,
    /// How many lines there were.
    lines: usize,
    /// What went wrong with a text; those that follow are read only.
    failed: Option<Error>,
    ids: Vec<u32>,
}

impl<I: Id> Packing<'_, I> {
    fn new(options: Options<'_>, bytes: usize) -> Result<Packing<'_, I>> {
        let mut packed = Packed { ids: Vec::new(), ends: Vec::new(), bytes: 0 };
        packed.ids.try_reserve_exact(bytes / 3)?;
        Ok(Packing { options, packed, lines: 0, failed: None, ids: Vec::new() })
    }

    /// Encodes whole lines.
    fn add(&mut self, data: &[u8], other: &mut impl FnMut(usize, &[u8]) -> Result<Vec<u8>>) -> Result<()> {
        let before = self.lines;
        self.lines += each_line(data, 0..data.len(), self.options.field, |line| match line {
            Line::Text(text) => self.encode(text),
            Line::Left { line, bytes } => self.encode(&other(before + line, &data[bytes])?),
        })?;
        Ok(())
    }

    fn encode(&mut self, text: &[u8]) -> Result<()> {
        let Options { codec, how, .. } = self.options;
        if self.failed.is_some() {
            return Ok(());
        }
        self.ids.clear();
        match codec.append(1, text, &how, &mut self.ids) {
            Ok(()) => {}
            Err(Error::Interrupted) => return Err(Error::Interrupted),
            Err(error) => self.failed = Some(error),
        }
        append_as(&self.ids, &mut self.packed.ids)?;
        self.packed.bytes += text.len();
        push(&mut self.packed.ends, self.packed.ids.len() as u64)
    }
}

/// Appends ids as numbers of another type.
fn append_as<I: Id>(ids: &[u32], out: &mut Vec<I>) -> Result<()> {
    if ids.iter().fold(0, |all, id| all | id) > I::MOST {
        return Err(Error::TooLong(format!("an id is above {}, the maximum of the requested type", I::MOST)));
    }
    out.try_reserve(ids.len())?;
    // In one loop over two slices, which becomes vector instructions; `extend` does not.
    for (place, &id) in out.spare_capacity_mut().iter_mut().zip(ids) {
        place.write(I::of(id));
    }
    // SAFETY: there is room for as many, and they were just written.
    unsafe { out.set_len(out.len() + ids.len()) };
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::published::codecs::Codec;
    use crate::reference::published::found_tokens::SpecialTokens;
    use crate::reference::published::normalize::Normalizer;
    use crate::reference::published::patterns::Pattern;
    use crate::reference::published::preprocess::TokenFinder;
    use crate::reference::published::vocabs::Vocab;
    use std::sync::Arc;

    /// `a` and `b` are merged to 256, and `<|large|>` has an id that 16 bits do not hold.
    fn codec() -> (FastCodec, TokenFinder) {
        let order: Vec<u8> = (0..=255).collect();
        let vocab = Vocab::from_merges(&order, &[(97, 98)]).unwrap();
        let special = SpecialTokens::new(vec![("<|large|>".into(), 70_000)]).unwrap();
        let (pattern, normalizer) = (Pattern::new("gpt2").unwrap(), Normalizer::default());
        let codec = Codec::new(Arc::new(vocab), pattern, special, normalizer, None, None).unwrap();
        let search = codec.finder(Some(&["<|large|>"])).unwrap();
        (FastCodec::new(codec).unwrap(), search)
    }

    /// The number of a line that is left to another reader, and the line.
    type Left = (usize, String);

    fn packed<I: Id>(lines: &Lines, end: Option<u32>) -> Result<(Packed<I>, Vec<Left>)> {
        let (codec, search) = codec();
        let mut left = Vec::new();
        let how = Encoding { after: end.as_slice(), ..Encoding::plain(&search, false) };
        let options = Options { codec: &codec, how, field: "text" };
        let packed = encode_lines(lines, options, |line, bytes| {
            left.push((line, String::from_utf8(bytes.to_vec()).unwrap()));
            Ok(b"zab".to_vec())
        })?;
        Ok((packed, left))
    }

    const LINES: &str = "{\"text\": \"ab\"}\n\n{\"id\": 1, \"text\": \"\"}\n[1]\n{\"text\": \"cab\"}\n[2]";

    #[test]
    fn each_document_ends_with_the_id_that_is_asked_for() {
        for (end, ids, ends) in [
            (None, vec![256, 122, 256, 99, 256, 122, 256], [1, 1, 3, 5, 7]),
            (Some(9), vec![256, 9, 9, 122, 256, 9, 99, 256, 9, 122, 256, 9], [2, 3, 6, 9, 12]),
        ] {
            let (packed, left) = packed::<u32>(&Lines::Bytes(LINES.as_bytes()), end).unwrap();
            assert_eq!((packed.ids, packed.ends, packed.bytes), (ids, ends.to_vec(), 11));
            assert_eq!(left, [(3, "[1]".to_string()), (5, "[2]".to_string())]);
        }
    }

    #[test]
    fn a_file_gives_what_its_bytes_give_in_the_width_that_is_asked_for() {
        let path = std::env::temp_dir().join(format!("minitok-pack-{}", std::process::id()));
        std::fs::write(&path, LINES).unwrap();
        let (packed, left) = packed::<u16>(&Lines::File(&path, 0..LINES.len() as u64), Some(9)).unwrap();
        std::fs::remove_file(&path).unwrap();
        assert_eq!(packed.ids, [256, 9, 9, 122, 256, 9, 99, 256, 9, 122, 256, 9]);
        assert_eq!((packed.ends, packed.bytes, left.len()), (vec![2, 3, 6, 9, 12], 11, 2));
        assert_eq!(Lines::File(&path, 3..10).len(), 7);
    }

    #[test]
    fn an_id_that_is_too_large_for_its_width_is_an_error() {
        let line = "{\"text\": \"<|large|>\"}";
        assert_eq!(packed::<u32>(&Lines::Bytes(line.as_bytes()), None).unwrap().0.ids, [70_000]);
        assert!(matches!(packed::<u16>(&Lines::Bytes(line.as_bytes()), None), Err(Error::TooLong(_))));
        let mut ids = Vec::new();
        append_as::<u16>(&[1, 65_535, 2], &mut ids).unwrap();
        append_as::<u16>(&[3], &mut ids).unwrap();
        assert_eq!(ids, [1, 65_535, 2, 3]);
        assert!(append_as::<u16>(&[1, 65_536], &mut ids).is_err() && ids.len() == 4);
    }
}
