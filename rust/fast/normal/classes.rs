//! Which characters does a normal form leave as they are, whatever is before them?
//!
//! A character is *inert* in a form if it has combining class 0, is in the form itself and composes with none before it: it never
//! moves or changes, and nothing looks across the place before it. A mark that is in the form and composes with nothing stays where
//! it is unless the class of the character before is higher. Everything else, from the inert character before it to the next, is
//! left to the mirror (`normal_forms.rs`).
//!
//! By hand: in NFC, U+0E34 U+0E48, two Thai marks of the classes 0 and 107, stay. `e` and U+0301 do not: the mark may compose.
//!
//! Costs: a table of 128 KB for each form that is used, made within some milliseconds.

use crate::normal_forms::Form;
use crate::once::Once;
use std::iter::once;
use unicode_normalization::char::canonical_combining_class;
use unicode_normalization::{IsNormalized, is_nfc_quick, is_nfd_quick, is_nfkc_quick, is_nfkd_quick};

/// The characters of the table; above it, only the ideographs for compatibility are not inert.
const LISTED: u32 = 0x2_0000;
const IDEOGRAPHS: std::ops::RangeInclusive<u32> = 0x2_F800..=0x2_FA1F;

/// In place of a class: the form may change the character.
const CHANGES: u8 = u8::MAX;

/// What a form does to characters.
pub struct Classes {
    /// Below it, a power of two, every character is inert.
    pub inert: u32,
    /// Bytes below it belong to inert characters.
    pub inert_bytes: u8,
    /// The classes of the characters below `LISTED` that stay.
    listed: Vec<u8>,
}

impl Classes {
    pub fn of_form(form: Form) -> &'static Classes {
        static ALL: [Once<Classes>; 4] = [const { Once::new() }; 4];
        ALL[form as usize].get_or_make(|| {
            let in_form = |char: char| match form {
                Form::Nfc => is_nfc_quick(once(char)),
                Form::Nfd => is_nfd_quick(once(char)),
                Form::Nfkc => is_nfkc_quick(once(char)),
                Form::Nfkd => is_nfkd_quick(once(char)),
            };
            let class = |code: u32| match char::from_u32(code) {
                Some(char) if in_form(char) == IsNormalized::Yes => canonical_combining_class(char),
                _ => CHANGES,
            };
            // NFC changes nothing below U+0300, whose UTF-8 begins with CC.
            let (inert, inert_bytes) = if form == Form::Nfc { (0x200, 0xCC) } else { (0x80, 0x80) };
            #[allow(clippy::disallowed_methods, reason = "a table of a fixed size")]
            Classes { inert, inert_bytes, listed: (0..LISTED).map(class).collect() }
        })
    }

    /// The class of a character that stays, unless the one before has a higher class.
    pub fn of(&self, code: u32) -> u8 {
        match self.listed.get(code as usize) {
            Some(&class) => class,
            None if IDEOGRAPHS.contains(&code) => CHANGES,
            None => 0,
        }
    }

    /// Whether a character of a class stays as it is, behind one of another.
    pub fn stays(class: u8, before: u8) -> bool {
        class == 0 || (class != CHANGES && before <= class)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fast::train::small_scope::long_tests;
    use crate::normal_forms::normal;

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
    fn below_its_limits_every_character_is_inert() {
        for form in FORMS {
            let classes = Classes::of_form(form);
            assert!((0..classes.inert).all(|code| classes.of(code) == 0));
            let in_bytes = |char: &char| char.to_string().bytes().all(|byte| byte < classes.inert_bytes);
            assert!(('\0'..=char::MAX).filter(in_bytes).all(|char| classes.of(char.into()) == 0));
        }
    }
}
