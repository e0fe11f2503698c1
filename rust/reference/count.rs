//! Text -> distinct pieces with counts: what training learns from.
//!
//! A corpus is cut into documents, special tokens and pieces. Most pieces occur many times, so each distinct one is kept
//! once, with its count, in the order of first appearance.
//!
//! By hand: the document `a b<s> b`, with the special token `<s>`: the pieces `a` once and ` b` twice.
//!
//! A file is read in chunks. What has been read is counted up to a *safe cut*, an offset before which the pieces are the same
//! whatever follows; the rest waits for the next chunk.
//!
//! On a first reading, take `add` and `count`: documents in memory. `add_stream` reads a file in chunks.
//!
//! Invariants: `bytes` and `documents` say how much has been counted so far, special tokens included; no count is 0. A counter
//! that was stopped in the middle of a text, or failed, cannot be used again: the next call says so.
//!
//! Costs: n bytes of corpus, w bytes of distinct pieces: O(n) time, O(w) space. A stretch of s bytes of a file without a safe
//! cut takes O(s) space, and O(s^2 / CHUNK) time, since each chunk looks at all of it. When not to use it: a corpus of gigabytes; the fast counter uses all processors.
//!
//! Implements SPEC T6 and T8.

use crate::error::{Error, Result};
use crate::reference::pretokenize::Split;
use crate::reference::special::{Finder, SpecialTokens};
use foldhash::{HashMap, HashMapExt};
use memchr::memmem;
use std::io::{ErrorKind, Read};
use std::path::Path;

const CHUNK: usize = if cfg!(test) { 7 } else { 1 << 20 };

/// Counts the pieces of a corpus, document by document, in the order of first appearance (T6).
#[derive(Debug)]
pub struct PieceCounter {
    pattern: Box<dyn Split>,
    special: Finder,
    pub pieces: Vec<(Vec<u8>, i64)>,
    index: HashMap<Vec<u8>, usize>,
    pub documents: u64,
    pub bytes: u64,
    pub is_complete: bool,
}

impl PieceCounter {
    pub fn new(pattern: impl Split + 'static, special: &SpecialTokens) -> PieceCounter {
        let (pieces, index) = (Vec::new(), HashMap::new());
        PieceCounter {
            pattern: Box::new(pattern),
            special: special.finder_of_all(),
            pieces,
            index,
            documents: 0,
            bytes: 0,
            is_complete: true,
        }
    }

    /// Counts documents. No piece crosses from one to the next.
    pub fn add<'d>(&mut self, documents: impl IntoIterator<Item = &'d [u8]>) -> Result<()> {
        self.begin()?;
        for document in documents {
            self.documents += 1;
            self.count(document)?;
        }
        self.is_complete = true;
        Ok(())
    }

    /// Marks the counts as incomplete until counting ends. Fails if they were incomplete before.
    pub fn begin(&mut self) -> Result<()> {
        self.check_complete()?;
        self.is_complete = false;
        Ok(())
    }

    /// Fails if counting was stopped in the middle.
    pub fn check_complete(&self) -> Result<()> {
        if !self.is_complete {
            return Err(Error::Training("counting was stopped before it was done; count again".into()));
        }
        Ok(())
    }

    /// Counts a document, or a part of one up to a safe cut. Special tokens are cut out.
    pub fn count(&mut self, text: &[u8]) -> Result<()> {
        self.bytes += text.len() as u64;
        let PieceCounter { pattern, special, pieces, index, .. } = self;
        special.split(text, |start, end, id| {
            if id.is_some() {
                return Ok(());
            }
            pattern.split(&text[start..end], &mut |piece| {
                add_piece(pieces, index, piece, 1);
                Ok(())
            })
        })
    }

    /// Adds n to the count of a piece.
    pub fn add_piece(&mut self, piece: &[u8], n: i64) {
        add_piece(&mut self.pieces, &mut self.index, piece, n);
    }

    /// Counts a text file; see `add_stream`.
    pub fn add_file(
        &mut self,
        path: &Path,
        separator: Option<&[u8]>,
        on_chunk: &mut dyn FnMut(usize) -> Result<()>,
    ) -> Result<()> {
        let mut file = std::fs::File::open(path).map_err(|error| unread(path, &error))?;
        self.add_stream(&mut file, path, separator, on_chunk)
    }

    /// Counts a text: one document, or several with a separator. `on_chunk` gets the length of each chunk; errors name the path.
    pub fn add_stream(
        &mut self,
        source: &mut dyn Read,
        path: &Path,
        separator: Option<&[u8]>,
        on_chunk: &mut dyn FnMut(usize) -> Result<()>,
    ) -> Result<()> {
        self.begin()?;
        self.documents += 1;
        let mut rest = Vec::new();
        loop {
            let mut searched = rest.len().saturating_sub(separator.map_or(0, <[u8]>::len));
            let read = source.take(CHUNK as u64).read_to_end(&mut rest).map_err(|error| unread(path, &error))?;
            if read == 0 {
                break;
            }
            let mut counted = 0;
            while let Some(separator) = separator
                && let Some(at) = memmem::find(&rest[searched..], separator)
            {
                self.count(&rest[counted..searched + at])?;
                self.documents += 1;
                counted = searched + at + separator.len();
                searched = counted;
            }
            let cut = counted + self.safe_cut(&rest[counted..], separator);
            self.count(&rest[counted..cut])?;
            rest.drain(..cut);
            on_chunk(read)?;
        }
        self.count(&rest)?;
        self.is_complete = true;
        Ok(())
    }

    /// Returns a safe cut of the pattern near the end; 0 if a special token extends across it.
    ///
    /// The cut is at least as far from the end as the longest of them is long, so one that extends across it lies entirely in
    /// the text. A separator would have been found before; special tokens are looked for here.
    fn safe_cut(&self, text: &[u8], separator: Option<&[u8]>) -> usize {
        let longest = self.special.longest().max(separator.map_or(0, <[u8]>::len));
        let cut = self.pattern.safe_cut(&text[..text.len().saturating_sub(longest)]);
        if self.special.crosses(text, cut) { 0 } else { cut }
    }
}

