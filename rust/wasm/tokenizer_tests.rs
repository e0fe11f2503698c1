//! Tokenizers as JavaScript opens and asks them, and the pages look inside.

use super::conversations::conversation;
use super::inside::{merges_of, trace_parts, trace_piece, units};
use super::tests::{call, give};
use super::tokenizer::{
    close, count_ids, decode, description, dump, encode, encode_allowing, lengths, open_file, open_packed, token_bytes,
};
use super::{NONE, REFUSED, numbers};
use crate::fast::read::base64;
use serde_json::{Value, json};

pub fn read(bytes: &[u8]) -> Vec<u32> {
    bytes.as_chunks().0.iter().map(|&word| u32::from_le_bytes(word)).collect()
}

/// The number of the tokenizer of a file.
fn open(data: &[u8], pattern: &[u8], name: &[u8]) -> std::result::Result<u32, String> {
    call(&[data, pattern, name], || open_file()).map(|made| read(&made)[0])
}

fn described(tok: u32) -> Value {
    serde_json::from_slice(&call(&[], || description(tok)).unwrap()).unwrap()
}

/// The number of the tokenizer of one of minitok's own files, of which these fields are other than usual.
pub fn of(content: &Value, changes: &Value) -> std::result::Result<u32, String> {
    let mut content = json!({"format": "minitok", "version": 1, "pattern": "none", "special_tokens": {}, "merges": [],
        "content": content});
    let given = content.as_object_mut().unwrap().remove("content").unwrap();
    for fields in [&given, changes] {
        content.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    }
    open(content.to_string().as_bytes(), b"", b"")
}

/// The merges (a, b), (b, c), (ab, c).
pub fn with(changes: &Value) -> std::result::Result<u32, String> {
    of(&json!({"byte_order": "identity", "merges": [[97, 98], [98, 99], [256, 99]]}), changes)
}

pub fn opened() -> u32 {
    with(&json!({"pattern": "gpt2", "special_tokens": {"<s>": 300}})).unwrap()
}

/// The units of a text: segment, id, lengths; and their bytes.
fn cut(tok: u32, text: &str, special: u32) -> (Vec<[u32; 4]>, Vec<u8>) {
    let made = call(&[text.as_bytes()], || units(tok, special)).unwrap();
    let count = read(&made[..4])[0] as usize;
    let (facts, data) = made[4..].split_at(16 * count);
    (read(facts).as_chunks().0.to_vec(), data.to_vec())
}

