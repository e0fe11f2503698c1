//! Tokenizers as JavaScript opens and asks them, and the pages look inside.

use super::inside::{conversation, merges_of, trace_parts, trace_piece, units};
use super::tests::call;
use super::tokenizer::{
    close, count_ids, decode, encode, encode_allowing, lengths, open_merges, open_packed, open_tokens, token_bytes,
};
use super::{NONE, numbers};

pub fn read(bytes: &[u8]) -> Vec<u32> {
    bytes.as_chunks().0.iter().map(|&word| u32::from_le_bytes(word)).collect()
}

/// The arguments of `keep`: the pattern, and tokens with their ids; of the rest, those that `changes` names by their place.
fn kept(pattern: &str, tokens: &[(&str, u32)], changes: &[(usize, &[&str])]) -> Vec<Vec<u8>> {
    let list = |texts: &[&str]| [numbers(texts.iter().map(|text| text.len() as u32)), texts.concat().into_bytes()];
    let names: Vec<&str> = tokens.iter().map(|(name, _)| *name).collect();
    let mut made = vec![pattern.into(), numbers(tokens.iter().map(|&(_, id)| id))];
    made.extend(list(&names));
    for (place, is_group) in [false, false, true, true, false, false, false].into_iter().enumerate() {
        let texts = changes.iter().find(|(at, _)| *at == place).map_or(&[][..], |(_, texts)| texts);
        if is_group {
            made.push(numbers((!texts.is_empty()).then_some(texts.len() as u32)));
        }
        made.extend(list(texts));
    }
    made
}

const ADDED: usize = 0;
const LATE: usize = 1;
const FLAGS: usize = 2;
pub const STEPS: usize = 3;
const PREFIX: usize = 4;
const WORDS: usize = 5;
const WORD_END: usize = 6;

/// The merges (a, b), (b, c), (ab, c).
pub fn with(pattern: &str, tokens: &[(&str, u32)], changes: &[(usize, &[&str])]) -> std::result::Result<u32, String> {
    let order: Vec<u8> = (0..=255).collect();
    let pairs = numbers([97, 98, 98, 99, 256, 99]);
    let kept = kept(pattern, tokens, changes);
    let arguments: Vec<&[u8]> = [&order, &pairs].into_iter().chain(&kept).map(Vec::as_slice).collect();
    let made = call(&arguments, || open_merges())?;
    let [number, n_ids] = read(&made)[..] else { panic!("{made:?}") };
    assert_eq!(n_ids, 259);
    Ok(number)
}

