//! What counts as punctuation, a digit, a mark or a control character, to `tokenizers`. Must equal
//! `python/minitok/formats/huggingface/tables.py`, which says where its tables differ from that of Unicode 16.

use std::fmt::Write;

/// The set of the members, with more characters and with fewer: numbers of characters, and of ranges.
#[derive(Debug, Clone, Copy)]
pub struct Changed {
    members: &'static str,
    more: &'static str,
    less: &'static str,
}

impl Changed {
    /// The set as a regular expression.
    pub fn set(self) -> String {
        let less = if self.less.is_empty() { String::new() } else { format!("&&[^{}]", ranges(self.less)) };
        format!("[{}{}{less}]", self.members, ranges(self.more))
    }
}

/// Characters by their numbers, as members of a set.
fn ranges(numbers: &str) -> String {
    let mut made = String::new();
    for span in numbers.split_whitespace() {
        for (at, end) in span.split('-').enumerate() {
            let dash = if at > 0 { "-" } else { "" };
            write!(made, "{dash}\\x{{{end}}}").unwrap_or_else(|_| unreachable!("writing to a String"));
        }
    }
    made
}

/// The general category, and the ASCII marks that are symbols: for `Punctuation` and `BertPreTokenizer`.
pub const PUNCTUATION: Changed = Changed {
    members: r"\p{P}$+<=>\^`|~",
    more: "166D 111C9",
    less: "61D 9FD A76 C77 C84 1B4E-1B4F 1B7D-1B7F 2E43-2E4F 2E52-2E5D 10D6E 10EAD 10F55-10F59 10F86-10F89 \
           113D4-113D5 113D7-113D8 1144B-1144F 1145A-1145B 1145D 11660-1166C 116B9 1183B 11944-11946 119E2 \
           11A3F-11A46 11A9A-11A9C 11A9E-11AA2 11B00-11B09 11BE1 11C41-11C45 11C70-11C71 11EF7-11EF8 \
           11F43-11F4F 11FFF 12FF1-12FF2 16D6D-16D6F 16E97-16E9A 16FE2 1E5FF 1E95E-1E95F",
};
/// For `Digits`.
pub const DIGITS: Changed = Changed { members: r"\p{N}", more: "11DE0-11DE9 16FF4-16FF6", less: "" };
/// What `StripAccents` drops.
pub const MARKS: Changed = Changed {
    members: r"\p{M}",
    more: "1CF2-1CF3",
    less: "7FD 897-89F 8CA-8D3 9FE AFA-AFF B55 C04 C3C CF3 D00 D3B-D3C D81 EBA ECE 1715 180F 1ABF-1ACE 1CF7 \
           1DF6-1DFA A82C A8FF 10D24-10D27 10D69-10D6D 10EAB-10EAC 10EFC-10EFF 10F46-10F50 10F82-10F85 11070 \
           11073-11074 110C2 11145-11146 111C9 111CE-111CF 11241 1133B 113B8-113C0 113C2 113C5 113C7-113CA \
           113CC-113D0 113D2 113E1-113E2 1145E 1182C-1183A 11930-11935 11937-11938 1193B-1193E 11940 \
           11942-11943 119D1-119D7 119DA-119E0 119E4 11A01-11A0A 11A33-11A39 11A3B-11A3E 11A47 11A51-11A5B \
           11A8A-11A99 11D31-11D36 11D3A 11D3C-11D3D 11D3F-11D45 11D47 11D8A-11D8E 11D90-11D91 11D93-11D97 \
           11EF3-11EF6 11F00-11F01 11F03 11F34-11F3A 11F3E-11F42 11F5A 13440 13447-13455 1611E-1612F 16F4F \
           16F7F-16F87 16FE4 16FF0-16FF1 1CF00-1CF2D 1CF30-1CF46 1E08F 1E130-1E136 1E2AE 1E2EC-1E2EF \
           1E4EC-1E4EF 1E5EE-1E5EF",
};
/// What `BertNormalizer` drops as an accent, after NFD.
pub const ACCENTS: Changed = Changed {
    members: r"\p{Mn}",
    more: "1734 1171E",
    less: "7FD 897-89F 8CA-8E1 9FE AFA-AFF B55 C04 C3C D00 D3B-D3C D81 EBA ECE 180F 1885-1886 1ABF-1ACE \
           1DF6-1DFB A82C A8C5 A8FF A9BD 10D24-10D27 10D69-10D6D 10EAB-10EAC 10EFC-10EFF 10F46-10F50 \
           10F82-10F85 11070 11073-11074 110C2 111C9 111CF 1123E 11241 1133B 113BB-113C0 113CE 113D0 113D2 \
           113E1-113E2 11438-1143F 11442-11444 11446 1145E 1182F-11837 11839-1183A 1193B-1193C 1193E 11943 \
           119D4-119D7 119DA-119DB 119E0 11A01-11A0A 11A33-11A38 11A3B-11A3E 11A47 11A51-11A56 11A59-11A5B \
           11A8A-11A96 11A98-11A99 11C30-11C36 11C38-11C3D 11C3F 11C92-11CA7 11CAA-11CB0 11CB2-11CB3 \
           11CB5-11CB6 11D31-11D36 11D3A 11D3C-11D3D 11D3F-11D45 11D47 11D90-11D91 11D95 11D97 11EF3-11EF4 \
           11F00-11F01 11F36-11F3A 11F40 11F42 11F5A 13440 13447-13455 1611E-16129 1612D-1612F 16F4F 16FE4 \
           1CF00-1CF2D 1CF30-1CF46 1E000-1E006 1E008-1E018 1E01B-1E021 1E023-1E024 1E026-1E02A 1E08F \
           1E130-1E136 1E2AE 1E2EC-1E2EF 1E4EC-1E4EF 1E5EE-1E5EF 1E944-1E94A",
};
/// What `BertNormalizer` drops as a control character.
pub const CONTROLS: Changed = Changed {
    members: r"\x00-\x08\x0B\x0C\x0E-\x1F\x7F\u0080-\u009F\uFFFD\p{Cf}\p{Co}",
    more: "",
    less: "890-891 8E2 110CD 13430-1343F",
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        assert_eq!(ranges("61D 1B7D-1B7F"), r"\x{61D}\x{1B7D}-\x{1B7F}");
        assert_eq!(DIGITS.set(), r"[\p{N}\x{11DE0}-\x{11DE9}\x{16FF4}-\x{16FF6}]");
        assert!(PUNCTUATION.set().starts_with(r"[\p{P}$+<=>\^`|~\x{166D}\x{111C9}&&[^\x{61D}\x{9FD}"));
    }
}
