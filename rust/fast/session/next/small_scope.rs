//! Small cases tried in full: next ids, covers and kept ids, compared with the ids of all texts of some letters.
//!
//! The oracle is the definition (SPEC L4 and L6): the mirror encodes all these texts. What is in the ids of one must be found. Anything
//! else that is found must have a text, with a character that is none of the letters. Texts go on for two characters or more after
//! what is asked for, so this also tests that one is enough. `MINITOK_LONG_TESTS=1` tries ten million cases.

#![allow(clippy::cast_possible_truncation, reason = "ids are small, and so are drawn numbers")]

use super::*;
use crate::fast::codec::FastCodec;
use crate::fast::train::small_scope::long_tests;
use crate::reference::more::viable::{is_text, is_viable};
use crate::reference::published::codecs::Codec;
use crate::reference::published::found_tokens::SpecialTokens;
use crate::reference::published::normalize::Normalizer;
use crate::reference::published::patterns::Pattern;
use crate::reference::published::preprocess::TokenFinder;
use crate::reference::published::vocabs::{Alphabet, Vocab};
use foldhash::{HashMap, HashSet};

/// Letters, and the most of them that a text has.
const LETTERS: [(&str, usize); 7] = [
    ("aBs 1'", 5),
    ("a A\u{4e2d}\n", 5),
    (" e'rl", 5),
    ("1 2a", 6),
    ("\u{4e2d}\u{4e38}a", 7),
    ("a\u{e9}\u{e8} ", 6),
    ("ab ", 8),
];
const PATTERNS: [&str; 7] = ["gpt2", "cl100k", "o200k", "none", "qwen2", "deepseek3", r"[a-c]+|\s+(?!\S)|\s|[^a-c\s]"];
/// The id of a name, if there is one.
const NAME: u32 = 400;

/// Numbers that look random, the same ones for each seed.
struct Drawn(u64);

impl Drawn {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % end
    }

    fn of<T: Clone>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())].clone()
    }
}

/// A vocabulary of some merges of the letters: of bytes; with tokens that only whole pieces become; of characters; or with merges in any
/// order, of which several may make one token.
fn vocab(drawn: &mut Drawn, letters: &str) -> Vocab {
    let (is_whole, has_fallback, is_mixed) = drawn.of(&[
        (false, false, false),
        (false, false, false),
        (true, false, false),
        (false, true, true),
        (false, false, true),
    ]);
    let chars: Vec<Vec<u8>> = letters.chars().map(|char| char.to_string().into_bytes()).collect();
    let mut tokens: Vec<Vec<u8>> = (0..=255).map(|byte| vec![byte]).collect();
    let mut pool: Vec<usize> = chars.concat().into_iter().map(usize::from).collect();
    if has_fallback {
        tokens.extend(chars.into_iter().filter(|_| drawn.below(4) > 0));
        pool = (256..tokens.len()).collect();
    }
    let mut pairs: Vec<(u32, u32)> = Vec::new();
    let rounds = if pool.is_empty() { 0 } else { drawn.below(10) };
    for _ in 0..rounds {
        let (left, right) = (drawn.of(&pool), drawn.of(&pool));
        let (token, pair) = ([&tokens[left][..], &tokens[right]].concat(), (left as u32, right as u32));
        let is_new = !tokens[if has_fallback { 256 } else { 0 }..].contains(&token);
        if token.len() <= 6 && !pairs.contains(&pair) && (is_new || is_mixed) {
            pairs.push(pair);
            if is_new {
                pool.push(tokens.len());
                tokens.push(token);
            }
        }
    }
    for _ in 0..if is_whole { drawn.below(5) } else { 0 } {
        let token = (0..2 + drawn.below(2)).flat_map(|_| tokens[drawn.of(&pool)].clone()).collect();
        if !tokens.contains(&token) {
            tokens.push(token);
        }
    }
    if is_mixed {
        (1..pairs.len()).for_each(|at| pairs.swap(at, drawn.below(at + 1)));
    }
    let fallback = has_fallback.then(|| (0..256).collect());
    let ids: Vec<_> = tokens.into_iter().zip(0..).skip(if has_fallback { 256 } else { 0 }).collect();
    Vocab::from_tokens(&ids, &pairs, is_whole, Alphabet { fallback, ..Alphabet::default() }).unwrap()
}

/// All texts of some letters, and what the ids of these say.
struct Texts {
    longest: usize,
    all: Vec<String>,
    /// What comes next after the first ids of a text.
    next: HashMap<Vec<u32>, HashSet<u32>>,
    /// The tokens over the end of a text, and the ids before each.
    covers: HashMap<String, HashSet<(Vec<u32>, u32)>>,
}

impl Texts {
    fn new(codec: &Codec, finder: &TokenFinder, letters: &str, longest: usize) -> Texts {
        let mut texts =
            Texts { longest, all: vec![String::new()], next: HashMap::default(), covers: HashMap::default() };
        let mut first = 0;
        for _ in 0..longest {
            let end = texts.all.len();
            for at in first..end {
                texts.all.extend(letters.chars().map(|char| format!("{}{char}", texts.all[at])).collect::<Vec<_>>());
            }
            first = end;
        }
        for text in &texts.all {
            let (ids, mut at) = (codec.encode(text.as_bytes(), finder, false).unwrap(), 0);
            for (number, &id) in ids.iter().enumerate() {
                let end = at + codec.token_bytes(id).unwrap().len();
                texts.next.entry(ids[..number].to_vec()).or_default().insert(id);
                for cut in (at + 1..end).filter(|&cut| text.is_char_boundary(cut)) {
                    texts.covers.entry(text[..cut].into()).or_default().insert((ids[..number].to_vec(), id));
                }
                at = end;
            }
        }
        texts
    }

