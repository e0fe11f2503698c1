//! Text -> ids -> text: a textbook, the mirror and the fast codec agree, with every way to state a vocabulary.

use crate::input::Input;
use minitok::fast::codec::FastCodec;
use minitok::fast::vocab::FastVocab;
use minitok::reference::encode::encode_piece;
use minitok::reference::published::codecs::Codec;
use minitok::reference::published::found_tokens::SpecialTokens;
use minitok::reference::published::metaspace::Metaspace;
use minitok::reference::published::normalize::{Normalizer, Step};
use minitok::reference::published::patterns::Pattern;
use minitok::reference::published::preprocess::{Before, Segment, TokenFinder};
use minitok::reference::published::vocabs::Vocab;
use minitok::support::interrupt::run_every;
use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::time::Duration;

thread_local! {
    static PATTERNS: RefCell<Vec<(&'static str, Pattern)>> = const { RefCell::new(Vec::new()) };
}

const NAMES: [&str; 8] =
    ["none", "gpt2", "cl100k", "o200k", "llama3", "deepseek3", r"\s+|\w+|[^\w\s]+", r"[a-z ]+(?#then)a*b|a"];

/// What is done to text first: nothing, mostly.
const STEPS: [&[&str]; 5] = [&[], &[], &["NFC"], &["lowercase"], &["NFKD", "lowercase"]];

pub fn pattern(name: &'static str) -> Pattern {
    PATTERNS.with_borrow_mut(|made| {
        if let Some((_, pattern)) = made.iter().find(|(known, _)| *known == name) {
            return pattern.clone();
        }
        let pattern = Pattern::new(name).expect("a pattern that is known");
        made.push((name, pattern.clone()));
        pattern
    })
}

/// Every merge in the order of its rank, wherever it applies.
pub fn textbook(piece: &[u8], merges: &[(u32, u32)]) -> Vec<u32> {
    let mut ids: Vec<u32> = piece.iter().map(|&byte| byte.into()).collect();
    for (&pair, made) in merges.iter().zip(256..) {
        let mut at = 0;
        while at + 1 < ids.len() {
            if (ids[at], ids[at + 1]) == pair {
                ids.splice(at..at + 2, [made]);
            }
            at += 1;
        }
    }
    ids
}

/// The ids of a text are the same on threads.
pub fn sources(codec: &FastCodec, text: &[u8], search: &TokenFinder, expected: &[u32]) {
    for threads in [1, 2] {
        let ids = codec.encode(threads, text, search, false).expect("bytes");
        assert_eq!(ids, expected, "{threads} threads, {text:?}");
    }
    assert_eq!(codec.count(text, search, false), Ok(expected.len()), "{text:?}");
}

/// The segments of a text leave no gap, and their ids are those of the text.
fn segments(codec: &Codec, text: &[u8], search: &TokenFinder, expected: &[u32]) {
    let (mut ids, mut done) = (Vec::new(), 0);
    let mut collect = |segment: Segment| {
        assert_eq!(segment.text.start, done, "a gap");
        done = segment.text.end;
        match segment.id {
            None => codec.encode_segment(&segment.text.data, &mut ids),
            Some(id) => {
                ids.push(id);
                Ok(())
            }
        }
    };
    codec.preprocessor.segments(text, search, Before::Nothing, None, &mut collect).expect("bytes");
    assert_eq!((done, ids.as_slice()), (text.len(), expected), "segments are not the text");
}

pub fn run(data: &[u8]) {
    let mut input = Input::new(data);
    let merges = input.merges(40);
    let name = input.pick(&NAMES);
    let as_ranks = input.flip();
    let special = [("<s>", 4000), ("<s>x", 4001), ("ab", 4002)];
    let names: Vec<&str> = special.iter().map(|(name, _)| *name).filter(|_| input.flip()).collect();
    let mut some = |most: usize| -> Vec<String> {
        let choice = input.below(most);
        special
            .iter()
            .enumerate()
            .filter(|(at, _)| choice >> at & 1 == 1)
            .map(|(_, (name, _))| (*name).into())
            .collect()
    };
    // Most inputs change nothing in the text, so that the textbook and decoding are tried, too.
    let (added, late) = (some(12), some(12));
    let flags = ["lstrip", "rstrip", "single_word"].map(|flag| (some(9), vec![flag.to_owned()]));
    let flags: Vec<(String, Vec<String>)> =
        flags.into_iter().flat_map(|(names, flag)| names.into_iter().map(move |name| (name, flag.clone()))).collect();
    let steps = input.pick(&STEPS);
    let metaspace =
        input.pick(&[None, None, None, Some("bytes")]).map(|prefix| Metaspace::new(prefix).expect("a rule"));
    let again = input.below(3);
    let text = input.rest();

    let order: Vec<u8> = (0..=255).collect();
    let Ok(plain) = Vocab::from_merges(&order, &merges) else { return };
    let fast = if as_ranks {
        let mut known = BTreeSet::new();
        let ranks: Vec<(Vec<u8>, u32)> = plain
            .tokens
            .iter()
            .filter(|(_, token)| known.insert(token.to_vec()))
            .map(|(id, token)| (token.to_vec(), id))
            .collect();
        FastVocab::from_ranks(&ranks).expect("tokens, each once")
    } else {
        FastVocab::of_pairs(&order, &merges, 1 << 24).expect("small").unwrap_or_else(|| FastVocab::new(plain))
    };
    let vocab = fast.core().clone();
    let ids = special.iter().map(|(name, id)| ((*name).to_owned(), *id)).collect();
    let special = SpecialTokens::new(ids).expect("names");
    let kinds = special.with(added, late, flags).expect("names that are known");
    let steps: Vec<Step> = steps.iter().map(|name| Step::new(name, &[]).expect("a step")).collect();
    let keeps = steps.is_empty() && metaspace.is_none();
    let normalizer = Normalizer::new(steps).expect("steps");
    let codec = Codec::new(vocab.clone(), pattern(name), kinds, normalizer, metaspace, None).expect("ids of their own");
    let search = codec.finder(Some(&names)).expect("names");
    let codec = FastCodec::with_tables(codec, &fast).expect("small");

    let expected = codec.core().encode(text, &search, false).expect("bytes");
    if !as_ranks && keeps && search.is_empty() {
        let mut ids = Vec::new();
        let mut add = |piece: &[u8]| {
            ids.extend(textbook(piece, &merges));
            Ok(())
        };
        codec.core().pattern.split(text, &mut add).expect("a short text");
        assert_eq!(expected, ids, "the mirror is not the textbook");
    }
    // What was stopped on the way leaves nothing behind that changes an id.
    let left = Cell::new(text.len() % 8);
    let stop = move || left.replace(left.get().saturating_sub(1)) == 0;
    let encode = || codec.encode(1, text, &search, false);
    if let Ok(ids) = run_every(Duration::ZERO, stop, encode) {
        assert_eq!(ids, expected, "not stopped, and yet other ids");
    }
    for _ in 0..=again {
        sources(&codec, text, &search, &expected);
    }
    if keeps && codec.core().preprocessor.flags.is_empty() {
        assert_eq!(codec.core().decode_bytes(&expected).as_deref(), Ok(text));
        if let Some(decoder) = codec.decoder().expect("small") {
            assert_eq!(decoder.decode(&expected).as_deref(), Ok(text));
        }
    }
    segments(codec.core(), text, &search, &expected);
    // A text may be cut there, whatever comes after.
    let cut = codec.safe_cut(text, &search);
    let part = |part, continues| codec.encode(1, part, &search, continues).expect("bytes");
    let parts = [part(&text[..cut], false), part(&text[cut..], cut > 0)];
    assert_eq!(parts.concat(), expected, "cut at {cut}");
    let mut whole = Vec::new();
    encode_piece(&vocab, text, &mut whole).expect("bytes");
}
