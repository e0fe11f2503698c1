//! GPT-2's two files: `vocab.json`, tokens and ids, and `merges.txt`, a pair of tokens a line in rank order. Python writes them
//! (`python/minitok/formats/gpt2.py`, which says what stands in them).

use super::definition::{Definition, Fields};
use super::json::{Values, parse as parse_json};
use super::token_texts::{Ids, check_ids, of_tokens, read_ids};
use super::value::Value;
use super::{Named, at_line, blamed, quoted, wrong};
use crate::error::Result;
use crate::fast::read::decline::answer;
use crate::fast::read::string_table::StringTable;
use crate::fast::util::fallible::{collect, push};
use crate::reference::published::vocabs::Alphabet;
use crate::support::interrupt;
use foldhash::{HashMap, HashMapExt};
use std::path::Path;

/// What stands between the version and the pattern.
const PATTERN_MARK: &str = " pattern: ";

/// Without `special`, the tokens that look like markers are special; without `pattern`, `merges.txt` states it, or it is GPT-2's.
pub fn load(folder: &Path, pattern: Option<&str>, special: Option<Named>) -> Result<Definition> {
    let [vocab, merges] = ["vocab.json", "merges.txt"].map(|name| folder.join(name));
    let whole = |path: &Path| std::fs::read(path).map_err(|error| crate::reference::count::unread(path, &error));
    parse((&vocab, &whole(&vocab)?), (&merges, &whole(&merges)?), pattern, special)
}

/// The same, of the path and the bytes of both files.
pub fn parse(
    (vocab_json, vocab): (&Path, &[u8]),
    (merges_txt, merges): (&Path, &[u8]),
    pattern: Option<&str>,
    special: Option<Named>,
) -> Result<Definition> {
    let of_vocab = |error| blamed(error, Some(vocab_json));
    let of_merges = |error| blamed(error, Some(merges_txt));
    let stated = match pattern {
        Some(_) => None,
        None => stated_pattern(merges).map_err(of_merges)?,
    };
    let pattern = pattern.or(stated.as_deref()).unwrap_or("gpt2");
    let (mut table, mut values) = (StringTable::default(), Values::new(vocab).map_err(of_vocab)?);
    read_vocab(&mut values, &mut table).map_err(of_vocab)?;
    let twice = || check_once(merges).map_err(of_merges);
    if let Err(error) =
        each_merge(merges, |_, left, right| answer(table.merge_of(left.as_bytes(), right.as_bytes())).map(drop))
    {
        return Err(twice().err().unwrap_or_else(|| of_merges(error)));
    }
    let mut ids = Ids::new(&table)?;
    let special = match special {
        Some(special) => special,
        None => {
            collect(table.markers()?.map(|number| (table.text(number).into_owned(), table.ids()[number as usize])))?
        }
    };
    // What is a special token here is not a token, even if merges have it.
    for (name, id) in &special {
        ids.leave_out(name, *id, |_| true);
    }
    let missing = |rank, token: &str| {
        let reason = format!("the token {} is not in {}", quoted(token), vocab_json.display());
        at_line(line_of(merges, rank), reason)
    };
    let made = ids.merges_or("", missing).map_err(of_merges);
    let made = made.and_then(|made| {
        let tokens = ids.in_bytes().map_err(of_vocab)?;
        of_tokens(tokens, made, false, Alphabet::default()).map_err(of_vocab)
    });
    match made {
        Ok(vocab) => Ok(Definition { vocab, fields: Fields::new(pattern, special) }),
        Err(error) => Err(twice().err().unwrap_or(error)),
    }
}

fn read_vocab(values: &mut Values, table: &mut StringTable) -> Result<()> {
    if !values.starts(b'{') {
        let content = values.value()?;
        values.end()?;
        return Err(wrong(format!("not tokens and ids but {}", content.kind())));
    }
    let refused = read_ids(values, table)?;
    values.end()?;
    check_ids(table, refused)
}

