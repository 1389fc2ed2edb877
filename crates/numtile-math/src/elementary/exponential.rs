//! exp, exp2 and expm1.
//!
//! x = k·ln 2 + r with |r| <= ln(2)/2, where k·ln 2 is subtracted in two parts (Cody and Waite, "Software manual for the
//! elementary functions", 1980) and the rounding error of r is kept. Then e^r = 1 + r + r²/2 + r³·Q(r), added up so that
//! only the last addition rounds visibly.

use super::Unary;
use super::coefficients::Coefficients;
use super::sum::{Sum, even_and_odd, fast_two_sum, polynomial, two_product, two_sum};
use crate::lanes::{Lanes, Real, Words, power_of_two, round_origin};

/// An argument as k·ln 2 + r.
#[derive(Clone, Copy)]
pub(super) struct Reduced<V> {
    /// [`origin`] plus k: the low bits hold k plus twice the exponent's bias.
    shifted: V,
    pub r: Sum<V>,
}

/// What k is added to.
#[inline(always)]
fn origin<V: Lanes>(x: V) -> V {
    x.lit(round_origin::<V::Real>() + 2.0 * f64::from(V::Real::BIAS))
}

/// x = k·ln 2 + r. The product of k with the first part of ln 2 is exact inside the fused operation, and so is the
/// difference.
#[inline(always)]
pub(super) fn reduce<V: Lanes>(x: V) -> Reduced<V> {
    let shifted = x.mul_add(x.splat(V::Real::LOG2_E[0]), origin(x));
    let k = shifted - origin(x);
    let rest = k.neg_mul_add(x.splat(V::Real::LN_2[0]), x);
    let ln_2_low = x.splat(V::Real::LN_2[1]);
    let high = k.neg_mul_add(ln_2_low, rest);
    Reduced { shifted, r: Sum { high, low: k.neg_mul_add(ln_2_low, rest - high) } }
}

/// The same for 2^x: its k and r.
#[inline(always)]
fn reduce_binary<V: Lanes>(x: V) -> Reduced<V> {
    let shifted = x + origin(x);
    let fraction = x - (shifted - origin(x));
    let ln_2 = Sum::splat(x, V::Real::LN_2);
    let r = two_product(fraction, ln_2.high);
    Reduced { shifted, r: Sum { low: fraction.mul_add(ln_2.low, r.low), ..r } }
}

/// The same for a sum, the low part of which may be large beside r.
#[inline(always)]
pub(super) fn reduce_binary_sum<V: Lanes>(x: Sum<V>) -> Reduced<V> {
    let reduced = reduce_binary(x.high);
    let low = x.low.mul_add(x.low.splat(V::Real::LN_2[0]), reduced.r.low);
    Reduced { r: Sum { low, ..reduced.r }.normalized(), ..reduced }
}

impl<V: Lanes> Reduced<V> {
    /// 2^(k + `offset`), for normal results.
    #[inline(always)]
    pub fn power(self, offset: i32) -> V {
        let origin = i64::from(offset - V::Real::BIAS) << V::Real::MANTISSA;
        V::from_words(self.shifted.to_words().to_exponent() + self.shifted.splat_word(origin as u64))
    }

    /// 2^(`offset` - k), with k taken as 60 where it is larger.
    #[inline(always)]
    pub fn inverse_power(self, offset: i32) -> V {
        let limited = (origin(self.shifted) + self.shifted.lit(60.0)).lesser(self.shifted);
        let origin = i64::from(offset + 3 * V::Real::BIAS) << V::Real::MANTISSA;
        V::from_words(self.shifted.splat_word(origin as u64) - limited.to_words().to_exponent())
    }

    /// `value`·2^k, by two factors because 2^k alone may be infinite or subnormal.
    #[inline(always)]
    fn scale(self, value: V) -> V {
        let twice = self.shifted.to_words();
        let half = twice.halved();
        value * V::from_words(half.to_exponent()) * V::from_words((twice - half).to_exponent())
    }

