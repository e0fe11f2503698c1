//! A range of a file -> the lines that begin in it, some at a time. Must equal `lines_of_range` of
//! `python/minitok/corpus/records.py`.
//!
//! So a file can be read by several threads, each taking ranges, and every line is in one of them, whole. By hand: in `ab\ncd\ne`,
//! the range 0..2 has the line `ab\n`, 2..4 the line `cd\n`, 4..6 nothing, 6..7 the line `e`.
//!
//! Costs: O(n) for n bytes of the range and of its last line, each byte copied once from the system; memory for a part, or the
//! longest line.

use crate::error::Result;
use crate::fast::util::reading::read;
use crate::reference::count::unread;
use std::fs::File;
use std::io::{self, Seek, SeekFrom};
use std::ops::Range;
use std::path::Path;

/// How much is read at a time: what stays in the second-level cache together with what is made of it.
const PART: usize = if cfg!(any(test, fuzzing)) { 8 } else { 1 << 17 };

/// Calls `take` with whole lines, in order, until all that begin in the range were there.
pub fn each_part(path: &Path, range: Range<u64>, mut take: impl FnMut(&[u8]) -> Result<()>) -> Result<()> {
    let failed = |error: io::Error| unread(path, &error);
    let mut file = File::open(path).map_err(failed)?;
    // A line begins after a line feed: so the byte before the range is looked at, too.
    let mut position = range.start.saturating_sub(1);
    let mut begun = range.start == 0;
    file.seek(SeekFrom::Start(position)).map_err(failed)?;
    // What stands at the position, and how much of it has been searched for the end of a line.
    let (mut buffer, mut searched) = (Vec::new(), 0);
    while position < range.end {
        let wanted = PART.max(buffer.len());
        let is_end = read(&mut file, path, wanted, &mut buffer)? == 0;
        if !begun {
            let first = memchr::memchr(b'\n', &buffer).map(|place| place + 1);
            begun = first.is_some();
            let before = first.unwrap_or(buffer.len());
            position += drop_first(&mut buffer, before);
            if is_end || position >= range.end {
                return Ok(());
            }
            if !begun {
                continue;
            }
        }
        // The lines that begin in the range end with the first line feed at its last byte or after it.
        let last = usize::try_from(range.end - 1 - position).unwrap_or(usize::MAX);
        let found = match buffer.get(last.max(searched)..) {
            Some(rest) => memchr::memchr(b'\n', rest).map(|place| last.max(searched) + place),
            None => memchr::memrchr(b'\n', &buffer[searched..]).map(|place| searched + place),
        };
        let whole = match found {
            Some(place) => place + 1,
            None if is_end => buffer.len(),
            None => 0,
        };
        if whole > 0 {
            take(&buffer[..whole])?;
            position += drop_first(&mut buffer, whole);
        }
        if is_end {
            return Ok(());
        }
        searched = buffer.len();
    }
    Ok(())
}

/// Removes the first bytes, and returns their number.
fn drop_first(buffer: &mut Vec<u8>, count: usize) -> u64 {
    buffer.drain(..count);
    count as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;

    #[test]
    fn every_line_is_in_one_range() {
        let path = std::env::temp_dir().join(format!("minitok-lines-{}", std::process::id()));
        for data in [
            "",
            "\n",
            "ab\ncd\ne",
            "\n\nab\n",
            "a line that is longer than a part\nand\na last one, longer too",
            "abcdefg\n12345678\n",
        ] {
            std::fs::write(&path, data).unwrap();
            let size = data.len() as u64;
            for step in 1..=size + 1 {
                let mut lines = String::new();
                for start in (0..size).step_by(usize::try_from(step).unwrap()) {
                    let range = start..size.min(start + step);
                    each_part(&path, range.clone(), |part| {
                        lines.push_str(std::str::from_utf8(part).unwrap());
                        assert!(part.ends_with(b"\n") || lines.len() == data.len());
                        Ok(())
                    })
                    .unwrap();
                    // All lines that begin before the end of the range were there, and no other.
                    let begins = |at: &usize| *at == 0 || data.as_bytes()[at - 1] == b'\n';
                    let next = (start + 1..=size)
                        .map(|at| usize::try_from(at).unwrap())
                        .find(|at| *at as u64 >= range.end && (*at == data.len() || begins(at)));
                    assert_eq!(Some(lines.len()), next, "{data:?} {range:?}");
                }
                assert_eq!(lines, data, "{step}");
            }
        }
        std::fs::remove_file(path).unwrap();
        assert!(matches!(each_part(Path::new("/no/such"), 0..9, |_| Ok(())), Err(Error::File { .. })));
    }
}
