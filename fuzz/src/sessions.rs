//! A text that changes: after every edit the session of chunks is the mirror's, and so is what may follow.

use crate::input::Input;
use minitok::fast::codec::FastCodec;
use minitok::fast::session::Session as FastSession;
use minitok::reference::more::session::{Session, token_at};
use minitok::reference::more::tails::{Tail, knows_tails};
use minitok::reference::published::codecs::Codec;
use minitok::reference::published::found_tokens::SpecialTokens;
use minitok::reference::published::metaspace::Metaspace;
use minitok::reference::published::normalize::{Normalizer, Step};
use minitok::reference::published::patterns::Pattern;
use minitok::reference::published::vocabs::Vocab;
use std::sync::Arc;

const PATTERNS: [&str; 6] = ["gpt2", "cl100k", "o200k", "none", r"[a-c]+|\s+(?!\S)|\s|[^a-c\s]+", "(?<=ab)a|."];
const PARTS: [&str; 12] =
    ["<s>", "<", "s>", "  ", " ", "\n", "1", "\u{e9}", "\u{301}", "\u{4e2d}\u{6587}", "\u{2581}", "'s"];

/// The longest text of which it is asked what may follow.
const SHORT: usize = 24;

pub fn run(data: &[u8]) {
    let mut input = Input::new(data);
    let merges = input.merges(12);
    let order: Vec<u8> = (0..=255).collect();
    let Ok(vocab) = Vocab::from_merges(&order, &merges) else { return };
    let pattern = Pattern::new(input.pick(&PATTERNS)).unwrap();
    let steps = if input.below(4) == 0 { vec![Step::new("NFC", &[]).unwrap()] } else { Vec::new() };
    let metaspace = (input.below(4) == 0).then(|| Metaspace::new("bytes").unwrap());
    let special = SpecialTokens::new(vec![("<s>".into(), 300)]).unwrap();
    let normalizer = Normalizer::new(steps).unwrap();
    let core = Arc::new(Codec::new(Arc::new(vocab), pattern, special, normalizer, metaspace, None).unwrap());
    let fast = Arc::new(FastCodec::of(core.clone()).unwrap());
    let search = core.finder(Some(if input.flip() { &["<s>"] } else { &[] })).unwrap();
    let refused = core.refusing(if input.flip() { &["<s>"] } else { &[] });
    let mut mirror = Session::new(&core, search.clone(), refused.clone());
    let mut session = FastSession::new(fast, Arc::new(search.clone()), Arc::new(refused)).unwrap();
    for _ in 0..input.below(12) {
        let held = String::from_utf8(mirror.text.clone()).unwrap();
        let places: Vec<usize> = held.char_indices().map(|(at, _)| at).chain([held.len()]).collect();
        let first = input.byte() as usize * (places.len() - 1) / 255;
        let (start, end) = (places[first], places[(first + input.below(6)).min(places.len() - 1)]);
        let mut new = String::new();
        for _ in 0..input.below(6) {
            match input.byte() {
                byte @ 0..=127 => (0..=byte / 16).for_each(|_| new.push(char::from(b'a' + byte % 4))),
                byte => new.push_str(PARTS[usize::from(byte) % PARTS.len()]),
            }
        }
        assert_eq!(
            session.edit(start, end, new.as_bytes()),
            mirror.edit(start, end, new.as_bytes()),
            "{held:?} {new:?}"
        );
        let (mut text, mut ids) = (Vec::new(), Vec::new());
        session.text_of(0, session.size().bytes, &mut text).unwrap();
        session.ids_of(0, session.size().ids, &mut ids).unwrap();
        assert_eq!((&text, &ids), (&mirror.text, &mirror.ids));
    }
    let text = &mirror.text;
    for (at, _) in std::str::from_utf8(text).unwrap().char_indices() {
        assert_eq!(session.token_at(at), token_at(&core, &search, text, false, at), "at {at} of {text:?}");
    }
    assert_eq!(session.knows_tails(), knows_tails(&core, &search));
    if session.knows_tails() && text.len() <= SHORT {
        let encode = |text: &[u8]| core.encode(text, &search, false);
        let tail = Tail::new(&core, &search, text, false, &encode).unwrap();
        assert_eq!((session.stable(), session.covers()), (tail.stable(), tail.covers()), "{text:?}");
    }
}
