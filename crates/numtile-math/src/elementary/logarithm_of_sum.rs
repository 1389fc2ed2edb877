//! logaddexp and logaddexp2: logarithms of sums of numbers that are given by their logarithms.
//!
//! The larger plus log(1 + e^-|x - y|), added up so that only the last addition rounds visibly. Where the two cancel, near
//! zero, the error is as large as that of the parts.

use super::Binary;
use super::coefficients::Coefficients;
use super::exponential::{Reduced, exp2_limit, reduce, reduce_binary_sum};
use super::logarithm::{log2_of_sum, log_of_sum, small, split_normal};
use super::sum::{Sum, fast_two_sum, two_sum};
use crate::lanes::{Lanes, Real};

/// The larger of two numbers and how far the other is below, down to `floor`: equal numbers, also infinite ones, are 0
/// apart.
#[inline(always)]
fn larger_and_distance<V: Lanes>(x: V, y: V, floor: f64) -> (V, Sum<V>) {
    let floor = x.lit(floor);
    let (large, small) = (x.greater(y), y.lesser(x));
    let distance = two_sum(small, -large);
    let same = x.eq(y);
    let zero = x.lit(0.0);
    let far = distance.high.lt(floor);
    let high = V::select(same, zero, V::select(far, floor, distance.high));
    (large, Sum { high, low: V::select(same | far, zero, distance.low) })
}

/// e^d, and the same with 1 added, given d <= 0 reduced.
#[inline(always)]
fn power_and_sum<V: Lanes>(distance: Reduced<V>) -> (Sum<V>, Sum<V>) {
    let power = distance.exp_sum();
    (power, fast_two_sum(power.high.lit(1.0), power.high).plus(power.low))
}

/// log(1 + `power`) for small powers.
#[inline(always)]
fn series<V: Lanes>(power: Sum<V>) -> Sum<V> {
    let less = power.high * power.high.lit(-0.5);
    Sum { high: power.high, low: less.mul_add(power.high, power.low) }
}

/// Where the power is small.
#[inline(always)]
fn is_small<V: Lanes>(power: Sum<V>) -> V::Mask {
    power.high.lt(power.high.lit(small::<V::Real>()))
}

/// `large` + `rest`, or what infinities and NaN give.
#[inline(always)]
fn add<V: Lanes>(x: V, y: V, large: V, rest: Sum<V>) -> V {
    let sum = two_sum(large, rest.high).plus(rest.low).value();
    let result = V::select(large.abs().lt(x.lit(f64::INFINITY)), sum, large);
    V::select(x.eq(x) & y.eq(y), result, x + y)
}

/// log(e^x + e^y).
pub struct Logaddexp;

impl Binary for Logaddexp {
    #[inline(always)]
    fn apply<V: Lanes>(x: V, y: V) -> V {
        let (large, distance) = larger_and_distance(x, y, V::Real::EXP_RANGE[0]);
        let mut reduced = reduce(distance.high);
        reduced.r = reduced.r.plus(distance.low).normalized();
        let (power, sum) = power_and_sum(reduced);
        let logarithm = log_of_sum(split_normal(sum.high), sum.low);
        add(x, y, large, Sum::select(is_small(power), series(power), logarithm))
    }
}

/// log2(2^x + 2^y).
pub struct Logaddexp2;

impl Binary for Logaddexp2 {
    #[inline(always)]
    fn apply<V: Lanes>(x: V, y: V) -> V {
        let (large, distance) = larger_and_distance(x, y, -exp2_limit::<V::Real>());
        let (power, sum) = power_and_sum(reduce_binary_sum(distance));
        let logarithm = log2_of_sum(split_normal(sum.high), sum.low);
        let series = series(power).times(Sum::splat(x, V::Real::LOG2_E));
        add(x, y, large, Sum::select(is_small(power), series, logarithm))
    }
}
