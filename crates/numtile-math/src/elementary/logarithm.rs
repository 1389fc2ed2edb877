//! log, log2, log10 and log1p.
//!
//! x = 2^k·(1 + f) with sqrt(1/2) <= 1 + f < sqrt(2), and s = f/(2 + f), so that log(1 + f) = 2 artanh(s) =
//! f - (f²/2 - s·(f²/2 + s²·P(s²))): the division spoils a small term only. This is the method of Ng in FreeBSD's
//! msun (e_log.c); the parts are added up so that only the last addition rounds visibly.

use super::Unary;
use super::coefficients::Coefficients;
use super::sum::{Sum, fast_two_difference, fast_two_sum, polynomial, two_sum};
use crate::lanes::{Lanes, Real, Words, power_of_two};

/// What subnormal numbers are multiplied by: 2^54.
const LIFT: i32 = 54;

/// A positive number as 2^k·(1 + f).
#[derive(Clone, Copy)]
pub(super) struct Split<V: Lanes> {
    pub k: V,
    pub f: V,
    /// The bits of the number, less those of sqrt(1/2), plus those of 1: the exponent is that of 2^k.
    bits: V::Words,
}

/// Splits a number that is not subnormal.
#[inline(always)]
pub(super) fn split_normal<V: Lanes>(x: V) -> Split<V> {
    split(x, exponent_origin(x, 0))
}

/// Splits any number.
#[inline(always)]
pub(super) fn split_any<V: Lanes>(x: V) -> Split<V> {
    let subnormal = x.lt(x.splat(V::Real::MIN_POSITIVE));
    let normal = V::select(subnormal, x * x.lit(power_of_two(LIFT)), x);
    split(normal, V::select(subnormal, exponent_origin(x, LIFT), exponent_origin(x, 0)))
}

/// What must be subtracted from an exponent with the bits of 2^[`Real::MANTISSA`] above it to make k of it.
#[inline(always)]
fn exponent_origin<V: Lanes>(x: V, lift: i32) -> V {
    x.lit(power_of_two(V::Real::MANTISSA as i32) + f64::from(V::Real::BIAS + lift))
}

#[inline(always)]
fn split<V: Lanes>(x: V, origin: V) -> Split<V> {
    let one = x.lit(1.0);
    let root = x.splat_word(V::Real::from_f64(std::f64::consts::FRAC_1_SQRT_2).bits());
    let bits = x.to_words() + (one.to_words() - root);
    let exponent = bits.exponent_bits() | x.lit(power_of_two(V::Real::MANTISSA as i32)).to_words();
    let mantissa = bits & x.splat_word((1 << V::Real::MANTISSA) - 1);
    Split { k: V::from_words(exponent) - origin, f: V::from_words(mantissa + root) - one, bits }
}

impl<V: Lanes> Split<V> {
    /// 2^(1 - k), or 0 where that is subnormal.
    #[inline(always)]
    fn twice_inverse_power(self) -> V {
        let exponent_bits = u64::MAX << V::Real::MANTISSA;
        let origin = self.k.splat_word(((1 + 2 * V::Real::BIAS) as u64) << V::Real::MANTISSA);
        V::from_words(origin - (self.bits & self.k.splat_word(exponent_bits)))
    }

    /// log(1 + f) in its parts.
    #[inline(always)]
    fn series(self) -> Series<V> {
        let f = self.f;
        let s = f / (f + f.lit(2.0));
        let z = s * s;
        let half = f * f.lit(0.5);
        let square = half * f;
        Series { s, half, square, inner: z.mul_add(polynomial(z, V::Real::LOG), square) }
    }

    /// The natural logarithm of 2^k·(1 + f), if need be with something small added to that number.
    #[inline(always)]
    fn natural(self, more: Option<V>) -> Sum<V> {
        let series = self.series();
        let ln_2 = Sum::splat(self.k, V::Real::LN_2_SHORT);
        let sum = fast_two_sum(self.k * ln_2.high, self.f);
        let small = self.k.mul_add(ln_2.low, sum.low);
        let small = self.with_share(more, series.s, small);
        // The smallest first: they round least.
        let small = series.s.mul_add(series.inner, small);
        Sum { low: series.half.neg_mul_add(self.f, small), ..sum }
    }

    /// The binary logarithm of the same.
    #[inline(always)]
    fn binary(self, more: Option<V>) -> Sum<V> {
        self.to_base([V::Real::from_f64(1.0), V::Real::from_f64(0.0)], V::Real::LOG2_E, more)
    }

