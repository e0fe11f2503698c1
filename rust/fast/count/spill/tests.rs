//! Small tables on the disk, against one table in memory.

use super::*;
use crate::fast::count::corpus_counter::Counted;
use crate::fast::count::tests::{Folder, listed};
use std::time::Duration;

/// The names of all files in a folder, in order.
fn names(folder: &Folder) -> Vec<String> {
    let files = std::fs::read_dir(&folder.0).expect("the folder");
    let mut names: Vec<String> =
        files.map(|file| file.expect("a file").file_name().into_string().expect("a name")).collect();
    names.sort();
    names
}

/// Pieces of many lengths; the next call with a higher number has some of them again.
fn pieces_of(number: usize) -> impl Iterator<Item = Vec<u8>> {
    (0..200).map(move |i| format!("{:0width$}", i * number % 997, width = i % 23).into_bytes()).chain([vec![]])
}

#[test]
fn what_was_flushed_comes_back_as_one_table_would_hold_it() {
    let folder = Folder::new("back");
    let (hasher, mut one) = (Hasher::default(), PieceCounts::new());
    let mut shares = Share::new(3, &hasher);
    let mut spill = Spill::new(folder.0.clone());
    spill.flush(&mut shares).expect("nothing to write");
    assert!(!spill.is_used());
    for (number, count) in (0..30).zip(1..) {
        let share = &mut shares[number * number % 7 % 3];
        share.begin(number).expect("few");
        for piece in pieces_of(number) {
            share.pieces.add(&piece, count).expect("few");
            one.add(&piece, count).expect("few");
        }
        if number % 4 == 3 {
            spill.flush(&mut shares).expect("a folder");
            assert!(spill.is_used());
            assert!(shares.iter().all(|share| share.pieces.is_empty()));
        }
    }
    spill.flush(&mut shares).expect("a folder");
    let files = spill.finish(&hasher).expect("a folder");
    assert_eq!(names(&folder), ["counts", "data", "lengths"]);
    let expected = listed(one.iter());
    let bytes: usize = expected.iter().map(|(piece, _)| piece.len()).sum();
    let pieces: i64 = expected.iter().map(|(_, count)| count).sum();
    let opened = CountFiles::open(files.paths()).expect("as they were written");
    for files in [files, opened] {
        assert_eq!((files.len, files.pieces, files.size), (expected.len(), pieces, bytes as u64));
        let loaded = files.load().expect("small");
        assert_eq!(listed(loaded.iter()), expected);
        assert_eq!((loaded.len(), loaded.is_empty()), (expected.len(), false));
        assert_eq!(Counted::Files(&files).to_vec().expect("small"), expected);
        assert_eq!(Counted::Files(&files).totals(), (pieces, expected.len()));
    }
}

/// So that one file after the other is small.
#[test]
fn pieces_are_spread_over_all_files() {
    let folder = Folder::new("spread");
    let mut shares = Share::new(1, &Hasher::default());
    shares[0].begin(0).expect("few");
    (0..4000_u32).for_each(|number| shares[0].pieces.add(&number.to_le_bytes(), 1).expect("few"));
    let mut spill = Spill::new(folder.0.clone());
    spill.flush(&mut shares).expect("a folder");
    assert_eq!(names(&folder).len(), FILES);
    let sizes: Vec<usize> = spill.runs.iter().map(|run| run.file.buffer().len()).collect();
    assert!(sizes.iter().all(|&size| size > 0), "{sizes:?}");
    assert_eq!(sizes.iter().sum::<usize>(), 4000 * (24 + 4));
}

#[test]
fn long_work_is_stopped() {
    fn stopped(work: impl FnOnce() -> Result<()>) -> bool {
        interrupt::run_every(Duration::ZERO, || true, work) == Err(Error::Interrupted)
    }
    let (hasher, folder) = (Hasher::default(), Folder::new("stopped-spill"));
    let flush = |spill: &mut Spill, part: usize, pieces: u32| {
        let mut shares = Share::new(1, &hasher);
        shares[0].begin(part).expect("few");
        (0..pieces).for_each(|number| shares[0].pieces.add(&number.to_le_bytes(), 1).expect("few"));
        spill.flush(&mut shares)
    };
    assert!(stopped(|| flush(&mut Spill::new(folder.0.clone()), 0, 256)));
    // Records of many pieces are merged from all files; those of one piece are summed up from one.
    for (parts, pieces) in [(1, 256), (256, 1)] {
        let mut spill = Spill::new(folder.0.clone());
        (0..parts).for_each(|part| flush(&mut spill, part, pieces).expect("a folder"));
        assert!(stopped(|| spill.finish(&hasher).map(drop)));
    }
}

