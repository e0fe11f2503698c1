//! Where is a text not in the normal form NFC? A look that finds the few places in question.
//!
//! A character is *inert* if it has combining class 0, is NFC itself and composes with none before it: it never moves or
//! changes, and nothing looks across the place before it. Below U+0300 all characters are so; above, a table lists those that
//! surely are. Runs of the others, each with the inert character before it, are left to the normalizer
//! (`backend/normal_forms.py`); the rest of the text stays as it is.
//!
//! By hand: `naïve “x”` has `ï`, which is below U+0300, and two quotation marks, which are listed: no place. `cafe`, U+0301, `!`
//! has one: the `e` and the accent, which composes with it.
//!
//! Costs: O(n), some 10 GB/s where all characters are below U+0200. The table takes 8 KB.

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
const PART: usize = 1 << 20;
/// The most places: a text with more is normalized as a whole.
const MOST: usize = 4096;

/// The characters that NFC never changes, from U+0300 on.
struct Inert {
    /// A bit for each character below U+10000.
    low: Vec<u64>,
    /// The ranges of the others, ascending.
    high: Vec<(u32, u32)>,
}

impl Inert {
    fn get() -> &'static Inert {
        static INERT: Once<Inert> = Once::new();
        INERT.get_or_make(|| {
            let mut inert = Inert { low: vec![0; (1 << 16) / 64], high: Vec::new() };
            for line in include_str!("inert_nfc.txt").lines() {
                let (first, last) = line.split_once('-').unwrap_or((line, line));
                let ends = (parse(first), parse(last));
                match ends {
                    (Some(first), Some(last)) if last < 1 << 16 => {
                        (first..=last).for_each(|char| inert.low[char as usize / 64] |= 1 << (char % 64));
                    }
                    (Some(first), Some(last)) => inert.high.push((first, last)),
                    _ => {}
                }
            }
            inert
        })
    }

    fn holds(&self, char: u32) -> bool {
        if char < FIRST {
            return true;
        }
        if let Some(word) = self.low.get(char as usize / 64) {
            return word >> (char % 64) & 1 == 1;
        }
        let at = self.high.partition_point(|&(first, _)| first <= char);
        at > 0 && char <= self.high[at - 1].1
    }
}

fn parse(field: &str) -> Option<u32> {
    u32::from_str_radix(field, 16).ok()
}

/// Where a text may not be in the form NFC: ranges of units, ascending, each from an inert character up to the next that no
/// character before it can change. None if there are too many to be worth it, or the text is not units of characters.
pub fn odd_places(text: &Source) -> Result<Option<Vec<(usize, usize)>>> {
    match text {
        Source::Bytes(bytes) => {
            let inert = Inert::get();
            let held =
                || std::str::from_utf8(bytes).is_ok_and(|text| text.chars().all(|char| inert.holds(char.into())));
            Ok((bytes.is_ascii() || held()).then(Vec::new))
        }
        Source::Str(Units::One(_)) => Ok(Some(Vec::new())),
        Source::Str(Units::Two(units)) => odd_units(units),
        Source::Str(Units::Four(units)) => odd_units(units),
    }
}

/// The text as UTF-8 with other text in some places, which are ranges of its units, ascending.
pub fn splice(text: &Units, places: &[(usize, usize, String)]) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    bytes.try_reserve(text.len())?;
    let mut done = 0;
    for (start, end, place) in places {
        append(text.slice(done, *start), &mut bytes)?;
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
        bytes.try_reserve(4 * (wanted + 2))?;
        at = units.transcode(at, wanted, bytes);
    }
    Ok(())
}

fn odd_units<U: Copy + Into<u32>>(units: &[U]) -> Result<Option<Vec<(usize, usize)>>> {
    let inert = Inert::get();
    let mut places = Vec::new();
    let mut at = 0;
    let mut next_look = PART;
    while let Some(odd) = find_odd(units, at, inert) {
        let end = units[odd..].iter().position(|&unit| inert.holds(unit.into())).map_or(units.len(), |more| odd + more);
        // Halves of a surrogate pair stand for one character.
        if places.len() == MOST || units[odd..end].iter().any(|&unit| (0xD800..0xE000).contains(&unit.into())) {
            return Ok(None);
        }
        places.push((odd.saturating_sub(1), end));
        at = end;
        if at >= next_look {
            interrupt::check()?;
            next_look = at + PART;
        }
    }
    Ok(Some(places))
}

/// The first unit from a position on that is not inert.
fn find_odd<U: Copy + Into<u32>>(units: &[U], from: usize, inert: &Inert) -> Option<usize> {
    let low = |run: &[U]| run.iter().fold(0, |all, &unit| all | unit.into() >> 9) == 0;
    let mut at = from;
    for run in units[from..].chunks(RUN) {
        if low(run) {
            at += run.len();
            continue;
        }
        for few in run.chunks(FEW) {
            if !low(few)
                && let Some(found) = few.iter().position(|&unit| !inert.holds(unit.into()))
            {
                return Some(at + found);
            }
            at += few.len();
        }
    }
    None
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
        for inert in ["", "naïve “x” 漢字 한국 😀 Ж", "\u{FEFF}"] {
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
        assert_eq!(places(&"e\u{301}".repeat(MOST + 1)), None);
        assert_eq!(odd_places(&Source::Bytes(b"\xFF")).unwrap(), None);
        assert_eq!(odd_places(&Source::Str(Units::Two(&[0xD800]))).unwrap(), None);
    }
}
