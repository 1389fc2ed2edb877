//! Floats taken apart and put together: x = m·2^n. Exact, but for products too small to be normal, which are rounded
//! once. float16 goes through float32, which holds all of them.

use half::f16;
use numtile_core::DType;
use numtile_math::Scaling;

use super::group::unary_floats;
use super::number::{narrow, widen};
use super::strips::binary;
use super::{Binary, Kernel, Unary};
use crate::isa::Isa;
use crate::types::Signature;

struct Mantissa;
struct Exponent;
struct Ldexp;

/// The m of `x = m·2^n` with ½ ≤ |m| < 1; zeros, infinities and NaN are their own.
pub fn mantissa(types: &Signature, isa: Isa) -> Option<Kernel> {
    unary_floats::<Mantissa>(types.input(), isa)
}

/// The n of `x = m·2^n` with ½ ≤ |m| < 1; 0 of zeros, infinities and NaN.
pub fn exponent(types: &Signature, isa: Isa) -> Option<Kernel> {
    unary_floats::<Exponent>(types.input(), isa)
}

/// `a · 2^b` for an integer b.
pub fn ldexp(types: &Signature, isa: Isa) -> Option<Kernel> {
    Some(match (types.inputs[0], types.inputs[1]) {
        (DType::F16, DType::I32) => binary::<Ldexp, f16, i32>(isa),
        (DType::F16, DType::I64) => binary::<Ldexp, f16, i64>(isa),
        (DType::F32, DType::I32) => binary::<Ldexp, f32, i32>(isa),
        (DType::F32, DType::I64) => binary::<Ldexp, f32, i64>(isa),
        (DType::F64, DType::I32) => binary::<Ldexp, f64, i32>(isa),
        (DType::F64, DType::I64) => binary::<Ldexp, f64, i64>(isa),
        _ => return None,
    })
}

/// The float, and what takes it to the type that it is computed in and back.
macro_rules! floats {
    ($($t:ty, $there:expr, $back:expr;)*) => {$(
        impl Unary<$t> for Mantissa {
            type Out = $t;
            #[inline(always)]
            fn apply(a: $t) -> $t { $back($there(a).split().0) }
        }
        impl Unary<$t> for Exponent {
            type Out = i32;
            #[inline(always)]
            fn apply(a: $t) -> i32 { $there(a).split().1 }
        }
        impl Binary<$t, i32> for Ldexp {
            type Out = $t;
            #[inline(always)]
            fn apply(a: $t, b: i32) -> $t { $back($there(a).scale(b)) }
        }
        impl Binary<$t, i64> for Ldexp {
            type Out = $t;
            #[inline(always)]
            fn apply(a: $t, b: i64) -> $t {
                // Exponents beyond 32 bits are as good as infinite.
                Ldexp::apply(a, b.clamp(i32::MIN.into(), i32::MAX.into()) as i32)
            }
        }
    )*};
}
floats! {
    f16, widen, narrow;
    f32, std::convert::identity, std::convert::identity;
    f64, std::convert::identity, std::convert::identity;
}