#[test]
fn a_folder_that_is_not_there_is_an_error() {
    let missing = PathBuf::from("/nowhere/at/all");
    let mut shares = Share::new(1, &Hasher::default());
    let refused = Spill::new(missing.clone()).flush(&mut shares);
    assert!(matches!(refused, Err(Error::File { path, .. }) if path.starts_with(&missing)));
}

#[test]
fn files_from_elsewhere_are_checked() {
    let folder = Folder::new("elsewhere");
    let open = |counts: &[i64], lengths: &[u32], data: &[u8]| {
        let counts: Vec<u8> = counts.iter().flat_map(|count| count.to_le_bytes()).collect();
        let lengths: Vec<u8> = lengths.iter().flat_map(|length| length.to_le_bytes()).collect();
        CountFiles::open([folder.file("counts", &counts), folder.file("lengths", &lengths), folder.file("data", data)])
    };
    let blamed = |opened: Result<CountFiles>| match opened.map(drop) {
        Err(Error::File { path, .. }) => path.file_name().expect("a name").to_string_lossy().into_owned(),
        other => panic!("{other:?}"),
    };
    let good = open(&[3, 1, i64::MAX - 4], &[2, 0, 1], b"abc").expect("well-formed");
    assert_eq!((good.len, good.pieces, good.size), (3, i64::MAX, 3));
    let expected = [(b"ab".to_vec(), 3), (b"".to_vec(), 1), (b"c".to_vec(), i64::MAX - 4)];
    assert_eq!(listed(good.load().expect("small").iter()), expected);
    assert!(open(&[], &[], b"").expect("nothing").load().expect("nothing").is_empty());
    assert!(matches!(open(&[3, 1, i64::MAX - 3], &[1, 1, 1], b"abc"), Err(Error::Training(_))));
    assert_eq!(blamed(open(&[1, 0], &[1, 1], b"ab")), "counts");
    assert_eq!(blamed(open(&[1, -1], &[1, 1], b"ab")), "counts");
    assert_eq!(blamed(open(&[1, 1], &[1, 1], b"abc")), "lengths");
    assert_eq!(blamed(open(&[1, 1], &[2], b"ab")), "lengths");
    assert_eq!(blamed(open(&[1], &[1, 1], b"ab")), "lengths");
    for name in ["counts", "lengths", "data"] {
        let paths = open(&[1, 1], &[1, 1], b"ab").expect("well-formed").paths();
        std::fs::remove_file(folder.0.join(name)).expect("a file");
        assert_eq!(blamed(CountFiles::open(paths)), name);
    }
}

#[test]
fn files_that_changed_since_are_not_loaded() {
    let folder = Folder::new("changed");
    let one = |name: &str, content: &[u8]| {
        let counts = folder.file("counts", &1_u64.to_le_bytes());
        let paths = [counts, folder.file("lengths", &2_u32.to_le_bytes()), folder.file("data", b"ab")];
        let opened = CountFiles::open(paths).expect("well-formed");
        folder.file(name, content);
        opened.load().map(|loaded| listed(loaded.iter()))
    };
    assert_eq!(one("data", b"cd"), Ok(vec![(b"cd".to_vec(), 1)]));
    for (name, content) in [
        ("data", &b"abc"[..]),
        ("data", b"a"),
        ("lengths", b""),
        ("lengths", &[1, 0, 0, 0, 1, 0, 0, 0]),
        ("lengths", &[3, 0, 0, 0]),
        ("lengths", &[1, 0, 0, 0]),
        ("lengths", &[255; 8]),
        ("counts", b""),
        ("counts", &[1; 16]),
        ("counts", &2_u64.to_le_bytes()),
        ("counts", &[255; 8]),
    ] {
        let Err(Error::File { path, reason, .. }) = one(name, content) else { panic!("{name}") };
        assert_eq!((path, &*reason), (folder.0.join(name), "the file has changed"));
    }
}

#[test]
fn what_holds_one_piece_is_used() {
    let (folder, hasher) = (Folder::new("one"), Hasher::default());
    let (mut shares, mut spill) = (Share::new(1, &hasher), Spill::new(folder.0.clone()));
    shares[0].begin(0).expect("few");
    shares[0].pieces.add(b"one", 5).expect("few");
    spill.flush(&mut shares).expect("a folder");
    assert!(spill.is_used());
    let files = spill.finish(&hasher).expect("a folder");
    assert_eq!(listed(files.load().expect("small").iter()), [(b"one".to_vec(), 5)]);
}
