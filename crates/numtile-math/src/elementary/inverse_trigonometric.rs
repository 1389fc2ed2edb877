//! arcsin, arccos, arctan and arctan2.

use super::coefficients::Coefficients;
use super::sum::{Sum, fast_two_difference, fast_two_sum, polynomial, quotient};
use super::{Binary, Unary};
use crate::lanes::{Lanes, Real, Words, power_of_two};

/// What arcsin and arccos share: for |x| < 1/2, arcsin(x) = x + x·tail; elsewhere arcsin(|x|) = π/2 - 2·(root + low +
/// root·tail) with root + low = sqrt((1 - |x|)/2), whose argument is exact.
struct Halves<V: Lanes> {
    small: V::Mask,
    tail: V,
    /// Twice the root.
    high: V,
    /// Twice the rest.
    low: V,
}

#[inline(always)]
fn halves<V: Lanes>(x: V) -> Halves<V> {
    let magnitude = x.abs();
    let half = x.lit(0.5);
    let small = magnitude.lt(half);
    let z = V::select(small, x * x, (x.lit(1.0) - magnitude) * half);
    let tail = z * polynomial(z, V::Real::ARCSIN);
    let root = z.sqrt();
    // The rounding error of the root is (z - root²)/(2·root), of which a few bits matter.
    let inverse = V::from_words(x.splat_word(V::Real::INVERSE_ROOT) - z.to_words().halved());
    let low = root.neg_mul_add(root, z) * (inverse * half);
    let rest = root.mul_add(tail, low);
    Halves { small, tail, high: root + root, low: rest + rest }
}

/// π/2.
#[inline(always)]
fn half_pi<V: Lanes>(x: V) -> Sum<V> {
    let [high, low, _] = V::Real::PI_2;
    Sum::splat(x, [high, low])
}

/// The inverse sine.
pub struct Arcsin;

impl Unary for Arcsin {
    #[inline(always)]
    fn apply<V: Lanes>(x: V) -> V {
        let Halves { small, tail, high, low } = halves(x);
        let magnitude = x.abs();
        let pi_2 = half_pi(x);
        let large = fast_two_difference(pi_2.high, high).plus(pi_2.low - low).value();
        V::select(small, magnitude.mul_add(tail, magnitude), large).flip_sign(x.sign())
    }
}

/// The inverse cosine.
pub struct Arccos;

impl Unary for Arccos {
    #[inline(always)]
    fn apply<V: Lanes>(x: V) -> V {
        let Halves { small, tail, high, low } = halves(x);
        // From 0, π/2 or π, subtract arcsin(x) or twice arcsin of the root, which has the sign of -x.
        let negative = x.lt(x.lit(0.0));
        let pi = Sum::splat(x, V::Real::PI);
        let end = Sum { high: V::select_or_zero(negative, pi.high), low: V::select_or_zero(negative, pi.low) };
        let base = Sum::select(small, half_pi(x), end);
        let angle = Sum::select(small, Sum { high: -x, low: -x * tail }, Sum { high, low }.negate_where(negative));
        fast_two_sum(base.high, angle.high).plus(base.low + angle.low).value()
    }
}

/// The angle of a vector (`long`, `short`) with 0 <= short <= long, at least one of them not 0 and neither too large or
/// too small: an eighth turn where the mask is set, plus a sum.
///
/// Angles above π/8 are taken from π/4: tan(angle - π/4) = (short - long)/(short + long).
#[inline(always)]
fn small_angle<V: Lanes>(short: V, long: V) -> (V::Mask, Sum<V>) {
    let above = (long * long.splat(V::Real::TAN_PI_8[0])).lt(short);
    let (difference, sum) = (fast_two_sum(-long, short), fast_two_sum(long, short));
    let n = Sum { high: V::select(above, difference.high, short), low: V::select_or_zero(above, difference.low) };
    let d = Sum { high: V::select(above, sum.high, long), low: V::select_or_zero(above, sum.low) };
    let t = quotient(n, d);
    let z = t.high * t.high;
    (above, t.plus(t.high * (z * polynomial(z, V::Real::ARCTAN))))
}

/// `eighths`·π/4 ± `angle`.
#[inline(always)]
fn from_eighths<V: Lanes>(eighths: V, negative: V::Mask, angle: Sum<V>) -> V {
    let base = Sum::of(eighths).times(Sum::splat(eighths, V::Real::PI_4));
    let angle = angle.negate_where(negative);
    fast_two_sum(base.high, angle.high).plus(base.low + angle.low).value()
}

/// The inverse tangent.
pub struct Arctan;

impl Unary for Arctan {
    #[inline(always)]
    fn apply<V: Lanes>(x: V) -> V {
        let magnitude = x.abs();
        let one = x.lit(1.0);
        let steep = one.lt(magnitude);
        // From 2^60 on the result is π/2 in every type; NaN stays.
        let long = x.lit(power_of_two(60)).lesser(one.greater(magnitude));
        let (above, angle) = small_angle(one.lesser(magnitude), long);
        let eighths = V::select_or_zero(above, one);
        let eighths = V::select(steep, x.lit(2.0) - eighths, eighths);
        from_eighths(eighths, steep, angle).flip_sign(x.sign())
    }
}

/// The angle of the point (x, y), in the quadrant of that point: arctan(y/x) and what follows from signs and zeros.
pub struct Arctan2;

impl Binary for Arctan2 {
    #[inline(always)]
    fn apply<V: Lanes>(y: V, x: V) -> V {
        let (height, width) = (y.abs(), x.abs());
        let steep = width.lt(height);
        let (short, long) = scaled(V::select(steep, width, height), V::select(steep, height, width));
        let (above, angle) = small_angle(short, long);
        // The mirror image on the left; a negative zero is to the left.
        let one = x.lit(1.0);
        let left = V::from_words(x.sign() | one.to_words()).lt(x.lit(0.0));
        let eighths = V::select_or_zero(above, one);
        let eighths = V::select(steep, x.lit(2.0) - eighths, eighths);
        let eighths = V::select(left, x.lit(4.0) - eighths, eighths);
        let negative = steep & !left | left & !steep;
        let numbers = x.eq(x) & y.eq(y);
        V::select(numbers, from_eighths(eighths, negative, angle).flip_sign(y.sign()), x + y)
    }
}

/// The same quotient, where neither a sum overflows nor bits are lost: infinities as 1, two zeros as 0 and 1.
#[inline(always)]
fn scaled<V: Lanes>(short: V, long: V) -> (V, V) {
    let [below, above, factor] = V::Real::QUOTIENT_SCALE;
    let (one, infinity) = (long.lit(1.0), long.lit(f64::INFINITY));
    let down = long.splat(V::Real::from_f64(1.0 / factor.to_f64()));
    let scale = V::select(long.splat(above).lt(long), down, one);
    let scale = V::select(long.lt(long.splat(below)), long.splat(factor), scale);
    let infinite = long.eq(infinity);
    let short_infinite = V::select_or_zero(short.eq(infinity), one);
    let short = V::select(infinite, short_infinite, short * scale);
    (short, V::select(infinite | long.eq(long.lit(0.0)), one, long * scale))
}
