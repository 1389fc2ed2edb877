//! A 128-bit structural hash for expressions and plans.
//!
//! Two lanes of multiply-and-fold over 64-bit words, with constants from the digits of pi. It is not keyed: it finds
//! equal structures inside one process and is never a defence against chosen collisions.

/// An incremental 128-bit hash.
#[derive(Clone, Copy, Debug)]
pub struct Hasher128 {
    a: u64,
    b: u64,
}

impl Default for Hasher128 {
    fn default() -> Self {
        Hasher128 { a: 0x243f_6a88_85a3_08d3, b: 0x1319_8a2e_0370_7344 }
    }
}

fn fold(x: u64, y: u64) -> u64 {
    let wide = u128::from(x) * u128::from(y);
    (wide as u64) ^ ((wide >> 64) as u64)
}

impl Hasher128 {
    /// An empty hash that starts with a tag, so that different kinds of things with equal parts differ.
    pub fn new(tag: &str) -> Hasher128 {
        let mut hash = Hasher128::default();
        hash.bytes(tag.as_bytes());
        hash
    }

    /// Adds one word.
    pub fn word(&mut self, word: u64) -> &mut Self {
        self.a = fold(self.a ^ word, 0xa409_3822_299f_31d1) ^ self.b.rotate_left(23);
        self.b = fold(self.b ^ word.rotate_left(32), 0x082e_fa98_ec4e_6c89).wrapping_add(self.a);
        self
    }

    /// Adds a 128-bit hash.
    pub fn hash(&mut self, hash: u128) -> &mut Self {
        self.word(hash as u64).word((hash >> 64) as u64)
    }

    /// Adds bytes and their number.
    pub fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.word(bytes.len() as u64);
        for chunk in bytes.chunks(8) {
            let mut word = [0u8; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.word(u64::from_le_bytes(word));
        }
        self
    }

    /// The hash of all that was added.
    pub fn finish(&self) -> u128 {
        let mut last = *self;
        last.word(0x4528_21e6_38d0_1377);
        u128::from(last.a) << 64 | u128::from(last.b)
    }
}
