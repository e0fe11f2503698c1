//! Tokens as texts of classes: tokens whose characters are of the same classes are one node, since the pattern cannot tell them apart.
//!
//! By hand, with the classes of letters and of spaces: ` a` and ` the` end in different nodes, ` the` and ` cat` in the same one.
//!
//! A token that ends inside a character is in the nodes of all classes that its last character may be of.

#![expect(clippy::cast_possible_truncation, reason = "classes are at most 120, nodes as many as bytes of tokens")]

use crate::error::Result;
use crate::fast::util::fallible::{push, resize};

/// Classes of characters, as bits.
pub(super) type ClassSet = u128;

#[derive(Debug)]
pub(super) struct Tree {
    n_classes: usize,
    /// Each node but the first: the one without its last character, which has a lower number, and the class of that.
    pub(super) nodes: Vec<(u32, u8)>,
    /// The node of each token.
    pub(super) tokens: Vec<(u32, u32)>,
    /// The nodes of tokens that end inside a character.
    pub(super) parts: Vec<(u32, u32)>,
    /// While nodes are added: the node behind each by each class, 0 if there is none.
    children: Vec<u32>,
}

impl Tree {
    pub(super) fn new(n_classes: usize) -> Result<Tree> {
        let mut tree =
            Tree { n_classes, nodes: Vec::new(), tokens: Vec::new(), parts: Vec::new(), children: Vec::new() };
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

    /// Drops what is needed to add nodes only.
    pub(super) fn close(&mut self) {
        self.children = Vec::new();
        self.tokens.shrink_to_fit();
    }

    pub(super) fn memory(&self) -> usize {
        let pairs = self.nodes.capacity() + self.tokens.capacity() + self.parts.capacity();
        pairs * size_of::<(u32, u32)>()
    }
}
