//! Tests of what kind of number it is, to bool. Integers are looked at as bool.

use half::f16;
use num_complex::Complex;
use numtile_core::dtype::Bool8;

use super::group::{unary_bools, unary_complexes, unary_floats};
use super::{Kernel, Unary};
use crate::isa::Isa;
use crate::types::Signature;

struct Isnan;
struct Isinf;
struct Isfinite;
struct Signbit;

/// Not a number.
pub fn isnan(types: &Signature, isa: Isa) -> Option<Kernel> {
    any_kind::<Isnan>(types, isa)
}

/// Infinite.
pub fn isinf(types: &Signature, isa: Isa) -> Option<Kernel> {
    any_kind::<Isinf>(types, isa)
}

/// Neither infinite nor NaN.
pub fn isfinite(types: &Signature, isa: Isa) -> Option<Kernel> {
    any_kind::<Isfinite>(types, isa)
}

/// With the sign bit set (−0 and −NaN included).
pub fn signbit(types: &Signature, isa: Isa) -> Option<Kernel> {
    unary_floats::<Signbit>(types.input(), isa)
}

fn any_kind<K>(types: &Signature, isa: Isa) -> Option<Kernel>
where
    K: Unary<Bool8> + Unary<f16> + Unary<f32> + Unary<f64> + Unary<Complex<f32>> + Unary<Complex<f64>>,
{
    let t = types.input();
    unary_bools::<K>(t, isa).or_else(|| unary_floats::<K>(t, isa)).or_else(|| unary_complexes::<K>(t, isa))
}

impl Unary<Bool8> for Isnan {
    type Out = Bool8;
    #[inline(always)]
    fn apply(_: Bool8) -> Bool8 {
        Bool8(0)
    }
}

impl Unary<Bool8> for Isinf {
    type Out = Bool8;
    #[inline(always)]
    fn apply(_: Bool8) -> Bool8 {
        Bool8(0)
    }
}

impl Unary<Bool8> for Isfinite {
    type Out = Bool8;
    #[inline(always)]
    fn apply(_: Bool8) -> Bool8 {
        Bool8(1)
    }
}

/// The tests look at the bits: the magnitude against that of infinity.
macro_rules! floats {
    ($($t:ty, $bits:ty, $infinity:literal;)*) => {$(
        impl Unary<$t> for Isnan {
            type Out = Bool8;
            #[inline(always)]
            fn apply(a: $t) -> Bool8 { Bool8::from(a.to_bits() & (<$bits>::MAX >> 1) > $infinity) }
        }
        impl Unary<$t> for Isinf {
            type Out = Bool8;
            #[inline(always)]
            fn apply(a: $t) -> Bool8 { Bool8::from(a.to_bits() & (<$bits>::MAX >> 1) == $infinity) }
        }
        impl Unary<$t> for Isfinite {
            type Out = Bool8;
            #[inline(always)]
            fn apply(a: $t) -> Bool8 { Bool8::from(a.to_bits() & (<$bits>::MAX >> 1) < $infinity) }
        }
        impl Unary<$t> for Signbit {
            type Out = Bool8;
            #[inline(always)]
            fn apply(a: $t) -> Bool8 { Bool8::from(a.to_bits() > <$bits>::MAX >> 1) }
        }
    )*};
}
floats! { f16, u16, 0x7c00; f32, u32, 0x7f80_0000; f64, u64, 0x7ff0_0000_0000_0000; }

macro_rules! complex_numbers {
    ($($t:ty),*) => {$(
        impl Unary<Complex<$t>> for Isnan {
            type Out = Bool8;
            #[inline(always)]
            fn apply(a: Complex<$t>) -> Bool8 { Bool8::from(a.re.is_nan() | a.im.is_nan()) }
        }
        impl Unary<Complex<$t>> for Isinf {
            type Out = Bool8;
            #[inline(always)]
            fn apply(a: Complex<$t>) -> Bool8 { Bool8::from(a.re.is_infinite() | a.im.is_infinite()) }
        }
        impl Unary<Complex<$t>> for Isfinite {
            type Out = Bool8;
            #[inline(always)]
            fn apply(a: Complex<$t>) -> Bool8 { Bool8::from(a.re.is_finite() & a.im.is_finite()) }
        }
    )*};
}
complex_numbers!(f32, f64);
