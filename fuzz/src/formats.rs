//! A `tokenizer.json` of any parts: what is accepted encodes, decodes what it has encoded, and is the same when it is written and
//! read again. And any bytes at all: they are read or refused.

use crate::input::Input;
use minitok::{Special, Tokenizer};

const NORMALIZERS: [&str; 11] = [
    r#"{"type":"NFC"}"#,
    r#"{"type":"NFKD"}"#,
    r#"{"type":"Lowercase"}"#,
    r#"{"type":"StripAccents"}"#,
    r#"{"type":"Prepend","prepend":"▁"}"#,
    r#"{"type":"Replace","pattern":{"String":" "},"content":"▁"}"#,
    r#"{"type":"Replace","pattern":{"Regex":"a+"},"content":""}"#,
    r#"{"type":"Replace","pattern":{"String":"b"},"content":"▁ é"}"#,
    r#"{"type":"Strip","strip_left":true,"strip_right":false}"#,
    r#"{"type":"ByteLevel"}"#,
    r#"{"type":"BertNormalizer","clean_text":true,"handle_chinese_chars":true,"strip_accents":null,"lowercase":true}"#,
];
const CUTTERS: [&str; 9] = [
    r#"{"type":"ByteLevel","add_prefix_space":true,"trim_offsets":true,"use_regex":true}"#,
    r#"{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":false}"#,
    r#"{"type":"Metaspace","replacement":"▁","prepend_scheme":"first","split":false}"#,
    r#"{"type":"Metaspace","replacement":"▁","prepend_scheme":"always","split":true}"#,
    r#"{"type":"Split","pattern":{"Regex":"[^ ]+| +"},"behavior":"Isolated","invert":false}"#,
    r#"{"type":"Split","pattern":{"String":"a"},"behavior":"MergedWithPrevious","invert":false}"#,
    r#"{"type":"Digits","individual_digits":true}"#,
    r#"{"type":"Whitespace"}"#,
    r#"{"type":"Punctuation","behavior":"Contiguous"}"#,
];
const DECODERS: [&str; 5] = [
    r#"{"type":"ByteLevel","add_prefix_space":true,"trim_offsets":true,"use_regex":true}"#,
    r#"{"type":"Metaspace","replacement":"▁","prepend_scheme":"first","split":true}"#,
    r#"{"type":"Sequence","decoders":[{"type":"Replace","pattern":{"String":"▁"},"content":" "},{"type":"ByteFallback"},{"type":"Fuse"}]}"#,
    r#"{"type":"BPEDecoder","suffix":"</w>"}"#,
    r#"{"type":"Fuse"}"#,
];
const NAMES: [&str; 12] = ["<s>", "<S>", "<s>x", "a", "ab", " ", "  ", "▁", "▁a", "é", "\\n", ""];
const PIECES: [&str; 16] =
    ["a", "b", "ab", "Ġ", "Ġa", "▁", "▁a", "é", "Ã", "©", "Ã©", "</w>", "a</w>", "<unk>", "##b", "aab"];
const TEXTS: [&str; 14] = ["a", "b", "A", " ", "  ", "▁", "é", "e\u{301}", "<s>", "<S>", "x", "1", "\n", "中"];

/// Nothing, one of these, or a sequence of some.
fn step(input: &mut Input, name: &str, list: &str, choices: &[&str]) -> String {
    let value = match input.below(4) {
        0 => "null".to_owned(),
        1 | 2 => input.pick(choices).to_owned(),
        _ => {
            let some: Vec<&str> = (0..input.below(4)).map(|_| input.pick(choices)).collect();
            format!(r#"{{"type":"Sequence","{list}":[{}]}}"#, some.join(","))
        }
    };
    format!(r#""{name}":{value}"#)
}

fn model(input: &mut Input) -> (String, usize) {
    let falls_back = input.flip();
    let mut pieces: Vec<String> = Vec::new();
    if falls_back {
        pieces.extend((0..256).map(|byte| format!("<0x{byte:02X}>")));
    }
    for _ in 0..input.below(20) {
        let piece = input.pick(&PIECES).to_owned();
        if !pieces.contains(&piece) {
            pieces.push(piece);
        }
    }
    let vocab: Vec<String> = pieces.iter().enumerate().map(|(id, piece)| format!(r#""{piece}":{id}"#)).collect();
    let merges: Vec<String> =
        (0..input.below(6)).map(|_| format!(r#"["{}","{}"]"#, input.pick(&PIECES), input.pick(&PIECES))).collect();
    let unknown = input.pick(&["null", r#""<unk>""#]);
    let suffix = input.pick(&["null", "null", r#""</w>""#, r#""""#]);
    let prefix = input.pick(&["null", "null", r###""##""###]);
    let [whole, fuse] = [input.flip(), input.flip()];
    let model = format!(
        r#""model":{{"type":"BPE","dropout":null,"unk_token":{unknown},"continuing_subword_prefix":{prefix},
        "end_of_word_suffix":{suffix},"fuse_unk":{fuse},"byte_fallback":{falls_back},"ignore_merges":{whole},
        "vocab":{{{}}},"merges":[{}]}}"#,
        vocab.join(","),
        merges.join(",")
    );
    (model, pieces.len())
}

fn file(input: &mut Input) -> String {
    let (model, pieces) = model(input);
    let added: Vec<String> = (0..input.below(4))
        .map(|number| {
            let (id, name) = (if input.flip() { pieces + number } else { input.below(pieces + 3) }, input.pick(&NAMES));
            let [special, normalized, single, left, right] = [(); 5].map(|()| input.flip());
            format!(
                r#"{{"id":{id},"content":"{name}","single_word":{single},"lstrip":{left},"rstrip":{right},
                "normalized":{normalized},"special":{special}}}"#
            )
        })
        .collect();
    format!(
        r#"{{"version":"1.0","truncation":null,"padding":null,"added_tokens":[{}],{},{},"post_processor":null,{},{model}}}"#,
        added.join(","),
        step(input, "normalizer", "normalizers", &NORMALIZERS),
        step(input, "pre_tokenizer", "pretokenizers", &CUTTERS),
        step(input, "decoder", "decoders", &DECODERS),
    )
}

pub fn run(data: &[u8]) {
    let mut input = Input::new(data);
    if input.below(8) == 0 {
        if let Ok(tok) = Tokenizer::from_bytes(input.rest()) {
            let _ = tok.encode("ab é");
        }
        return;
    }
    let written = file(&mut input);
    let Ok(tok) = Tokenizer::from_bytes(written.as_bytes()) else { return };
    let own = tok.to_json().unwrap();
    let again = Tokenizer::from_bytes(own.as_bytes()).unwrap_or_else(|error| panic!("{error}: {written}"));
    assert_eq!(again.to_json().unwrap(), own, "{written}");
    for _ in 0..3 {
        let text: String = (0..input.below(12)).map(|_| input.pick(&TEXTS)).collect();
        for special in [Special::Only(&[]), Special::All] {
            let Ok(ids) = tok.encode_with_special(&text, special) else { continue };
            assert_eq!(again.encode_with_special(&text, special).ok().as_ref(), Some(&ids), "{text:?}: {written}");
            let decoded = tok.decode(&ids).unwrap_or_else(|error| panic!("{error}: {text:?}, {written}"));
            let mut stream = tok.stream_decoder();
            let mut shown: String = ids.iter().map(|&id| stream.push(id).expect("an id of its own")).collect();
            shown += &stream.finish().expect("the end");
            assert_eq!(shown, decoded, "{text:?}: {written}");
        }
    }
}
