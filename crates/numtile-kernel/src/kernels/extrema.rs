//! The smaller and the larger of two.
//!
//! `minimum` and `maximum` propagate NaN, `fmin` and `fmax` ignore it. Zeros are ordered −0 < +0, where NumPy's answer
//! depends on the position in the array. Complex numbers are ordered as the comparisons order them.

use half::f16;
use num_complex::Complex;
use numtile_core::dtype::{Bool8, Element};

use super::compare::Ordered;
use super::group::{binary_bools, binary_complexes, binary_floats, binary_integers};
use super::number::{Float, narrow, widen};
use super::{Binary, Kernel};
use crate::isa::Isa;
use crate::types::Signature;

struct Minimum;
struct Maximum;
struct Fmin;
struct Fmax;

/// The smaller of `a` and `b`, or NaN.
pub fn minimum(types: &Signature, isa: Isa) -> Option<Kernel> {
    let t = types.input();
    exact_minimum(types, isa)
        .or_else(|| binary_floats::<Minimum>(t, isa))
        .or_else(|| binary_complexes::<Minimum>(t, isa))
}

/// The larger of `a` and `b`, or NaN.
pub fn maximum(types: &Signature, isa: Isa) -> Option<Kernel> {
    let t = types.input();
    exact_maximum(types, isa)
        .or_else(|| binary_floats::<Maximum>(t, isa))
        .or_else(|| binary_complexes::<Maximum>(t, isa))
}

/// The smaller of `a` and `b`, NaN only if both are.
pub fn fmin(types: &Signature, isa: Isa) -> Option<Kernel> {
    let t = types.input();
    exact_minimum(types, isa).or_else(|| binary_floats::<Fmin>(t, isa)).or_else(|| binary_complexes::<Fmin>(t, isa))
}

/// The larger of `a` and `b`, NaN only if both are.
pub fn fmax(types: &Signature, isa: Isa) -> Option<Kernel> {
    let t = types.input();
    exact_maximum(types, isa).or_else(|| binary_floats::<Fmax>(t, isa)).or_else(|| binary_complexes::<Fmax>(t, isa))
}

fn exact_minimum(types: &Signature, isa: Isa) -> Option<Kernel> {
    binary_bools::<Minimum>(types.input(), isa).or_else(|| binary_integers::<Minimum>(types.input(), isa))
}

fn exact_maximum(types: &Signature, isa: Isa) -> Option<Kernel> {
    binary_bools::<Maximum>(types.input(), isa).or_else(|| binary_integers::<Maximum>(types.input(), isa))
}

impl Binary<Bool8> for Minimum {
    type Out = Bool8;
    #[inline(always)]
    fn apply(a: Bool8, b: Bool8) -> Bool8 {
        Bool8::from((a.0 != 0) & (b.0 != 0))
    }
}

impl Binary<Bool8> for Maximum {
    type Out = Bool8;
    #[inline(always)]
    fn apply(a: Bool8, b: Bool8) -> Bool8 {
        Bool8::from((a.0 | b.0) != 0)
    }
}

macro_rules! integers {
    ($($t:ty),*) => {$(
        impl Binary<$t> for Minimum {
            type Out = $t;
            #[inline(always)]
            fn apply(a: $t, b: $t) -> $t { if b < a { b } else { a } }
        }
        impl Binary<$t> for Maximum {
            type Out = $t;
            #[inline(always)]
            fn apply(a: $t, b: $t) -> $t { if b > a { b } else { a } }
        }
    )*};
}
integers!(i8, i16, i32, i64, u8, u16, u32, u64);

/// NaN if either is; equal numbers differ at most in the sign of zero, and their bits are joined.
#[inline(always)]
fn smaller<T: Float>(a: T, b: T) -> T {
    let pick = if a < b || a.is_nan() { a } else { b };
    if a.equals(b) { a.join_bits(b, true) } else { pick }
}

#[inline(always)]
fn larger<T: Float>(a: T, b: T) -> T {
    let pick = if a > b || a.is_nan() { a } else { b };
    if a.equals(b) { a.join_bits(b, false) } else { pick }
}

#[inline(always)]
fn smaller_number<T: Float>(a: T, b: T) -> T {
    let pick = if a < b || b.is_nan() { a } else { b };
    if a.equals(b) { a.join_bits(b, true) } else { pick }
}

#[inline(always)]
fn larger_number<T: Float>(a: T, b: T) -> T {
    let pick = if a > b || b.is_nan() { a } else { b };
    if a.equals(b) { a.join_bits(b, false) } else { pick }
}

macro_rules! floats {
    ($($op:ident $function:ident),*) => {$(
        impl Binary<f16> for $op {
            type Out = f16;
            #[inline(always)]
            fn apply(a: f16, b: f16) -> f16 { narrow($function(widen(a), widen(b))) }
        }
        impl Binary<f32> for $op {
            type Out = f32;
            #[inline(always)]
            fn apply(a: f32, b: f32) -> f32 { $function(a, b) }
        }
        impl Binary<f64> for $op {
            type Out = f64;
            #[inline(always)]
            fn apply(a: f64, b: f64) -> f64 { $function(a, b) }
        }
    )*};
}
floats!(Minimum smaller, Maximum larger, Fmin smaller_number, Fmax larger_number);

#[inline(always)]
fn has_nan<T: Float>(z: Complex<T>) -> bool {
    z.re.is_nan() | z.im.is_nan()
}

impl<T: Float> Binary<Complex<T>> for Minimum
where
    Complex<T>: Element + Ordered,
{
    type Out = Complex<T>;
    #[inline(always)]
    fn apply(a: Complex<T>, b: Complex<T>) -> Complex<T> {
        if has_nan(a) || a.less_equal(b) { a } else { b }
    }
}

impl<T: Float> Binary<Complex<T>> for Maximum
where
    Complex<T>: Element + Ordered,
{
    type Out = Complex<T>;
    #[inline(always)]
    fn apply(a: Complex<T>, b: Complex<T>) -> Complex<T> {
        if has_nan(a) || b.less_equal(a) { a } else { b }
    }
}

impl<T: Float> Binary<Complex<T>> for Fmin
where
    Complex<T>: Element + Ordered,
{
    type Out = Complex<T>;
    #[inline(always)]
    fn apply(a: Complex<T>, b: Complex<T>) -> Complex<T> {
        if has_nan(b) || a.less_equal(b) { a } else { b }
    }
}

impl<T: Float> Binary<Complex<T>> for Fmax
where
    Complex<T>: Element + Ordered,
{
    type Out = Complex<T>;
    #[inline(always)]
    fn apply(a: Complex<T>, b: Complex<T>) -> Complex<T> {
        if has_nan(b) || b.less_equal(a) { a } else { b }
    }
}
