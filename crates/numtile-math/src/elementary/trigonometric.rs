//! sin, cos and tan.
//!
//! |x| = q·π/2 + r with |r| <= π/4, where q·π/2 is subtracted in three parts: the first difference is exact, the second
//! keeps its rounding error, the third is small. Huge arguments are reduced by `payne_hanek.rs`.

use super::Unary;
use super::coefficients::Coefficients;
use super::payne_hanek;
use super::sum::{Sum, fast_two_difference, polynomial, quotient, two_product};
use crate::lanes::{Lanes, MOST_LANES as MOST, Real, Vector, Words, round_origin};

/// A magnitude as q·π/2 + r.
#[derive(Clone, Copy)]
struct Reduced<V> {
    /// [`round_origin`] plus q: the low bits are those of q.
    shifted: V,
    r: Sum<V>,
}

/// Reduces magnitudes up to [`Real::TRIGONOMETRIC_LIMIT`].
#[inline(always)]
fn reduce<V: Lanes>(x: V) -> Reduced<V> {
    let origin = x.lit(round_origin::<V::Real>());
    let shifted = x.mul_add(x.splat(V::Real::TWO_PI[0]), origin);
    let q = shifted - origin;
    let [first, second, third] = V::Real::PI_2;
    let rest = q.neg_mul_add(x.splat(first), x);
    let product = two_product(q, x.splat(second));
    let r = fast_two_difference(rest, product.high);
    Reduced { shifted, r: Sum { high: r.high, low: q.neg_mul_add(x.splat(third), r.low - product.low) } }
}

/// Where [`reduce`] must not be used: finite magnitudes above the limit.
#[inline(always)]
fn is_huge<V: Lanes>(magnitude: V) -> V::Mask {
    magnitude.splat(V::Real::TRIGONOMETRIC_LIMIT).lt(magnitude) & magnitude.lt(magnitude.lit(f64::INFINITY))
}

/// Reduces any magnitude.
#[inline(always)]
fn reduce_whole<V: Vector>(x: V) -> Reduced<V> {
    let reduced = reduce(x);
    if V::any(is_huge(x)) { reduce_huge_lanes(x, reduced) } else { reduced }
}

/// Replaces the lanes with huge magnitudes.
#[inline(always)]
fn reduce_huge_lanes<V: Vector>(x: V, reduced: Reduced<V>) -> Reduced<V> {
    const { assert!(V::LANES <= MOST) }
    let zero = V::Real::from_f64(0.0);
    let [mut magnitudes, mut shifted, mut high, mut low] = [[zero; MOST]; 4];
    // SAFETY: the arrays have room for MOST lanes, which V has at most; the vectors show that the machine can load them.
    unsafe {
        x.store(magnitudes.as_mut_ptr());
        reduced.shifted.store(shifted.as_mut_ptr());
        reduced.r.high.store(high.as_mut_ptr());
        reduced.r.low.store(low.as_mut_ptr());
        reduce_huge(&magnitudes, &mut shifted, &mut high, &mut low);
        let r = Sum { high: V::load(high.as_ptr()), low: V::load(low.as_ptr()) };
        Reduced { shifted: V::load(shifted.as_ptr()), r }
    }
}

#[cold]
#[inline(never)]
fn reduce_huge<R: Real>(x: &[R; MOST], shifted: &mut [R; MOST], high: &mut [R; MOST], low: &mut [R; MOST]) {
    for i in 0..MOST {
        let magnitude = x[i].to_f64();
        if magnitude > R::TRIGONOMETRIC_LIMIT.to_f64() && magnitude < f64::INFINITY {
            let remainder = payne_hanek::remainder(magnitude);
            shifted[i] = R::from_f64(round_origin::<R>() + remainder.quadrant as f64);
            high[i] = R::from_f64(remainder.high);
            low[i] = R::from_f64((remainder.high - high[i].to_f64()) + remainder.low);
        }
    }
}

impl<V: Lanes> Reduced<V> {
    /// sin(r) and cos(r), as sums of which the first is the larger part.
    #[inline(always)]
    fn sine_and_cosine(self) -> (Sum<V>, Sum<V>) {
        let Sum { high: r, low } = self.r;
        let z = r * r;
        let one = r.lit(1.0);
        let half = z * r.lit(0.5);
        let most = one - half;
        let sine_tail = (r * z).mul_add(polynomial(z, V::Real::SIN), low * most);
        let cosine_tail = (z * z).mul_add(polynomial(z, V::Real::COS), r.neg_mul_add(low, (one - most) - half));
        (Sum { high: r, low: sine_tail }, Sum { high: most, low: cosine_tail })
    }

    /// The sine of the magnitude plus `turns` quarter turns, with the sign flipped by `sign`.
    #[inline(always)]
    fn circular(self, turns: u64, sign: V::Words) -> V {
        let q = self.shifted.to_words() + self.shifted.splat_word(turns);
        let (sine, cosine) = self.sine_and_cosine();
        let value = V::select(is_odd(self.shifted, q), cosine.value(), sine.value());
        value.flip_sign(q.halved().to_sign() ^ sign)
    }

    /// The tangent of the magnitude, with the sign flipped by `sign`.
    #[inline(always)]
    fn tangent(self, sign: V::Words) -> V {
        let q = self.shifted.to_words();
        let odd = is_odd(self.shifted, q);
        let (sine, cosine) = self.sine_and_cosine();
        let (sine, cosine) = (sine.normalized(), cosine.normalized());
        let n = Sum::select(odd, cosine, sine);
        let d = Sum::select(odd, sine, cosine);
        quotient(n, d).value().flip_sign(q.to_sign() ^ sign)
    }
}

/// Where the lowest bit is set.
#[inline(always)]
fn is_odd<V: Lanes>(x: V, words: V::Words) -> V::Mask {
    // As the exponent of the smallest normal number: comparing subnormal numbers can be slow.
    x.lit(0.0).lt(V::from_words((words & x.splat_word(1)).to_exponent()))
}

/// The sine.
pub struct Sin;

impl Unary for Sin {
    #[inline(always)]
    fn apply<V: Lanes>(x: V) -> V {
        reduce(x.abs()).circular(0, x.sign())
    }
    #[inline(always)]
    fn beyond<V: Lanes>(x: V) -> Option<V::Mask> {
        Some(is_huge(x.abs()))
    }
    #[inline(always)]
    fn apply_whole<V: Vector>(x: V) -> V {
        reduce_whole(x.abs()).circular(0, x.sign())
    }
}

/// The cosine.
pub struct Cos;

impl Unary for Cos {
    #[inline(always)]
    fn apply<V: Lanes>(x: V) -> V {
        reduce(x.abs()).circular(1, x.splat_word(0))
    }
    #[inline(always)]
    fn beyond<V: Lanes>(x: V) -> Option<V::Mask> {
        Some(is_huge(x.abs()))
    }
    #[inline(always)]
    fn apply_whole<V: Vector>(x: V) -> V {
        reduce_whole(x.abs()).circular(1, x.splat_word(0))
    }
}

/// The tangent.
pub struct Tan;

impl Unary for Tan {
    #[inline(always)]
    fn apply<V: Lanes>(x: V) -> V {
        reduce(x.abs()).tangent(x.sign())
    }
    #[inline(always)]
    fn beyond<V: Lanes>(x: V) -> Option<V::Mask> {
        Some(is_huge(x.abs()))
    }
    #[inline(always)]
    fn apply_whole<V: Vector>(x: V) -> V {
        reduce_whole(x.abs()).tangent(x.sign())
    }
}