#[test]
fn what_a_page_asks() {
    let tok = opened();
    let text = b"abcbc <s>";
    assert_eq!(read(&call(&[text], || encode(tok, 0)).unwrap()), [258, 257, 32, 60, 115, 62]);
    assert_eq!(read(&call(&[text], || encode(tok, 1)).unwrap()), [258, 257, 32, 300]);
    assert_eq!([0, 1].map(|special| read(&call(&[text], || count_ids(tok, special)).unwrap())), [[6], [4]]);
    let (facts, data) = cut(tok, "abcbc <s>", 1);
    assert_eq!(facts, [[1, NONE, 5, 5], [1, NONE, 1, 1], [2, 300, 3, 3]]);
    assert_eq!(data, text);
    assert_eq!(call(&[&numbers([258, 300])], || decode(tok)).unwrap(), b"abc<s>");
    assert_eq!(call(&[&numbers([258, 300, 299])], || token_bytes(tok)).unwrap(), b"abc<s>");
    assert_eq!(read(&call(&[&numbers([258, 97, 299])], || lengths(tok)).unwrap()), [3, 1, 0]);
    assert_eq!(read(&call(&[&numbers([97, 98, 97, 97])], || merges_of(tok)).unwrap()), [0, 256, NONE, NONE]);
    let told = String::from_utf8(call(&[b"abc"], || trace_piece(tok, 7, 40)).unwrap()).unwrap();
    assert!(told.starts_with(r#"{"event": "piece", "piece": 7, "start": 40, "end": 43,"#), "{told}");
    let parts = numbers([97, 98, 99]);
    let same = String::from_utf8(call(&[&parts], || trace_parts(tok, 7)).unwrap()).unwrap();
    assert!(told.ends_with(&same) && told.lines().count() == 3 && same.lines().count() == 2);
}

#[test]
fn special_tokens_by_their_names() {
    let tok = with(&json!({"pattern": "gpt2", "special_tokens": {"<s>": 300, "<t>": 301}})).unwrap();
    let asked = |allowed: &str, disallowed: &str, counts| {
        let list = |name: &str| numbers((!name.is_empty()).then_some(name.len() as u32));
        let (one, other) = (list(allowed), list(disallowed));
        let given = [&b"<s>ab<t>"[..], &one, allowed.as_bytes(), &other, disallowed.as_bytes()];
        call(&given, || encode_allowing(tok, counts)).map(|made| read(&made))
    };
    assert_eq!(asked("<s>", "", 0).unwrap(), [300, 256, 60, 116, 62]);
    assert_eq!(asked("<t>", "", 1).unwrap(), [5]);
    assert!(asked("<s>", "<t>", 1).unwrap_err().contains("\"<t>\""));
    assert_eq!(asked("", "<u>", 1).unwrap(), [7]);
}

#[test]
fn a_conversation() {
    let tok = with(&json!({"special_tokens": {"<s>": 300}, "added_tokens": {"<a>": 301}})).unwrap();
    let rows = |places: &[u32], names: &[u8], lengths: &[u32]| {
        let (places, lengths) = (numbers(places.iter().copied()), numbers(lengths.iter().copied()));
        read(&call(&[b"ab<s>c<s><a>", &places, &lengths, names], || conversation(tok)).unwrap())
    };
    let ids = |rows: &[u32]| rows.as_chunks().0.iter().map(|&[id, ..]: &[u32; 4]| id).collect::<Vec<_>>();
    let text = |text: &str| text.bytes().map(u32::from).collect::<Vec<_>>();
    // The first mark is the program's, the second a user's.
    let found = rows(&[0, 6], b"", &[]);
    assert_eq!(ids(&found), [&[256, 300, 99][..], &text("<s><a>")].concat());
    assert_eq!(found[..12], [256, 0, 2, 0, 300, 2, 5, 1, 99, 5, 6, 0]);
    assert_eq!(ids(&rows(&[], b"<a>", &[3])), [&[256][..], &text("<s>c<s>"), &[301]].concat());
    assert_eq!(ids(&rows(&[0, 12], b"", &[])), [256, 300, 99, 300, 301]);
}

#[test]
fn what_is_done_to_text_first() {
    let encoded = |tok, text: &str, special| read(&call(&[text.as_bytes()], || encode(tok, special)).unwrap());
    // Added tokens are found in every text, late ones in text that is normalized, and flags take white space.
    let tok = with(&json!({
        "pattern": "gpt2", "special_tokens": {"<s>": 300}, "added_tokens": {"\u{e9}": 301, "<a>": 302},
        "late_tokens": ["\u{e9}"], "token_flags": {"<a>": ["rstrip"]}, "normalizer": "NFC",
    }))
    .unwrap();
    assert_eq!(encoded(tok, "e\u{301}<a>  ab<s>", 0), [301, 302, 256, 60, 115, 62]);
    assert_eq!(encoded(tok, "e\u{301}<a>  ab<s>", 1), [301, 302, 256, 300]);
    let (facts, data) = cut(tok, "e\u{301}<a>  ab", 0);
    assert_eq!(facts, [[1, 301, 2, 2], [2, 302, 3, 3], [3, NONE, 2, 2]]);
    assert_eq!(data, "\u{e9}<a>ab".as_bytes());
    let steps = json!({"pattern": "gpt2", "normalizer": ["replace", "[xy]", "ab"]});
    assert_eq!(encoded(with(&steps).unwrap(), "xc", 0), [258]);
    assert_eq!(encoded(with(&json!({"prefix": "text"})).unwrap(), "a\u{2581}", 0), [32, 97, 32]);
    let tok = with(&json!({"words": "[a-z]+", "word_end": "</w>"})).unwrap();
    assert_eq!(encoded(tok, "ab, c", 0), [256, 32, 99, 32]);
    assert_eq!(cut(tok, "ab, c", 0), (vec![[1, NONE, 3, 3], [1, NONE, 2, 2]], b"ab c ".to_vec()));
}

#[test]
fn what_is_wrong_with_a_tokenizer_is_said() {
    let refused = |changes: Value| with(&changes).unwrap_err();
    assert!(refused(json!({"late_tokens": ["x"]})).contains("the late token 'x' has no id"));
    assert!(refused(json!({"special_tokens": {"<s>": 300}, "token_flags": {"<s>": ["x"]}})).contains("the flag 'x'"));
    assert!(refused(json!({"normalizer": "nfc"})).contains("unknown normalizer 'nfc'"));
    assert!(refused(json!({"prefix": "x"})).contains("unknown prefix 'x'"));
    assert!(refused(json!({"words": "("})).contains('('));
    assert!(refused(json!({"word_end": ""})).contains("the end of a word is empty"));
    assert_eq!(refused(json!({"merges": [[97, 300]]})), "merge 0 joins 97 and 300, but 300 is not a token before it");
}

#[test]
fn a_file_is_described_and_written() {
    let file = "minbpe v1\n\n1\n<s> 258\n97 98\n256 99\n";
    let open = |data: &str, pattern: &str, name: &str| open(data.as_bytes(), pattern.as_bytes(), name.as_bytes());
    let found = open(file, "", "mine").unwrap();
    let wanted = json!({"format": "minitok", "version": 1, "name": "mine", "pattern": "none", "special_tokens": {"<s>": 258},
        "control_tokens": ["<s>"], "n_merges": 2, "vocab_size": 259, "warnings": []});
    assert_eq!(described(found), wanted);
    let written = call(&[], || dump(found)).unwrap();
    assert_eq!(described(open(std::str::from_utf8(&written).unwrap(), "", "other").unwrap())["name"], "mine");
    assert_eq!(described(open(file, "gpt2", "").unwrap())["pattern"], "none");
    assert!(open("YQ== 0\n", "", "").unwrap_err().contains("does not contain its split pattern"));
    assert_eq!(open("minbpe v1\n\n0\n97 300\n", "", "").unwrap_err(), "line 4: 300 is not a token before this merge");
    give(&[b"{", b"", b""]);
    assert_eq!(open_file(), REFUSED);
}

#[test]
fn added_tokens_that_get_other_ids_are_warned_of() {
    let added = |names: &[&str]| names.iter().map(|name| json!({"id": 9, "content": name, "special": true})).collect();
    let warned = |names: &[&str]| {
        let added: Vec<Value> = added(names);
        let content = json!({"added_tokens": added,
            "model": {"type": "BPE", "vocab": {"a": 0, "?": 1}, "merges": [], "unk_token": "?"}});
        described(open(content.to_string().as_bytes(), b"", b"").unwrap())["warnings"].clone()
    };
    assert_eq!(warned(&[]), json!([]));
    let first = "the added token '<s>' has the id 9 in the file, and 2 here, as in tokenizers";
    assert_eq!(warned(&["<s>"]), json!([first]));
    assert_eq!(warned(&["<s>", "<t>"]), json!([format!("{first}, and 1 more have others")]));
}

#[test]
fn numbers_come_again_and_what_is_wrong_is_said() {
    let (first, second) = (opened(), opened());
    assert_ne!(first, second);
    call(&[], || close(first)).unwrap();
    assert!(call(&[b"a"], || encode(first, 0)).unwrap_err().contains("no such tokenizer"));
    assert_eq!(opened(), first);
    assert!(call(&[], || encode(second, 0)).unwrap_err().contains("argument is missing"));
    assert!(call(&[&numbers([9999])], || decode(second)).unwrap_err().contains("unknown token id 9999"));
    assert!(call(&[b"gpt2", b"not one"], || open_packed()).unwrap_err().contains("not a packed vocabulary"));
    assert!(call(&[b"gpt1", b""], || open_packed()).unwrap_err().contains("unknown encoding 'gpt1'"));
}

/// The tokens and the merge (a, b) of rank 7, which makes the last of them; then what pieces begin as.
fn of_tokens(tokens: &[&[u8]], begins: &Value) -> std::result::Result<u32, String> {
    let place = |token: &[u8]| tokens.iter().position(|one| *one == token).unwrap();
    let rows: Vec<(usize, String)> = tokens.iter().map(|token| base64::encode(token)).enumerate().collect();
    let merges = [[place(b"a"), place(b"b"), place(b"ab"), 7]];
    of(&json!({"tokens": rows, "whole_pieces": false, "merges": merges}), begins)
}

#[test]
fn tokens_of_any_ids_and_what_pieces_begin_as() {
    let bytes: Vec<u8> = (0..=255).collect();
    let mut tokens: Vec<&[u8]> = bytes.chunks(1).collect();
    tokens.push(b"ab");
    let encoded = |tok, text: &[u8]| read(&call(&[text], || encode(tok, 0)).unwrap());
    assert_eq!(encoded(of_tokens(&tokens, &json!({})).unwrap(), b"abb"), [256, 98]);
    // Without a token for `c`, it is an error, or is dropped.
    let without: Vec<&[u8]> = tokens.iter().filter(|token| **token != b"c").copied().collect();
    assert!(of_tokens(&without, &json!({})).unwrap_err().contains("has no token"));
    let dropping = of_tokens(&without, &json!({"drops_bytes": true})).unwrap();
    assert_eq!(encoded(dropping, b"acb"), [255]);
    assert_eq!(cut(dropping, "acb", 0), (vec![[1, NONE, 3, 2]], b"acb".to_vec()));
    // Characters, with the bytes as the fallback.
    let characters: [&[u8]; 3] = [b"a", b"b", b"ab"];
    let spelled: Vec<&[u8]> = characters.iter().copied().chain(bytes.chunks(1)).collect();
    let fallback: Vec<u32> = (3..259).collect();
    let tok = of_tokens(&spelled, &json!({"fallback": fallback})).unwrap();
    assert_eq!(encoded(tok, "abé".as_bytes()), [2, 3 + 0xC3, 3 + 0xA9]);
    // Symbols, with an unknown token.
    let symbols = |unit: &str, unknown: Option<u32>, fuses: bool, joining: Option<[&str; 2]>| json!({"symbols": {"unit": unit, "unknown": unknown, "fuses": fuses, "prefix": "", "suffix": "", "joining": joining}});
    let known: [&[u8]; 4] = [b"a", b"b", b"ab", b"?"];
    let tok = of_tokens(&known, &symbols("characters", Some(3), true, None)).unwrap();
    assert_eq!(encoded(tok, "abéé".as_bytes()), [2, 3]);
    let tok = of_tokens(&known, &symbols("characters", None, false, Some(["spaces", ""]))).unwrap();
    // What has no token is dropped before anything merges.
    assert_eq!(encoded(tok, "aéb".as_bytes()), [2]);
    assert_eq!(call(&[&numbers([0, 1])], || decode(tok)).unwrap(), b"a b");
    assert!(of_tokens(&known, &symbols("words", Some(3), false, None)).unwrap_err().contains("words"));
}
