//! What the sets are made of: the tokens of a vocabulary as texts of classes, what completes characters, and what is kept.

use super::bits::{Bits, has};
use super::run::Machine;
use super::settled::Settled;
use super::tree::{ClassSet, Tree};
use crate::error::{Error, Result};
use crate::fast::scan::Tier;
use crate::fast::scan::compiled::Table;
use crate::fast::util::fallible::{collect, concat, filled, push, resize, try_collect};
use crate::reference::merging::merge_parts;
use crate::reference::more::viable::length_of;
use crate::reference::published::codecs::Codec;
use crate::reference::published::patterns::{BYTES, expressions};
use crate::reference::published::vocabs::Vocab;
use crate::reference::published::vocabs::initial_parts;
use crate::support::interrupt;
use foldhash::HashMap;
use std::sync::{Arc, Mutex};

/// How many states of the pattern, and rows of tokens that are settled after one, are kept.
const KEPT: usize = 64;
/// From how many characters on a class is large.
const LARGE: usize = 256;

/// What is known of the tokens that a state of the pattern may be followed by.
pub(super) type Kept<K, V> = Mutex<Vec<(K, Arc<V>)>>;

/// The first tokens of what completes the beginning of a character, and the classes of the characters that each makes.
pub(super) type Completing = HashMap<u32, ClassSet>;

/// The rank of the merge of two tokens, and what it makes.
type Merges = HashMap<(u32, u32), (u32, u32)>;

#[derive(Debug)]
pub struct NextIds {
    pub(super) machine: Machine,
    settled: Settled,
    /// The tokens that merging makes of their bytes.
    pub(super) made: Bits,
    /// The tokens that only a whole piece becomes (E2).
    pub(super) whole: Vec<u32>,
    /// The bytes of the longest of them.
    pub(super) longest_whole: usize,
    pub(super) tree: Tree,
    /// Tokens that begin inside a character.
    pub(super) inner: Vec<u32>,
    /// For each class, the first tokens of its characters; None if these are many.
    pub(super) small: Vec<Option<Vec<u32>>>,
    /// What two bytes within a character merge to, by the last six bits of both; and the other merges there.
    pairs: Vec<Option<(u32, u32)>>,
    within: Merges,
    pub(super) states: Kept<(u32, Vec<u8>), Outcomes>,
    rows: Kept<u32, Bits>,
}

/// Borders in a tail, as bits: those that are not sure yet by their slots, and then the one before the token; and the tokens that may
/// come after it so.
#[derive(Debug)]
pub struct Outcomes(pub Vec<(u8, Bits)>);

impl NextIds {
    /// None where that is not known: no machine runs the pattern, character by character.
    pub fn new(codec: &Codec) -> Result<Option<NextIds>> {
        let (vocab, source) = (&codec.vocab, codec.pattern.source());
        if source.contains(BYTES) {
            return Ok(None);
        }
        let steps = expressions(source);
        let Ok(Tier::Table(table)) = Tier::new(if steps.is_empty() { &[r"[\s\S]+"] } else { &steps })? else {
            return Ok(None);
        };
        if table.looks_ahead() {
            return Ok(None);
        }
        let (settled, mut made) = Settled::new(vocab)?;
        // Sets have a bit for each token that is found in text, too.
        let last = codec.preprocessor.special.ids.iter().map(|&(_, id)| id as usize + 1).max().unwrap_or(0);
        let words = last.div_ceil(64).max(made.len());
        resize(&mut made, words, 0)?;
        let is_whole = |&(id, token): &(u32, &[u8])| !has(&made, id) && vocab.token_id(token) == Some(id);
        let tokens = vocab.tokens.iter().filter(|(_, token)| vocab.whole_pieces && !token.is_empty());
        let whole = collect(tokens.filter(is_whole).map(|(id, _)| id))?;
        let (within, byte) = (merges_within(vocab)?, |bits: usize| vocab.byte_ids[0x80 | bits]);
        let pairs = collect((0..1 << 12).map(|pair| within.get(&(byte(pair >> 6), byte(pair & 63))).copied()))?;
        let mut next = NextIds {
            small: small_classes(vocab, &table, &within)?,
            tree: Tree::default(),
            machine: Machine::new(table)?,
            settled,
            made,
            longest_whole: whole.iter().filter_map(|&id| vocab.token_bytes(id)).map(<[u8]>::len).max().unwrap_or(0),
            whole,
            inner: Vec::new(),
            pairs,
            within,
            states: Mutex::default(),
            rows: Mutex::default(),
        };
        next.add_tokens(codec)?;
        Ok(Some(next))
    }

    fn add_tokens(&mut self, codec: &Codec) -> Result<()> {
        let mut tree = Tree::new(&self.machine, self.machine.rows())?;
        let (mut inner, mut known) = (Vec::new(), HashMap::default());
        for (number, (id, token)) in codec.vocab.tokens.iter().enumerate() {
            if number.is_multiple_of(1 << 10) {
                interrupt::check()?;
            }
            if !has(&self.made, id) && self.whole.binary_search(&id).is_err() {
            } else if token[0] & 0xC0 == 0x80 {
                push(&mut inner, id)?;
            } else {
                self.add_token(&mut tree, &codec.vocab, 0, (token, id), &mut known)?;
            }
        }
        (self.tree, self.inner) = (tree, inner);
        self.tree.close()?;
        Ok(())
    }

