//! logaddexp and logaddexp2: logarithms of sums of numbers that are given by their logarithms.
//!
//! The larger plus log(1 + e^-|x - y|), added up so that only the last addition rounds visibly. Where the two cancel, near
//! zero, the error is as large as that of the parts.

use super::Binary;
use super::coefficients::Coefficients;
use super::exponential::{Reduced, exp2_limit, reduce, reduce_binary_sum, zero_where};
use super::logarithm::{log_of_sum, log2_of_sum, small, split_normal};
use super::sum::{Sum, fast_two_sum, two_sum};
use crate::lanes::{Lanes, Real};

/// Two numbers as the larger, and how far the other is below.
struct Pair<V: Lanes> {
    large: V,
    /// Equal numbers, also infinite ones, are 0 apart. So are those with
    distance: Sum<V>,
    /// the other too far below to add anything.
    far: V::Mask,
}

#[inline(always)]
fn pair<V: Lanes>(x: V, y: V, floor: f64) -> Pair<V> {
    let (large, small) = (x.greater(y), y.lesser(x));
    let distance = two_sum(small, -large);
    let far = distance.high.lt(x.lit(floor));
    let none = x.eq(y) | far;
    let distance = Sum { high: zero_where(none, distance.high), low: zero_where(none, distance.low) };
    Pair { large, distance, far }
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

/// The larger and `rest`, or what infinities and NaN give.
#[inline(always)]
fn add<V: Lanes>(x: V, y: V, Pair { large, far, .. }: Pair<V>, rest: Sum<V>) -> V {
    let sum = two_sum(large, zero_where(far, rest.high)).plus(zero_where(far, rest.low)).value();
    let result = V::select(large.abs().lt(x.lit(f64::INFINITY)), sum, large);
    V::select(x.eq(x) & y.eq(y), result, x + y)
}

/// log(e^x + e^y).
pub struct Logaddexp;

impl Binary for Logaddexp {
    #[inline(always)]
    fn apply<V: Lanes>(x: V, y: V) -> V {
        let pair = pair(x, y, V::Real::EXP_RANGE[0]);
        let mut reduced = reduce(pair.distance.high);
        reduced.r = reduced.r.plus(pair.distance.low).normalized();
        let (power, sum) = power_and_sum(reduced);
        let logarithm = log_of_sum(split_normal(sum.high), sum.low);
        add(x, y, pair, Sum::select(is_small(power), series(power), logarithm))
    }
}

/// log2(2^x + 2^y).
pub struct Logaddexp2;

impl Binary for Logaddexp2 {
    #[inline(always)]
    fn apply<V: Lanes>(x: V, y: V) -> V {
        let pair = pair(x, y, -exp2_limit::<V::Real>());
        let (power, sum) = power_and_sum(reduce_binary_sum(pair.distance));
        let logarithm = log2_of_sum(split_normal(sum.high), sum.low);
        let series = series(power).times(Sum::splat(x, V::Real::LOG2_E));
        add(x, y, pair, Sum::select(is_small(power), series, logarithm))
    }
}
