//! Against the mirror's counter, on texts that are many parts long or have cuts in bad places.

use std::path::PathBuf;

use proptest::prelude::*;

use super::corpus_counter::CorpusCounter;
use super::hasher::Hasher;
use super::splitter::{PART, documents};
use super::table::PieceCounts;
use crate::error::Error;
use crate::reference::count::PieceCounter;
use crate::reference::published::found_tokens::SpecialTokens;
use crate::reference::published::patterns::Pattern;

/// Of these steps, the second is run by itself.
const PASSES: &str = r"\s?\p{L}+(?#then)\s?[!'<>s]+";
const PATTERNS: [&str; 6] = ["gpt2", "cl100k", "o200k", "none", r"\w+|\W+", PASSES];

fn special(tokens: &[&str]) -> SpecialTokens {
    SpecialTokens::new(tokens.iter().zip(1000..).map(|(token, id)| ((*token).to_string(), id)).collect())
        .expect("not empty")
}

/// Pieces and counts, to be compared.
pub(super) fn listed<'p>(pieces: impl Iterator<Item = (&'p [u8], i64)>) -> Vec<(Vec<u8>, i64)> {
    pieces.map(|(piece, count)| (piece.to_vec(), count)).collect()
}

/// An empty temporary folder, which is removed when this is dropped.
pub(super) struct Folder(pub(super) PathBuf);

impl Folder {
    /// Each name is used by one test only, since tests run at the same time.
    pub(super) fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("minitok-{}-count-{name}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).expect("a temporary folder");
        Self(path)
    }

