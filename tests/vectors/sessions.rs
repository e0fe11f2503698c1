//! `sessions.json`: a text that changes, in the mirror and in the fast session.

use super::reading::{each, list, names, normalizer, number, numbers, special, text, vocab};
use minitok::error::Result;
use minitok::fast::codec::FastCodec;
use minitok::fast::next::has;
use minitok::fast::session::{Appended, Session as FastSession};
use minitok::reference::more::session::{Session, Splice, token_at};
use minitok::reference::more::tails::{Cover, Tail};
use minitok::reference::more::viable::next_ids;
use minitok::reference::published::codecs::Codec;
use minitok::reference::published::metaspace::Metaspace;
use minitok::reference::published::normalize::Normalizer;
use minitok::reference::published::patterns::Pattern;
use minitok::reference::published::vocabs::Vocab;
use serde_json::{Value, json};
use std::sync::Arc;

fn codec(case: &Value) -> Codec {
    let order: Vec<u8> = (0..=255).collect();
    let usual = || Vocab::from_merges(&order, &[(97, 98), (256, 99), (32, 97), (97, 97)]);
    let vocab = if case["vocabulary"].is_object() { vocab(&case["vocabulary"]) } else { usual() }.unwrap();
    let pattern = Pattern::new(case["pattern"].as_str().unwrap_or("gpt2")).unwrap();
    let metaspace = case["prefix"].as_str().map(|prefix| Metaspace::new(prefix).unwrap());
    let normalizer = if case["steps"].is_array() { normalizer(case).unwrap() } else { Normalizer::default() };
    Codec::new(Arc::new(vocab), pattern, special(case).unwrap(), normalizer, metaspace, None).unwrap()
}

/// Makes the edits of a case one after the other, and compares what they do.
fn run(case: &Value, mut edit: impl FnMut(usize, usize, &[u8]) -> Result<Splice>) {
    for made in list(&case["edits"]) {
        let (start, end) = (number(&made[0]) as usize, number(&made[1]) as usize);
        match edit(start, end, text(&made[2]).as_bytes()) {
            Ok(found) => assert_eq!(json!([found.start, found.removed, found.ids]), made[3]),
            Err(error) => assert_eq!((json!(error.to_string()), &made[3]), (case["error"].clone(), &Value::Null)),
        }
    }
}

#[test]
fn sessions() {
    each("sessions", "edits", |case| {
        let codec = codec(case);
        let search = codec.finder(Some(&names(&case["allowed"]))).unwrap();
        let refused = codec.refusing(&names(&case["disallowed"]));
        let mut session = Session::new(&codec, search.clone(), refused.clone());
        run(case, |start, end, text| session.edit(start, end, text));
        assert_eq!(json!(session.ids), case["ids"]);
        let fast = Arc::new(FastCodec::new(codec).unwrap());
        let mut session = FastSession::new(fast, Arc::new(search), Arc::new(refused)).unwrap();
        run(case, |start, end, text| session.edit(start, end, text));
        let mut ids = Vec::new();
        session.ids_of(0, session.size().ids, &mut ids).unwrap();
        assert_eq!(json!(ids), case["ids"]);
    });
}

#[test]
fn tails() {
    each("sessions", "stable", |case| {
        let (codec, text) = (codec(case), text(&case["text"]).as_bytes());
        let search = codec.finder(Some(&names(&case["allowed"]))).unwrap();
        let shown = |covers: &[Cover]| -> Vec<Value> {
            covers.iter().map(|Cover { kept, extra, ids }| json!([kept, extra, ids])).collect()
        };
        let encode = |text: &[u8]| codec.encode(text, &search, false);
        let tail = Tail::new(&codec, &search, text, false, &encode).unwrap();
        assert_eq!(
            json!([tail.stable().unwrap(), shown(&tail.covers().unwrap())]),
            json!([case["stable"], case["covers"]])
        );
        drop(tail);
        let fast = Arc::new(FastCodec::new(codec).unwrap());
        let mut session = FastSession::new(fast, Arc::new(search), Arc::default()).unwrap();
        session.edit(0, 0, text).unwrap();
        assert_eq!(
            json!([session.stable().unwrap(), shown(&session.covers().unwrap())]),
            json!([case["stable"], case["covers"]])
        );
    });
}

#[test]
fn ids_that_may_come_next() {
    each("sessions", "next", |case| {
        let codec = codec(case);
        let search = codec.finder(Some(&names(&case["allowed"]))).unwrap();
        let (given, asked) = (numbers(&case["given"]), numbers(&case["asked"]));
        let mut session = Session::new(&codec, search.clone(), codec.refusing(&[]));
        assert_eq!(session.append_ids(&given), Ok(None));
        assert_eq!(session.ids, given);
        let found = next_ids(&codec, &search, &given).unwrap();
        let next: Vec<u32> = asked.iter().copied().filter(|id| found.contains(id)).collect();
        assert_eq!(json!(next), case["next"]);
        let fast = Arc::new(FastCodec::new(codec).unwrap());
        let mut session = FastSession::new(fast, Arc::new(search), Arc::default()).unwrap();
        assert_eq!(session.append_ids(&given), Ok(Appended::All));
        let bits = session.next_ids().unwrap().unwrap();
        let next: Vec<u32> = asked.into_iter().filter(|&id| has(&bits, id)).collect();
        assert_eq!(json!(next), case["next"]);
    });
}

#[test]
fn tokens_at_characters() {
    each("sessions", "token_at", |case| {
        let (codec, text) = (codec(case), text(&case["text"]).as_bytes());
        let search = codec.finder(Some(&names(&case["allowed"]))).unwrap();
        let places = || std::str::from_utf8(text).unwrap().char_indices().map(|(at, _)| at);
        let by_mirror: Vec<_> = places().map(|at| token_at(&codec, &search, text, false, at).unwrap()).collect();
        let fast = Arc::new(FastCodec::new(codec).unwrap());
        let mut session = FastSession::new(fast, Arc::new(search), Arc::default()).unwrap();
        session.edit(0, 0, text).unwrap();
        let found: Vec<_> = places().map(|at| session.token_at(at).unwrap()).collect();
        assert_eq!(json!([by_mirror, found]), json!([case["token_at"], case["token_at"]]));
    });
}
