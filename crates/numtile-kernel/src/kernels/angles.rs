//! Degrees and radians: one multiplication by NumPy's constants, which are quotients rounded in the type at hand.
//! float16 is computed in float32.

use std::f32::consts::PI as PI_32;
use std::f64::consts::PI as PI_64;

use half::f16;

use super::group::unary_floats;
use super::number::{narrow, widen};
use super::{Kernel, Unary};
use crate::isa::Isa;
use crate::types::Signature;

struct ToRadians;
struct ToDegrees;

/// Degrees as radians.
pub fn deg2rad(types: &Signature, isa: Isa) -> Option<Kernel> {
    unary_floats::<ToRadians>(types.input(), isa)
}

/// Radians as degrees.
pub fn rad2deg(types: &Signature, isa: Isa) -> Option<Kernel> {
    unary_floats::<ToDegrees>(types.input(), isa)
}

macro_rules! conversions {
    ($($op:ident $factor_32:expr, $factor_64:expr;)*) => {$(
        impl Unary<f16> for $op {
            type Out = f16;
            #[inline(always)]
            fn apply(a: f16) -> f16 { narrow(widen(a) * $factor_32) }
        }
        impl Unary<f32> for $op {
            type Out = f32;
            #[inline(always)]
            fn apply(a: f32) -> f32 { a * $factor_32 }
        }
        impl Unary<f64> for $op {
            type Out = f64;
            #[inline(always)]
            fn apply(a: f64) -> f64 { a * $factor_64 }
        }
    )*};
}
conversions! {
    ToRadians PI_32 / 180.0, PI_64 / 180.0;
    ToDegrees 180.0 / PI_32, 180.0 / PI_64;
}
