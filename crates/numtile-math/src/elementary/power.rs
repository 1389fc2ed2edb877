//! pow.
//!
//! x^y = 2^(y·log2 x), where log2 x has 14 bits more than the type: the quotient and the first term of the series for
//! the logarithm are carried as sums of two.

use super::Binary;
use super::coefficients::Coefficients;
use super::exponential::{exp2_limit, reduce_binary_sum, zero_where};
use super::logarithm::split_any;
use super::sum::{Sum, fast_two_sum, polynomial, quotient, two_product};
use crate::lanes::{Lanes, Real, power_of_two};

/// The binary logarithm of a positive number.
#[inline(always)]
fn log2<V: Lanes>(x: V) -> Sum<V> {
    let parts = split_any(x);
    let s = quotient(Sum::of(parts.f), fast_two_sum(x.lit(2.0), parts.f));
    // log(1 + f) = 2s + s³·(2/3 + s²·tail)
    let square = two_product(s.high, s.high);
    let square = square.plus((s.high + s.high) * s.low);
    let two_thirds = Sum::splat(x, V::Real::TWO_THIRDS);
    let tail = square.high * polynomial(square.high, V::Real::LOG_TAIL);
    let factor = fast_two_sum(two_thirds.high, tail).plus(two_thirds.low);
    let term = s.times(square).times(factor);
    let natural = fast_two_sum(s.high + s.high, term.high).plus((s.low + s.low) + term.low);
    let binary = natural.times(Sum::splat(x, V::Real::LOG2_E));
    fast_two_sum(parts.k, binary.high).plus(binary.low).normalized()
}

/// x^y for positive finite x.
#[inline(always)]
fn positive_power<V: Lanes>(x: V, y: V) -> V {
    let exponent = log2(x);
    // Beyond the first limit every power but those of 1 is 0 or infinite, and so are all those of 2 beyond the second.
    let far = power_of_two(V::Real::MANTISSA as i32 + 13);
    let y = y.clamp(-far, far);
    let product = two_product(y, exponent.high);
    let product = Sum { low: y.mul_add(exponent.low, product.low), ..product }.normalized();
    let end = exp2_limit::<V::Real>();
    let far = product.high.lt(product.high.lit(-end));
    let high = product.high.lit(end).lesser(zero_where(far, product.high));
    zero_where(far, reduce_binary_sum(Sum { high, low: product.low.clamp(-1.0, 1.0) }).exp())
}

/// Where a magnitude is an integer.
#[inline(always)]
fn is_integer<V: Lanes>(x: V) -> V::Mask {
    let integers = x.lit(power_of_two(V::Real::MANTISSA as i32));
    x.eq((x + integers) - integers) | integers.le(x)
}

/// `x` to the power of `y`, with the special values of IEEE 754.
pub struct Pow;

impl Binary for Pow {
    #[inline(always)]
    fn apply<V: Lanes>(x: V, y: V) -> V {
        let (zero, one, infinity) = (x.lit(0.0), x.lit(1.0), x.lit(f64::INFINITY));
        let base = x.abs();
        let result = positive_power(base, y);
        let (base_zero, base_infinite) = (base.eq(zero), base.eq(infinity));
        let down = y.lt(zero);
        let grows = base_infinite & !down | base_zero & down;
        let result = V::select(base_zero | base_infinite, V::select_or_zero(grows, infinity), result);
        let magnitude = y.abs();
        let integer = is_integer(magnitude);
        let odd = integer & !is_integer(magnitude * x.lit(0.5));
        let signed = result.flip_sign(V::select_or_zero(odd, V::from_words(x.sign())).to_words());
        let undefined = x.lt(zero) & !integer & !base_infinite;
        let result = V::select(undefined, x.lit(f64::NAN), signed);
        let result = V::select(x.eq(x) & y.eq(y), result, x + y);
        V::select(x.eq(one) | y.eq(zero), one, result)
    }
}