    /// Writes a file into the folder.
    pub(super) fn file(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.0.join(name);
        std::fs::write(&path, content).expect("a file");
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Words of many lengths and kinds, some of them special tokens or parts of one, for several parts.
fn long_text() -> Vec<u8> {
    let words =
        ["the", " ", "  ", "\n", "\n\n\n", "<s>", "<s", " <s> x", "été", "日本語", "1234", "'s", "—", "a_b", "\t"];
    let mut text = Vec::new();
    let mut state = 7_u64;
    while text.len() < 5 * PART {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        text.extend_from_slice(words[(state >> 33) as usize % words.len()].as_bytes());
        if state >> 60 == 0 {
            text.extend_from_slice(format!(" w{}", state >> 44).as_bytes());
        }
    }
    text
}

#[test]
fn files_count_alike_on_any_number_of_threads() {
    let text = long_text();
    let folder = Folder::new("alike");
    let file = folder.file("text", &text);
    let special = special(&["<s>", " <s> x", "s><"]);
    for (pattern, separators) in
        [("gpt2", &[None][..]), (PASSES, &[None]), ("o200k", &[Some(&b"\n\n"[..]), Some(b"<s>1234")])]
    {
        for &separator in separators {
            let mut mirror = PieceCounter::new(Pattern::new(pattern).expect("named"), &special);
            mirror.add(documents(&text, separator)).expect("text");
            for threads in [1, 2, 5] {
                let mut fast = CorpusCounter::new(Pattern::new(pattern).expect("named"), &special, threads);
                let mut heard = 0;
                let mut hear = |read| {
                    heard += read;
                    Ok(())
                };
                fast.add_file(&file, separator, &mut hear).expect("a file");
                assert!(fast.finished() == mirror.pieces, "{pattern} {separator:?} on {threads} threads");
                assert_eq!(heard, text.len());
            }
        }
    }
}

#[test]
fn documents_count_alike_on_any_number_of_threads() {
    let text = long_text();
    let special = special(&["<s>", " <s> x", "s><"]);
    let mut documents: Vec<&[u8]> = vec![&text];
    documents.extend(text[..PART * 2].split(|&byte| byte == b'\n'));
    let mut mirror = PieceCounter::new(Pattern::new("cl100k").expect("named"), &special);
    mirror.add(documents.iter().copied()).expect("text");
    for threads in [1, 3] {
        let mut fast = CorpusCounter::new(Pattern::new("cl100k").expect("named"), &special, threads);
        fast.add(&documents, &mut |_| Ok(())).expect("text");
        assert!(fast.finished() == mirror.pieces, "{threads} threads");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn small_corpora_count_alike(
        words in prop::collection::vec(prop::sample::select(&["a", "b ", " ", "\n", "<s>", "<", "s>", "é", "日", "'s", "1"][..]), 0..40),
        cuts in prop::collection::vec(0_usize..60, 0..4),
        pattern in prop::sample::select(&PATTERNS[..]),
        threads in 1_usize..4,
    ) {
        let text = words.concat().into_bytes();
        let special = special(&["<s>", "s>a"]);
        let mut ends: Vec<usize> = cuts.iter().map(|&cut| cut.min(text.len())).chain([text.len()]).collect();
        ends.sort_unstable();
        let starts = [0].into_iter().chain(ends.iter().copied());
        let documents: Vec<&[u8]> = starts.zip(&ends).map(|(start, &end)| &text[start..end]).collect();
        let mut mirror = PieceCounter::new(Pattern::new(pattern).expect("a pattern"), &special);
        mirror.add(documents.iter().copied()).expect("text");
        let mut fast = CorpusCounter::new(Pattern::new(pattern).expect("a pattern"), &special, threads);
        fast.add(&documents, &mut |_| Ok(())).expect("text");
        prop_assert_eq!(fast.finished(), mirror.pieces);
    }

    #[test]
    fn a_cut_changes_nothing(
        words in prop::collection::vec(prop::sample::select(&["a", "bcd", " ", " e", "\n", "<s>", "<", "s>", "<s> b", "é", "1"][..]), 0..40),
        pattern in prop::sample::select(&PATTERNS[..3]),
        after in 0_usize..9,
    ) {
        let text = words.concat().into_bytes();
        let special = special(&["<s>", "s> b", "a <"]);
        let count = |documents: &[&[u8]]| {
            let mut counter = PieceCounter::new(Pattern::new(pattern).expect("named"), &special);
            counter.add(documents.iter().copied()).expect("text");
            counter.pieces
        };
        let counter = CorpusCounter::new(Pattern::new(pattern).expect("named"), &special, 1);
        let after = after.max(counter.splitter().longest_special());
        if let Some(cut) = counter.splitter().last_cut(&text, after) {
            prop_assert!(cut + after <= text.len());
            prop_assert_eq!(count(&[&text[..cut], &text[cut..]]), count(&[&text]));
        }
    }
}

#[test]
fn an_error_stops_every_thread() {
    let folder = Folder::new("stops");
    let file = folder.file("text", &long_text());
    for threads in [1, 3] {
        let mut fast = CorpusCounter::new(Pattern::new("gpt2").expect("named"), &special(&[]), threads);
        let mut calls = 0;
        let stopped = fast.add_file(&file, None, &mut |_| {
            calls += 1;
            Err(Error::Interrupted)
        });
        assert_eq!(stopped, Err(Error::Interrupted));
        assert!(calls <= 2);
    }
    let missing = folder.0.join("missing");
    let mut fast = CorpusCounter::new(Pattern::new("gpt2").expect("named"), &special(&[]), 2);
    let refused = fast.add_file(&missing, None, &mut |_| Ok(()));
    assert!(matches!(refused, Err(Error::File { path, .. }) if path == missing));
}

#[test]
fn the_table_keeps_pieces_of_every_length_apart() {
    let mut counts = PieceCounts::new();
    let pieces: Vec<Vec<u8>> = (0..80).flat_map(|length| [vec![0; length], vec![b'x'; length]]).collect();
    for round in 1..4 {
        for piece in &pieces {
            counts.add(piece, round).expect("small");
        }
    }
    let mut expected: Vec<(Vec<u8>, i64)> = pieces[1..].iter().map(|piece| (piece.clone(), 6)).collect();
    expected[0].1 = 12; // The empty piece, twice in the list.
    assert_eq!(listed(counts.iter()), expected);
    counts.add(b"x", i64::MAX - 6).expect("just fits");
    assert!(matches!(counts.add(b"x", 1), Err(Error::Training(_))));
}

/// The memory that is foretold is enough, and no more than twice what is taken then, once the table is not tiny.
#[test]
fn a_table_takes_the_memory_that_was_foretold() {
    // The hash is another one each time, and with it the lengths of the lists of residues.
    for residues in [0].into_iter().chain([3; 100]) {
        let mut counts = PieceCounts::with_residues(residues, Hasher::default());
        for more in [600, 100, 411, 513, 1600, 3000, 6000] {
            let (start, foretold) = (counts.len(), counts.memory_after(more));
            for number in start..start + more {
                // Every fourth is long, and lies outside of its entry.
                let piece = format!("{number:0width$}", width = if number % 4 == 0 { 16 } else { 7 });
                counts.add(piece.as_bytes(), 1).expect("small");
            }
            let taken = counts.memory_after(0);
            let fits = taken <= foretold && foretold <= 2 * taken;
            assert!(start == 0 || fits, "{more} more: {foretold}, {taken} bytes");
            // An entry of 24 bytes or more, two slots of four, and the bytes of every fourth.
            assert!(taken >= counts.len() * (24 + 8 + 4), "{taken} bytes for {} pieces", counts.len());
        }
        let taken = counts.memory_after(0);
        counts.clear();
        assert_eq!((counts.len(), counts.memory_after(0), counts.iter().len()), (0, taken, 0));
        counts.add(b"a new beginning", 2).expect("small");
        counts.add(b"0000000000000008", 1).expect("small");
        assert_eq!(listed(counts.iter()), [(b"a new beginning".to_vec(), 2), (b"0000000000000008".to_vec(), 1)]);
    }
    let mut roomy = PieceCounts::with_room(3000, &PieceCounts::new()).expect("few");
    let taken = roomy.memory_after(0);
    (0..3000u32).for_each(|number| roomy.add(&number.to_le_bytes(), 1).expect("small"));
    assert_eq!(roomy.memory_after(0), taken);
}

/// Keys that differ in few bits, in one byte, or by a stride must not pile up: a weak hash was eighty times slower.
#[test]
fn structured_keys_do_not_collide() {
    let families: [fn(u64) -> Vec<u8>; 6] = [
        |i| i.to_le_bytes().to_vec(),
        |i| i.to_be_bytes().to_vec(),
        |i| (i << 32).to_le_bytes().to_vec(),
        |i| [&i.to_le_bytes()[..7], &i.to_le_bytes()[..7]].concat(),
        |i| format!("{i:015}").into_bytes(),
        |i| format!("{i:040}").into_bytes(),
    ];
    for family in families {
        let mut counts = PieceCounts::new();
        for i in 0..50_000 {
            counts.add(&family(i), 1).expect("small");
        }
        assert_eq!(counts.len(), 50_000);
        let probes = counts.longest_probe();
        assert!(probes < 64, "{probes} probes");
    }
}

/// Counting goes on after it was finished, alone and with others, and the order stays that of the corpus.
#[test]
fn finishing_in_between_changes_nothing() {
    let text = long_text();
    let special = special(&[]);
    let folder = Folder::new("between");
    let file = folder.file("text", &text);
    let mut mirror = PieceCounter::new(Pattern::new("gpt2").expect("named"), &special);
    let mut fast = CorpusCounter::new(Pattern::new("gpt2").expect("named"), &special, 3);
    for round in 0..6 {
        let first = format!("first{round} {round}{round}");
        for document in [first.as_bytes(), &text[round * 1000..]] {
            mirror.add([document]).expect("text");
            fast.add(&[document], &mut |_| Ok(())).expect("text");
        }
        fast.add_pieces([(&b"poured"[..], 2), (b"a piece of more than fifteen bytes", 1)], |_| ()).expect("few");
        mirror.add_piece(b"poured", 2);
        mirror.add_piece(b"a piece of more than fifteen bytes", 1);
        if round % 2 == 1 {
            assert!(fast.finished() == mirror.pieces, "round {round}");
        }
    }
    fast.add_file(&file, None, &mut |_| Ok(())).expect("a file");
    mirror.add_file(&file, None, &mut |_| Ok(())).expect("a file");
    assert!(fast.finished() == mirror.pieces);
    assert_eq!((fast.documents, fast.bytes), (mirror.documents, mirror.bytes));
}

#[test]
fn tables_that_go_to_the_disk_count_alike() {
    let text = long_text();
    let special = special(&["<s>"]);
    let folder = Folder::new("spilt");
    let file = folder.file("text", &text);
    let mut mirror = PieceCounter::new(Pattern::new("gpt2").expect("named"), &special);
    for _ in 0..2 {
        mirror.add_file(&file, None, &mut |_| Ok(())).expect("a file");
        mirror.add([&b"a last<s> document"[..], &text]).expect("text");
    }
    for (threads, most) in [(1, 0), (3, 0), (1, 3 << 20), (2, 5 << 20)] {
        let tables = folder.0.join(format!("{threads}-{most}"));
        std::fs::create_dir(&tables).expect("a folder");
        let fast = CorpusCounter::new(Pattern::new("gpt2").expect("named"), &special, threads);
        let mut fast = fast.with_tables_of(most, threads, tables.clone());
        for _ in 0..2 {
            fast.add_file(&file, None, &mut |_| Ok(())).expect("a file");
            fast.add(&[b"a last<s> document", &text], &mut |_| Ok(())).expect("text");
        }
        assert!(fast.finished() == mirror.pieces, "{threads} threads, {most} bytes");
        assert_eq!(fast.pieces().totals().0, mirror.pieces.iter().map(|(_, count)| count).sum::<i64>());
        let used = std::fs::read_dir(&tables).expect("the folder").count() > 0;
        assert!(used || most > 0);
        if used {
            assert!(matches!(fast.add(&[b"more"], &mut |_| Ok(())), Err(Error::Training(_))));
        }
    }
}

#[test]
fn a_disk_that_cannot_be_written_is_an_error() {
    let text = long_text();
    let missing = std::path::PathBuf::from("/nowhere/at/all");
    let fast = CorpusCounter::new(Pattern::new("gpt2").expect("named"), &special(&[]), 2);
    let mut fast = fast.with_tables_of(0, 2, missing.clone());
    let refused = fast.add(&[&text], &mut |_| Ok(()));
    assert!(matches!(refused, Err(Error::File { path, .. }) if path.starts_with(&missing)));
}
