//! Random numbers, elements and strips.

use numtile_core::{DType, Scalar};

use super::common::Memory;
use crate::strip::Strip;

/// A small generator of pseudo-random numbers (xorshift64*).
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Random {
        Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    pub fn below(&mut self, n: usize) -> usize {
        (self.next() >> 33) as usize % n
    }

    pub fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }
}

/// An element: anything, a small number, or what breaks things.
pub fn element(random: &mut Random, dtype: DType) -> Scalar {
    if dtype.is_complex() {
        let parts = [element(random, dtype.real()), element(random, dtype.real())];
        let bytes: Vec<u8> = parts.iter().flat_map(|part| part.bytes().to_vec()).collect();
        return Scalar::from_bytes(dtype, &bytes);
    }
    let small = random.below(41) as i64 - 20;
    match dtype {
        DType::Bool => Scalar::from_bytes(dtype, &[(random.next() & 1) as u8]),
        DType::F16 if random.below(3) == 0 => Scalar::from_bytes(dtype, &random.next().to_le_bytes()[..2]),
        DType::F16 | DType::F32 | DType::F64 => Scalar::from_f64(float(random, small), dtype),
        _ => {
            let bits = match random.below(4) {
                0 | 1 => random.next(),
                2 => random.next() >> random.below(64),
                _ => small as u64,
            };
            Scalar::from_bytes(dtype, &bits.to_le_bytes()[..dtype.size()])
        }
    }
}

fn float(random: &mut Random, small: i64) -> f64 {
    /// Zeros, infinities, NaNs of both signs, halves, and the ends of integer types.
    const SPECIAL: [f64; 20] = [
        0.0,
        -0.0,
        f64::INFINITY,
        f64::NEG_INFINITY,
        f64::NAN,
        -f64::NAN,
        0.5,
        -0.5,
        127.5,
        255.0,
        -32768.5,
        65536.0,
        2_147_483_647.0,
        -2_147_483_648.0,
        4_294_967_295.5,
        9_223_372_036_854_775_808.0,
        -9_223_372_036_854_775_808.0,
        18_446_744_073_709_551_616.0,
        -1e300,
        5e-324,
    ];
    match random.below(6) {
        0 => random.pick(&SPECIAL),
        1 => small as f64 / 4.0,
        2 => f64::from_bits(random.next()),
        3 => f64::from(f32::from_bits(random.next() as u32)),
        4 => (random.next() as i64 >> random.below(63)) as f64,
        _ => (random.next() as i32) as f64 / 1e5,
    }
}

/// A strip of `n` random elements, or of one for all; it need not start at a multiple of a vector.
pub fn strip(random: &mut Random, dtype: DType, uniform: bool, n: usize) -> (Memory, Strip) {
    /// Fresh elements; further ones repeat them, at other places of a vector each time.
    const FRESH: usize = 101;
    let count = if uniform { 1 } else { n };
    let lead = random.below(4) * dtype.size();
    let mut memory = Memory::new(lead + count * dtype.size());
    let bytes = &mut memory.bytes_mut()[lead..lead + count * dtype.size()];
    let fresh = bytes.len().min(FRESH * dtype.size());
    for slot in bytes[..fresh].chunks_exact_mut(dtype.size()) {
        slot.copy_from_slice(element(random, dtype).bytes());
    }
    for at in fresh..bytes.len() {
        bytes[at] = bytes[at - fresh];
    }
    let start = memory.as_ptr().wrapping_add(lead);
    (memory, Strip { start, uniform })
}