/// Returns the error of a file that cannot be read; that of memory, where there is none for it.
pub(crate) fn unread(path: &Path, error: &std::io::Error) -> Error {
    if error.kind() == ErrorKind::OutOfMemory {
        return Error::Memory;
    }
    Error::File { path: path.into(), kind: error.kind(), reason: error.to_string() }
}

/// Adds n to the count of a piece; a function, since the counter is borrowed in parts while its pattern splits.
fn add_piece(pieces: &mut Vec<(Vec<u8>, i64)>, index: &mut HashMap<Vec<u8>, usize>, piece: &[u8], n: i64) {
    if let Some(&place) = index.get(piece) {
        pieces[place].1 += n;
    } else {
        index.insert(piece.to_vec(), pieces.len());
        pieces.push((piece.to_vec(), n));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::published::patterns::Pattern;

    #[test]
    fn what_was_stopped_says_so() {
        let counter = || PieceCounter::new(Pattern::new("gpt2").unwrap(), &SpecialTokens::new(Vec::new()).unwrap());
        let (mut stopped, mut text) = (counter(), b"a b c d e f g h".as_slice());
        let on_chunk = &mut |_| Err(Error::Interrupted);
        assert_eq!(stopped.add_stream(&mut text, Path::new(""), None, on_chunk), Err(Error::Interrupted));
        let says_so = Err(Error::Training("counting was stopped before it was done; count again".into()));
        assert_eq!((stopped.check_complete(), stopped.add([&b"a"[..]])), (says_so.clone(), says_so));
        let mut done = counter();
        done.add([&b"a"[..]]).unwrap();
        done.add_stream(&mut b"a".as_slice(), Path::new(""), None, &mut |_| Ok(())).unwrap();
        assert_eq!((done.check_complete(), done.documents), (Ok(()), 2));
    }

    #[test]
    fn chunks_that_end_anywhere_count_alike() {
        let texts = [
            "a b--c d--\n--e", "----a--", "it's<s>a b<s> b <s", "- --- - x", "one--three<s>--four", "ab x y z cde",
            "a x y", "",
        ];
        let special = SpecialTokens::new(vec![("<s>".into(), 0), ("x y z".into(), 1)]).unwrap();
        let counter = || PieceCounter::new(Pattern::new("gpt2").unwrap(), &special);
        for (text, before) in texts.iter().flat_map(|text| (0..CHUNK).map(move |before| (text, before))) {
            let text = format!("{}{text}", "b".repeat(before));
            for separator in [None, Some("--"), Some("-")] {
                let (mut whole, mut chunked, mut read) = (counter(), counter(), 0);
                let documents = separator.map_or(vec![&*text], |separator| text.split(separator).collect());
                whole.add(documents.into_iter().map(str::as_bytes)).unwrap();
                let mut on_chunk = |bytes| {
                    read += bytes;
                    Ok(())
                };
                let separator = separator.map(str::as_bytes);
                chunked.add_stream(&mut text.as_bytes(), Path::new(""), separator, &mut on_chunk).unwrap();
                assert_eq!(
                    (chunked.pieces, chunked.documents, chunked.bytes),
                    (whole.pieces, whole.documents, whole.bytes)
                );
                assert_eq!(read, text.len());
            }
        }
    }
}
