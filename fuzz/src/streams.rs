//! Ids -> text, in chunks: a stream gives the text that one call gives, and only whole characters on the way.

use crate::input::Input;
use minitok::fast::decode::Decoder;
use minitok::reference::decode::decode_bytes;
use minitok::reference::published::streams::StreamDecoder;
use minitok::reference::published::vocabs::Vocab;

pub fn run(data: &[u8]) {
    let mut input = Input::new(data);
    let merges = input.merges(20);
    let strict = input.flip();
    let order: Vec<u8> = (0..=255).collect();
    let Ok(vocab) = Vocab::from_merges(&order, &merges) else { return };
    let special: [(u32, &[u8]); 2] = [(300, b"<s>"), (70_000, "\u{e9}".as_bytes())];
    let decoder = Decoder::new(&vocab, special).unwrap();
    let ids: Vec<u32> = input
        .rest()
        .chunks(2)
        .map(|pair| match pair {
            [byte @ 0..=191, other] if byte % 4 < 3 => u32::from(*other),
            [byte, other] => 256 + u32::from(byte % 3) + u32::from(other % 50),
            _ => 70_000,
        })
        .collect();
    let token = |id: u32| {
        let named = special.iter().find(|(known, _)| *known == id).map(|(_, name)| *name);
        vocab.token_bytes(id).or(named)
    };
    let whole = decode_bytes(token, &ids);
    assert_eq!(decoder.decode(&ids), whole, "the fast decoder is not the mirror");
    let Ok(bytes) = whole else { return };
    assert_eq!(decoder.length(&ids), Ok(bytes.len()));
    let mut stream = StreamDecoder::new(strict, false, None, &[]);
    let streamed: Result<Vec<String>, _> = ids
        .iter()
        .map(|&id| stream.push(token(id).unwrap_or_default()))
        .chain([()].map(|()| Ok(String::new())))
        .collect();
    match (streamed, stream.finish()) {
        (Ok(parts), Ok(end)) => assert_eq!(parts.concat() + &end, String::from_utf8_lossy(&bytes)),
        _ => assert!(strict && std::str::from_utf8(&bytes).is_err()),
    }
}
