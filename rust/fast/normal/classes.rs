//! Which characters does a normal form leave as they are, whatever is before them?
//!
//! A character is *inert* in a form if it has combining class 0, is in the form itself and composes with none before it: it never
//! moves or changes, and nothing looks across the place before it. A mark that is in the form and composes with nothing stays where
//! it is unless the class of the character before is higher. So does one that composes with others, but not with the last character of
//! class 0, if neither has parts: nothing else before it could take it in. (It could come between the parts: `à` and U+0323 make `ạ` and
//! U+0300.) Everything else, from the inert character before it to the next, is left to the mirror (`normal_forms.rs`).
//!
//! By hand: in NFC, U+0E34 U+0E48, two Thai marks of the classes 0 and 107, stay. U+09BE composes with U+09C7, and stays after U+0995,
//! as it does in most of Bengali. `e` and U+0301 do not stay: they compose.
//!
//! Costs: tables of 144 KB for each form that is used, made within some milliseconds. Most characters need only the small one, of bits.

use crate::reference::published::normal_forms::{Form, combining_class, is_assigned};
use crate::support::once::Once;
use std::iter::once;
use std::ops::Range;
use unicode_normalization::char::compose;
use unicode_normalization::{IsNormalized, is_nfc_quick, is_nfd_quick, is_nfkc_quick, is_nfkd_quick};

/// The characters of the table; above it, only the ideographs for compatibility are not inert.
const LISTED: u32 = 0x2_0000;
const IDEOGRAPHS: std::ops::RangeInclusive<u32> = 0x2_F800..=0x2_FA1F;

/// Outside these ranges, all listed characters are inert in every form: ideographs, Yi, private use, cuneiform, hieroglyphs, Tangut. Asking for
/// every character takes 1.7 ms in place of 0.9.
const ASKED: [Range<u32>; 5] = [0..0x3400, 0xA66F..0xE000, 0xF900..0x1_1F43, 0x1_611E..0x1_6FF2, 0x1_BC9E..LISTED];

/// In place of a class, which is 240 at most: the form changes the character, or may take it into one before it.
const CHANGES: u8 = u8::MAX;
const COMPOSES: u8 = u8::MAX - 1;

/// What a form does to characters.
pub struct Classes {
    /// Bytes below it belong to inert characters.
    pub inert_bytes: u8,
    /// The classes of the characters below `LISTED` that stay, or what is said in place of one.
    listed: Vec<u8>,
    /// A bit for each of these characters, set if it is not inert.
    active: Vec<u64>,
}

impl Classes {
    pub fn of_form(form: Form) -> &'static Classes {
        static ALL: [Once<Classes>; 4] = [const { Once::new() }; 4];
        ALL[form as usize].get_or_make(|| {
            let class = |code: u32| char::from_u32(code).map_or(CHANGES, |char| class_in(form, char));
            // NFC changes nothing below U+0300, whose UTF-8 begins with CC.
            let inert_bytes = if form == Form::Nfc { 0xCC } else { 0x80 };
            #[allow(clippy::disallowed_methods, reason = "tables of a fixed size")]
            let mut listed = vec![0; LISTED as usize];
            ASKED.iter().cloned().flatten().for_each(|code| listed[code as usize] = class(code));
            let bits = |classes: &[u8]| classes.iter().rev().fold(0, |bits, &class| bits << 1 | u64::from(class != 0));
            #[allow(clippy::disallowed_methods, reason = "tables of a fixed size")]
            let active = listed.chunks(64).map(bits).collect();
            Classes { inert_bytes, listed, active }
        })
    }

    /// Whether a character is inert.
    #[inline]
    pub fn is_inert(&self, code: u32) -> bool {
        match self.active.get(code as usize / 64) {
            Some(bits) => bits >> (code % 64) & 1 == 0,
            None => !IDEOGRAPHS.contains(&code),
        }
    }

    /// The class of a character, or what is said in place of one.
    fn of(&self, code: u32) -> u8 {
        match self.listed.get(code as usize) {
            Some(&class) => class,
            None if IDEOGRAPHS.contains(&code) => CHANGES,
            None => 0,
        }
    }

    /// Whether a character stays as it is after those before it, which did; if so, it is then one of them.
    pub fn stays(&self, code: u32, before: &mut Before) -> bool {
        let has_no_parts = |char| is_nfd_quick(once(char)) == IsNormalized::Yes;
        let class = match (self.of(code), char::from_u32(code), char::from_u32(before.starter)) {
            (COMPOSES, Some(char), Some(last))
                if has_no_parts(last) && has_no_parts(char) && compose(last, char).is_none() =>
            {
                combining_class(char.into())
            }
            (COMPOSES | CHANGES, ..) => return false,
            (class, ..) => class,
        };
        if class == 0 {
            *before = Before::inert(code);
        } else if before.class > class {
            return false;
        }
        before.class = class;
        true
    }
}