/// The split pattern that the first line of `merges.txt` states; None if it states none.
fn stated_pattern(merges: &[u8]) -> Result<Option<String>> {
    let text = merges.strip_prefix("\u{feff}".as_bytes()).unwrap_or(merges);
    let line = text.split(|&byte| byte == b'\n').next().unwrap_or_default();
    let stated = memchr::memmem::find(line, PATTERN_MARK.as_bytes()).filter(|_| line.starts_with(b"#version"));
    let Some(at) = stated else { return Ok(None) };
    let value = &line[at + PATTERN_MARK.len()..];
    match value.starts_with(b"\"").then(|| parse_json(value)) {
        Some(Ok(Value::Text(pattern))) => Ok(Some(pattern)),
        _ => Err(at_line(1, format!("not a pattern in quotation marks: {}", quoted(&String::from_utf8_lossy(value))))),
    }
}

/// Goes through the merges: the number of a line, and two tokens.
fn each_merge<'d>(data: &'d [u8], mut take: impl FnMut(usize, &'d str, &'d str) -> Result<()>) -> Result<()> {
    let text = std::str::from_utf8(data).map_err(|error| {
        let line = 1 + memchr::memchr_iter(b'\n', &data[..error.valid_up_to()]).count();
        at_line(line, "not UTF-8")
    })?;
    for (line, number) in text.strip_prefix('\u{feff}').unwrap_or(text).split('\n').zip(1..) {
        let line = line.trim_end_matches('\r');
        if line.is_empty() || (number == 1 && line.starts_with("#version")) {
            continue;
        }
        interrupt::check()?;
        match line.split_once(' ') {
            Some((left, right)) if !left.is_empty() && !right.is_empty() && !right.contains(' ') => {
                take(number, left, right)?;
            }
            _ => return Err(at_line(number, format!("not two tokens with a space between them: {}", quoted(line)))),
        }
    }
    Ok(())
}

/// Refuses a merge that stands on two lines.
fn check_once(data: &[u8]) -> Result<()> {
    let mut seen = HashMap::new();
    each_merge(data, |number, left, right| {
        seen.try_reserve(1)?;
        match seen.insert((left, right), number) {
            None => Ok(()),
            Some(before) => {
                let merge = quoted(&format!("{left} {right}"));
                Err(at_line(number, format!("the merge {merge} is already on line {before}")))
            }
        }
    })
}

fn line_of(data: &[u8], rank: usize) -> usize {
    let mut lines = Vec::new();
    let read = each_merge(data, |number, _, _| push(&mut lines, number));
    read.ok().and_then(|()| lines.get(rank).copied()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::published::byte_chars::CHARS;

    #[test]
    fn what_is_wrong_with_the_files_is_said() {
        let vocab: Vec<String> = CHARS
            .iter()
            .zip(0..)
            .map(|(char, id)| format!("{}: {id}", Value::Text(char.to_string()).json().unwrap()))
            .collect();
        let vocab = |more: &str| format!("{{{}{more}}}", vocab.join(","));
        let [vocab_json, merges_txt] = ["vocab.json", "merges.txt"].map(Path::new);
        let read = |more: &str, merges: &str| {
            parse((vocab_json, vocab(more).as_bytes()), (merges_txt, merges.as_bytes()), None, None)
        };
        let found = read(",\"ab\": 256, \"<s>\": 257", "#version: 0.2\na b\n").unwrap();
        assert_eq!(found.fields.special_tokens, [("<s>".to_owned(), 257)]);
        for (first, pattern) in [
            ("#version: 0.2", "gpt2"),
            ("#version: 0.2 pattern: \"o200k\"\r", "o200k"),
            ("\u{feff}#version: 0.2 pattern: \"\\\\w+\"", "\\w+"),
        ] {
            assert_eq!(read("", &format!("{first}\n")).unwrap().fields.pattern, pattern, "{first}");
        }
        for (more, merges, told) in [
            (",\"ab\": 256", "a b c", "merges.txt:1: not two tokens"),
            (",\"ab\": 256", "a b\na b", "merges.txt:2: the merge 'a b' is already on line 1"),
            ("", "a b", "merges.txt:1: the token 'ab' is not in "),
            (",\"ab\": 97", "a b", "vocab.json: id 97 stands for 'a' and for 'ab'"),
            (",\"ab\": -1", "a b", "the id of 'ab' is not a whole number"),
            ("", "#version: 0.2 pattern: o200k\n", "merges.txt:1: not a pattern in quotation marks: 'o200k'"),
            (",\"a b\": 256", "", "is not in byte-level notation: ' ' stands for no byte"),
        ] {
            let error = read(more, merges).unwrap_err().to_string();
            assert!(error.contains(told), "{more} {merges}: {error}");
        }
    }
}
