//! arcsinh, arccosh and arctanh.

use super::Unary;
use super::coefficients::Coefficients;
use super::logarithm::{log_of_sum, split_normal};
use super::sum::{Sum, fast_two_difference, fast_two_sum, polynomial, quotient, two_product, two_sum};
use crate::lanes::{Lanes, Real, Words, power_of_two};

/// From here on 1 beside x² is nothing, and where the inverse functions are log(2x).
const LARGE: f64 = power_of_two(30);

/// sqrt(`x`), zero included.
#[inline(always)]
fn root<V: Lanes>(x: Sum<V>) -> Sum<V> {
    let high = x.high.sqrt();
    let rest = high.neg_mul_add(high, x.high) + x.low;
    Sum { high, low: rest / (high + high).greater(high.splat(V::Real::MIN_POSITIVE)) }
}

/// log(x + sqrt(x² + `one`)) for positive x, where one is 1 or -1.
#[inline(always)]
fn log_with_root<V: Lanes>(x: V, one: V) -> V {
    let large = x.lit(LARGE).lt(x);
    let square = two_product(x, x);
    let root = root(two_sum(square.high, one).plus(square.low).normalized());
    let sum = two_sum(x, root.high).plus(root.low);
    let mut parts = split_normal(V::select(large, x, sum.high));
    parts.k = parts.k + V::select_or_zero(large, x.lit(1.0));
    log_of_sum(parts, V::select(large, x.lit(0.0), sum.low)).value()
}

/// The inverse hyperbolic sine.
pub struct Arcsinh;

impl Unary for Arcsinh {
    #[inline(always)]
    fn apply<V: Lanes>(x: V) -> V {
        let magnitude = x.abs();
        let ordinary = log_with_root(magnitude, x.lit(1.0));
        // Near zero, x - x³/6; the sum above is 1 + x and what is lost of x.
        let series = (magnitude * magnitude * magnitude).mul_add(x.splat(V::Real::from_f64(-1.0 / 6.0)), magnitude);
        let result = V::select(magnitude.lt(x.lit(power_of_two(-14))), series, ordinary);
        V::select(magnitude.lt(x.lit(f64::INFINITY)), result.flip_sign(x.sign()), x)
    }
}

/// The inverse hyperbolic cosine.
pub struct Arccosh;

impl Unary for Arccosh {
    #[inline(always)]
    fn apply<V: Lanes>(x: V) -> V {
        let result = log_with_root(x, x.lit(-1.0));
        let inside = V::select(x.lt(x.lit(f64::INFINITY)), result, x);
        V::select(x.lit(1.0).le(x), inside, x.lit(f64::NAN))
    }
}

/// The inverse hyperbolic tangent: half the logarithm of (1 + |x|)/(1 - |x|).
///
/// Of that quotient 2^k is split off without dividing; the rest is (1 + s)/(1 - s) with one division.
pub struct Arctanh;

impl Unary for Arctanh {
    #[inline(always)]
    fn apply<V: Lanes>(x: V) -> V {
        let magnitude = x.abs();
        let one = x.lit(1.0);
        let (above, below) = (fast_two_sum(one, magnitude), fast_two_difference(one, magnitude));
        let k = quotient_exponent(above.high, below.high);
        let integers = x.lit(power_of_two(V::Real::MANTISSA as i32));
        let power = V::from_words(k.to_exponent() + one.to_words());
        let below = Sum { high: below.high * power, low: below.low * power };
        let n = two_sum(above.high - below.high, above.low - below.low);
        let d = two_sum(above.high, below.high).plus(above.low + below.low);
        let s = quotient(n, d);
        let z = s.high * s.high;
        let tail = s.high * (z * polynomial(z, V::Real::ARTANH)) + s.low;
        let half_k = (V::from_words(k | integers.to_words()) - integers) * x.lit(0.5);
        let ln_2 = Sum::splat(x, V::Real::LN_2_SHORT);
        let result = fast_two_sum(half_k * ln_2.high, s.high).plus(half_k.mul_add(ln_2.low, tail)).value();
        let inside = V::select(magnitude.lt(one), result.flip_sign(x.sign()), x.lit(f64::INFINITY).flip_sign(x.sign()));
        V::select(magnitude.le(one), inside, x.lit(f64::NAN))
    }
}

/// About log2(`above`/`below`) for above >= below > 0, from the bits, which are about a logarithm themselves.
#[inline(always)]
fn quotient_exponent<V: Lanes>(above: V, below: V) -> V::Words {
    let half = above.splat_word(1 << (V::Real::MANTISSA - 1));
    (above.to_words() - below.to_words() + half).exponent_bits()
}
