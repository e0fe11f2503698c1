use super::*;
use crate::fast::encode::lookup::piece_key::{KEY_MASK, MAX_KEY_BYTES, key_of};
use crate::fast::simd::{Isa, Kernel};
use proptest::prelude::*;

#[test]
fn a_cache_is_no_larger_than_it_may_be() {
    for (n_ids, megabytes) in [(256, 0), (50_257, 1), (100_277, 7), (200_019, 40), (1 << 30, 1000)] {
        let bytes = megabytes << 20;
        let size = Size::for_ids(n_ids, n_ids, bytes);
        let most = (size_of::<Bucket>() << size.max_log_buckets) + size.records * size_of::<Row>();
        assert!(most <= bytes.max(1 << 20), "{n_ids} ids, {megabytes} MiB: {most} bytes");
        assert!(size.log_buckets <= size.max_log_buckets && SLOTS << size.max_log_buckets <= 1 << 20);
        assert_eq!(size.first_record, n_ids.min(VALUES / 2), "half of the values are left for records");
        assert!(size.first_record as usize + size.records <= VALUES as usize);
        let mut cache = PieceCache::seeded(size, (1..300_000).map(|id| (u128::from(id), id))).unwrap();
        assert!(cache.entries <= cache.half());
        assert_eq!(cache.buckets().len(), 1 << size.log_buckets);
        for _ in 0..9 {
            cache.grow();
        }
        assert!(cache.size.log_buckets <= size.max_log_buckets);
    }
}

#[test]
fn a_new_cache_has_room_for_the_seeds_and_some_text_and_not_for_twice_that() {
    for seeds in [0, 1, 1000, 49_152, 65_536, 65_537, 1 << 20] {
        let size = Size::for_ids(1 << 19, seeds, 1 << 30);
        let (slots, wanted) = (SLOTS << size.log_buckets, 2 * (seeds as usize + NEW_PIECES));
        assert!(slots + SLOTS > wanted || size.log_buckets == size.max_log_buckets, "{seeds} seeds, {slots} slots");
        assert!(slots < 2 * wanted, "{seeds} seeds, {slots} slots");
        assert_eq!(size.first_record, 1 << 19, "each id is a value");
    }
}

#[test]
fn a_cache_grows_when_more_than_half_of_it_is_taken() {
    let size = Size { log_buckets: 1, max_log_buckets: 2, first_record: 300, records: 400 };
    let mut cache = PieceCache::new(size).unwrap();
    for ((piece, known), buckets) in pieces(9).iter().zip(1..).zip([2, 2, 2, 2, 4, 4, 4, 4, 4]) {
        insert(&mut cache, piece);
        assert_eq!(cache.is_full(), cache.entries > 2 * cache.buckets().len());
        cache.grow();
        assert_eq!((cache.entries, cache.buckets().len()), (known, buckets));
    }
}

#[test]
fn a_key_can_have_its_bucket_above_it() {
    let cache = PieceCache::new(Size { log_buckets: 12, max_log_buckets: 12, first_record: 300, records: 44 }).unwrap();
    let view = cache.view();
    let mut found = std::collections::BTreeSet::new();
    for (_, key, _) in pieces(2000) {
        let both = view.with_bucket(Portable, key);
        assert_eq!((both & KEY_MASK, (both >> VALUE_SHIFT) as usize), (key, view.bucket_of(Portable, key)));
        found.insert(view.bucket_of(Portable, key));
    }
    assert!(found.len() > 1400 && found.last() < Some(&(1 << 12)), "2,000 pieces in {} buckets", found.len());
}

#[test]
fn a_long_piece_is_not_another_of_its_key() {
    let mut cache = PieceCache::new(Size::TINY).unwrap();
    let (piece, other) = ([b'a'; 20], [b'b'; 20]);
    let key = key_of(&piece, 0, 20);
    let value = cache.insert(key, &other, &[7]).unwrap();
    assert_eq!(cache.view().find_piece(key, &other), Some(value));
    assert_eq!(cache.view().find_piece(key, &piece), None);
    assert_eq!(cache.view().find_piece(key, &other[1..]), None);
}