pub fn opened() -> u32 {
    with("gpt2", &[("<s>", 300)], &[]).unwrap()
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
    assert!(told.starts_with(r#"{"event":"piece","piece":7,"start":40,"end":43,"#), "{told}");
    let parts = numbers([97, 98, 99]);
    let same = String::from_utf8(call(&[&parts], || trace_parts(tok, 7)).unwrap()).unwrap();
    assert!(told.ends_with(&same) && told.lines().count() == 3 && same.lines().count() == 2);
}

#[test]
fn special_tokens_by_their_names() {
    let tok = with("gpt2", &[("<s>", 300), ("<t>", 301)], &[]).unwrap();
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
    let tok = with("none", &[("<s>", 300), ("<a>", 301)], &[(ADDED, &["<a>"])]).unwrap();
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
    let tokens = [("<s>", 300), ("\u{e9}", 301), ("<a>", 302)];
    let changes: &[(usize, &[&str])] =
        &[(ADDED, &["\u{e9}", "<a>"]), (LATE, &["\u{e9}"]), (FLAGS, &["<a>", "rstrip"]), (STEPS, &["NFC"])];
    let tok = with("gpt2", &tokens, changes).unwrap();
    assert_eq!(encoded(tok, "e\u{301}<a>  ab<s>", 0), [301, 302, 256, 60, 115, 62]);
    assert_eq!(encoded(tok, "e\u{301}<a>  ab<s>", 1), [301, 302, 256, 300]);
    let (facts, data) = cut(tok, "e\u{301}<a>  ab", 0);
    assert_eq!(facts, [[1, 301, 2, 2], [2, 302, 3, 3], [3, NONE, 2, 2]]);
    assert_eq!(data, "\u{e9}<a>ab".as_bytes());
    let steps: &[(usize, &[&str])] = &[(STEPS, &["replace", "[xy]", "ab"])];
    assert_eq!(encoded(with("gpt2", &[], steps).unwrap(), "xc", 0), [258]);
    let prefix: &[(usize, &[&str])] = &[(PREFIX, &["text"])];
    assert_eq!(encoded(with("none", &[], prefix).unwrap(), "a\u{2581}", 0), [32, 97, 32]);
    let words: &[(usize, &[&str])] = &[(WORDS, &["[a-z]+"]), (WORD_END, &["</w>"])];
    let tok = with("none", &[], words).unwrap();
    assert_eq!(encoded(tok, "ab, c", 0), [256, 32, 99, 32]);
    assert_eq!(cut(tok, "ab, c", 0), (vec![[1, NONE, 3, 3], [1, NONE, 2, 2]], b"ab c ".to_vec()));
}

#[test]
fn what_is_wrong_with_a_tokenizer_is_said() {
    let refused = |changes: &[(usize, &[&str])]| with("gpt2", &[("<s>", 300)], changes).unwrap_err();
    assert!(refused(&[(ADDED, &["x"])]).contains("the added token 'x' has no id"));
    assert!(refused(&[(LATE, &["x"])]).contains("the late token 'x' has no id"));
    assert!(refused(&[(FLAGS, &["<s>", "x"])]).contains("the flag 'x'"));
    assert!(refused(&[(STEPS, &["nfc"])]).contains("unknown normalizer 'nfc'"));
    assert!(refused(&[(PREFIX, &["x"])]).contains("unknown prefix 'x'"));
    assert!(refused(&[(WORDS, &["("])]).contains('('));
    assert!(refused(&[(WORD_END, &[""])]).contains("the end of a word is empty"));
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
    assert!(call(&[b"not one"], || open_packed(NONE)).unwrap_err().contains("not a packed vocabulary"));
}

/// The tokens and the merge (a, b) of rank 7, which makes the last of them; then what pieces begin as.
fn of_tokens(tokens: &[&[u8]], drops: u32, begin: [Vec<u8>; 4]) -> std::result::Result<u32, String> {
    let place = |token: &[u8]| tokens.iter().position(|one| *one == token).unwrap() as u32;
    let merges = numbers([place(b"a"), place(b"b"), place(b"ab"), 7]);
    let lengths = numbers(tokens.iter().map(|token| token.len() as u32));
    let mut given = vec![numbers(0..tokens.len() as u32), lengths, tokens.concat(), merges];
    given.extend(begin);
    given.extend(kept("none", &[], &[]));
    let arguments: Vec<&[u8]> = given.iter().map(Vec::as_slice).collect();
    call(&arguments, || open_tokens(0, drops)).map(|made| read(&made)[0])
}

#[test]
fn tokens_of_any_ids_and_what_pieces_begin_as() {
    let bytes: Vec<u8> = (0..=255).collect();
    let mut tokens: Vec<&[u8]> = bytes.chunks(1).collect();
    tokens.push(b"ab");
    let encoded = |tok, text: &[u8]| read(&call(&[text], || encode(tok, 0)).unwrap());
    let plain = || [const { Vec::new() }; 4];
    assert_eq!(encoded(of_tokens(&tokens, 0, plain()).unwrap(), b"abb"), [256, 98]);
    // Without a token for `c`, it is an error, or is dropped.
    let without: Vec<&[u8]> = tokens.iter().filter(|token| **token != b"c").copied().collect();
    assert!(of_tokens(&without, 0, plain()).unwrap_err().contains("has no token"));
    let dropping = of_tokens(&without, 1, plain()).unwrap();
    assert_eq!(encoded(dropping, b"acb"), [255]);
    assert_eq!(cut(dropping, "acb", 0), (vec![[1, NONE, 3, 2]], b"acb".to_vec()));
    // Characters, with the bytes as the fallback.
    let characters: [&[u8]; 3] = [b"a", b"b", b"ab"];
    let spelled: Vec<&[u8]> = characters.iter().copied().chain(bytes.chunks(1)).collect();
    let fallback = [numbers(3..259), Vec::new(), Vec::new(), Vec::new()];
    assert_eq!(encoded(of_tokens(&spelled, 0, fallback).unwrap(), "abé".as_bytes()), [2, 3 + 0xC3, 3 + 0xA9]);
    // Symbols, with an unknown token.
    let parts = |parts: &[&[u8]]| [numbers(parts.iter().map(|part| part.len() as u32)), parts.concat()];
    let symbols = |facts: [u32; 2], list: &[&[u8]]| {
        let [lengths, joined] = parts(list);
        [Vec::new(), numbers(facts), lengths, joined]
    };
    let known: [&[u8]; 4] = [b"a", b"b", b"ab", b"?"];
    let tok = of_tokens(&known, 0, symbols([3, 1], &[b"characters", b"", b""])).unwrap();
    assert_eq!(encoded(tok, "abéé".as_bytes()), [2, 3]);
    let joined = symbols([NONE, 0], &[b"characters", b"", b"", b"spaces", b""]);
    let tok = of_tokens(&known, 0, joined).unwrap();
    // What has no token is dropped before anything merges.
    assert_eq!(encoded(tok, "aéb".as_bytes()), [2]);
    assert_eq!(call(&[&numbers([0, 1])], || decode(tok)).unwrap(), b"a b");
    assert!(of_tokens(&known, 0, symbols([3, 0], &[b"words", b"", b""])).unwrap_err().contains("words"));
    assert!(of_tokens(&known, 0, symbols([3, 0], &[b"bytes"])).unwrap_err().contains("is missing"));
}