    /// Adds a token after a node of a tree. `known`: what completes characters, as far as it was asked for.
    pub(super) fn add_token(
        &self,
        tree: &mut Tree,
        vocab: &Vocab,
        mut node: u32,
        (token, id): (&[u8], u32),
        known: &mut HashMap<Vec<u8>, Completing>,
    ) -> Result<()> {
        let Some((text, part)) = split_off_part(token) else { return Ok(()) };
        let mut at = 0;
        while at < text.len() {
            let (class, length) = self.machine.table.class_at(text, at);
            (node, at) = (tree.child(&self.machine, node, class)?, at + length);
        }
        if part.is_empty() { tree.tokens.add(node, id) } else { self.add_part(tree, vocab, node, (part, id), known) }
    }

    /// Adds a token that ends inside a character, of which this part is there.
    pub(super) fn add_part(
        &self,
        tree: &mut Tree,
        vocab: &Vocab,
        node: u32,
        (part, id): (&[u8], u32),
        known: &mut HashMap<Vec<u8>, Completing>,
    ) -> Result<()> {
        if !known.contains_key(part) {
            known.try_reserve(1)?;
            known.insert(concat(&[part])?, self.completing(vocab, part)?);
        }
        let classes = self.classes_behind(id, &known[part]);
        for class in (0..self.machine.n_classes).filter(|class| classes >> class & 1 == 1) {
            let node = tree.child(&self.machine, node, class)?;
            tree.parts.add(node, id)?;
        }
        Ok(())
    }

    /// Leaves the tokens that are settled after a token.
    pub(super) fn keep_settled(&self, last: u32, bits: &mut Bits) -> Result<()> {
        if !self.settled.has_many_clashes(last) {
            self.settled.remove_clashes(last, bits);
            return Ok(());
        }
        let row = kept(&self.rows, last, || {
            let mut row = concat(&[&self.made])?;
            self.settled.remove_clashes(last, &mut row);
            Ok(row)
        })?;
        bits.iter_mut().zip(&*row).for_each(|(bits, row)| *bits &= row);
        Ok(())
    }

    /// Whether two tokens may be neighbours within a piece.
    pub(super) fn are_settled(&self, left: u32, right: u32) -> bool {
        has(&self.made, left) && has(&self.made, right) && self.settled.holds(left, right)
    }

    /// What completes the beginning of a character. Where bytes stand for characters that are not tokens, the byte before counts as first.
    pub(super) fn completing(&self, vocab: &Vocab, part: &[u8]) -> Result<Completing> {
        let (mut found, length, mut bytes) = (Completing::default(), length_of(part), [0; 4]);
        let missing = length.saturating_sub(part.len());
        let bits = |bits, &byte: &u8| bits << 6 | u32::from(byte & 0x3F);
        let high = part[1..].iter().fold(u32::from(part[0]) & (0x7F >> length), bits);
        let (rows, mut last) = (6 * (missing - 1), (u32::MAX, 0));
        let mut add = |first: u32, classes: ClassSet| {
            if last.0 != first || classes & !last.1 != 0 {
                found.try_reserve(1)?;
                let all = found.entry(first).or_default();
                *all |= classes;
                last = (first, *all);
            }
            Ok::<_, Error>(())
        };
        for row in 0..1_u32 << rows {
            if row.is_multiple_of(1 << 6) {
                interrupt::check()?;
            }
            let char = char::from_u32((high << rows | row) << 6).filter(|char| char.len_utf8() == length);
            let Some(char) = char else { continue };
            char.encode_utf8(&mut bytes);
            let char = &mut bytes[..length];
            let classes = self.machine.table.row(char);
            if let Some(first) = self.first_of_row(vocab, &char[part.len()..]) {
                add(first, classes.chunk_by(|one, other| one == other).fold(0, |all, some| all | 1 << some[0]))?;
                continue;
            }
            for (byte, class) in (0x80..).zip(classes) {
                char[length - 1] = byte;
                let first = match &vocab.alphabet.fallback {
                    None => self.first_token(vocab, &char[part.len()..]),
                    Some(_) if vocab.token_id(char).is_some() => continue,
                    Some(fallback) => fallback[usize::from(char[part.len()])],
                };
                add(first, 1 << class)?;
            }
        }
        Ok(found)
    }

    /// The first token of the ends of 64 characters that differ in their last byte, where nothing merges with this.
    fn first_of_row(&self, vocab: &Vocab, end: &[u8]) -> Option<u32> {
        let before = usize::from(*end.iter().nth_back(1)? & 0x3F) << 6;
        let is_alone = end.len() == 2 || self.pair(end, 0).is_none();
        let merges =
            vocab.alphabet.fallback.is_some() || !is_alone || self.pairs[before..][..64].iter().any(Option::is_some);
        (!merges).then_some(vocab.byte_ids[usize::from(end[0])])
    }

