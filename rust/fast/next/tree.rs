//! Tokens as texts of classes: tokens whose characters are of the same classes are one node, since the pattern cannot tell them apart.
//!
//! By hand, with the classes of letters and of spaces: ` a` and ` the` end in different nodes, ` the` and ` cat` in the same one.
//!
//! A token that ends inside a character is in the nodes of all classes that its last character may be of.

#![expect(clippy::cast_possible_truncation, reason = "classes are at most 120, nodes as many as bytes of tokens")]

use super::settled::grouped;
use crate::error::Result;
use crate::fast::util::fallible::{push, resize};

/// Classes of characters, as bits.
pub(super) type ClassSet = u128;

#[derive(Debug)]
pub(super) struct Tree {
    n_classes: usize,
    /// Each node but the first: the one without its last character, which has a lower number, and the class of that.
    pub(super) nodes: Vec<(u32, u8)>,
    /// The tokens of each node, and those that end inside a character.
    pub(super) tokens: Members,
    pub(super) parts: Members,
    /// While nodes are added: the node after each by each class, 0 if there is none.
    children: Vec<u32>,
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
    pub(super) fn new(n_classes: usize) -> Result<Tree> {
        let (tokens, parts) = (Members::default(), Members::default());
        let mut tree = Tree { n_classes, nodes: Vec::new(), tokens, parts, children: Vec::new() };
        push(&mut tree.nodes, (0, 0))?;
        resize(&mut tree.children, n_classes, 0)?;
        Ok(tree)
    }

    pub(super) fn child(&mut self, node: u32, class: usize) -> Result<u32> {
        let at = node as usize * self.n_classes + class;
        if self.children[at] == 0 {
            self.children[at] = self.nodes.len() as u32;
            push(&mut self.nodes, (node, class as u8))?;
            resize(&mut self.children, self.nodes.len() * self.n_classes, 0)?;
        }
        Ok(self.children[at])
    }

    /// Sorts the tokens by their nodes, and drops what is needed to add more.
    pub(super) fn close(&mut self) -> Result<()> {
        self.children = Vec::new();
        self.nodes.shrink_to_fit();
        self.tokens.close(self.nodes.len())?;
        self.parts.close(self.nodes.len())
    }

    pub(super) fn memory(&self) -> usize {
        self.nodes.capacity() * size_of::<(u32, u8)>() + self.tokens.memory() + self.parts.memory()
    }
}
