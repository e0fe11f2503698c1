//! Files made by hand, read.

use super::*;
use std::sync::atomic::{AtomicUsize, Ordering};

fn string(text: &str) -> Vec<u8> {
    [&(text.len() as u64).to_le_bytes(), text.as_bytes()].concat()
}

fn value(name: &str, kind: u32, bytes: &[u8]) -> Vec<u8> {
    [string(&format!("tokenizer.ggml.{name}")), kind.to_le_bytes().to_vec(), bytes.to_vec()].concat()
}

fn array(name: &str, kind: u32, items: &[Vec<u8>]) -> Vec<u8> {
    let head = [kind.to_le_bytes().to_vec(), (items.len() as u64).to_le_bytes().to_vec()].concat();
    value(name, ARRAY, &[head, items.concat()].concat())
}

fn read(values: &[Vec<u8>], cut: usize) -> Option<Gguf> {
    static FILES: AtomicUsize = AtomicUsize::new(0);
    let number = FILES.fetch_add(1, Ordering::Relaxed);
    let path = std::env::temp_dir().join(format!("minitok-gguf-{}-{number}", std::process::id()));
    let head = [b"GGUF".to_vec(), 3u32.to_le_bytes().to_vec(), 0u64.to_le_bytes().to_vec()].concat();
    let data = [head, (values.len() as u64).to_le_bytes().to_vec(), values.concat()].concat();
    std::fs::write(&path, &data[..data.len() - cut]).unwrap();
    let found = read_gguf(&path).unwrap();
    std::fs::remove_file(path).unwrap();
    found
}

#[test]
fn bytes_by_hand() {
    let mut tokens: Vec<_> = crate::reference::byte_chars::CHARS.iter().map(|char| string(&char.to_string())).collect();
    tokens.extend([string("ab"), string("<s>"), string("a b"), string("[PAD]")]);
    let kinds = [vec![NORMAL; 257], vec![CONTROL, NORMAL, UNUSED]].concat();
    let kinds: Vec<_> = kinds.iter().map(|kind| kind.to_le_bytes().to_vec()).collect();
    let values = [
        value("model", STRING, &string("gpt2")),
        value("other", ARRAY, &[&STRING.to_le_bytes()[..], &1u64.to_le_bytes(), &string("x")].concat()),
        value("bos_token_id", ID, &257u32.to_le_bytes()),
        [string("tokenizer.chat_template"), STRING.to_le_bytes().to_vec(), string("{{ x }}")].concat(),
        array("tokens", STRING, &tokens),
        array("token_type", INTEGER, &kinds),
        array("merges", STRING, &[string("a b")]),
    ];
    let gguf = read(&values, 0).unwrap();
    assert_eq!((gguf.model.as_deref(), gguf.pre.as_deref()), (Some("gpt2"), None));
    assert_eq!(gguf.chat(), Some(("{{ x }}", vec![("bos_token", "<s>".into())])));
    assert_eq!(gguf.special(), Ok(Some(vec![("<s>".into(), 257, false)])));
    let vocab = gguf.byte_level(false).unwrap().unwrap();
    assert_eq!((vocab.core().token_id(b"ab"), vocab.core().merge_of(97, 98)), (Some(256), Some((0, 256))));
    assert!(gguf.characters().unwrap().is_none());
    for cut in [1, 5, 40, 400] {
        assert!(read(&values, cut).is_none(), "{cut}");
    }
    assert!(read(&[values[0].clone(), values[0].clone()], 0).is_none());
    assert!(read(&[value("tokens", STRING, &string("x"))], 0).is_none());
}

/// A vocabulary of characters, with the fallback of each byte, a marker and pieces with these scores.
fn characters(scores: &[f32]) -> Option<Gguf> {
    let mut tokens: Vec<_> = (0..=255u8).map(|byte| string(&format!("<0x{byte:02X}>"))).collect();
    tokens.extend(["a", "b", "▁", "ab", "▁a", "<s>"].map(string));
    let kinds = [vec![BYTE; 256], vec![NORMAL; 5], vec![CONTROL]].concat();
    let items = |kinds: &[i32]| kinds.iter().map(|kind| kind.to_le_bytes().to_vec()).collect::<Vec<_>>();
    let scores: Vec<_> = scores.iter().map(|score| score.to_le_bytes().to_vec()).collect();
    let values = [
        array("tokens", STRING, &tokens),
        array("token_type", INTEGER, &items(&kinds)),
        array("scores", FLOAT, &scores),
    ];
    read(&values, 0)
}

#[test]
fn characters_by_hand() {
    let mut scores = [vec![0.0; 259], vec![-1.0, -2.0, 0.0]].concat();
    let gguf = characters(&scores).unwrap();
    let vocab = gguf.characters().unwrap().unwrap();
    let core = vocab.core();
    assert_eq!(core.alphabet.fallback, Some((0..256).collect()));
    assert_eq!([&b"ab"[..], b" a", b"a", b"\xFF"].map(|token| core.token_id(token)), [259, 260, 256, 255].map(Some));
    assert_eq!((core.merge_of(256, 257), core.merge_of(258, 256)), (Some((0, 259)), Some((1, 260))));
    assert_eq!(gguf.special(), Ok(Some(vec![("<s>".into(), 261, false)])));
    assert!(gguf.byte_level(false).unwrap().is_none());
    // A score for each token, and each a number.
    assert!(characters(&scores[1..]).unwrap().characters().unwrap().is_none());
    scores[257] = f32::NAN;
    assert!(characters(&scores).unwrap().characters().unwrap().is_none());
}

