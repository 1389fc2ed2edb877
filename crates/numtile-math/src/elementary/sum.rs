//! Numbers as unevaluated sums of two, and polynomials.
//!
//! The error-free transformations are those of Dekker, "A floating-point technique for extending the available
//! precision", 1971, and Knuth, with fused multiply-add for products.

use crate::lanes::Lanes;

/// `high + low`, where `low` is about a rounding error of `high` unless something else is said.
#[derive(Clone, Copy)]
pub struct Sum<V> {
    pub high: V,
    pub low: V,
}

impl<V: Lanes> Sum<V> {
    /// A number alone.
    #[inline(always)]
    pub fn of(high: V) -> Self {
        Sum { high, low: high.lit(0.0) }
    }

    /// A constant in two parts, in every lane.
    #[inline(always)]
    pub fn splat(x: V, [high, low]: [V::Real; 2]) -> Self {
        Sum { high: x.splat(high), low: x.splat(low) }
    }

    /// Rounded.
    #[inline(always)]
    pub fn value(self) -> V {
        self.high + self.low
    }

    /// `yes` where the mask is set, `no` elsewhere.
    #[inline(always)]
    pub fn select(mask: V::Mask, yes: Self, no: Self) -> Self {
        Sum { high: V::select(mask, yes.high, no.high), low: V::select(mask, yes.low, no.low) }
    }

    /// The same with a low part that is no more than a rounding error, from one that is less than the high part.
    #[inline(always)]
    pub fn normalized(self) -> Self {
        fast_two_sum(self.high, self.low)
    }

    /// The negative where the mask is set.
    #[inline(always)]
    pub fn negate_where(self, mask: V::Mask) -> Self {
        Sum::select(mask, Sum { high: -self.high, low: -self.low }, self)
    }

    /// The product with a number, of which `low` is not much more than a rounding error.
    #[inline(always)]
    pub fn times(self, factor: Sum<V>) -> Self {
        let product = two_product(self.high, factor.high);
        product.plus(self.high.mul_add(factor.low, self.low * factor.high))
    }

    /// With `more` added to the low part.
    #[inline(always)]
    pub fn plus(self, more: V) -> Self {
        Sum { high: self.high, low: self.low + more }
    }
}

/// `a + b` exactly, if `a` is 0 or a multiple of the last place of `b`, for which |a| >= |b| is enough.
#[inline(always)]
pub fn fast_two_sum<V: Lanes>(a: V, b: V) -> Sum<V> {
    let high = a + b;
    Sum { high, low: b - (high - a) }
}

/// `a - b` exactly, on the same condition.
#[inline(always)]
pub fn fast_two_difference<V: Lanes>(a: V, b: V) -> Sum<V> {
    let high = a - b;
    Sum { high, low: (a - high) - b }
}

/// `a + b` exactly.
#[inline(always)]
pub fn two_sum<V: Lanes>(a: V, b: V) -> Sum<V> {
    let high = a + b;
    let b_in_high = high - a;
    Sum { high, low: (a - (high - b_in_high)) + (b - b_in_high) }
}

/// `a·b` exactly, but for underflow.
#[inline(always)]
pub fn two_product<V: Lanes>(a: V, b: V) -> Sum<V> {
    let high = a * b;
    Sum { high, low: a.mul_sub(b, high) }
}

/// `n/d`, with an error of a few units in the last place of `low`.
#[inline(always)]
pub fn quotient<V: Lanes>(n: Sum<V>, d: Sum<V>) -> Sum<V> {
    let inverse = d.high.lit(1.0) / d.high;
    let high = n.high * inverse;
    let rest = high.neg_mul_add(d.high, n.high) + high.neg_mul_add(d.low, n.low);
    Sum { high, low: rest * inverse }
}

/// The polynomial with these coefficients, the constant first.
#[inline(always)]
pub fn polynomial<V: Lanes>(x: V, coefficients: &[V::Real]) -> V {
    if coefficients.len() <= 4 {
        return horner(x, coefficients, 0, 1);
    }
    let (even, odd) = even_and_odd(x * x, coefficients);
    odd.mul_add(x, even)
}

/// The polynomial is `even + x·odd`: two chains that do not wait for each other.
#[inline(always)]
pub fn even_and_odd<V: Lanes>(square: V, coefficients: &[V::Real]) -> (V, V) {
    (horner(square, coefficients, 0, 2), horner(square, coefficients, 1, 2))
}

/// Horner's rule over every `step`th coefficient.
#[inline(always)]
fn horner<V: Lanes>(x: V, coefficients: &[V::Real], first: usize, step: usize) -> V {
    let mut index = first + (coefficients.len() - 1 - first) / step * step;
    let mut sum = x.splat(coefficients[index]);
    while index > first {
        index -= step;
        sum = sum.mul_add(x, x.splat(coefficients[index]));
    }
    sum
}
