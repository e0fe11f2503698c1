//! One table by itself, against a list in which each piece is looked for.

use super::*;
use crate::fast::count::tests::listed;

/// Numbers with zeros before them: lengths up to 40, some again and again, the empty piece among them.
fn pieces(n: usize) -> Vec<Vec<u8>> {
    let piece =
        |number: usize| if number == 7 { String::new() } else { format!("{number:0width$}", width = number % 41) };
    (0..n).map(|i| piece(i * i % 3001).into_bytes()).collect()
}

fn oracle(pieces: &[Vec<u8>]) -> Vec<(Vec<u8>, i64)> {
    let mut counts: Vec<(Vec<u8>, i64)> = Vec::new();
    let mut known = std::collections::HashMap::new();
    for piece in pieces {
        let number = *known.entry(piece).or_insert(counts.len());
        if number == counts.len() {
            counts.push((piece.clone(), 0));
        }
        counts[number].1 += 1;
    }
    counts
}

fn counted(residues: usize, hasher: &Hasher, pieces: &[Vec<u8>]) -> PieceCounts {
    let mut table = PieceCounts::with_residues(residues, hasher.clone());
    for piece in pieces {
        table.add(piece, 1).expect("few");
    }
    table
}

/// Whether the index is at most half full, and each entry is listed in it once.
fn is_well_indexed(table: &PieceCounts) -> bool {
    let mut numbers: Vec<u32> = table.index.iter().copied().filter(|&number| number != EMPTY).collect();
    numbers.sort_unstable();
    table.index.len() >= 2 * table.len() && numbers.into_iter().eq(0..table.len() as u32)
}

#[test]
fn a_block_counts_as_its_pieces_do_wherever_it_begins() {
    for n in [0, 1, 2, BATCH - 1, BATCH, BATCH + 1, 3 * BATCH + 5] {
        let pieces = pieces(n);
        let expected = oracle(&pieces);
        for before in [0, 3, 20] {
            let text = [vec![b'-'; before], pieces.concat()].concat();
            let ends: Vec<usize> = pieces
                .iter()
                .scan(before, |end, piece| {
                    *end += piece.len();
                    Some(*end)
                })
                .collect();
            let mut table = PieceCounts::new();
            assert!(table.is_empty());
            table.add_block(&text, before, &ends, 1).expect("few");
            assert_eq!(listed(table.iter()), expected);
            assert_eq!((table.len(), table.is_empty()), (expected.len(), n == 0));
            assert!((0..table.len()).all(|number| table.get(number) == (&expected[number].0[..], expected[number].1)));
            assert!(is_well_indexed(&table));
        }
    }
}

#[test]
fn each_entry_is_listed_by_the_residue_of_its_hash() {
    let (hasher, pieces) = (Hasher::default(), pieces(3000));
    for n in 1..5 {
        let mut listed_from_the_start = counted(n, &hasher, &pieces);
        let mut listed_later = counted(if n == 2 { 3 } else { 0 }, &hasher, &pieces);
        listed_later.list_residues(n).expect("few");
        for residue in 0..n {
            let expected: Vec<u32> = (0..listed_later.len() as u32)
                .filter(|&number| residue_of(listed_later.hash_at(number as usize), n) == residue)
                .collect();
            assert!(expected.len() > 10, "no residue is rare");
            assert_eq!(listed_later.residue(residue), expected);
            assert_eq!(listed_from_the_start.residue(residue), expected);
        }
        listed_from_the_start.clear();
        listed_from_the_start.add(b"after it was cleared", 1).expect("few");
        listed_from_the_start.list_residues(n).expect("few");
        assert_eq!((0..n).map(|residue| listed_from_the_start.residue(residue).len()).sum::<usize>(), 1);
    }
}

#[test]
fn absorbing_a_table_reports_new_pieces() {
    let (hasher, pieces) = (Hasher::default(), pieces(3000));
    let (before, after) = pieces.split_at(1000);
    let other = counted(0, &hasher, after);
    let mut table = counted(2, &hasher, before);
    let known = table.len();
    let mut new = Vec::new();
    for numbers in (0..other.len() as u32).collect::<Vec<_>>().chunks(100) {
        table.absorb(&other, numbers, |is_new| new.push(is_new)).expect("few");
    }
    assert_eq!(listed(table.iter()), oracle(&pieces));
    let expected: Vec<bool> = other.iter().map(|(piece, _)| before.iter().all(|known| known != piece)).collect();
    assert_eq!(new, expected);
    assert_eq!(new.iter().filter(|&&is_new| is_new).count(), table.len() - known);
}

type Way = fn(&mut PieceCounts, &PieceCounts) -> Result<()>;