#[test]
fn a_cache_is_full_before_it_forgets_a_record() {
    let mut cache =
        PieceCache::new(Size { log_buckets: 10, max_log_buckets: 10, first_record: 300, records: 321 }).unwrap();
    let mut known = 0;
    while !cache.is_full() {
        cache.turn();
        cache.insert(key_of(&[1 + (known % 200) as u8, 1 + (known / 200) as u8], 0, 2), b"", &[1, 2]).unwrap();
        known += 1;
        assert!(cache.entries == known && known <= 320, "{known} records");
    }
    assert!(known > 240, "the last quarter is in use");
}

/// Pieces of 2 to 44 bytes, their keys, and one to five ids each.
fn pieces(count: u32) -> Vec<(Vec<u8>, u128, Vec<u32>)> {
    let piece = |number: u32| format!("{number}-{}", "x".repeat(number as usize % 40)).into_bytes();
    let with_ids = |(number, piece): (u32, Vec<u8>)| {
        let key = key_of(&piece, 0, piece.len());
        (piece, key, (0..=number % 5).map(|id| (7 * number + id) % 299 + 1).collect())
    };
    (0..count).map(|number| with_ids((number, piece(number)))).collect()
}

fn knows(cache: &PieceCache, (piece, key, ids): &(Vec<u8>, u128, Vec<u32>)) -> bool {
    let view = cache.view();
    let Some(value) = view.find_piece(*key, piece) else { return false };
    let (rows, first) = view.records();
    if value < first {
        assert_eq!([value], **ids);
    } else {
        let record = rows[(value - first) as usize..].as_flattened();
        assert_eq!(record[1..=record[0] as usize], **ids);
    }
    true
}

fn insert(cache: &mut PieceCache, (piece, key, ids): &(Vec<u8>, u128, Vec<u32>)) {
    let value = cache.insert(*key, piece, ids);
    assert_eq!(cache.view().find_piece(*key, piece), value);
}

#[test]
fn what_is_put_in_is_found_while_the_cache_grows() {
    let size = Size { log_buckets: 1, max_log_buckets: 12, first_record: 300, records: 40_000 };
    let (mut cache, pieces) = (PieceCache::new(size).unwrap(), pieces(2000));
    for piece in &pieces {
        assert!(!knows(&cache, piece));
        insert(&mut cache, piece);
        assert!(knows(&cache, piece));
        cache.grow();
        assert!(!cache.is_full());
    }
    assert_eq!(cache.size.log_buckets, 10, "more than half of 2,048 slots, and less than half of 4,096");
    let known = pieces.iter().filter(|piece| knows(&cache, piece)).count();
    assert!(known > 1900 && known <= cache.entries, "{known} of {} entries", cache.entries);
    let (long, key, _) = pieces.iter().find(|(piece, ..)| piece.len() > 20).unwrap();
    let other: Vec<u8> = long.iter().map(|byte| byte ^ 1).collect();
    assert!(is_long(*key) && cache.view().find_piece(*key, &other).is_none(), "another piece of the same key");
}

#[test]
fn the_first_seeds_are_found() {
    let size = Size { log_buckets: 6, max_log_buckets: 6, first_record: 300, records: 44 };
    let seeds: Vec<_> = pieces(200).into_iter().zip(1..).map(|((piece, key, _), id)| (piece, key, vec![id])).collect();
    let cache = PieceCache::seeded(size, seeds.iter().map(|(_, key, ids)| (*key, ids[0]))).unwrap();
    let view = cache.view();
    let known: Vec<bool> = seeds
        .iter()
        .map(|(_, key, ids)| view.find(Portable, view.bucket_of(Portable, *key), *key) == Some(ids[0]))
        .collect();
    assert_eq!(cache.half(), 128);
    assert!(known[..128].iter().filter(|&&known| known).count() > 120);
    assert!(!known[128..].contains(&true) && !cache.is_full());
}