    /// e^r - 1 - r - r²/2 + `low`.
    #[inline(always)]
    fn tail(self, low: V) -> V {
        let r = self.r.high;
        (r * r * r).mul_add(polynomial(r, V::Real::EXP), low)
    }

    /// r²·`factor` + `rest`, the square being exact inside the fused operation for powers of two.
    #[inline(always)]
    fn add_square(self, factor: V, rest: V) -> V {
        (self.r.high * factor).mul_add(self.r.high, rest)
    }

    /// e^r · 2^k.
    #[inline(always)]
    pub fn exp(self) -> V {
        self.scale(self.fraction().value())
    }

    /// e^x as a sum.
    #[inline(always)]
    pub fn exp_sum(self) -> Sum<V> {
        let fraction = self.fraction().normalized();
        Sum { high: self.scale(fraction.high), low: self.scale(fraction.low) }
    }

    /// e^r; the low part is not small.
    #[inline(always)]
    fn fraction(self) -> Sum<V> {
        let one = self.r.high.lit(1.0);
        let most = fast_two_sum(one, self.r.high);
        // The smallest first: they round least.
        Sum { low: self.add_square(one.lit(0.5), most.low + self.tail(self.r.low)), ..most }
    }

    /// (e^x - 1)·2^`offset`; the low part is not small.
    #[inline(always)]
    pub fn exp_minus_one(self, offset: i32) -> Sum<V> {
        let power = self.power(offset);
        // Where 2^k is 0 or near the end of the type, the difference is not exact.
        let most = two_sum(power, -power.lit(power_of_two(offset)));
        let Sum { high: r, low } = self.r;
        let sum = fast_two_sum(most.high, power * r).plus(most.low);
        // For the difference it matters that low is multiplied by e^r.
        Sum {
            low: self.add_square(power * power.lit(0.5), power.mul_add(self.tail(low.mul_add(r, low)), sum.low)),
            ..sum
        }
    }

    /// cosh(r) - 1 and sinh(r) - r: the even and the odd part of the same series.
    #[inline(always)]
    pub fn hyperbolic(self) -> (V, V) {
        let Sum { high: r, low } = self.r;
        let square = r * r;
        let (even, odd) = even_and_odd(square, V::Real::EXP);
        let cosh = (r * r.lit(0.5)).mul_add(r, (square * square).mul_add(odd, r * low));
        (cosh, (square * r).mul_add(even, low))
    }
}

/// 0 where the mask is set. Arguments so far down that their power is 0 are better not computed with: an underflow takes
/// a processor many times as long.
#[inline(always)]
pub(super) fn zero_where<V: Lanes>(far: V::Mask, x: V) -> V {
    V::select_or_zero(!far, x)
}

/// e^x.
pub struct Exp;

impl Unary for Exp {
    #[inline(always)]
    fn apply<V: Lanes>(x: V) -> V {
        let [low, high] = V::Real::EXP_RANGE;
        let far = x.lt(x.lit(low));
        zero_where(far, reduce(x.lit(high).lesser(zero_where(far, x))).exp())
    }
}

/// From here on 2^x is infinite, and 2^-x is 0.
pub(super) fn exp2_limit<R: Real>() -> f64 {
    f64::from(R::BIAS + R::MANTISSA as i32 + 4)
}

/// 2^x.
pub struct Exp2;

impl Unary for Exp2 {
    #[inline(always)]
    fn apply<V: Lanes>(x: V) -> V {
        let limit = exp2_limit::<V::Real>();
        let far = x.lt(x.lit(-limit));
        zero_where(far, reduce_binary(x.lit(limit).lesser(zero_where(far, x))).exp())
    }
}

/// e^x - 1.
pub struct Expm1;

impl Unary for Expm1 {
    #[inline(always)]
    fn apply<V: Lanes>(x: V) -> V {
        // Half of it, because 2^k may be infinite where the result is not.
        let half = reduce(x.clamp(-40.0, V::Real::EXP_RANGE[1])).exp_minus_one(-1).value();
        // Halving is not exact for subnormals, and zeros have signs.
        V::select(x.abs().lt(x.lit(power_of_two(-54))), x, half + half)
    }
}
