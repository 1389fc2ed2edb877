//! Rounding to whole numbers, and what it takes away. Integers and bool are whole already and are copied.

use half::f16;
use num_complex::Complex;

use super::group::{unary_complexes, unary_floats};
use super::number::{narrow, widen};
use super::{Kernel, Unary, cast};
use crate::isa::Isa;
use crate::types::Signature;

struct Rint;
struct Floor;
struct Ceil;
struct Trunc;
struct Fraction;

/// The nearest whole number, ties to even.
pub fn rint(types: &Signature, isa: Isa) -> Option<Kernel> {
    unary_floats::<Rint>(types.input(), isa).or_else(|| unary_complexes::<Rint>(types.input(), isa))
}

/// The whole number at or below.
pub fn floor(types: &Signature, isa: Isa) -> Option<Kernel> {
    unary_floats::<Floor>(types.input(), isa).or_else(|| whole(types, isa))
}

/// The whole number at or above.
pub fn ceil(types: &Signature, isa: Isa) -> Option<Kernel> {
    unary_floats::<Ceil>(types.input(), isa).or_else(|| whole(types, isa))
}

/// The whole number towards zero.
pub fn trunc(types: &Signature, isa: Isa) -> Option<Kernel> {
    unary_floats::<Trunc>(types.input(), isa).or_else(|| whole(types, isa))
}

/// What [`trunc`] takes away, with the sign of the number.
pub fn fraction(types: &Signature, isa: Isa) -> Option<Kernel> {
    unary_floats::<Fraction>(types.input(), isa)
}

fn whole(types: &Signature, isa: Isa) -> Option<Kernel> {
    if types.input().is_complex() { None } else { cast::cast(types, isa) }
}

macro_rules! roundings {
    ($($op:ident $method:ident;)*) => {$(
        impl Unary<f16> for $op {
            type Out = f16;
            #[inline(always)]
            fn apply(a: f16) -> f16 { narrow(widen(a).$method()) }
        }
        impl Unary<f32> for $op {
            type Out = f32;
            #[inline(always)]
            fn apply(a: f32) -> f32 { a.$method() }
        }
        impl Unary<f64> for $op {
            type Out = f64;
            #[inline(always)]
            fn apply(a: f64) -> f64 { a.$method() }
        }
    )*};
}
roundings! { Rint round_ties_even; Floor floor; Ceil ceil; Trunc trunc; }

macro_rules! fractions {
    ($($t:ty),*) => {$(
        impl Unary<$t> for Fraction {
            type Out = $t;
            #[inline(always)]
            fn apply(a: $t) -> $t {
                let rest = if a.is_infinite() { 0.0 } else { a - a.trunc() };
                rest.copysign(a)
            }
        }
    )*};
}
fractions!(f32, f64);

impl Unary<f16> for Fraction {
    type Out = f16;
    #[inline(always)]
    fn apply(a: f16) -> f16 {
        narrow(Fraction::apply(widen(a)))
    }
}

macro_rules! complex_rint {
    ($($t:ty),*) => {$(
        impl Unary<Complex<$t>> for Rint {
            type Out = Complex<$t>;
            #[inline(always)]
            fn apply(a: Complex<$t>) -> Complex<$t> {
                Complex::new(a.re.round_ties_even(), a.im.round_ties_even())
            }
        }
    )*};
}
complex_rint!(f32, f64);