#[test]
fn a_new_piece_takes_the_place_of_an_old_one() {
    let size = Size { log_buckets: 1, max_log_buckets: 1, first_record: 300, records: 44 };
    let mut cache = PieceCache::new(size).unwrap();
    let pieces: Vec<_> = pieces(400).into_iter().filter(|(piece, _, ids)| ids.len() == 1 && piece.len() < 14).collect();
    for last in 0..pieces.len() {
        insert(&mut cache, &pieces[last]);
        cache.grow();
        // All, while there is room; then each takes another of four slots.
        let surely_known = if last < 8 { 0 } else { 8.max(last - 3) };
        assert!(pieces[surely_known..=last].iter().all(|piece| knows(&cache, piece)));
        assert_eq!(cache.is_full(), cache.entries > 4);
    }
    assert_eq!(pieces.iter().filter(|piece| knows(&cache, piece)).count(), 8);
    assert_eq!(cache.entries, 8);
}

#[test]
fn records_that_are_dropped_are_forgotten() {
    let size = Size { log_buckets: 8, max_log_buckets: 8, first_record: 300, records: 81 };
    let mut cache = PieceCache::new(size).unwrap();
    let pieces: Vec<_> = pieces(1200).into_iter().filter(|(piece, _, ids)| ids.len() > 1 && piece.len() < 14).collect();
    for last in 0..pieces.len() {
        cache.turn();
        insert(&mut cache, &pieces[last]);
        let known = pieces[..=last].iter().rev().take_while(|piece| knows(&cache, piece)).count();
        assert!(known > 50.min(last), "the newest three quarters are kept");
        assert!(!pieces[..last + 1 - known].iter().any(|piece| knows(&cache, piece)), "what is older is not");
        assert_eq!(cache.entries, known);
    }
    assert!(pieces.len() > 100);
}

struct Name<'c>(View<'c>, [u8; LOAD], usize);

impl Kernel for Name<'_> {
    type Output = u128;

    fn run<V: Vectors>(self, vectors: V) -> u128 {
        let mut name = 0;
        self.0.name(vectors, &self.1, self.2, &mut name);
        name
    }
}

struct Find<'c>(View<'c>, u128);

impl Kernel for Find<'_> {
    type Output = Option<u32>;

    fn run<V: Vectors>(self, vectors: V) -> Option<u32> {
        self.0.find(vectors, 0, self.1)
    }
}

proptest! {
    #[test]
    fn all_instructions_name_a_piece_alike(bytes: [u8; LOAD], len in 1..=MAX_KEY_BYTES, log_buckets in 1..18u32) {
        let size = Size { log_buckets, max_log_buckets: log_buckets, first_record: 300, records: 44 };
        let cache = PieceCache::new(size).unwrap();
        let (view, key) = (cache.view(), key_of(&bytes, 0, len));
        for isa in Isa::available() {
            prop_assert_eq!(isa.run(Name(view, bytes, len)), view.with_bucket(Portable, key), "{:?}", isa);
        }
    }

    #[test]
    fn all_instructions_find_what_is_there(
        keys in prop::collection::hash_set(1u128..1 << VALUE_SHIFT, 4),
        values: [u32; 4],
        other: u128,
        other_value: u32,
    ) {
        let value = |value: u32| value % (1 << (128 - VALUE_SHIFT));
        let keys: Vec<u128> = keys.into_iter().collect();
        let mut buckets: [Bucket; 2] = [[0; 2 * SLOTS]; 2];
        let bucket = &mut buckets[0];
        for slot in 0..SLOTS {
            let wanted = keys[slot] | u128::from(value(values[slot])) << VALUE_SHIFT;
            set_entry(bucket, slot, wanted);
            prop_assert_eq!(entry_at(bucket, slot), wanted);
            prop_assert_eq!(is_full(bucket), slot == SLOTS - 1);
        }
        let mut wanted: Vec<(u128, Option<u32>)> = keys.iter().copied().zip(values.map(|v| Some(value(v)))).collect();
        let other = other & ((1 << VALUE_SHIFT) - 1);
        for near in [other, keys[0] ^ 1, keys[1] ^ 1 << 64, keys[2] ^ 1 << 107].into_iter().filter(|key| !keys.contains(key)) {
            wanted.push((near, None));
        }
        let view = View { buckets: &buckets, shift: 63, records: &[], first_record: 0 };
        for (key, expected) in wanted {
            let key = key | u128::from(value(other_value)) << VALUE_SHIFT;
            for isa in Isa::available() {
                prop_assert_eq!(isa.run(Find(view, key)), expected);
            }
        }
    }
}