/// The class of a character, or what is said in place of one.
fn class_in(form: Form, char: char) -> u8 {
    let in_form = match form {
        Form::Nfc => is_nfc_quick(once(char)),
        Form::Nfd => is_nfd_quick(once(char)),
        Form::Nfkc => is_nfkc_quick(once(char)),
        Form::Nfkd => is_nfkd_quick(once(char)),
    };
    match in_form {
        IsNormalized::Yes => combining_class(char.into()),
        _ if !is_assigned(char.into()) => 0,
        IsNormalized::Maybe => COMPOSES,
        IsNormalized::No => CHANGES,
    }
}

/// What a look remembers of the characters before.
#[derive(Debug, Clone, Copy, Default)]
pub struct Before {
    /// The class of the last one.
    class: u8,
    /// The last one of class 0; at the beginning U+0000, which composes with nothing.
    starter: u32,
}

impl Before {
    /// Behind an inert character.
    #[inline]
    pub fn inert(code: u32) -> Before {
        Before { class: 0, starter: code }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fast::train::small_scope::long_tests;
    use crate::reference::published::normal_forms::normal;

    const FORMS: [Form; 4] = [Form::Nfc, Form::Nfd, Form::Nfkc, Form::Nfkd];

    #[test]
    fn every_character_that_is_inert_stays_behind_those_that_compose() {
        for form in FORMS {
            let classes = Classes::of_form(form);
            let mut text = String::new();
            // All of the first three planes; of the others, which have few characters, every sixteenth.
            let tried = |char: &char| *char < '\u{30000}' || u32::from(*char) % 16 == 0 || long_tests();
            for char in ('\0'..=char::MAX).filter(|char| classes.of(u32::from(*char)) == 0 && tried(char)) {
                // Of each script that composes; beyond these planes none does.
                let all = ["a", "\u{915}", "\u{9C7}", "\u{1100}", "\u{AC00}", "\u{3046}", "\u{16D67}"];
                for before in if char < '\u{20000}' { &all[..] } else { &all[..1] } {
                    if before.chars().all(|before| classes.of(before.into()) == 0) {
                        text.push_str(before);
                        text.push(char);
                    }
                }
            }
            assert!(text.len() > 2_000_000);
            assert_eq!(*normal(text.as_bytes(), form).unwrap(), *text.as_bytes());
        }
    }

    #[test]
    fn what_composes_with_others_stays_behind_every_character_that_it_does_not_compose_with() {
        for form in [Form::Nfc, Form::Nfkc] {
            let classes = Classes::of_form(form);
            let composing: Vec<char> =
                ('\0'..='\u{1FFFF}').filter(|char| classes.of(u32::from(*char)) == COMPOSES).collect();
            assert!(composing.len() > 90);
            // Most scripts, and Hangul.
            let starters = ('\0'..='\u{30FF}').chain('\u{AC00}'..='\u{AC40}').chain('\u{11000}'..='\u{11FFF}');
            let starters: Vec<char> = starters.filter(|char| classes.is_inert((*char).into())).collect();
            let mut length = 0;
            for &char in &composing {
                let behind = |&starter: &char| classes.stays(char.into(), &mut Before::inert(starter.into()));
                let text: String =
                    starters.iter().copied().filter(behind).flat_map(|starter| [starter, char]).collect();
                assert!(*normal(text.as_bytes(), form).unwrap() == *text.as_bytes(), "U+{:04X}", u32::from(char));
                length += text.len();
            }
            assert!(length > 1_000_000);
        }
    }

    #[test]
    fn characters_outside_the_ranges_asked_for_are_inert_in_every_form() {
        let is_asked = |code: &u32| ASKED.iter().any(|range| range.contains(code));
        let others: Vec<char> =
            (0..LISTED).filter(|code| !is_asked(code)).map(|code| char::from_u32(code).unwrap()).collect();
        assert!(others.len() > LISTED as usize / 2);
        for char in others {
            assert!(FORMS.into_iter().all(|form| class_in(form, char) == 0), "U+{:04X}", u32::from(char));
        }
    }

    #[test]
    fn below_its_limits_every_character_is_inert() {
        for form in FORMS {
            let classes = Classes::of_form(form);
            assert!((0..=u32::from(char::MAX)).all(|code| classes.is_inert(code) == (classes.of(code) == 0)));
            let in_bytes = |char: &char| char.to_string().bytes().all(|byte| byte < classes.inert_bytes);
            assert!(('\0'..=char::MAX).filter(in_bytes).all(|char| classes.of(char.into()) == 0));
        }
    }
}
