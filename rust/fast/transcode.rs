//! The code units of a Python str -> UTF-8, some at a time (SPEC E4).
//!
//! Python keeps a str as one array of 1, 2 or 4 bytes a character, as wide as its widest needs: one emoji makes a whole
//! book four bytes a letter. Turning all of it into UTF-8 at once costs more than encoding it, since the result is new
//! memory; a small buffer that is used again stays in the processor's cache.
//!
//! A surrogate pair becomes its code point, a lone surrogate U+FFFD.
//!
//! Costs: O(units), some 1 to 2 ns each where they are not ASCII; no memory but the buffer's.

/// The characters of a str, by their width.
#[derive(Debug, Clone, Copy)]
pub enum Units<'s> {
    One(&'s [u8]),
    Two(&'s [u16]),
    Four(&'s [u32]),
}

impl Units<'_> {
    pub fn len(&self) -> usize {
        match self {
            Units::One(units) => units.len(),
            Units::Two(units) => units.len(),
            Units::Four(units) => units.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All of it as UTF-8.
    pub fn utf8(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.len());
        self.transcode(0, self.len(), &mut bytes);
        bytes
    }

    /// Append the UTF-8 of about `wanted` units from `from` on, at least one if there is one, and answer where the next
    /// begin. A surrogate pair is not torn.
    pub fn transcode(&self, from: usize, wanted: usize, out: &mut Vec<u8>) -> usize {
        match self {
            Units::One(units) => transcode(units, from, wanted, out),
            Units::Two(units) => transcode(units, from, wanted, out),
            Units::Four(units) => transcode(units, from, wanted, out),
        }
    }
}

/// How many units are looked at together.
const RUN: usize = 16;

fn transcode<U: Copy + Into<u32>>(units: &[U], from: usize, wanted: usize, out: &mut Vec<u8>) -> usize {
    let end = units.len().min(from.saturating_add(wanted.max(1)));
    out.reserve(end.saturating_sub(from) + RUN);
    let mut at = from;
    while at < end {
        if let Some(run) = units[at..end].first_chunk::<RUN>()
            && run.iter().fold(0, |all, &unit| all | unit.into()) < 0x80
        {
            out.extend_from_slice(&run.map(|unit| unit.into() as u8));
            at += RUN;
            continue;
        }
        let unit: u32 = units[at].into();
        at += 1;
        let mut value = unit;
        if (0xD800..0xDC00).contains(&unit)
            && let Some(&low) = units.get(at)
            && (0xDC00..0xE000).contains(&low.into())
        {
            value = 0x1_0000 + ((unit - 0xD800) << 10) + (low.into() - 0xDC00);
            at += 1;
        }
        let character = char::from_u32(value).unwrap_or(char::REPLACEMENT_CHARACTER);
        out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn all(units: Units, wanted: usize) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut at = 0;
        while at < units.len() {
            at = units.transcode(at, wanted, &mut bytes);
        }
        bytes
    }

    fn unit() -> impl Strategy<Value = u32> {
        prop_oneof![6 => 0u32..0x80, 2 => 0u32..0x1_0000, 2 => 0xD7FEu32..0xE002, 1 => 0u32..0x11_0000]
    }

    proptest! {
        #[test]
        fn equals_the_standard_library(units in prop::collection::vec(unit(), 0..200), wanted in 0usize..70) {
            let twos: Vec<u16> = units.iter().map(|&unit| unit as u16).collect();
            let expected: String = char::decode_utf16(twos.iter().copied()).map(|c| c.unwrap_or('\u{FFFD}')).collect();
            prop_assert_eq!(all(Units::Two(&twos), wanted), expected.into_bytes());

            let sixteens = units.iter().flat_map(|&unit| match char::from_u32(unit) {
                Some(c) => c.encode_utf16(&mut [0; 2]).to_vec(),
                None => vec![unit as u16],
            });
            let expected: String = char::decode_utf16(sixteens).map(|c| c.unwrap_or('\u{FFFD}')).collect();
            prop_assert_eq!(all(Units::Four(&units), wanted), expected.into_bytes());

            let ones: Vec<u8> = units.iter().map(|&unit| unit as u8).collect();
            let expected: String = ones.iter().map(|&unit| char::from(unit)).collect();
            prop_assert_eq!(all(Units::One(&ones), wanted), expected.into_bytes());
        }
    }
}
