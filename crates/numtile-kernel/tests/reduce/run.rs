//! Running reducers over bytes, and making bytes.

use half::f16;
use num_complex::Complex;
use numtile_core::dtype::Element;
use numtile_core::{DType, Scalar};
use numtile_kernel::Isa;
use numtile_kernel::builtin::reduce::{ReduceOp, Reducer};

pub fn isas() -> Vec<Isa> {
    Isa::ALL.into_iter().filter(|isa| isa.is_supported()).collect()
}

/// Elements in 8-byte aligned memory of exactly their size, so that a checker sees what is read beyond.
pub struct Elements {
    words: Vec<u64>,
    pub dtype: DType,
    pub len: usize,
}

impl Elements {
    pub fn new<T: Element>(values: &[T]) -> Elements {
        let mut words = vec![0u64; size_of_val(values).div_ceil(8)];
        // SAFETY: there is room for the elements, which are plain data.
        unsafe { std::ptr::copy_nonoverlapping(values.as_ptr(), words.as_mut_ptr().cast(), values.len()) };
        Elements { words, dtype: T::DTYPE, len: values.len() }
    }

    pub fn as_ptr(&self) -> *const u8 {
        self.words.as_ptr().cast()
    }

    /// Takes over as many elements of `other`, from `first` on.
    pub fn copy_from(&mut self, other: &Elements, first: usize) {
        assert!(self.dtype == other.dtype && first + self.len <= other.len);
        let size = self.dtype.size();
        // SAFETY: both have these elements.
        unsafe {
            std::ptr::copy_nonoverlapping(
                other.as_ptr().add(first * size),
                self.words.as_mut_ptr().cast(),
                self.len * size,
            );
        }
    }

    pub fn get(&self, i: usize) -> Scalar {
        assert!(i < self.len);
        let size = self.dtype.size();
        // SAFETY: the element is one of `len`.
        let bytes = unsafe { std::slice::from_raw_parts(self.as_ptr().add(i * size), size) };
        Scalar::from_bytes(self.dtype, bytes)
    }
}

/// How a leaf lies.
#[derive(Clone, Copy, Debug)]
pub enum Leaf {
    Across { kept: usize, rows: usize, cols: usize },
    Down { rows: usize, kept: usize },
}

impl Leaf {
    pub fn kept(self) -> usize {
        match self {
            Leaf::Across { kept, .. } | Leaf::Down { kept, .. } => kept,
        }
    }

    pub fn per_kept(self) -> usize {
        match self {
            Leaf::Across { rows, cols, .. } => rows * cols,
            Leaf::Down { rows, .. } => rows,
        }
    }

    pub fn len(self) -> usize {
        self.kept() * self.per_kept()
    }

    /// The elements of one kept element, in order.
    pub fn indices(self, k: usize) -> Vec<usize> {
        match self {
            Leaf::Across { rows, cols, .. } => (0..rows * cols).map(|i| k * rows * cols + i).collect(),
            Leaf::Down { rows, kept } => (0..rows).map(|row| row * kept + k).collect(),
        }
    }
}

/// States in 8-byte words, with a guard behind them.
pub fn states(reducer: &Reducer, values: &Elements, leaf: Leaf) -> Vec<u64> {
    assert_eq!(leaf.len(), values.len);
    assert!(reducer.state_bytes().is_multiple_of(8) || [1, 2, 4].contains(&reducer.state_bytes()));
    let words = (reducer.state_bytes() * leaf.kept()).div_ceil(8);
    let mut states = vec![0x7777_7777_7777_7777u64; words + 1];
    // SAFETY: values and states are as large as the leaf asks for.
    unsafe {
        match leaf {
            Leaf::Across { kept, rows, cols } => {
                reducer.leaf_across(values.as_ptr(), kept, rows, cols, states.as_mut_ptr().cast());
            }
            Leaf::Down { rows, kept } => {
                reducer.leaf_down(values.as_ptr(), rows, kept, kept, states.as_mut_ptr().cast());
            }
        }
    }
    if let Leaf::Down { rows, kept } = leaf {
        let n = rows as u64;
        let touching = finalize(reducer, states.as_ptr(), kept, n);
        let apart = finalize(reducer, apart(reducer, values, rows, kept).as_ptr(), kept, n);
        assert!(
            touching.iter().zip(&apart).all(|(a, b)| is_same(a, b)),
            "rows that do not touch: {touching:?} {apart:?}"
        );
    }
    assert_eq!(states.pop(), Some(0x7777_7777_7777_7777), "nothing is written behind the states");
    states
}