#[test]
fn tables_that_have_nothing_in_common_become_one() {
    let (hasher, pieces) = (Hasher::default(), pieces(3000));
    let all = oracle(&pieces);
    for n in 1..4 {
        let mut tables: Vec<(PieceCounts, Vec<u64>)> =
            (0..n).map(|_| (PieceCounts::with_residues(0, hasher.clone()), Vec::new())).collect();
        for (rank, (piece, count)) in all.iter().enumerate() {
            let (table, ranks) = &mut tables[rank * rank % 7 % n];
            table.add(piece, *count).expect("few");
            ranks.push(rank as u64);
        }
        let ways: [Way; 3] = [
            |table, _| table.add(b"1", 1),
            |table, _| table.add_block(b"1", 0, &[1], 1),
            |table, other| table.absorb(other, &[0], |is_new| assert!(!is_new)),
        ];
        for count_on in ways {
            let mut one = PieceCounts::concat(&tables).expect("few");
            count_on(&mut one, &counted(0, &hasher, &[b"1".to_vec()])).expect("few");
            assert!(is_well_indexed(&one));
            let more = all.iter().map(|(piece, count)| (piece.clone(), count + i64::from(piece == b"1")));
            assert!(listed(one.iter()).into_iter().eq(more));
        }
        let mut one = PieceCounts::concat(&tables).expect("few");
        assert_eq!(listed(one.iter()), all);
        assert!(one.residues.is_empty());
        assert!(one.index.is_empty(), "there is none before it is needed");
        one.add_block(b"a new one, and a long onea new one", 0, &[5, 25, 30], 1).expect("few");
        for piece in &pieces {
            one.add(piece, 1).expect("few");
        }
        assert!(is_well_indexed(&one));
        let twice = all.iter().map(|(piece, count)| (piece.clone(), 2 * count));
        let new = ["a new", " one, and a long one", "a new"];
        assert!(listed(one.iter())[..all.len()].iter().cloned().eq(twice));
        assert_eq!(listed(one.iter())[all.len()..], [(new[0].into(), 2), (new[1].into(), 1)]);
    }
    assert!(PieceCounts::concat(&[]).expect("few").is_empty());
}

#[test]
fn reported_memory_is_what_is_held() {
    let (hasher, pieces) = (Hasher::default(), pieces(6000));
    let memory = |residues| counted(residues, &hasher, &pieces).memory_after(0);
    let table = counted(0, &hasher, &pieces);
    let longer: usize = table.iter().map(|(piece, _)| if piece.len() > 15 { piece.len() } else { 0 }).sum();
    let needed = table.len() * (size_of::<Entry>() + 2 * size_of::<u32>()) + longer;
    assert!((needed..=2 * needed + (1 << 12)).contains(&memory(0)), "{} bytes, {needed} needed", memory(0));
    let listing = memory(3) - memory(0);
    assert!((4 * table.len()..=8 * table.len()).contains(&listing), "{listing} bytes for residues");
    let mut plain = PieceCounts::new();
    for piece in &pieces {
        plain.add(piece, 1).expect("few");
    }
    assert_eq!(plain.memory_after(0), memory(0));
    for _ in 0..5 {
        plain.clear();
        for piece in &pieces {
            plain.add(piece, 1).expect("few");
        }
    }
    assert_eq!(plain.memory_after(0), memory(0), "what was cleared is used again");
}

#[test]
fn memory_after_predicts_growth() {
    for residues in [0, 1] {
        let mut table = PieceCounts::with_residues(residues, Hasher::default());
        for number in 0..3000_u32 {
            let predicted = table.memory_after(1);
            table.add(&number.to_le_bytes(), 1).expect("few");
            // Four bytes are for a piece that lies outside, as most do not.
            assert!(number < 4 || predicted == table.memory_after(0) + 4, "{predicted} bytes for piece {number}");
        }
    }
}

#[test]
fn only_pieces_of_more_than_fifteen_bytes_lie_outside_of_their_entries() {
    let mut table = PieceCounts::new();
    table.add(&[b'x'; MAX_ENTRY_BYTES], 1).expect("few");
    assert!(table.arena.is_empty());
    table.add(&[b'x'; MAX_ENTRY_BYTES + 1], 1).expect("few");
    assert_eq!(table.arena.len(), MAX_ENTRY_BYTES + 1);
}

#[test]
fn a_table_with_room_does_not_grow() {
    let hasher = PieceCounts::with_residues(5, Hasher::default());
    for n in [0, 1, 511, 512, 513, 3000] {
        let mut table = PieceCounts::with_room(n, &hasher).expect("few");
        let memory = table.memory_after(0);
        assert!(memory >= n * (size_of::<Entry>() + 2 * size_of::<u32>()), "{memory} bytes for {n} pieces");
        (0..n as u64).for_each(|number| table.add(&number.to_le_bytes(), 1).expect("few"));
        assert_eq!(table.memory_after(0), memory);
        assert!(is_well_indexed(&table));
        assert_eq!(table.len(), n);
    }
}
