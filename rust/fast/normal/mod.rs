//! Where is a text not in the normal form NFC? A look that finds the few places in question.
//!
//! A character is *inert* if it has combining class 0, is NFC itself and composes with none before it: it never moves or
//! changes, and nothing looks across the place before it. Below U+0300 all characters are so; above, a table lists those that
//! surely are, and the marks that compose with nothing, each with its class: such a mark stays where it is unless the class of
//! the character before is higher. Everything else, from the inert character before it to the next, is left to the normalizer
//! (`backend/normal_forms.py`); the rest of the text stays as it is.
//!
//! By hand: `naïve “x”` has `ï`, which is below U+0300, and two quotation marks, which are listed: no place. `cafe`, U+0301, `!`
//! has one: the `e` and the accent, which composes with it. U+0E34 U+0E48, two Thai marks of the classes 0 and 107, are none.
//!
//! Costs: O(n), some 10 GB/s where all characters are below U+0200. The table takes 64 KB.

use super::pystr::source::Source;
use super::pystr::str_to_utf8::Units;
use crate::error::Result;
use crate::interrupt;
use crate::once::Once;

/// Below it every character is inert.
const FIRST: u32 = 0x300;
/// How many units are looked at together, and how many of them one by one where that does not suffice.
const RUN: usize = 32;
const FEW: usize = 8;
/// How many units are looked at between two looks at whether to stop.
const PART: usize = if cfg!(any(test, fuzzing)) { 2 * RUN } else { 1 << 20 };
/// The most places: a text with more is normalized as a whole.
const MOST: usize = 1 << 16;

/// In place of a class: NFC may change the character.
const UNLISTED: u8 = u8::MAX;

/// The combining classes of the characters that NFC never changes, from U+0300 on.
struct Classes {
    /// Of the characters below U+10000.
    low: Vec<u8>,
    /// Ranges of the others, ascending, each of one class.
    high: Vec<(u32, u32, u8)>,
}

impl Classes {
    fn get() -> &'static Classes {
        static CLASSES: Once<Classes> = Once::new();
        CLASSES.get_or_make(|| {
            let mut classes = Classes { low: vec![UNLISTED; 1 << 16], high: Vec::new() };
            for line in include_str!("inert_nfc.txt").lines() {
                let (ends, class) = line.split_once(' ').unwrap_or((line, "0"));
                let Some((first, last)) = ends.split_once('-') else { continue };
                let (Some(first), Some(last), Ok(class)) = (parse(first), parse(last), class.parse()) else { continue };
                match classes.low.get_mut(first as usize..=last as usize) {
                    Some(range) => range.fill(class),
                    None => classes.high.push((first, last, class)),
                }
            }
            classes
        })
    }

    fn of(&self, char: u32) -> u8 {
        if char < FIRST {
            return 0;
        }
        if let Some(class) = self.low.get(char as usize) {
            return *class;
        }
        let at = self.high.partition_point(|&(first, ..)| first <= char);
        let found = at.checked_sub(1).map(|before| self.high[before]);
        found.filter(|&(_, last, _)| char <= last).map_or(UNLISTED, |(.., class)| class)
    }

    /// Whether a character stays as it is, behind one of a class.
    fn stays(class: u8, before: u8) -> bool {
        class == 0 || (class != UNLISTED && before <= class)
    }
}

fn parse(field: &str) -> Option<u32> {
    u32::from_str_radix(field, 16).ok()
}

/// Where a text may not be in the form NFC: ranges of units, ascending, each from an inert character up to the next that no
/// character before it can change. None if there are too many to be worth it, or the text is not units of characters.
pub fn odd_places(text: &Source) -> Result<Option<Vec<(usize, usize)>>> {
    match text {
        Source::Bytes(bytes) => Ok((bytes.is_ascii() || bytes_stay(bytes)?).then(Vec::new)),
        Source::Str(Units::One(_)) => Ok(Some(Vec::new())),
        Source::Str(Units::Two(units)) => odd_units(units),
        Source::Str(Units::Four(units)) => odd_units(units),
    }
}