    /// Whether all texts that begin so are known, two characters further and `more`.
    fn has(&self, text: &[u8], more: usize) -> bool {
        String::from_utf8_lossy(text).chars().count() + 2 + more <= self.longest
    }
}

/// A tokenizer, all texts of its letters, and how many cases were tried.
struct Trial {
    seed: u64,
    fast: Arc<FastCodec>,
    finder: Arc<TokenFinder>,
    texts: Texts,
    cases: usize,
}

impl Trial {
    fn new(seed: u64) -> Trial {
        let mut drawn = Drawn(seed);
        let (letters, longest) = drawn.of(&LETTERS);
        let vocab = Arc::new(vocab(&mut drawn, letters));
        let chars: Vec<char> = letters.chars().collect();
        let name = format!("{}{}", drawn.of(&chars), drawn.of(&chars));
        let has_name = drawn.below(4) == 0;
        let special = SpecialTokens::new(if has_name { vec![(name.clone(), NAME)] } else { Vec::new() }).unwrap();
        let pattern = Pattern::new(drawn.of(&PATTERNS)).unwrap();
        let codec = Codec::new(vocab, pattern, special, Normalizer::default(), None, None).unwrap();
        let finder = codec.finder(Some(&[name.as_str()][usize::from(!has_name)..])).unwrap();
        let texts = Texts::new(&codec, &finder, letters, longest);
        Trial { seed, fast: Arc::new(FastCodec::new(codec).unwrap()), finder: finder.into(), texts, cases: 0 }
    }

    fn session(&self) -> Session {
        Session::new(self.fast.clone(), self.finder.clone(), Arc::default()).unwrap()
    }

    /// Whether some text has these ids first, by the definition.
    fn is_viable(&self, ids: &[u32]) -> bool {
        is_viable(self.fast.core(), &self.finder, ids).unwrap()
    }

    /// Behind ids of which all texts are known: every id.
    fn sets(&mut self, ids: &[u32]) {
        let core = Arc::clone(self.fast.core());
        let data = core.decode_bytes(ids).unwrap();
        let is_encoded = is_text(&data) && core.encode(&data, &self.finder, false).unwrap() == ids;
        let mut session = self.session();
        if is_encoded && ids.len() % 2 == 1 {
            session.edit(0, 0, &data).unwrap();
        } else {
            assert_eq!(session.append_ids(ids), Ok(Appended::All), "{} {ids:?}", self.seed);
        }
        assert_eq!(session.is_encoded().unwrap(), Some(is_encoded), "{} {ids:?}", self.seed);
        let set = session.next_ids().unwrap().unwrap();
        let known = self.texts.next.get(ids).cloned().unwrap_or_default();
        let all =
            core.vocab.tokens.iter().map(|(id, _)| id).chain([NAME].into_iter().filter(|_| !self.finder.is_empty()));
        let mut refused = None;
        for id in all {
            let (found, longer) = (has(&set, id), [ids, &[id]].concat());
            let shown = (self.seed, ids, id);
            if found && !known.contains(&id) {
                assert!(self.is_viable(&longer), "{shown:?} has no text");
            } else if !found {
                assert!(!known.contains(&id), "{shown:?} has a text");
                if (self.cases as u64 + self.seed).is_multiple_of(64) {
                    let is_cut = !is_text(&core.decode_bytes(&longer).unwrap());
                    assert!(is_cut || !self.is_viable(&longer), "{shown:?} is viable");
                }
                refused = Some(id);
            }
            self.cases += usize::from(found || known.contains(&id) || id > 255);
        }
        if let Some(id) = refused {
            assert_eq!(session.append_ids(&[id]), Ok(Appended::Impossible(0)), "{} {ids:?} {id}", self.seed);
        }
    }

    fn covers(&mut self, text: &str) {
        let mut session = self.session();
        session.edit(0, 0, text.as_bytes()).unwrap();
        let own = self.fast.core().encode(text.as_bytes(), &self.finder, false).unwrap();
        let mut found = HashSet::default();
        for Cover { kept, extra, ids } in session.covers().unwrap() {
            found.extend(ids.iter().map(|&id| ([&own[..kept], &extra].concat(), id)));
        }
        let known = self.texts.covers.get(text).cloned().unwrap_or_default();
        for (before, id) in found.symmetric_difference(&known) {
            let longer = [&before[..], &[*id]].concat();
            let is_far = known.contains(&(before.clone(), *id));
            assert!(!is_far && self.is_viable(&longer), "{} {text:?} {before:?} {id}", self.seed);
        }
        self.cases += found.len();
    }

    fn run(&mut self) -> usize {
        let (core, longest) = (Arc::clone(self.fast.core()), self.texts.longest);
        let mut asked: Vec<Vec<u32>> = self.texts.next.keys().cloned().collect();
        asked.retain(|ids| self.texts.has(&core.decode_bytes(ids).unwrap(), 1));
        for ids in &asked {
            self.sets(ids);
        }
        let texts = if self.finder.is_empty() { self.texts.all.clone() } else { Vec::new() };
        for text in texts.iter().filter(|text| text.chars().count() + 2 <= longest) {
            self.covers(text);
        }
        self.cases
    }
}

#[test]
fn sets_and_covers_are_what_all_texts_say() {
    let most = if long_tests() { 10_000_000 } else { 20_000 };
    let (mut cases, mut seed) = (0, 0);
    while cases < most {
        cases += Trial::new(seed).run();
        seed += 1;
        if seed.is_multiple_of(100) {
            println!("{cases} cases of {seed} vocabularies");
        }
    }
}