/// The same bits, all NaNs being one.
fn is_same(a: &Scalar, b: &Scalar) -> bool {
    let part = |x: f64, y: f64| x.is_nan() && y.is_nan() || x.to_bits() == y.to_bits();
    let (x, y) = (a.to_complex(), b.to_complex());
    a.bytes() == b.bytes() || part(x.re, y.re) && part(x.im, y.im)
}

/// The states of a leaf whose rows lie some elements apart, with a guard behind them.
fn apart(reducer: &Reducer, values: &Elements, rows: usize, kept: usize) -> Vec<u64> {
    let size = values.dtype.size();
    let pitch = kept + 3;
    let mut spread = vec![0x5555_5555_5555_5555u64; (rows * pitch * size).div_ceil(8)];
    let words = (reducer.state_bytes() * kept).div_ceil(8);
    let mut states = vec![0x7777_7777_7777_7777u64; words + 1];
    // SAFETY: the rows lie in the values and in the room for them, which is apart; there is a state for each column.
    unsafe {
        let to = spread.as_mut_ptr().cast::<u8>();
        for row in 0..rows {
            let (from, to) = (values.as_ptr().add(row * kept * size), to.add(row * pitch * size));
            std::ptr::copy_nonoverlapping(from, to, kept * size);
        }
        reducer.leaf_down(to, rows, pitch, kept, states.as_mut_ptr().cast());
    }
    states
}

pub fn finalize(reducer: &Reducer, states: *const u64, kept: usize, n: u64) -> Vec<Scalar> {
    let size = reducer.output().size();
    let mut out = vec![0u64; (kept * size).div_ceil(8) + 1];
    // SAFETY: there is room for the results.
    unsafe { reducer.finalize(states.cast(), kept, n, out.as_mut_ptr().cast()) };
    // SAFETY: as many bytes were written.
    let bytes = unsafe { std::slice::from_raw_parts(out.as_ptr().cast::<u8>(), kept * size) };
    bytes.chunks(size).map(|b| Scalar::from_bytes(reducer.output(), b)).collect()
}

pub fn reduce(reducer: &Reducer, values: &Elements, leaf: Leaf) -> Vec<Scalar> {
    let states = states(reducer, values, leaf);
    finalize(reducer, states.as_ptr(), leaf.kept(), leaf.per_kept() as u64)
}

pub fn reducer(op: ReduceOp, input: DType, isa: Isa) -> Reducer {
    Reducer::new(op, input, Reducer::default_output(op, input).unwrap(), 0.0, isa).unwrap()
}

/// Bits are equal, or both are NaN (component by component).
pub fn same_bits(a: Scalar, b: Scalar) -> bool {
    let same = |x: f64, y: f64| x.to_bits() == y.to_bits() || (x.is_nan() && y.is_nan());
    let (x, y) = (a.to_complex(), b.to_complex());
    a.dtype() == b.dtype()
        && (a == b || (!a.dtype().is_integer() && a.dtype() != DType::Bool && same(x.re, y.re) && same(x.im, y.im)))
}

/// A small deterministic generator.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    pub fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    /// In -1..1, with all bits in use.
    pub fn signed(&mut self) -> f64 {
        self.next() as i64 as f64 / (1u64 << 63) as f64
    }
}

/// What the values of a test look like.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// Ordinary numbers, all different.
    Ordinary,
    /// Few different values, zeros of both signs, extreme integers.
    Ties,
    /// Also NaN and infinities, here and there.
    Special,
    /// Nothing but negative zeros.
    NegativeZeros,
}

pub const KINDS: [Kind; 4] = [Kind::Ordinary, Kind::Ties, Kind::Special, Kind::NegativeZeros];