/// Whether bytes are UTF-8 all of whose characters stay as they are.
fn bytes_stay(bytes: &[u8]) -> Result<bool> {
    let classes = Classes::get();
    let (mut rest, mut before) = (bytes, 0);
    while !rest.is_empty() {
        interrupt::check()?;
        // A part ends where a character begins, unless it is not UTF-8.
        let near = rest.len().min(PART);
        let end =
            (near..rest.len().min(near + 4)).find(|&at| rest[at] & 0xC0 != 0x80).unwrap_or(rest.len().min(near + 4));
        let (part, after) = rest.split_at(end);
        let Ok(part) = std::str::from_utf8(part) else { return Ok(false) };
        for char in part.chars() {
            let class = classes.of(char.into());
            if !Classes::stays(class, before) {
                return Ok(false);
            }
            before = class;
        }
        rest = after;
    }
    Ok(true)
}

/// The text as UTF-8 with other text in some places, which are ranges of its units, ascending.
pub fn splice(text: &Units, places: &[(usize, usize, String)]) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    bytes.try_reserve(text.len())?;
    let mut done = 0;
    for (start, end, place) in places {
        append(text.slice(done, *start), &mut bytes)?;
        bytes.try_reserve(place.len())?;
        bytes.extend_from_slice(place.as_bytes());
        done = *end;
    }
    append(text.slice(done, text.len()), &mut bytes)?;
    Ok(bytes)
}

/// Appends the UTF-8 of units.
fn append(units: Units, bytes: &mut Vec<u8>) -> Result<()> {
    let mut at = 0;
    while at < units.len() {
        interrupt::check()?;
        let wanted = (units.len() - at).min(PART);
        at = units.transcode(at, wanted, bytes)?;
    }
    Ok(())
}

fn odd_units<U: Copy + Into<u32>>(units: &[U]) -> Result<Option<Vec<(usize, usize)>>> {
    let classes = Classes::get();
    let is_inert = |unit: &U| classes.of((*unit).into()) == 0;
    let mut places = Vec::new();
    let mut at = 0;
    while let Some(odd) = find_odd(units, at, classes)? {
        let start = units[at..odd].iter().rposition(is_inert).map_or(at, |before| at + before);
        let end = units[odd..].iter().position(is_inert).map_or(units.len(), |more| odd + more);
        // Halves of a surrogate pair stand for one character.
        if places.len() == MOST || units[start..end].iter().any(|&unit| (0xD800..0xE000).contains(&unit.into())) {
            return Ok(None);
        }
        places.push((start, end));
        at = end;
    }
    Ok(Some(places))
}