    /// What two neighbours within a character merge to.
    fn pair(&self, end: &[u8], at: usize) -> Option<(u32, u32)> {
        self.pairs[usize::from(end[at] & 0x3F) << 6 | usize::from(end[at + 1] & 0x3F)]
    }

    /// The first token that merging makes of one to three bytes within a character.
    fn first_token(&self, vocab: &Vocab, end: &[u8]) -> u32 {
        let pair = |at| self.pair(end, at);
        let made = |left, right, otherwise| self.within.get(&(left, right)).map_or(otherwise, |&(_, id)| id);
        let first = vocab.byte_ids[usize::from(end[0])];
        match (end.len() > 1).then(|| pair(0)).flatten() {
            Some((_, both)) if end.len() == 2 => both,
            None if end.len() < 3 => first,
            before => match (before, pair(1)) {
                (Some((rank, both)), next) if next.is_none_or(|(later, _)| rank <= later) => {
                    made(both, vocab.byte_ids[usize::from(end[2])], both)
                }
                (_, Some((_, both))) => made(first, both, first),
                _ => first,
            },
        }
    }

    /// The classes of the characters that complete what a token ends with, and leave the token as it is.
    fn classes_behind(&self, id: u32, completing: &Completing) -> ClassSet {
        let add = |classes: ClassSet, (&first, more): (&u32, &ClassSet)| {
            if more & !classes != 0 && self.are_settled(id, first) { classes | more } else { classes }
        };
        completing.iter().fold(0, add)
    }

    /// The bytes of memory that it takes.
    pub fn memory(&self) -> usize {
        let words = |bits: &Bits| bits.capacity() * size_of::<u64>();
        let states = self
            .states
            .lock()
            .map_or(0, |all| all.iter().flat_map(|(_, outcomes)| &outcomes.0).map(|(_, bits)| words(bits)).sum());
        let rows = self.rows.lock().map_or(0, |all| all.iter().map(|(_, bits)| words(bits)).sum());
        let within = self.within.capacity() * size_of::<((u32, u32), (u32, u32))>();
        self.settled.memory() + words(&self.made) + self.tree.memory() + within + states + rows
    }
}

/// For each class, the first tokens of its characters; None if these are many.
fn small_classes(vocab: &Vocab, table: &Table, within: &Merges) -> Result<Vec<Option<Vec<u32>>>> {
    let (mut members, mut bytes): (Vec<Vec<char>>, _) = (filled(Vec::new(), table.size().0)?, [0; 4]);
    for row in ('\0'..=char::MAX).step_by(64) {
        let classes = table.row(row.encode_utf8(&mut bytes).as_bytes());
        for (char, &class) in (row..=char::MAX).zip(classes) {
            let chars = &mut members[usize::from(class)];
            if chars.len() < LARGE {
                push(chars, char)?;
            }
        }
    }
    let merge_of = |left, right| within.get(&(left, right)).copied();
    let first = |char: &char| {
        Ok::<_, Error>(merge_parts(merge_of, initial_parts(vocab, char.encode_utf8(&mut [0; 4]).as_bytes())?)?[0])
    };
    try_collect(members.into_iter().map(|chars| {
        let firsts = (chars.len() < LARGE).then(|| try_collect(chars.iter().map(first)));
        firsts.transpose().map(|firsts: Option<Vec<u32>>| {
            firsts.map(|mut firsts| {
                firsts.sort_unstable();
                firsts.dedup();
                firsts
            })
        })
    }))
}

/// What is kept under a key, made now if it is not.
pub(super) fn kept<K: PartialEq, V>(all: &Kept<K, V>, key: K, make: impl FnOnce() -> Result<V>) -> Result<Arc<V>> {
    if let Ok(all) = all.lock()
        && let Some((_, value)) = all.iter().find(|(other, _)| *other == key)
    {
        return Ok(Arc::clone(value));
    }
    let value = Arc::new(make()?);
    if let Ok(mut all) = all.lock() {
        if all.len() >= KEPT {
            all.remove(0);
        }
        push(&mut all, (key, Arc::clone(&value)))?;
    }
    Ok(value)
}

/// The merges that characters other than ASCII may need.
fn merges_within(vocab: &Vocab) -> Result<Merges> {
    let is_within = |id| vocab.token_bytes(id).is_some_and(|token| token.len() <= 4 && !token.iter().any(u8::is_ascii));
    let (mut within, has_symbols) = (Merges::default(), vocab.alphabet.symbols.is_some());
    for merge in vocab.merges().iter().filter(|merge| has_symbols || is_within(merge.id)) {
        within.try_reserve(1)?;
        within.insert((merge.left, merge.right), (merge.rank, merge.id));
    }
    Ok(within)
}

/// A text, and the beginning of a character after it; None if no text begins so.
pub(super) fn split_off_part(data: &[u8]) -> Option<(&[u8], &[u8])> {
    match std::str::from_utf8(data) {
        Ok(_) => Some((data, &[])),
        Err(error) if error.error_len().is_none() => Some(data.split_at(error.valid_up_to())),
        Err(_) => None,
    }
}
