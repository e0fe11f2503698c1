//! A function of positions that is constant over long stretches: for example the weight of a position, or its piece.

#![expect(clippy::cast_possible_truncation, reason = "there are fewer steps than slots")]

use crate::error::Result;
use crate::fast::util::fallible::{push, resize};

/// Slots per entry of the coarse index: a look-up then walks a few steps at most, however many there are.
const STRIDE: u32 = 64;

/// A step function over `0..end`: `values[i]` from `starts[i]` up to `starts[i + 1]`.
pub(super) struct StepFunction<V> {
    starts: Vec<u32>,
    values: Vec<V>,
    /// The step that holds each block's first position.
    blocks: Vec<u32>,
}

impl<V: Copy + Default> StepFunction<V> {
    pub fn new() -> Self {
        Self { starts: Vec::new(), values: Vec::new(), blocks: Vec::new() }
    }

    /// Begins a new step at `start`, which grows from call to call (the first is 0).
    pub fn push(&mut self, start: u32, value: V) -> Result<()> {
        let step = self.starts.len() as u32;
        let first_block = start.div_ceil(STRIDE) as usize;
        if let Some(previous) = step.checked_sub(1) {
            resize(&mut self.blocks, first_block, previous)?;
        }
        push(&mut self.starts, start)?;
        push(&mut self.values, value)
    }

    /// Closes the function at `end`: no position reaches it.
    pub fn finish(&mut self, end: u32) -> Result<()> {
        let last = self.starts.len().saturating_sub(1) as u32;
        resize(&mut self.blocks, end.div_ceil(STRIDE) as usize + 1, last)?;
        push(&mut self.starts, end)
    }

    /// The step that holds `position`.
    fn find(&self, position: u32) -> usize {
        let mut step = self.blocks[(position / STRIDE) as usize] as usize;
        while self.starts[step + 1] <= position {
            step += 1;
        }
        step
    }

    /// The start and the value of the step that holds `position`.
    pub fn get(&self, position: u32) -> (u32, V) {
        let step = self.find(position);
        (self.starts[step], self.values[step])
    }

    /// A cursor for positions that only grow: it looks up once a step.
    pub fn cursor(&self) -> Cursor<'_, V> {
        Cursor { steps: self, end: 0, value: V::default() }
    }
}

pub(super) struct Cursor<'a, V> {
    steps: &'a StepFunction<V>,
    end: u32,
    value: V,
}

impl<V: Copy + Default> Cursor<'_, V> {
    #[inline]
    pub fn at(&mut self, position: u32) -> V {
        if position >= self.end {
            self.seek(position);
        }
        self.value
    }

    /// Where the step that holds `position` ends.
    #[inline]
    pub fn end_of(&mut self, position: u32) -> u32 {
        self.at(position);
        self.end
    }

    #[cold]
    fn seek(&mut self, position: u32) {
        let step = self.steps.find(position);
        self.end = self.steps.starts[step + 1];
        self.value = self.steps.values[step];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_position_finds_its_step() {
        let starts = [0_u32, 1, 5, 63, 64, 65, 128, 129, 400, 1000];
        let mut steps = StepFunction::new();
        for (i, &start) in starts.iter().enumerate() {
            steps.push(start, i as u64 + 1).expect("small");
        }
        steps.finish(1100).expect("small");
        let mut cursor = steps.cursor();
        for position in 0..1100 {
            let step = starts.iter().rposition(|&start| start <= position).expect("the first step starts at 0");
            assert_eq!(steps.get(position), (starts[step], step as u64 + 1));
            assert_eq!(cursor.at(position), step as u64 + 1);
            let end = starts.get(step + 1).copied().unwrap_or(1100);
            assert_eq!((cursor.end_of(position), steps.cursor().end_of(position)), (end, end));
            // The index leads to the step itself, or to one that begins before the block does.
            let block = position / STRIDE * STRIDE;
            let indexed = steps.blocks[(position / STRIDE) as usize] as usize;
            assert_eq!(steps.starts[indexed], *starts.iter().rfind(|&&start| start <= block).expect("the first"));
        }
    }
}
