//! From a function over slices, of which `numtile-math` has one per instruction set, to kernels.

use std::mem::MaybeUninit;

use numtile_core::DType;
use numtile_math::Operand;
use numtile_math::functions::{BinaryFunction, HYPOT, Stored, UnaryFunction};
use numtile_math::simd::Simd;

use super::Kernel;
use super::strips::destination;
use crate::flags::Flags;
use crate::isa::Isa;
use crate::strip::Strip;

/// A function of one real number.
pub trait Unary: 'static {
    /// The function over slices.
    fn function() -> &'static UnaryFunction;
}

/// A function of two real numbers.
pub trait Binary: 'static {
    /// The function over slices.
    fn function() -> &'static BinaryFunction;
}

/// The kernel of a function for float16, float32 and float64.
pub fn unary<K: Unary>(dtype: DType, isa: Isa) -> Option<Kernel> {
    Some(match dtype {
        DType::F16 => unary_of::<K, u16>(isa),
        DType::F32 => unary_of::<K, f32>(isa),
        DType::F64 => unary_of::<K, f64>(isa),
        _ => return None,
    })
}

/// The kernel of a function of two numbers for float16, float32 and float64.
pub fn binary<K: Binary>(dtype: DType, isa: Isa) -> Option<Kernel> {
    Some(match dtype {
        DType::F16 => binary_of::<K, u16>(isa),
        DType::F32 => binary_of::<K, f32>(isa),
        DType::F64 => binary_of::<K, f64>(isa),
        _ => return None,
    })
}

fn unary_of<K: Unary, R: Stored>(isa: Isa) -> Kernel {
    match isa {
        Isa::Baseline => unary_strip::<K, R, Baseline>,
        Isa::Avx2 => unary_strip::<K, R, Avx2>,
        Isa::Avx512 => unary_strip::<K, R, Avx512>,
    }
}

fn binary_of<K: Binary, R: Stored>(isa: Isa) -> Kernel {
    match isa {
        Isa::Baseline => binary_strip::<K, R, Baseline>,
        Isa::Avx2 => binary_strip::<K, R, Avx2>,
        Isa::Avx512 => binary_strip::<K, R, Avx512>,
    }
}

/// An [`Isa`] as a type: kernels are plain functions and carry nothing.
pub trait Instructions: 'static {
    /// As `numtile-math` knows it.
    fn simd() -> Simd;
}

/// [`Isa::Baseline`].
pub struct Baseline;
/// [`Isa::Avx2`].
pub struct Avx2;
/// [`Isa::Avx512`].
pub struct Avx512;

impl Instructions for Baseline {
    fn simd() -> Simd {
        Simd::PORTABLE
    }
}

impl Instructions for Avx2 {
    fn simd() -> Simd {
        Simd::avx2().unwrap_or(Simd::PORTABLE)
    }
}

impl Instructions for Avx512 {
    fn simd() -> Simd {
        Simd::avx512().unwrap_or_else(Avx2::simd)
    }
}

unsafe fn unary_strip<K: Unary, R: Stored, I: Instructions>(n: usize, args: &[Strip; 3], to: *mut u8) -> Flags {
    let function = K::function().over::<R>();
    // SAFETY: the contract of `Kernel`.
    let (x, to) = unsafe { (elements::<R>(n, &args[0]), destination::<R>(to, n)) };
    compute(x.len(), to, |to| function(I::simd(), x, to))
}

unsafe fn binary_strip<K: Binary, R: Stored, I: Instructions>(n: usize, args: &[Strip; 3], to: *mut u8) -> Flags {
    let function = K::function().over::<R>();
    // SAFETY: the contract of `Kernel`.
    let (x, y, to) = unsafe { (operand::<R>(n, &args[0]), operand::<R>(n, &args[1]), destination::<R>(to, n)) };
    let distinct = if args[0].uniform && args[1].uniform { n.min(1) } else { n };
    compute(distinct, to, |to| function(I::simd(), x, y, to))
}

/// The modulus of complex numbers, as `hypot` of their parts.
pub fn modulus(dtype: DType, isa: Isa) -> Option<Kernel> {
    Some(match dtype {
        DType::C64 => modulus_of::<f32>(isa),
        DType::C128 => modulus_of::<f64>(isa),
        _ => return None,
    })
}

fn modulus_of<R: Stored>(isa: Isa) -> Kernel {
    match isa {
        Isa::Baseline => modulus_strip::<R, Baseline>,
        Isa::Avx2 => modulus_strip::<R, Avx2>,
        Isa::Avx512 => modulus_strip::<R, Avx512>,
    }
}

/// How many complex numbers are taken apart at a time.
const CHUNK: usize = 256;

unsafe fn modulus_strip<R: Stored, I: Instructions>(n: usize, args: &[Strip; 3], to: *mut u8) -> Flags {
    let hypot = HYPOT.over::<R>();
    // SAFETY: the contract of `Kernel`; a complex number is its two parts.
    let (numbers, to) = unsafe { (elements::<[R; 2]>(n, &args[0]), destination::<R>(to, n)) };
    compute(numbers.len(), to, |to| {
        for (numbers, to) in numbers.chunks(CHUNK).zip(to.chunks_mut(CHUNK)) {
            let [mut re, mut im] = [[numbers[0][0]; CHUNK]; 2];
            for ((number, re), im) in numbers.iter().zip(&mut re).zip(&mut im) {
                [*re, *im] = *number;
            }
            hypot(I::simd(), Operand::Each(&re[..to.len()]), Operand::Each(&im[..to.len()]), to);
        }
    })
}

/// Lets the first `distinct` results be written, and repeats them if they stand for all.
fn compute<R: Copy>(distinct: usize, to: &mut [MaybeUninit<R>], write: impl FnOnce(&mut [MaybeUninit<R>])) -> Flags {
    let (first, rest) = to.split_at_mut(distinct.min(to.len()));
    write(first);
    if let Some(&result) = first.first() {
        rest.fill(result);
    }
    Flags::NONE
}

/// # Safety
/// The strip must hold `n` elements of the type, or one.
unsafe fn elements<'a, R>(n: usize, strip: &Strip) -> &'a [R] {
    let distinct = if strip.uniform { n.min(1) } else { n };
    // SAFETY: by the caller.
    unsafe { std::slice::from_raw_parts(strip.start.cast::<R>(), distinct) }
}

/// # Safety
/// As above.
unsafe fn operand<'a, R: Stored>(n: usize, strip: &Strip) -> Operand<'a, R> {
    // SAFETY: by the caller.
    match unsafe { elements::<R>(n, strip) } {
        [one, ..] if strip.uniform => Operand::All(*one),
        elements => Operand::Each(elements),
    }
}
