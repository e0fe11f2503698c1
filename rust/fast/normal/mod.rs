//! Is a text in the normal form NFC? A look that answers "surely" or "perhaps not".
//!
//! Most text is, and to say so needs no normalizing: if every character has combining class 0, is NFC itself and composes with
//! none before it, then no character moves, and none changes. Below U+0300 all are so; above, a table lists those that surely
//! are, and what it does not list is left to the normalizer (`backend/normal_forms.py`).
//!
//! By hand: `naïve “x”` has `ï`, which is below U+0300, and two quotation marks, which are listed: surely NFC. `e` with U+0301 is
//! not: the accent composes.
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

/// Whether a text is surely in the form NFC. What is not UTF-8 is not.
pub fn is_surely_nfc(text: &Source) -> Result<bool> {
    match text {
        Source::Bytes(bytes) if bytes.is_ascii() => Ok(true),
        Source::Bytes(bytes) => {
            let Ok(text) = std::str::from_utf8(bytes) else { return Ok(false) };
            let inert = Inert::get();
            Ok(text.chars().all(|char| inert.holds(char.into())))
        }
        Source::Str(Units::One(_)) => Ok(true),
        Source::Str(Units::Two(units)) => all_inert(units),
        Source::Str(Units::Four(units)) => all_inert(units),
    }
}

fn all_inert<U: Copy + Into<u32>>(units: &[U]) -> Result<bool> {
    let inert = Inert::get();
    let low = |run: &[U]| run.iter().fold(0, |all, &unit| all | unit.into() >> 9) == 0;
    let holds = |run: &[U]| low(run) || run.iter().all(|&unit| inert.holds(unit.into()));
    for part in units.chunks(PART) {
        interrupt::check()?;
        if !part.chunks(RUN).all(|run| low(run) || run.chunks(FEW).all(holds)) {
            return Ok(false);
        }
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nfc(text: &str) -> bool {
        let found = is_surely_nfc(&Source::Bytes(text.as_bytes())).unwrap();
        let wide: Vec<u32> = text.chars().map(u32::from).collect();
        assert_eq!(found, is_surely_nfc(&Source::Str(Units::Four(&wide))).unwrap(), "{text}");
        found
    }

    #[test]
    fn by_hand() {
        let long = "x".repeat(100);
        assert!(nfc("") && nfc("naïve “x” 漢字 한국 😀 Ж"));
        for changed in
            ["e\u{301}", "\u{212B}", "\u{1100}\u{1161}", "\u{F900}", "\u{344}", "\u{2F800}", "\u{378}", "\u{2000}"]
        {
            assert!(!nfc(changed) && !nfc(&format!("{long}{changed}{long}")), "{changed:?}");
        }
        assert!(!is_surely_nfc(&Source::Bytes(b"\xFF")).unwrap());
        assert!(!is_surely_nfc(&Source::Str(Units::Two(&[0xD800]))).unwrap());
    }
}
