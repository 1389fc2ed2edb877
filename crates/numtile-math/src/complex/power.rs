//! Roots and powers of a complex number. The root is within 3 ulp per component. A power is `exp(b log a)`, whose
//! error grows with `|b log a|`, except for whole exponents below 100, which are repeated products.

use super::exponential::exp;
use super::logarithm::log;
use super::{C, NAN};
use crate::exact::power_of_two;
use crate::single;

pub(super) fn sqrt(z: C) -> C {
    let (a, b) = (z.re, z.im);
    if a == 0.0 && b == 0.0 {
        return C::new(0.0, b);
    }
    if b.is_infinite() {
        return C::new(f64::INFINITY, b);
    }
    if a.is_nan() || b.is_nan() && a.is_finite() {
        return NAN;
    }
    if a == f64::INFINITY {
        return C::new(a, if b.is_nan() { b } else { 0f64.copysign(b) });
    }
    if a == f64::NEG_INFINITY {
        return if b.is_nan() { C::new(b, f64::INFINITY) } else { C::new(0.0, f64::INFINITY.copysign(b)) };
    }
    // Scale by an even power of two away from overflow and underflow, and back by half of it.
    let largest = a.abs().max(b.abs());
    let k = if largest > power_of_two(1020) {
        -4
    } else if largest < power_of_two(-960) {
        108
    } else {
        0
    };
    let (a, b) = (a * power_of_two(k), b * power_of_two(k));
    let back = power_of_two(-k / 2);
    let t = ((a.abs() + single::hypot(a, b)) * 0.5).sqrt();
    let other = b.abs() / (2.0 * t);
    if a >= 0.0 { C::new(t * back, other.copysign(b) * back) } else { C::new(other * back, t.copysign(b) * back) }
}

pub(super) fn pow(a: C, b: C) -> C {
    if b.re == 0.0 && b.im == 0.0 {
        return C::new(1.0, 0.0);
    }
    if b.re == 1.0 && b.im == 0.0 {
        return a;
    }
    if a.re == 0.0 && a.im == 0.0 {
        return if b.re > 0.0 { C::new(0.0, 0.0) } else { NAN };
    }
    if b.im == 0.0 && b.re.abs() < 100.0 && b.re == f64::from(b.re as i32) {
        let power = integer_power(a, b.re.abs() as u32);
        return if b.re < 0.0 { reciprocal(power) } else { power };
    }
    exp(product(b, log(a)))
}

/// The product of C99 Annex G: infinite wherever a factor is infinite and the other is not zero.
fn product(x: C, y: C) -> C {
    let plain = x * y;
    if !(plain.re.is_nan() && plain.im.is_nan()) {
        return plain;
    }
    let infinite = |z: C| z.re.is_infinite() || z.im.is_infinite();
    let (x_infinite, y_infinite) = (infinite(x), infinite(y));
    if !(x_infinite || y_infinite || overflows(x, y)) {
        return plain;
    }
    let (x, y) = (boxed(x, x_infinite), boxed(y, y_infinite));
    C::new(f64::INFINITY * (x.re * y.re - x.im * y.im), f64::INFINITY * (x.re * y.im + x.im * y.re))
}

/// Whether a product of components overflows.
fn overflows(x: C, y: C) -> bool {
    [x.re * y.re, x.im * y.im, x.re * y.im, x.im * y.re].iter().any(|p| p.is_infinite())
}

/// Infinite components as ±1 and finite ones as ±0 if the number is infinite; NaN as ±0 always.
fn boxed(z: C, infinite: bool) -> C {
    let part = |v: f64| match infinite {
        true => f64::from(u8::from(v.is_infinite())).copysign(v),
        false if v.is_nan() => 0f64.copysign(v),
        false => v,
    };
    C::new(part(z.re), part(z.im))
}

/// A repeated product of at least one factor. It starts with its first factor: one times an infinite number is not
/// that number, but has NaN for a component.
fn integer_power(mut base: C, mut exponent: u32) -> C {
    while exponent & 1 == 0 {
        base *= base;
        exponent >>= 1;
    }
    let mut power = base;
    while exponent > 1 {
        base *= base;
        exponent >>= 1;
        if exponent & 1 == 1 {
            power *= base;
        }
    }
    power
}

/// 1/z by Smith's method.
fn reciprocal(z: C) -> C {
    if z.re.abs() >= z.im.abs() {
        let ratio = z.im / z.re;
        let scale = 1.0 / (z.re + z.im * ratio);
        C::new(scale, -ratio * scale)
    } else {
        let ratio = z.re / z.im;
        let scale = 1.0 / (z.im + z.re * ratio);
        C::new(ratio * scale, -scale)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::close;
    use super::*;

    #[test]
    fn values_from_the_books() {
        close(sqrt(C::new(3.0, 4.0)), C::new(2.0, 1.0));
        close(sqrt(C::new(-3.0, -4.0)), C::new(1.0, -2.0));
        close(pow(C::new(1.0, 1.0), C::new(4.0, 0.0)), C::new(-4.0, 0.0));
        close(pow(C::new(0.0, 1.0), C::new(0.0, 1.0)), C::new(0.20787957635076193, 0.0));
        for (exponent, power) in [(1.0, 3.0), (2.0, 9.0), (3.0, 27.0), (6.0, 729.0), (13.0, 1594323.0)] {
            assert_eq!(pow(C::new(3.0, 0.0), C::new(exponent, 0.0)), C::new(power, 0.0));
        }
    }

    #[test]
    fn whole_powers_may_overflow() {
        assert_eq!(pow(C::new(f64::MAX, 0.0), C::new(2.0, 0.0)), C::new(f64::INFINITY, 0.0));
    }

    #[test]
    fn roots_neither_overflow_nor_vanish() {
        assert!(sqrt(C::new(f64::MAX, f64::MAX)).re.is_finite());
        close(sqrt(C::new(5e-324, 0.0)), C::new(2.2227587494850775e-162, 0.0));
    }

    #[test]
    fn the_cut_of_the_root_follows_the_sign_of_zero() {
        assert_eq!(sqrt(C::new(-4.0, 0.0)).im, 2.0);
        assert_eq!(sqrt(C::new(-4.0, -0.0)).im, -2.0);
        let inf = f64::INFINITY;
        assert_eq!(sqrt(C::new(f64::NAN, -inf)), C::new(inf, -inf));
        assert_eq!(sqrt(C::new(-inf, -1.0)), C::new(0.0, -inf));
    }
}
