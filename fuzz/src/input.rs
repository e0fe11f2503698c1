//! Choices from bytes: what a target does with an input, so that every input means something.

pub struct Input<'d>(&'d [u8]);

impl<'d> Input<'d> {
    pub fn new(data: &'d [u8]) -> Input<'d> {
        Input(data)
    }

    /// The next byte; 0 at the end.
    pub fn byte(&mut self) -> u8 {
        let Some((&first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        first
    }

    pub fn below(&mut self, end: usize) -> usize {
        usize::from(self.byte()) % end
    }

    pub fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }

    pub fn flip(&mut self) -> bool {
        self.byte() & 1 == 1
    }

    pub fn bytes(&mut self, most: usize) -> &'d [u8] {
        let length = self.below(most + 1).min(self.0.len());
        let (taken, rest) = self.0.split_at(length);
        self.0 = rest;
        taken
    }

    pub fn rest(self) -> &'d [u8] {
        self.0
    }

    /// Merges of the bytes `a` to `d`, of others, and of what the merges before make.
    pub fn merges(&mut self, most: usize) -> Vec<(u32, u32)> {
        let mut merges = Vec::new();
        for made in 256..256 + self.below(most + 1) as u32 {
            let mut half = || match self.byte() {
                byte @ 0..=127 => u32::from(b'a' + byte % 4),
                byte @ 128..=223 if made > 256 => 256 + u32::from(byte - 128) % (made - 256),
                _ => u32::from(self.byte()),
            };
            let pair = (half(), half());
            if !merges.contains(&pair) {
                merges.push(pair);
            } else {
                break;
            }
        }
        merges
    }
}
