//! The tests of scanners that take longest: what stands in every place, across the edges of windows, or in long runs.

use super::Grammar;
use super::tests::{ATOMS, blocks, check_blocks_of, is_tried, oracle, scalar};
use crate::fast::simd::Isa;

fn check_every_code_point_in_every_place(grammar: Grammar) {
    let check = |text: &str| assert_eq!(scalar(grammar, text.as_bytes()), oracle(grammar, text.as_bytes()), "{text:?}");
    let mut text = String::new();
    for c in (char::MIN..=char::MAX).filter(|&c| {
        // The unassigned and private planes are one class; their edges are enough.
        !matches!(c as u32, 0x3_2400..=0xD_FFF0 | 0xF_0010..=0x10_FFF0) && is_tried(c)
    }) {
        text.extend(['|', c, '|', c, c, 'a', c, 'b', 'A', c, 'B', ' ', c, '\'', 's', '\'', c, '1', c, '\n']);
        text.extend([c, '!', c, '!', '!', c, '\n', c]);
        if text.len() > 4000 {
            check(&text);
            text.clear();
        }
    }
    check(&text);
}

fn check_long_runs(grammar: Grammar) {
    for atom in [" ", "'", "a", "A", "\u{65E5}A", "1", "\n", " \n", "\n/", "'s", "\u{301}", "\u{85}", "! ", "\u{3000}"]
    {
        for tail in ["", "x", "\n", "!"] {
            let text = atom.repeat(500_000 / atom.len()) + tail;
            // Anything quadratic would be at this for minutes.
            let ends = blocks(*Isa::available().last().unwrap(), grammar, text.as_bytes(), 2048);
            assert_eq!(ends, scalar(grammar, text.as_bytes()), "many of {atom:?}");
        }
    }
}

/// Before, across and after the edges of windows.
fn check_every_pair_of_atoms_across_the_edges(grammar: Grammar) {
    let (filler, tail) = ("word, an 'other' one. ".repeat(8), " and then what comes after the window ".repeat(3));
    for (i, first) in ATOMS.iter().enumerate() {
        for (j, second) in ATOMS.iter().enumerate() {
            for step in 0..6 {
                let offset = (i * 13 + j * 7 + step * 11) % 66;
                let text = [&filler[..offset], first, second, first, &tail].concat();
                check_blocks_of(grammar, text.as_bytes(), 512);
            }
        }
    }
}

/// A test for each grammar, so that the processors share them.
macro_rules! for_each_grammar {
    ($($name:ident $grammar:ident),*) => {$(
        mod $name {
            use super::*;

            #[test]
            fn every_code_point_in_every_place() {
                check_every_code_point_in_every_place(Grammar::$grammar);
            }

            #[test]
            fn long_runs_cost_linear_time() {
                check_long_runs(Grammar::$grammar);
            }

            #[test]
            fn every_pair_of_atoms_across_the_edges() {
                check_every_pair_of_atoms_across_the_edges(Grammar::$grammar);
            }
        }
    )*};
}

for_each_grammar!(gpt2 Gpt2, cl100k Cl100k, o200k O200k, llama3 Llama3, qwen2 Qwen2, qwen35 Qwen35, tekken Tekken, kimi Kimi);
