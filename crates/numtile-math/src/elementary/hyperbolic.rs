//! sinh, cosh and tanh.
//!
//! With x = k·ln 2 + r, 2 sinh(x) = (2^k - 2^-k)·cosh(r) + (2^k + 2^-k)·sinh(r), and cosh the other way round: neither
//! cancels, near zero or anywhere.

use super::Unary;
use super::exponential::{Reduced, reduce};
use super::sum::{Sum, fast_two_difference, fast_two_sum, quotient, two_product};
use crate::lanes::{Lanes, Real, power_of_two};

/// Where |x| is smaller, sinh(x) is x; and bits would be lost on the way.
const TINY: f64 = power_of_two(-54);

/// (`large`·cosh(r) + `small`·sinh(r)), where |large| >= |small·r|.
#[inline(always)]
fn combine<V: Lanes>(reduced: Reduced<V>, large: Sum<V>, small: V) -> V {
    let (cosh_tail, sinh_tail) = reduced.hyperbolic();
    let product = two_product(small, reduced.r.high);
    let tails = large.high.mul_add(cosh_tail, small * sinh_tail);
    fast_two_sum(large.high, product.high).plus((large.low + product.low) + tails).value()
}

/// |x| as k·ln 2 + r, with a quarter of 2^k and of 2^-k.
#[inline(always)]
fn quarters<V: Lanes>(x: V) -> (Reduced<V>, V, V) {
    let reduced = reduce(x.lit(V::Real::SINH_LIMIT).lesser(x.abs()));
    (reduced, reduced.power(-2), reduced.inverse_power(-2))
}

/// The hyperbolic sine.
pub struct Sinh;

impl Unary for Sinh {
    #[inline(always)]
    fn apply<V: Lanes>(x: V) -> V {
        let (reduced, up, down) = quarters(x);
        let half = combine(reduced, fast_two_difference(up, down), up + down);
        V::select(x.abs().lt(x.lit(TINY)), x, (half + half).flip_sign(x.sign()))
    }
}

/// The hyperbolic cosine.
pub struct Cosh;

impl Unary for Cosh {
    #[inline(always)]
    fn apply<V: Lanes>(x: V) -> V {
        let (reduced, up, down) = quarters(x);
        let half = combine(reduced, fast_two_sum(up, down), up - down);
        half + half
    }
}

/// The hyperbolic tangent: (1 - e^-2|x|)/(1 + e^-2|x|).
pub struct Tanh;

impl Unary for Tanh {
    #[inline(always)]
    fn apply<V: Lanes>(x: V) -> V {
        // From 20 on it is 1 in every type.
        let n = reduce(x.lit(20.0).lesser(x.abs()) * x.lit(-2.0)).exp_minus_one(0).normalized();
        let d = fast_two_sum(x.lit(2.0), n.high).plus(n.low);
        quotient(n, d).value().abs().flip_sign(x.sign())
    }
}
