//! cbrt and hypot.

use super::coefficients::Coefficients;
use super::sum::{polynomial, two_product};
use super::{Binary, Unary};
use crate::lanes::{Lanes, Real, Words, power_of_two, round_origin};

/// The cube root.
///
/// |x| = m·2^(3q + j) with 1 <= m < 2 and j = -1, 0 or 1. A polynomial gives m^(-1/3) to ten bits; one step of third
/// order refines a^(-1/3) for a = m·2^j, and one of Newton's, with the residual exact, the root a·(a^(-1/3))².
pub struct Cbrt;

impl Unary for Cbrt {
    #[inline(always)]
    fn apply<V: Lanes>(x: V) -> V {
        let magnitude = x.abs();
        let subnormal = magnitude.lt(x.splat(V::Real::MIN_POSITIVE));
        let normal = V::select(subnormal, magnitude * x.lit(power_of_two(54)), magnitude);
        let (exponent, mantissa) = exponent_and_mantissa(normal);
        let origin = x.lit(round_origin::<V::Real>() + 2.0 * f64::from(V::Real::BIAS));
        let third = x.splat(V::Real::from_f64(1.0 / 3.0));
        let shifted = exponent.mul_add(third, origin);
        let rest = (shifted - origin).neg_mul_add(x.lit(3.0), exponent);
        let root = small_root(mantissa, rest);
        let power = x.splat_word((V::Real::BIAS as u64).wrapping_neg() << V::Real::MANTISSA);
        let scaled = root * V::from_words(shifted.to_words().to_exponent() + power);
        let unscaled = V::select(subnormal, scaled * x.lit(power_of_two(-18)), scaled);
        let ordinary = x.lit(0.0).lt(magnitude) & magnitude.lt(x.lit(f64::INFINITY));
        V::select(ordinary, unscaled.flip_sign(x.sign()), x)
    }
}

/// x = 2^exponent·mantissa for a normal x, with 1 <= mantissa < 2.
#[inline(always)]
fn exponent_and_mantissa<V: Lanes>(x: V) -> (V, V) {
    let integers = power_of_two(V::Real::MANTISSA as i32);
    let exponent = V::from_words(x.to_words().exponent_bits() | x.lit(integers).to_words());
    let mantissa = x.to_words() & x.splat_word((1 << V::Real::MANTISSA) - 1) | x.lit(1.0).to_words();
    (exponent - x.lit(integers + f64::from(V::Real::BIAS)), V::from_words(mantissa))
}

/// The cube root of `mantissa`·2^`exponent`, where the exponent is -1, 0 or 1.
#[inline(always)]
fn small_root<V: Lanes>(mantissa: V, exponent: V) -> V {
    let (zero, one) = (mantissa.lit(0.0), mantissa.lit(1.0));
    let (down, up) = (exponent.lt(zero), zero.lt(exponent));
    let a = mantissa * V::select(down, mantissa.lit(0.5), V::select(up, mantissa.lit(2.0), one));
    let [cbrt_2, inverse] = V::Real::CBRT_2;
    let factor = V::select(down, mantissa.splat(cbrt_2), V::select(up, mantissa.splat(inverse), one));
    let y = polynomial(mantissa, V::Real::CBRT) * factor;
    let error = (a * y).neg_mul_add(y * y, one);
    let third = mantissa.splat(V::Real::from_f64(1.0 / 3.0));
    let series = error.mul_add(mantissa.splat(V::Real::from_f64(2.0 / 9.0)), third);
    let y = (y * error).mul_add(series, y);
    let square = y * y;
    let root = a * square;
    let root_squared = two_product(root, root);
    let rest = root_squared.low.neg_mul_add(root, root_squared.high.neg_mul_add(root, a));
    rest.mul_add(square * third, root)
}

/// sqrt(x² + y²) without overflow on the way.
///
/// The error of the root is found from exact squares and subtracted: Borges, "Algorithm 1014: an improved algorithm for
/// hypot(x, y)", ACM TOMS 47, 2020.
pub struct Hypot;

impl Binary for Hypot {
    #[inline(always)]
    fn apply<V: Lanes>(x: V, y: V) -> V {
        let (x, y) = (x.abs(), y.abs());
        let (large, small) = (x.greater(y), y.lesser(x));
        let [below, above, factor] = V::Real::SQUARE_SCALE;
        let (tiny, huge) = (large.lt(x.splat(below)), x.splat(above).lt(large));
        let (up, down) = (x.splat(factor), x.splat(V::Real::from_f64(1.0 / factor.to_f64())));
        let one = x.lit(1.0);
        let scale = V::select(tiny, up, V::select(huge, down, one));
        let back = V::select(tiny, down, V::select(huge, up, one));
        let root = scaled_hypot(large * scale, small * scale) * back;
        let numbers = x.eq(x) & y.eq(y);
        let infinity = x.lit(f64::INFINITY);
        V::select(x.eq(infinity) | y.eq(infinity), infinity, V::select(numbers, root, x + y))
    }
}

/// sqrt(x² + y²) for 0 <= y <= x, where squares neither overflow nor lose bits.
#[inline(always)]
fn scaled_hypot<V: Lanes>(x: V, y: V) -> V {
    let root = x.mul_add(x, y * y).sqrt();
    let (root_squared, x_squared) = (two_product(root, root), two_product(x, x));
    let rest = y.neg_mul_add(y, root_squared.high - x_squared.high) + (root_squared.low - x_squared.low);
    // The root of 0 stays 0.
    root - rest / (root + root).greater(x.splat(V::Real::MIN_POSITIVE))
}
