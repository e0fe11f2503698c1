//! Small cases tried in full: all lists of up to three merges, and all texts over two and three letters up to a length.
//!
//! A textbook encoder, the mirror and the fast encoder must agree on each, and the decoders give the text back. Lists that are
//! equal but for the names of the letters are tried once. By default three letters go up to five of them, which takes seconds;
//! `MINITOK_LONG_TESTS=1` goes up to seven.

use super::cut::split_by::SplitBy;
use super::encoder::Encoder;
use super::lookup::piece_cache::Size;
use super::merge::long::tests::every_way;
use super::merge::pair_table::PairTable;
use super::tables::Tables;
use crate::fast::decode::Decoder;
use crate::fast::train::small_scope::{all_texts, long_tests};
use crate::reference::decode::decode_bytes;
use crate::reference::encode::encode_piece;
use crate::reference::published::patterns::Pattern;
use crate::reference::published::vocabs::{Alphabet, Vocab};
use std::sync::Arc;

type Merges = Vec<(u32, u32)>;

/// Every merge in the order of its rank, wherever it applies, from left to right.
fn textbook(piece: &[u8], merges: &Merges) -> Vec<u32> {
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

/// All lists of at most `longest` different merges of the letters and of what the merges before make, each list once up to the
/// names of the letters: the letters occur in their order.
fn all_merge_lists(letters: u8, longest: usize) -> Vec<Merges> {
    let mut lists = vec![vec![]];
    let mut start = 0;
    for round in 0..longest {
        let end = lists.len();
        for at in start..end {
            let made = 256 + u32::try_from(round).expect("a short list");
            let known: Vec<u32> = (0..letters).map(|letter| u32::from(b'a' + letter)).chain(256..made).collect();
            let pairs = known.iter().flat_map(|&left| known.iter().map(move |&right| (left, right)));
            let longer = pairs.filter(|pair| !lists[at].contains(pair)).map(|pair| [&lists[at][..], &[pair]].concat());
            lists.extend(longer.filter(is_first_of_its_names).collect::<Vec<_>>());
        }
        start = end;
    }
    lists
}

fn is_first_of_its_names(list: &Merges) -> bool {
    let mut next = u32::from(b'a');
    for id in list.iter().flat_map(|&(left, right)| [left, right]).filter(|&id| id < 256) {
        if id > next {
            return false;
        }
        next += u32::from(id == next);
    }
    true
}

fn check(merges: &Merges, texts: &[Vec<u8>]) {
    let order: Vec<u8> = (0..=255).collect();
    let vocab = Arc::new(Vocab::from_merges(&order, merges).expect("merges of what is known"));
    let table = PairTable::new(&vocab).unwrap().expect("a small vocabulary");
    let mut encoder = Encoder::with_size(Arc::new(Tables::new(Arc::clone(&vocab)).unwrap()), Size::TINY);
    encoder.seed_after = usize::MAX;
    let decoder = Decoder::new(&vocab, []).unwrap();
    let none = Pattern::new("none").expect("a name");
    for text in texts {
        let expected = textbook(text, merges);
        let (mut mirrored, mut fast) = (Vec::new(), Vec::new());
        encode_piece(&vocab, text, &mut mirrored).expect("bytes");
        encoder.encode(text, SplitBy::Pattern(&none), &mut fast).expect("bytes");
        assert_eq!((&mirrored, &fast), (&expected, &expected), "{merges:?} {text:?}");
        if !text.is_empty() {
            assert!(every_way(&table, text).into_iter().all(|ids| ids == expected), "{merges:?} {text:?}");
        }
        assert_eq!(decode_bytes(|id| vocab.token_bytes(id), &expected).as_ref(), Ok(text));
        assert_eq!(decoder.decode(&expected).as_ref(), Ok(text));
    }
}

#[test]
fn every_short_merge_list_on_every_short_text() {
    let (longest, longest_of_three) = if long_tests() { (12, 7) } else { (8, 4) };
    let (of_two, of_three) = (all_merge_lists(2, 3), all_merge_lists(3, 3));
    assert_eq!((of_two.len(), of_three.len()), (243, 555));
    let texts = all_texts(2, longest);
    for merges in &of_two {
        check(merges, &texts);
    }
    let texts = all_texts(3, longest_of_three);
    for merges in &of_three {
        check(merges, &texts);
    }
}

/// A piece that is a token is that token, whatever the merges say (`ignore_merges`).
#[test]
fn whole_pieces_are_tokens() {
    let texts = all_texts(2, 6);
    for merges in all_merge_lists(2, 2) {
        let plain = Vocab::from_merges(&(0..=255).collect::<Vec<u8>>(), &merges).expect("merges of what is known");
        let mut tokens: Vec<(Vec<u8>, u32)> = plain.tokens.iter().map(|(id, token)| (token.to_vec(), id)).collect();
        tokens.push((b"aba".to_vec(), 400));
        let (mut known, all) = (std::collections::BTreeSet::new(), tokens.len());
        tokens.retain(|(token, _)| known.insert(token.clone()));
        if tokens.len() < all {
            continue; // two tokens of the same bytes cannot be listed
        }
        let vocab = Arc::new(Vocab::from_tokens(&tokens, &merges, true, Alphabet::default()).expect("listed"));
        let encoder = Encoder::new(Arc::clone(&vocab)).unwrap();
        let none = Pattern::new("none").expect("a name");
        for text in &texts {
            let whole = tokens.iter().find(|(token, _)| token == text);
            let expected = whole.map_or_else(|| textbook(text, &merges), |(_, id)| vec![*id]);
            let (mut mirrored, mut fast) = (Vec::new(), Vec::new());
            encode_piece(&vocab, text, &mut mirrored).expect("bytes");
            encoder.encode(text, SplitBy::Pattern(&none), &mut fast).expect("bytes");
            assert_eq!((&mirrored, &fast), (&expected, &expected), "{merges:?} {text:?}");
        }
    }
}