    /// `small`, and what something small that is added to the number adds to its logarithm.
    #[inline(always)]
    fn with_share(self, more: Option<V>, s: V, small: V) -> V {
        let Some(more) = more else { return small };
        // Divided by 2^k·(1 + f); 1/(1 + f) = (1 - s)/(1 + s) is 1 - 2s + 2s² to the few bits that matter.
        let half_inverse = s.mul_add(s - more.lit(1.0), more.lit(0.5));
        (more * self.twice_inverse_power()).mul_add(half_inverse, small)
    }

    /// The logarithm to a base for which log(2) is `base_2`, the first part of which is exact times k, and log(e)
    /// is `base_e`; if need be with something small added to the number.
    #[inline(always)]
    fn to_base(self, base_2: [V::Real; 2], base_e: [V::Real; 2], more: Option<V>) -> Sum<V> {
        let (log_2, log_e) = (Sum::splat(self.k, base_2), Sum::splat(self.k, base_e));
        let Series { s, half, square, inner } = self.series();
        let most = fast_two_difference(self.f, square);
        let rest = self.with_share(more, s, most.low - half.mul_sub(self.f, square));
        let fraction = Sum { high: most.high, low: s.mul_add(inner, rest) }.times(log_e);
        let sum = fast_two_sum(self.k * log_2.high, fraction.high);
        Sum { low: self.k.mul_add(log_2.low, sum.low + fraction.low), ..sum }
    }
}

/// log(1 + f) = f - half·f + s·inner, where `square` is half·f rounded.
#[derive(Clone, Copy)]
struct Series<V> {
    s: V,
    half: V,
    square: V,
    inner: V,
}

/// The natural logarithm of a number that is larger than its parts say by `low`, a rounding error of it.
#[inline(always)]
pub(super) fn log_of_sum<V: Lanes>(parts: Split<V>, low: V) -> Sum<V> {
    parts.natural(Some(low))
}

/// The binary logarithm of the same.
#[inline(always)]
pub(super) fn log2_of_sum<V: Lanes>(parts: Split<V>, low: V) -> Sum<V> {
    parts.binary(Some(low))
}

/// A result where the argument is positive and finite; the special values elsewhere. `origin` is where the logarithm
/// has its pole.
#[inline(always)]
pub(super) fn with_special_values<V: Lanes>(x: V, origin: V, result: V) -> V {
    let result = V::select(x.lt(x.lit(f64::INFINITY)), result, x);
    let outside = V::select(x.eq(origin), x.lit(f64::NEG_INFINITY), x.lit(f64::NAN));
    V::select(origin.lt(x), result, outside)
}

/// The natural logarithm.
pub struct Log;

impl Unary for Log {
    #[inline(always)]
    fn apply<V: Lanes>(x: V) -> V {
        with_special_values(x, x.lit(0.0), split_any(x).natural(None).value())
    }
}

/// The logarithm to base 2.
pub struct Log2;

impl Unary for Log2 {
    #[inline(always)]
    fn apply<V: Lanes>(x: V) -> V {
        with_special_values(x, x.lit(0.0), split_any(x).binary(None).value())
    }
}

/// The logarithm to base 10.
pub struct Log10;

impl Unary for Log10 {
    #[inline(always)]
    fn apply<V: Lanes>(x: V) -> V {
        let logarithm = split_any(x).to_base(V::Real::LOG10_2_SHORT, V::Real::LOG10_E, None);
        with_special_values(x, x.lit(0.0), logarithm.value())
    }
}

/// Below this, log(1 + x) is x - x²/2.
pub(super) fn small<R: Real>() -> f64 {
    power_of_two(-(R::MANTISSA as i32 / 2 + 4))
}

/// log(1 + x).
pub struct Log1p;

impl Unary for Log1p {
    #[inline(always)]
    fn apply<V: Lanes>(x: V) -> V {
        let sum = two_sum(x.lit(1.0), x);
        let result = with_special_values(x, x.lit(-1.0), log_of_sum(split_normal(sum.high), sum.low).value());
        // Where the rounding errors of 1 + x are as large as x, x - x²/2 is enough.
        V::select(x.abs().lt(x.lit(small::<V::Real>())), (x * x.lit(0.5)).neg_mul_add(x, x), result)
    }
}
