//! A file or another stream, read in parts that can be counted independently (see `splitter.rs` for where a text may be cut).

use std::io::Read;
use std::path::{Path, PathBuf};

use super::splitter::{PART, Splitter};
use crate::count::unread;
use crate::error::Result;
use memchr::memmem;

pub(super) struct FileChunks<'s> {
    path: PathBuf,
    source: Box<dyn Read + Send + 's>,
    separator: Option<&'s [u8]>,
    splitter: &'s Splitter,
    /// What has been read and not returned yet.
    rest: Vec<u8>,
    /// The number of the next part.
    number: usize,
    at_end: bool,
}

impl<'s> FileChunks<'s> {
    /// `path` is for errors.
    pub(super) fn new(
        source: impl Read + Send + 's,
        path: &Path,
        separator: Option<&'s [u8]>,
        splitter: &'s Splitter,
    ) -> Self {
        let separator = separator.filter(|separator| !separator.is_empty());
        let (path, source) = (path.into(), Box::new(source));
        Self { path, source, separator, splitter, rest: Vec::new(), number: 0, at_end: false }
    }

    /// Replaces `part` by the next part, and returns its number and the bytes read for it; None at the end.
    pub(super) fn next(&mut self, part: &mut Vec<u8>) -> Result<Option<(usize, usize)>> {
        part.clear();
        std::mem::swap(part, &mut self.rest);
        let before = part.len();
        // Where the last document of the text begins, and from where separators are searched for.
        let mut open = 0;
        let mut searched = 0;
        while !self.at_end {
            // Twice as much each time, so that a stretch without a cut is searched a few times only.
            self.read(part, PART.max(part.len()))?;
            if self.at_end {
                break;
            }
            if let Some(separator) = self.separator {
                searched = searched.max(open);
                while let Some(at) = memmem::find(&part[searched..], separator) {
                    open = searched + at + separator.len();
                    searched = open;
                }
                searched = searched.max((part.len() + 1).saturating_sub(separator.len()));
            }
            let after = self.splitter.longest_special().max(self.separator.map_or(0, <[u8]>::len));
            let cut = self.splitter.last_cut(&part[open..], after).map_or(open, |cut| open + cut);
            if cut > 0 {
                self.rest.extend_from_slice(&part[cut..]);
                let read = part.len() - before;
                part.truncate(cut);
                return Ok(Some(self.numbered(read)));
            }
        }
        Ok(if part.is_empty() { None } else { Some(self.numbered(part.len() - before)) })
    }

    fn numbered(&mut self, read: usize) -> (usize, usize) {
        self.number += 1;
        (self.number - 1, read)
    }

    /// Reads up to `wanted` bytes more.
    fn read(&mut self, text: &mut Vec<u8>, wanted: usize) -> Result<()> {
        let before = text.len();
        let read = self.source.by_ref().take(wanted as u64).read_to_end(text);
        read.map_err(|error| unread(&self.path, &error))?;
        self.at_end = text.len() - before < wanted;
        Ok(())
    }
}
