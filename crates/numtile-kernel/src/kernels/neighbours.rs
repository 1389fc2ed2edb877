//! The floats next to a float: bits counted up or down.

use half::f16;

use super::group::{binary_floats, unary_floats};
use super::number::{narrow, widen};
use super::{Binary, Kernel, Unary};
use crate::isa::Isa;
use crate::types::Signature;

struct Nextafter;
struct Spacing;

/// The float after `a` in the direction of `b`; `b` itself if they are equal.
pub fn nextafter(types: &Signature, isa: Isa) -> Option<Kernel> {
    binary_floats::<Nextafter>(types.input(), isa)
}

/// The distance to the next float away from zero, with the sign of `a`. In float16, as in NumPy, it is the distance to
/// the next greater float, which is never negative.
pub fn spacing(types: &Signature, isa: Isa) -> Option<Kernel> {
    unary_floats::<Spacing>(types.input(), isa)
}

macro_rules! floats {
    ($($t:ty, $number:expr, $nan:expr;)*) => {$(
        impl Binary<$t> for Nextafter {
            type Out = $t;
            #[inline(always)]
            fn apply(a: $t, b: $t) -> $t {
                let (from, to) = ($number(a), $number(b));
                let (bits, sign) = (a.to_bits(), !(<$t>::MAX.to_bits() | <$t>::INFINITY.to_bits()));
                let away = (from < to) == (from > 0.0);
                let stepped = if away { bits.wrapping_add(1) } else { bits.wrapping_sub(1) };
                // From zero it is the smallest number of the other's sign.
                let next = if from == 0.0 { b.to_bits() & sign | 1 } else { stepped };
                let moved = if from == to { b } else { <$t>::from_bits(next) };
                if from.is_nan() || to.is_nan() { $nan } else { moved }
            }
        }
    )*};
}
floats! {
    f16, widen, f16::NAN;
    f32, std::convert::identity, f32::NAN;
    f64, std::convert::identity, f64::NAN;
}

macro_rules! distances {
    ($($t:ident),*) => {$(
        impl Unary<$t> for Spacing {
            type Out = $t;
            #[inline(always)]
            fn apply(a: $t) -> $t {
                let outwards = if a < 0.0 { $t::NEG_INFINITY } else { $t::INFINITY };
                Nextafter::apply(a, outwards) - a
            }
        }
    )*};
}
distances!(f32, f64);

impl Unary<f16> for Spacing {
    type Out = f16;
    #[inline(always)]
    fn apply(a: f16) -> f16 {
        let next: f16 = Nextafter::apply(a, f16::INFINITY);
        if a == f16::NEG_INFINITY { f16::NAN } else { narrow(widen(next) - widen(a)) }
    }
}
