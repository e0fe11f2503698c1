//! What is computed about a vocabulary once, when it is opened. Read in this order:
//!
//! 1. [`merges_from_ranks`], [`merges_from_scores`]: vocabularies of ranks or scores as merges, and their pair table.
//! 2. [`made_by_merges`]: which tokens merges make.
//! 3. [`exceptions`]: the others, which only a whole piece can be.

pub(super) mod exceptions;
pub(super) mod made_by_merges;
pub mod merges_from_ranks;
pub mod merges_from_scores;
