//! A 128-bit structural hash for expressions and plans, and tables whose keys nobody chooses to collide.
//!
//! Two lanes of multiply-and-fold over 64-bit words, with constants from the digits of pi. It is not keyed: it finds
//! equal structures inside one process and is never a defence against chosen collisions.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};

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

/// The hasher of [`QuickMap`] and [`QuickSet`]: one multiplication per word.
#[derive(Clone, Copy, Debug, Default)]
pub struct QuickHasher(u64);

impl Hasher for QuickHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0u8; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.write_u64(u64::from_le_bytes(word));
        }
    }

    fn write_u8(&mut self, value: u8) {
        self.write_u64(u64::from(value));
    }

    fn write_u32(&mut self, value: u32) {
        self.write_u64(u64::from(value));
    }

    fn write_u64(&mut self, value: u64) {
        // Zeros would stay where they are without the addition.
        self.0 = fold(self.0.rotate_left(23) ^ value, 0xa409_3822_299f_31d1).wrapping_add(0x082e_fa98_ec4e_6c89);
    }

    fn write_u128(&mut self, value: u128) {
        self.write_u64(value as u64);
        self.write_u64((value >> 64) as u64);
    }

    fn write_usize(&mut self, value: usize) {
        self.write_u64(value as u64);
    }
}

/// A table inside the engine: nobody chooses its keys so that they collide, so it need not defend itself.
pub type QuickMap<K, V> = HashMap<K, V, BuildHasherDefault<QuickHasher>>;
/// A set of the same kind.
pub type QuickSet<K> = HashSet<K, BuildHasherDefault<QuickHasher>>;

#[cfg(test)]
mod tests {
    use std::hash::BuildHasher;

    use super::*;

    #[test]
    fn quick_hashes_differ_in_the_bits_that_tables_use() {
        let hash = |key: u128| BuildHasherDefault::<QuickHasher>::default().hash_one(key);
        for shift in [0, 32, 64, 100] {
            let hashes: Vec<u64> = (0..4096u128).map(|key| hash(key << shift)).collect();
            let places: HashSet<u64> = hashes.iter().map(|hash| hash & 0xfff).collect();
            let tags: HashSet<u64> = hashes.iter().map(|hash| hash >> 57).collect();
            assert!(places.len() > 2400, "{} of 4096 places for keys shifted by {shift}", places.len());
            assert_eq!(tags.len(), 128, "keys shifted by {shift}");
        }
    }
}