/// The first unit from a position on that may not stay as it is; at the position is the start of the text, or an inert unit.
fn find_odd<U: Copy + Into<u32>>(units: &[U], from: usize, classes: &Classes) -> Result<Option<usize>> {
    let low = |run: &[U]| run.iter().fold(0, |all, &unit| all | unit.into() >> 9) == 0;
    let mut at = from;
    let mut before = 0;
    for (number, run) in units[from..].chunks(RUN).enumerate() {
        if number % (PART / RUN) == 0 {
            interrupt::check()?;
        }
        if low(run) {
            before = 0;
            at += run.len();
            continue;
        }
        for few in run.chunks(FEW) {
            if low(few) {
                before = 0;
                at += few.len();
                continue;
            }
            for &unit in few {
                let class = classes.of(unit.into());
                if !Classes::stays(class, before) {
                    return Ok(Some(at));
                }
                before = class;
                at += 1;
            }
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(text: &str) -> Option<Vec<(usize, usize)>> {
        let bytes = odd_places(&Source::Bytes(text.as_bytes())).unwrap();
        let wide: Vec<u32> = text.chars().map(u32::from).collect();
        let found = odd_places(&Source::Str(Units::Four(&wide))).unwrap();
        assert_eq!(bytes.is_some(), found == Some(Vec::new()), "{text}");
        found
    }

    #[test]
    fn by_hand() {
        let long = "x".repeat(100);
        for inert in ["", "naïve “x” 漢字 한국 😀 Ж", "\u{FEFF}", "\u{E34}\u{E48}", "\u{64B}\u{64E}", "\u{94D}"]
        {
            assert_eq!(places(&format!("{long}{inert}{long}")), Some(Vec::new()), "{inert:?}");
        }
        for odd in ["\u{301}", "\u{212B}", "\u{1161}", "\u{F900}", "\u{344}\u{301}", "\u{2F800}", "\u{378}", "\u{2000}"]
        {
            let end = 100 + odd.chars().count();
            assert_eq!(
                places(&format!("{long}{odd}{long}{odd}")),
                Some(vec![(99, end), (end + 99, 2 * end)]),
                "{odd:?}"
            );
        }
        assert_eq!(places("\u{301}x"), Some(vec![(0, 1)]));
        // The classes 30 and 27 change places.
        assert_eq!(places("xب\u{64E}\u{64B}x"), Some(vec![(1, 4)]));
        assert_eq!(places(&"e\u{301}".repeat(MOST + 1)), None);
        assert_eq!(odd_places(&Source::Bytes(b"\xFF")).unwrap(), None);
        assert_eq!(odd_places(&Source::Str(Units::Two(&[0xD800]))).unwrap(), None);
    }

    #[test]
    fn every_range_of_the_table_is_found_from_end_to_end() {
        let classes = Classes::get();
        let mut free = FIRST;
        for line in include_str!("inert_nfc.txt").lines().filter(|line| !line.starts_with('#')) {
            let (ends, class) = line.split_once(' ').unwrap_or((line, "0"));
            let [first, last] = [0, 1].map(|end| u32::from_str_radix(ends.split('-').nth(end).unwrap(), 16).unwrap());
            for char in [first, last] {
                assert_eq!(Ok(classes.of(char)), class.parse(), "U+{char:04X}");
            }
            // What is between two ranges is in neither.
            if free < first {
                assert_eq!((classes.of(free), classes.of(first - 1)), (UNLISTED, UNLISTED), "before U+{first:04X}");
            }
            free = last + 1;
        }
        assert_eq!((0..FIRST).map(|char| classes.of(char)).max(), Some(0));
        assert_eq!(classes.of(0x10_FFFF), UNLISTED);
    }

    #[test]
    fn a_place_is_found_wherever_it_stands() {
        for inert in ["x", "é", "“", "漢", "😀", "\u{E000}"] {
            for before in 1..3 * RUN {
                for (odd, marks) in [("\u{301}", 1), ("\u{64E}\u{64B}", 2), ("\u{305}\u{316}", 2)] {
                    let after = before + marks;
                    let text = format!("{}{odd}{}", inert.repeat(before), inert.repeat(40));
                    assert_eq!(places(&text), Some(vec![(before - 1, after)]), "{before} of {inert:?}, {odd:?}");
                }
            }
        }
    }

    #[test]
    fn inert_characters_and_ordered_marks_are_no_place_wherever_they_stand() {
        for inert in ["é", "“", "漢", "😀", "\u{E000}", "\u{FFFD}", "ب\u{64B}\u{64E}", "x\u{334}\u{334}\u{316}\u{305}"]
        {
            for before in 0..2 * RUN {
                let text = "x".repeat(before) + &inert.repeat(2 * PART);
                assert_eq!(places(&text), Some(Vec::new()), "{inert:?} behind {before}");
            }
        }
    }

    #[test]
    fn a_mark_is_compared_with_the_one_just_before_it() {
        for between in 0..3 * RUN {
            for before in [0, 1, 5, FEW, RUN - 1] {
                // The classes are 230 and 220: the second, right behind the first, would change places with it.
                let text = format!("{}\u{305}{}\u{316}", "x".repeat(before + 1), "x".repeat(between));
                let odd = (between == 0).then(|| (before, before + 3));
                assert_eq!(places(&text), Some(odd.into_iter().collect()), "{before}, {between}");
            }
        }
    }

    #[test]
    fn halves_of_surrogate_pairs_in_a_place_leave_the_text_to_be_normalized_as_a_whole() {
        for (char, expected) in [(0xD7FF, true), (0xD800, false), (0xDFFF, false), (0xE000, true)] {
            let found = odd_places(&Source::Str(Units::Two(&[char, 0x301]))).unwrap();
            assert_eq!(found.is_some(), expected, "U+{char:04X}");
        }
    }

    #[test]
    fn what_is_spliced_stands_in_the_places_and_the_rest_as_it_was() {
        let text: Vec<u16> = "ab漢字é".repeat(PART).encode_utf16().collect();
        let other = |place: &str| place.to_owned();
        let places = [(0, 1, other("")), (2, 4, other("<😀>")), (5 * PART - 1, 5 * PART, other("!"))];
        let spliced = splice(&Units::Two(&text), &places).unwrap();
        let expected = "b<😀>é".to_owned() + &"ab漢字é".repeat(PART - 2) + "ab漢字!";
        assert_eq!(String::from_utf8(spliced).unwrap(), expected);
    }
}
