//! Shared by the tests of this crate: aligned memory, running a kernel, comparing elements.
#![allow(dead_code, reason = "each test file uses a part")]

use numtile_core::{DType, Scalar};
use numtile_kernel::{Flags, Isa, Op, Signature, Strip};

/// NumPy's letters in the order of `DType::ALL`.
pub const CODES: &str = "?bhilBHILefdFD";

pub fn dtype(letter: char) -> DType {
    DType::ALL[CODES.find(letter).unwrap_or_else(|| panic!("no type {letter}"))]
}

/// Memory aligned to 64 bytes.
#[derive(Clone)]
pub struct Memory {
    blocks: Vec<Block>,
}

#[derive(Clone, Copy)]
#[repr(align(64))]
struct Block([u8; 64]);

impl Memory {
    pub fn new(bytes: usize) -> Memory {
        Memory { blocks: vec![Block([0xa5; 64]); bytes.div_ceil(64).max(1)] }
    }

    pub fn from(bytes: &[u8]) -> Memory {
        let mut memory = Memory::new(bytes.len());
        memory.bytes_mut()[..bytes.len()].copy_from_slice(bytes);
        memory
    }

    pub fn bytes(&self) -> &[u8] {
        // SAFETY: blocks are plain bytes without padding.
        unsafe { std::slice::from_raw_parts(self.blocks.as_ptr().cast(), self.blocks.len() * 64) }
    }

    pub fn bytes_mut(&mut self) -> &mut [u8] {
        // SAFETY: as above.
        unsafe { std::slice::from_raw_parts_mut(self.blocks.as_mut_ptr().cast(), self.blocks.len() * 64) }
    }

    pub fn as_ptr(&self) -> *const u8 {
        self.blocks.as_ptr().cast()
    }

    pub fn as_mut_ptr(&mut self) -> *mut u8 {
        self.blocks.as_mut_ptr().cast()
    }

    pub fn strip(&self) -> Strip {
        Strip::contiguous(self.as_ptr())
    }
}

pub fn isas() -> Vec<Isa> {
    Isa::ALL.into_iter().filter(|isa| isa.is_supported()).collect()
}

/// Runs the kernel of an operation over strips of `n` elements. Checks that it writes nothing past them.
pub fn run(op: Op, types: &Signature, isa: Isa, n: usize, strips: &[Strip]) -> (Vec<u8>, Flags) {
    let kernel = op.kernel(types, isa).unwrap_or_else(|| panic!("no kernel for {op} {types:?}"));
    let bytes = n * types.output.size();
    let mut to = Memory::new(bytes + 64);
    let mut args = [Strip::NONE; 3];
    args[..strips.len()].copy_from_slice(strips);
    // SAFETY: the tests hand in strips of `n` elements of the loop's types; `to` has room and is fresh.
    let flags = unsafe { kernel(n, &args, to.as_mut_ptr()) };
    assert!(to.bytes()[bytes..].iter().all(|&b| b == 0xa5), "{op} {types:?} wrote past its end");
    (to.bytes()[..bytes].to_vec(), flags)
}

/// Element `i` of packed bytes.
pub fn element(dtype: DType, bytes: &[u8], i: usize) -> Scalar {
    Scalar::from_bytes(dtype, &bytes[i * dtype.size()..(i + 1) * dtype.size()])
}

/// The bits of a scalar with every NaN made the same.
pub fn canonical(value: &Scalar) -> (Vec<u8>, [bool; 2]) {
    let z = value.to_complex();
    let nan = if value.dtype().is_integer() { [false; 2] } else { [z.re.is_nan(), z.im.is_nan()] };
    let size = value.dtype().real().size();
    let mut bytes = value.bytes().to_vec();
    for (part, &is_nan) in bytes.chunks_mut(size).zip(&nan) {
        if is_nan {
            part.fill(0xff);
        }
    }
    (bytes, nan)
}

/// Equal bits, all NaNs being equal.
pub fn same_bits(a: &Scalar, b: &Scalar) -> bool {
    a.dtype() == b.dtype() && canonical(a) == canonical(b)
}

/// Equal to a few units in the last place of the larger component, infinities and NaNs in the same places.
pub fn close(a: &Scalar, b: &Scalar, ulps: f64) -> bool {
    let unit = if a.dtype().real() == DType::F32 { f64::from(f32::EPSILON) } else { f64::EPSILON };
    let (x, y) = (a.to_complex(), b.to_complex());
    let finite = |v: f64| if v.is_finite() { v.abs() } else { 0.0 };
    let scale = finite(y.re).max(finite(y.im));
    let part = |x: f64, y: f64| x == y || x.is_nan() && y.is_nan() || (x - y).abs() <= ulps * unit * scale;
    part(x.re, y.re) && part(x.im, y.im)
}
