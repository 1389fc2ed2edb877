//! Running sums.

use std::sync::Arc;

use half::f16;
use numtile_core::DType;
use numtile_core::dtype::Bool8;

use super::Kernel;
use super::fold::{self, Fold};
use super::plain::{Add, Plain};
use super::wide::Wide;
use crate::isa::Isa;

/// The running sum: integers wrap, small floats are added in float64, float64 with what rounding takes kept apart,
/// complex numbers as their parts.
pub(super) fn kernel(dtype: DType, isa: Isa) -> Option<Arc<dyn Kernel>> {
    Some(match dtype {
        DType::Bool => fold::kernel::<Plain<Bool8, Add>>(1, isa),
        DType::I8 | DType::U8 => fold::kernel::<Plain<u8, Add>>(1, isa),
        DType::I16 | DType::U16 => fold::kernel::<Plain<u16, Add>>(1, isa),
        DType::I32 | DType::U32 => fold::kernel::<Plain<u32, Add>>(1, isa),
        DType::I64 | DType::U64 => fold::kernel::<Plain<u64, Add>>(1, isa),
        DType::F16 => fold::kernel::<Plain<f16, Add>>(1, isa),
        DType::F32 => fold::kernel::<Plain<f32, Add>>(1, isa),
        DType::F64 => fold::kernel::<Compensated>(1, isa),
        DType::C64 => fold::kernel::<Plain<f32, Add>>(2, isa),
        DType::C128 => fold::kernel::<Compensated>(2, isa),
    })
}

/// Compensated summation: `high` is the plain running sum, `low` minus the sum of what its roundings added.
///
/// Knuth's TwoSum gives the rounding of an addition exactly. It is not a number where a sum is infinite or NaN, and
/// counts as nothing there, so that such sums stay what they are. `low` begins as −0.0 and loses only +0.0 as long as
/// additions are exact, so that sums of nothing but −0.0 stay −0.0.
struct Compensated;

impl Fold for Compensated {
    type Elem = f64;
    type High = f64;
    type Low = f64;
    type Carry = f64;

    #[inline(always)]
    fn first(x: f64) -> (f64, f64) {
        (x, -0.0)
    }

    #[inline(always)]
    fn resume(carry: f64) -> (f64, f64) {
        (carry, -0.0)
    }

    #[inline(always)]
    fn next(high: f64, low: f64, x: f64) -> (f64, f64) {
        let sum = high + x;
        let added = sum - high;
        let excess = ((sum - added) - high) + (added - x);
        (sum, low - if excess.is_nan() { 0.0 } else { excess })
    }

    #[inline(always)]
    fn value(high: f64, low: f64) -> f64 {
        high + low
    }

    #[inline(always)]
    fn carry(high: f64, low: f64) -> f64 {
        (high + low).canonical()
    }
}
