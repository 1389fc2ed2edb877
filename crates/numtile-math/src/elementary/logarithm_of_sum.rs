//! logaddexp and logaddexp2: logarithms of sums of numbers that are given by their logarithms.
//!
//! The larger plus log(1 + e^-|x - y|), added up so that only the last addition rounds visibly. Where the two cancel, near
//! zero, the error is as large as that of the parts.

use super::Binary;
use super::coefficients::Coefficients;
use super::exponential::{Reduced, exp2_limit, reduce, reduce_binary_sum};
use super::logarithm::{log_of_sum, small, split_normal};
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

/// log(1 + e^d), given d <= 0 reduced.
#[inline(always)]
fn log_of_one_plus<V: Lanes>(distance: Reduced<V>) -> Sum<V> {
    let power = distance.exp_sum();
    let sum = fast_two_sum(power.high.lit(1.0), power.high).plus(power.low);
    let logarithm = log_of_sum(split_normal(sum.high), sum.low);
    let less = power.high * power.high.lit(-0.5);
    let series = Sum { high: power.high, low: less.mul_add(power.high, power.low) };
    Sum::select(power.high.lt(power.high.lit(small::<V::Real>())), series, logarithm)
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
        add(x, y, large, log_of_one_plus(reduced))
    }
}

/// log2(2^x + 2^y).
pub struct Logaddexp2;

impl Binary for Logaddexp2 {
    #[inline(always)]
    fn apply<V: Lanes>(x: V, y: V) -> V {
        let (large, distance) = larger_and_distance(x, y, -exp2_limit::<V::Real>());
        let rest = log_of_one_plus(reduce_binary_sum(distance));
        add(x, y, large, rest.times(Sum::splat(x, V::Real::LOG2_E)))
    }
}