fn float(random: &mut Random, kind: Kind) -> f64 {
    match kind {
        Kind::Ordinary => random.signed() * (1u64 << random.below(12)) as f64,
        Kind::Ties => [0.0, -0.0, 1.0, -1.0, 2.5][random.below(5)],
        Kind::Special => match random.below(60) {
            0 => f64::NAN,
            1 => f64::INFINITY,
            2 => f64::NEG_INFINITY,
            3 => -f64::NAN,
            _ => float(random, Kind::Ties),
        },
        Kind::NegativeZeros => -0.0,
    }
}

fn bits(random: &mut Random, kind: Kind) -> u64 {
    match kind {
        Kind::Ordinary => random.next(),
        Kind::NegativeZeros => 0,
        _ => [0, 1, u64::MAX, 0x8080_8080_8080_8080, 0x7f7f_7f7f_7f7f_7f7f, 1 << 63, i64::MAX as u64][random.below(7)],
    }
}

/// `len` elements of a type.
pub fn elements(dtype: DType, len: usize, kind: Kind, random: &mut Random) -> Elements {
    macro_rules! of {
        (|$r:ident| $value:expr) => {{
            let $r = random;
            let values: Vec<_> = (0..len).map(|_| $value).collect();
            Elements::new(&values)
        }};
    }
    match dtype {
        DType::Bool => of!(|r| numtile_core::dtype::Bool8::from(bits(r, kind) & 1 == 1)),
        DType::I8 => of!(|r| bits(r, kind) as i8),
        DType::I16 => of!(|r| bits(r, kind) as i16),
        DType::I32 => of!(|r| bits(r, kind) as i32),
        DType::I64 => of!(|r| bits(r, kind) as i64),
        DType::U8 => of!(|r| bits(r, kind) as u8),
        DType::U16 => of!(|r| bits(r, kind) as u16),
        DType::U32 => of!(|r| bits(r, kind) as u32),
        DType::U64 => of!(|r| bits(r, kind)),
        DType::F16 => of!(|r| f16::from_f64(float(r, kind))),
        DType::F32 => of!(|r| float(r, kind) as f32),
        DType::F64 => of!(|r| float(r, kind)),
        DType::C64 => of!(|r| Complex::new(float(r, kind) as f32, float(r, kind) as f32)),
        DType::C128 => of!(|r| Complex::new(float(r, kind), float(r, kind))),
    }
}

/// Leaves of every form: short and long rows, few and many, one or several kept elements.
pub fn leaves() -> Vec<Leaf> {
    let mut leaves = Vec::new();
    for cols in 1..=200 {
        leaves.push(Leaf::Across { kept: 1 + cols % 5, rows: 1, cols });
    }
    for rows in [2, 3, 4, 7, 8, 17, 33, 64, 70] {
        for cols in [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 40, 58, 63, 64, 65, 127, 128, 130, 200] {
            if rows * cols <= 4096 {
                leaves.push(Leaf::Across { kept: 1 + (rows + cols) % 3, rows, cols });
            }
        }
    }
    for (kept, rows, cols) in
        [(1, 1, 4096), (2, 64, 64), (1, 512, 8), (20, 1, 3), (19, 2, 1), (300, 1, 2), (1, 1, 4095)]
    {
        leaves.push(Leaf::Across { kept, rows, cols });
    }
    for rows in 1..=70 {
        leaves.push(Leaf::Down { rows, kept: 1 + rows * 7 % 20 });
        leaves.push(Leaf::Down { rows, kept: 1 + rows % 4 });
    }
    for kept in (1..=20).chain([33, 64, 100, 255, 256, 257, 300, 700]) {
        leaves.push(Leaf::Down { rows: if kept % 2 == 0 { 19 } else { 3 }, kept });
    }
    for kept in [1, 2, 3, 5, 8, 21] {
        leaves.push(Leaf::Down { rows: 256, kept });
        leaves.push(Leaf::Down { rows: 255, kept });
        leaves.push(Leaf::Down { rows: 200, kept });
    }
    leaves
}
