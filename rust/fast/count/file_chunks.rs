//! A file or another stream, read in parts that can be counted independently (see `splitter.rs` for where a text may be cut).

use std::io::Read;
use std::path::{Path, PathBuf};

use super::splitter::{PART, Splitter};
use crate::error::Result;
use crate::fast::util::fallible::append;
use crate::fast::util::reading::read;
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
            let wanted = PART.max(part.len());
            self.at_end = read(&mut self.source, &self.path, wanted, part)? < wanted;
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
                append(&mut self.rest, &part[cut..])?;
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
}

#[cfg(test)]
mod tests {
    use super::super::splitter::documents;
    use super::super::table::PieceCounts;
    use super::super::tests::listed;
    use super::*;
    use crate::error::Error;
    use crate::reference::published::found_tokens::SpecialTokens;
    use crate::reference::published::patterns::Pattern;
    use crate::support::interrupt;
    use std::time::Duration;

    fn splitter() -> Splitter {
        let special = SpecialTokens::new([("<s> <s>".to_string(), 1000)].into()).expect("not empty");
        Splitter::new(Pattern::new("gpt2").expect("named"), &special)
    }

    fn counted<'t>(
        splitter: &Splitter,
        parts: impl Iterator<Item = &'t [u8]>,
        separator: Option<&[u8]>,
    ) -> Vec<(Vec<u8>, i64)> {
        let mut pieces = PieceCounts::new();
        for part in parts {
            splitter.count(documents(part, separator), &mut pieces).expect("few");
        }
        listed(pieces.iter())
    }

    /// The parts of a text; checks that they are numbered, that nothing is lost, and that they count as the whole does.
    fn parts_of(text: &[u8], separator: Option<&[u8]>) -> Vec<Vec<u8>> {
        let splitter = splitter();
        let mut chunks = FileChunks::new(text, Path::new("text"), separator, &splitter);
        let (mut parts, mut part, mut bytes) = (Vec::new(), vec![1, 2, 3], 0);
        while let Some((number, read)) = chunks.next(&mut part).expect("a slice") {
            assert_eq!(number, parts.len());
            assert!(!part.is_empty());
            bytes += read;
            assert!(
                bytes >= parts.iter().map(Vec::len).sum::<usize>() + part.len(),
                "all bytes of a part have been read"
            );
            parts.push(std::mem::take(&mut part));
        }
        assert!(part.is_empty());
        assert_eq!(bytes, text.len());
        assert!(parts.concat() == text);
        let ends = |text| documents(text, separator).count() - 1;
        assert_eq!(parts.iter().map(|part| ends(part)).sum::<usize>(), ends(text));
        let apart = counted(&splitter, parts.iter().map(|part| &part[..]), separator);
        assert!(apart == counted(&splitter, [text].into_iter(), separator), "{separator:?}");
        parts
    }

    #[test]
    fn a_text_is_cut_into_parts_of_the_usual_size() {
        for length in [0, 1, PART - 1, PART, PART + 1, 2 * PART, 3 * PART + 100] {
            let text: Vec<u8> = b"some words<s> <s>, ".iter().copied().cycle().take(length).collect();
            for separator in [None, Some(&b""[..])] {
                let parts = parts_of(&text, separator);
                assert!((length.div_ceil(PART)..=length / PART + 1).contains(&parts.len()), "{length} bytes");
                let others = &parts[..parts.len().saturating_sub(1)];
                assert!(others.iter().all(|part| part.len().abs_diff(PART) < 100), "{length} bytes");
            }
        }
    }

    #[test]
    fn what_cannot_be_cut_stays_whole() {
        let long = vec![b'x'; 5 * PART / 2];
        for (text, longest) in [(&long, long.len()), (&[b"a ", &long[..], b" b"].concat(), long.len() + 1)] {
            let parts = parts_of(text, None);
            assert!(parts.iter().any(|part| part.len() >= longest));
        }
        assert_eq!(parts_of(&[b"a ", &long[..], b" b"].concat(), None)[0], b"a");
    }

    /// The separator lies across the end of what is read first, and could be cut by itself.
    #[test]
    fn a_separator_across_the_end_of_what_was_read_is_found() {
        let separator = b"a b|a b";
        for before in 0..=separator.len() + 1 {
            let text = [&vec![b'x'; PART - before], &separator[..], b"more"].concat();
            let parts = parts_of(&[&text[..], &text].concat(), Some(separator));
            assert!(parts.len() > 1, "{before}: the text may be cut behind the first separator");
        }
    }

    #[test]
    fn a_separator_that_a_text_begins_with_is_found() {
        let separator = b"a b|a b";
        let parts = parts_of(&[&separator[..], &vec![b'x'; PART]].concat(), Some(separator));
        assert_eq!(parts[0], separator);
    }

    #[test]
    fn a_special_token_across_the_end_of_what_was_read_stays_whole() {
        for before in 0..9 {
            parts_of(&[&vec![b'x'; PART - before], &b"<s> <s>"[..], &[b'y'; 9]].concat(), None);
        }
    }

    #[test]
    fn separators_everywhere_separate_as_in_one_part() {
        let text: Vec<u8> = b"\n".iter().copied().cycle().take(2 * PART + 1).collect();
        for separator in [&b"\n"[..], b"\n\n", b"\n\n\n"] {
            assert!(parts_of(&text, Some(separator)).len() > 1);
        }
    }

    #[test]
    fn reading_what_cannot_be_cut_can_be_stopped() {
        let splitter = splitter();
        let work =
            || FileChunks::new(std::io::repeat(b'x'), Path::new("endless"), None, &splitter).next(&mut Vec::new());
        assert_eq!(interrupt::run_every(Duration::ZERO, || true, work), Err(Error::Interrupted));
    }

    #[test]
    fn an_error_names_the_path() {
        struct Broken;
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
                Err(std::io::Error::other("on purpose"))
            }
        }
        let splitter = splitter();
        let failed = FileChunks::new(Broken, Path::new("broken"), None, &splitter).next(&mut Vec::new());
        assert!(matches!(failed, Err(crate::error::Error::File { path, .. }) if path == Path::new("broken")));
    }
}
