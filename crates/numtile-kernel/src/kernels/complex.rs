//! Complex numbers and their parts. A real number is its own conjugate and real part, and has imaginary part 0.

use num_complex::Complex;
use numtile_core::DType;
use numtile_core::dtype::Element;

use super::group::unary_complexes;
use super::number::Float;
use super::strips::binary;
use super::{Binary, Kernel, Unary, cast};
use crate::flags::Flags;
use crate::isa::Isa;
use crate::strip::Strip;
use crate::types::Signature;

struct Conjugate;
struct Real;
struct Imag;
struct Join;

/// With the imaginary part negated.
pub fn conjugate(types: &Signature, isa: Isa) -> Option<Kernel> {
    unary_complexes::<Conjugate>(types.input(), isa).or_else(|| cast::cast(types, isa))
}

/// The real part.
pub fn real(types: &Signature, isa: Isa) -> Option<Kernel> {
    unary_complexes::<Real>(types.input(), isa).or_else(|| cast::cast(types, isa))
}

/// The imaginary part.
pub fn imag(types: &Signature, isa: Isa) -> Option<Kernel> {
    unary_complexes::<Imag>(types.input(), isa).or(Some(match types.output.size() {
        1 => zeros::<1>,
        2 => zeros::<2>,
        4 => zeros::<4>,
        _ => zeros::<8>,
    }))
}

/// The complex number with the parts `a` and `b`.
pub fn join(types: &Signature, isa: Isa) -> Option<Kernel> {
    Some(match types.input() {
        DType::F32 => binary::<Join, f32, f32>(isa),
        DType::F64 => binary::<Join, f64, f64>(isa),
        _ => return None,
    })
}

unsafe fn zeros<const SIZE: usize>(n: usize, _: &[Strip; 3], to: *mut u8) -> Flags {
    // SAFETY: `to` has room for `n` elements by the contract of `Kernel`.
    unsafe { to.write_bytes(0, n * SIZE) };
    Flags::NONE
}

impl<T: Float> Binary<T> for Join
where
    Complex<T>: Element,
{
    type Out = Complex<T>;
    #[inline(always)]
    fn apply(a: T, b: T) -> Complex<T> {
        Complex { re: a, im: b }
    }
}

impl<T: Float> Unary<Complex<T>> for Conjugate
where
    Complex<T>: Element,
{
    type Out = Complex<T>;
    #[inline(always)]
    fn apply(a: Complex<T>) -> Complex<T> {
        Complex { re: a.re, im: a.im.negative() }
    }
}

impl<T: Float> Unary<Complex<T>> for Real {
    type Out = T;
    #[inline(always)]
    fn apply(a: Complex<T>) -> T {
        a.re
    }
}

impl<T: Float> Unary<Complex<T>> for Imag {
    type Out = T;
    #[inline(always)]
    fn apply(a: Complex<T>) -> T {
        a.im
    }
}
