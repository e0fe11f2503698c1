//! Tokens by what the machine of the pattern makes of them. Tokens that lead from each of its states to the same one, and make the same
//! ends sure, are one node: it cannot tell them apart.
//!
//! By hand, with a pattern that knows letters and spaces: ` the` and ` cat` end in one node, `the` in another.
//!
//! A token that ends inside a character is in the nodes of all classes that its last character may be of.

#![expect(clippy::cast_possible_truncation, reason = "classes are at most 120, nodes no more than bytes of tokens")]

use super::run::{Machine, Run};
use super::settled::grouped;
use crate::error::Result;
use crate::fast::util::fallible::{collect, concat, push, resize};
use foldhash::HashMap;

/// Classes of characters, as bits.
pub(super) type ClassSet = u128;

#[derive(Debug, Default)]
pub(super) struct Tree {
    n_classes: usize,
    /// Each node but the first: one of a lower number, and the class of a character that leads from there.
    pub(super) nodes: Vec<(u32, u8)>,
    /// The tokens of each node, and those that end inside a character.
    pub(super) tokens: Members,
    pub(super) parts: Members,
    /// While nodes are added: the node after each by each class, 0 if there is none; what the machine has done there, by the state
    /// that it began in; and the node of that.
    children: Vec<u32>,
    runs: Vec<Vec<Run>>,
    known: HashMap<Vec<Run>, u32>,
}

/// Tokens by nodes.
#[derive(Debug, Default)]
pub(super) struct Members {
    /// Those that were added, with their nodes, until the tree is closed.
    added: Vec<(u32, u32)>,
    starts: Vec<u32>,
    ids: Vec<u32>,
}

impl Members {
    pub(super) fn add(&mut self, node: u32, id: u32) -> Result<()> {
        push(&mut self.added, (node, id))
    }

    pub(super) fn of(&self, node: usize) -> &[u32] {
        &self.ids[self.starts[node] as usize..self.starts[node + 1] as usize]
    }

    fn close(&mut self, n_nodes: usize) -> Result<()> {
        (self.starts, self.ids) = grouped(n_nodes, std::mem::take(&mut self.added).iter().copied())?;
        Ok(())
    }

    fn memory(&self) -> usize {
        (self.starts.capacity() + self.ids.capacity()) * size_of::<u32>()
    }
}

impl Tree {
    /// `rows`: where the machine may be before a token.
    pub(super) fn new(machine: &Machine, rows: impl Iterator<Item = u32>) -> Result<Tree> {
        let mut tree = Tree { n_classes: machine.n_classes, ..Tree::default() };
        let runs = collect(rows.map(|row| machine.start(row)))?;
        tree.add_node((0, 0), runs)?;
        Ok(tree)
    }

    fn add_node(&mut self, node: (u32, u8), runs: Vec<Run>) -> Result<()> {
        push(&mut self.nodes, node)?;
        push(&mut self.runs, runs)?;
        resize(&mut self.children, self.nodes.len() * self.n_classes, 0)
    }

    pub(super) fn child(&mut self, machine: &Machine, node: u32, class: usize) -> Result<u32> {
        let at = node as usize * self.n_classes + class;
        if self.children[at] == 0 {
            let runs = collect(self.runs[node as usize].iter().map(|&run| machine.read_after(node, run, class)))?;
            let next = self.nodes.len() as u32;
            self.known.try_reserve(1)?;
            self.children[at] = *self.known.entry(concat(&[&runs])?).or_insert(next);
            if self.children[at] == next {
                self.add_node((node, class as u8), runs)?;
            }
        }
        Ok(self.children[at])
    }

    /// Sorts the tokens by their nodes, and drops what is needed to add more.
    pub(super) fn close(&mut self) -> Result<()> {
        (self.children, self.runs, self.known) = (Vec::new(), Vec::new(), HashMap::default());
        self.nodes.shrink_to_fit();
        self.tokens.close(self.nodes.len())?;
        self.parts.close(self.nodes.len())
    }

    pub(super) fn memory(&self) -> usize {
        self.nodes.capacity() * size_of::<(u32, u8)>() + self.tokens.memory() + self.parts.memory()
    }
}