#[test]
fn lists_are_of_what_they_should_be_and_may_hold_nothing() {
    let kinds = vec![NORMAL.to_le_bytes().to_vec(); 20];
    let read = |of: u32, tokens: &[Vec<u8>]| {
        read(&[array("token_type", INTEGER, &kinds[..tokens.len()]), array("tokens", of, tokens)], 0)
    };
    // The last value of a file: twenty strings without a byte.
    assert_eq!(read(STRING, &vec![string(""); 20]).unwrap().tokens.ends, [0; 20]);
    // Numbers of 64 bits that would be such strings.
    assert!(read(10, &vec![string(""); 20]).is_none());
}

#[test]
fn a_byte_without_a_token_is_dropped() {
    let drops = |left_out: char| {
        let shown = crate::reference::byte_chars::CHARS.iter().filter(|&&char| char != left_out);
        let tokens: Vec<_> = shown.map(|char| string(&char.to_string())).collect();
        let values = [
            array("token_type", INTEGER, &vec![NORMAL.to_le_bytes().to_vec(); tokens.len()]),
            array("merges", STRING, &[]),
            array("tokens", STRING, &tokens),
        ];
        let vocab = read(&values, 0).unwrap().byte_level(false).unwrap().unwrap();
        vocab.core().alphabet.drops_bytes
    };
    // The byte FF is in no text.
    assert_eq!(['a', ' ', 'ÿ'].map(drops), [true, false, false]);
}

#[test]
fn a_chat_template_is_one_string() {
    let template = |kind: u32| [string("tokenizer.chat_template"), kind.to_le_bytes().to_vec(), string("x")].concat();
    assert_eq!(read(&[template(STRING)], 0).unwrap().chat(), Some(("x", Vec::new())));
    // Numbers of 64 bits as well as strings could be what follows.
    for values in [vec![template(10)], vec![template(STRING), template(STRING)]] {
        assert!(read(&values, 0).is_none());
    }
}

#[test]
fn merges_are_of_tokens_that_are_there() {
    let tokens: Vec<_> = crate::reference::byte_chars::CHARS.iter().map(|char| string(&char.to_string())).collect();
    let is_made = |merges: &[Vec<u8>], tokens: &[Vec<u8>]| {
        let values = [
            array("token_type", INTEGER, &vec![NORMAL.to_le_bytes().to_vec(); tokens.len()]),
            array("merges", STRING, merges),
            array("tokens", STRING, tokens),
        ];
        read(&values, 0).unwrap().byte_level(false).unwrap().is_some()
    };
    assert!(is_made(&[], &tokens) && !is_made(&[string("a zz")], &tokens) && !is_made(&[string("a b")], &tokens));
    assert!(!is_made(&[], &[]));
}

#[test]
fn what_is_stepped_over_must_be_there() {
    let values = |kind: u32, bytes: &[u8]| [value("model", STRING, &string("gpt2")), value("x", kind, bytes)];
    for (kind, bytes) in
        [(STRING, string("abc")), (10, vec![0; 8]), (ARRAY, [4u32, 2, 0, 7, 7].map(u32::to_le_bytes).concat())]
    {
        assert!(read(&values(kind, &bytes), 0).is_some());
        assert!((1..=bytes.len()).all(|cut| read(&values(kind, &bytes), cut).is_none()));
    }
}

#[test]
fn numbers_of_every_type_are_stepped_over() {
    let is_read = |before: Vec<u8>| {
        let found = read(&[before, value("model", STRING, &string("gpt2"))], 0);
        found.map(|gguf| assert_eq!(gguf.model.as_deref(), Some("gpt2"))).is_some()
    };
    let sizes: [(u32, usize); 11] =
        [(0, 1), (1, 1), (2, 2), (3, 2), (ID, 4), (INTEGER, 4), (FLOAT, 4), (FLAG, 1), (10, 8), (11, 8), (12, 8)];
    for (kind, size) in sizes {
        assert!(is_read(value("x", kind, &vec![1; size])), "a number of type {kind}");
        assert!(is_read(array("x", kind, &vec![vec![1; size]; 3])), "numbers of type {kind}");
    }
    // Arrays of arrays, and what is of no known type.
    for (kind, size) in [ARRAY, 13].into_iter().flat_map(|kind| (0..=8).map(move |size| (kind, size))) {
        assert!(!is_read(array("x", kind, &vec![vec![0; size]; 3])), "{size} bytes of type {kind}");
    }
}

#[test]
fn flags_are_true_unless_they_are_zero_and_an_empty_map_replaces_nothing() {
    for byte in [0, 1, 2] {
        let gguf = read(&[value("add_space_prefix", FLAG, &[byte])], 0).unwrap();
        assert_eq!((gguf.space_prefix, gguf.replaces), (Some(byte != 0), false));
        let gguf = read(&[array("precompiled_charsmap", 0, &vec![vec![7]; usize::from(byte)])], 0).unwrap();
        assert_eq!((gguf.space_prefix, gguf.replaces), (None, byte > 0));
    }
}
