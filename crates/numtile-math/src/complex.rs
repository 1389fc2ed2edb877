//! Functions of a complex number, with the special values and branch cuts of C99 Annex G.
//!
//! complex64 is computed in float64 and rounded once at the end.

use num_complex::Complex;

use crate::{Exponential, Power, Trigonometric};

/// A complex number of doubles.
pub type C = Complex<f64>;

/// Functions of a complex number.
pub trait ComplexFunctions: Copy {
    /// The square root with non-negative real part; the cut is the negative real axis.
    fn sqrt(self) -> Self;
    /// e to the power of `self`.
    fn exp(self) -> Self;
    /// The natural logarithm; the cut is the negative real axis.
    fn log(self) -> Self;
    /// The sine.
    fn sin(self) -> Self;
    /// The cosine.
    fn cos(self) -> Self;
    /// `self` to the power of `other`, by NumPy's rules for zero and small integer exponents.
    fn pow(self, other: Self) -> Self;
}

impl ComplexFunctions for Complex<f64> {
    fn sqrt(self) -> Self {
        sqrt(self)
    }
    fn exp(self) -> Self {
        exp(self)
    }
    fn log(self) -> Self {
        log(self)
    }
    fn sin(self) -> Self {
        // sin z = -i sinh(iz)
        let w = sinh(C::new(-self.im, self.re));
        C::new(w.im, -w.re)
    }
    fn cos(self) -> Self {
        // cos z = cosh(iz)
        cosh(C::new(-self.im, self.re))
    }
    fn pow(self, other: Self) -> Self {
        pow(self, other)
    }
}

impl ComplexFunctions for Complex<f32> {
    fn sqrt(self) -> Self {
        narrow(sqrt(widen(self)))
    }
    fn exp(self) -> Self {
        narrow(exp(widen(self)))
    }
    fn log(self) -> Self {
        narrow(log(widen(self)))
    }
    fn sin(self) -> Self {
        narrow(ComplexFunctions::sin(widen(self)))
    }
    fn cos(self) -> Self {
        narrow(ComplexFunctions::cos(widen(self)))
    }
    fn pow(self, other: Self) -> Self {
        narrow(pow(widen(self), widen(other)))
    }
}

fn widen(z: Complex<f32>) -> C {
    C::new(f64::from(z.re), f64::from(z.im))
}

fn narrow(z: C) -> Complex<f32> {
    Complex::new(z.re as f32, z.im as f32)
}

/// 2^k, for exact scaling.
fn power_of_two(k: i32) -> f64 {
    f64::from_bits(((1023 + k) as u64) << 52)
}

fn sqrt(z: C) -> C {
    let (a, b) = (z.re, z.im);
    if a == 0.0 && b == 0.0 {
        return C::new(0.0, b);
    }
    if b.is_infinite() {
        return C::new(f64::INFINITY, b);
    }
    if a.is_nan() || b.is_nan() && a.is_finite() {
        return C::new(f64::NAN, f64::NAN);
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
    let t = ((a.abs() + a.hypot_exact(b)) * 0.5).sqrt();
    let other = b.abs() / (2.0 * t);
    if a >= 0.0 { C::new(t * back, other.copysign(b) * back) } else { C::new(other * back, t.copysign(b) * back) }
}

/// The name `hypot` of std would shadow ours, and std's is the platform's.
trait HypotExact {
    fn hypot_exact(self, other: Self) -> Self;
}

impl HypotExact for f64 {
    fn hypot_exact(self, other: f64) -> f64 {
        Power::hypot(self, other)
    }
}

/// exp(x) (cos y + i sin y), where exp(x) alone may overflow; times 2^-1 when `halved`.
fn scaled_cis(x: f64, y: f64, halved: bool) -> C {
    let shift = if halved { 0.5 } else { 1.0 };
    let (sine, cosine) = (Trigonometric::sin(y), Trigonometric::cos(y));
    if x.abs() < 700.0 {
        let e = Exponential::exp(x) * shift;
        return C::new(e * cosine, e * sine);
    }
    let root = Exponential::exp(x * 0.5);
    C::new(root * cosine * shift * root, root * sine * shift * root)
}

fn exp(z: C) -> C {
    let (x, y) = (z.re, z.im);
    if y == 0.0 {
        return C::new(Exponential::exp(x), y);
    }
    if !y.is_finite() {
        return if x == f64::NEG_INFINITY {
            C::new(0.0, 0.0)
        } else if x == f64::INFINITY {
            C::new(x, f64::NAN)
        } else {
            C::new(f64::NAN, f64::NAN)
        };
    }
    scaled_cis(x, y, false)
}

fn log(z: C) -> C {
    let angle = Trigonometric::arctan2(z.im, z.re);
    let (large, small) = (z.re.abs().max(z.im.abs()), z.re.abs().min(z.im.abs()));
    if z.re.is_infinite() || z.im.is_infinite() {
        return C::new(f64::INFINITY, angle);
    }
    if z.re.is_nan() || z.im.is_nan() {
        return C::new(f64::NAN, f64::NAN);
    }
    if large > power_of_two(1020) || (large < power_of_two(-960) && large > 0.0) {
        let k = if large > 1.0 { -4 } else { 108 };
        let modulus = Power::hypot(z.re * power_of_two(k), z.im * power_of_two(k));
        return C::new(Exponential::log(modulus) - f64::from(k) * std::f64::consts::LN_2, angle);
    }
    let modulus = Power::hypot(large, small);
    if !(0.7..=1.5).contains(&modulus) {
        return C::new(Exponential::log(modulus), angle);
    }
    C::new(0.5 * Exponential::log1p(square_modulus_minus_one(large, small)), angle)
}

/// large² + small² − 1 near zero, with the rounding errors of the squares carried along.
fn square_modulus_minus_one(large: f64, small: f64) -> f64 {
    let (p, q) = (large * large, small * small);
    let (p_low, q_low) = (libm::fma(large, large, -p), libm::fma(small, small, -q));
    let high = p - 1.0;
    let sum = high + q;
    let rest = if high.abs() > q { (high - sum) + q } else { (q - sum) + high };
    // p - 1 is exact for p in [1/2, 2], which is where large lies here except near its ends.
    let p_rest = (p - high) - 1.0;
    sum + (rest + (p_rest + (p_low + q_low)))
}

fn sinh(z: C) -> C {
    let (x, y) = (z.re, z.im);
    match (x.is_finite(), y.is_finite()) {
        (true, true) if y == 0.0 => C::new(Trigonometric::sinh(x), y),
        (true, true) if x.abs() < 22.0 => {
            C::new(Trigonometric::sinh(x) * Trigonometric::cos(y), Trigonometric::cosh(x) * Trigonometric::sin(y))
        }
        (true, true) => {
            let w = scaled_cis(x.abs(), y, true);
            C::new(w.re * 1f64.copysign(x), w.im)
        }
        (true, false) if x == 0.0 => C::new(x, f64::NAN),
        (true, false) => C::new(f64::NAN, f64::NAN),
        (false, _) if y == 0.0 => C::new(x, y),
        (false, true) if x.is_infinite() => C::new(x * Trigonometric::cos(y), f64::INFINITY * Trigonometric::sin(y)),
        // C99 leaves this sign open.
        (false, false) if x.is_infinite() => C::new(x, f64::NAN),
        _ => C::new(f64::NAN, f64::NAN),
    }
}

fn cosh(z: C) -> C {
    let (x, y) = (z.re, z.im);
    match (x.is_finite(), y.is_finite()) {
        (true, true) if y == 0.0 => C::new(Trigonometric::cosh(x), x * y),
        (true, true) if x.abs() < 22.0 => {
            C::new(Trigonometric::cosh(x) * Trigonometric::cos(y), Trigonometric::sinh(x) * Trigonometric::sin(y))
        }
        (true, true) => {
            let w = scaled_cis(x.abs(), y, true);
            C::new(w.re, w.im * 1f64.copysign(x))
        }
        (true, false) if x == 0.0 => C::new(f64::NAN, 0f64.copysign(x)),
        (true, false) => C::new(f64::NAN, f64::NAN),
        (false, _) if y == 0.0 => C::new(x.abs(), 0f64.copysign(x) * y),
        (false, true) if x.is_infinite() => C::new(f64::INFINITY * Trigonometric::cos(y), x * Trigonometric::sin(y)),
        (false, false) if x.is_infinite() => C::new(f64::INFINITY, f64::NAN),
        _ => C::new(f64::NAN, f64::NAN),
    }
}

fn pow(a: C, b: C) -> C {
    if b.re == 0.0 && b.im == 0.0 {
        return C::new(1.0, 0.0);
    }
    if b.re == 1.0 && b.im == 0.0 {
        return a;
    }
    if a.re == 0.0 && a.im == 0.0 {
        return if b.re > 0.0 { C::new(0.0, 0.0) } else { C::new(f64::NAN, f64::NAN) };
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

fn integer_power(mut base: C, mut exponent: u32) -> C {
    let mut power = C::new(1.0, 0.0);
    loop {
        if exponent & 1 == 1 {
            power *= base;
        }
        exponent >>= 1;
        if exponent == 0 {
            return power;
        }
        base *= base;
    }
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
    use super::*;

    fn close(got: C, want: C) {
        let error = (got - want).norm() / want.norm();
        assert!(error < 4e-16, "{got} {want} {error:e}");
    }

    #[test]
    fn values_from_the_books() {
        close(sqrt(C::new(3.0, 4.0)), C::new(2.0, 1.0));
        close(sqrt(C::new(-3.0, -4.0)), C::new(1.0, -2.0));
        close(log(C::new(0.0, 1.0)), C::new(0.0, std::f64::consts::FRAC_PI_2));
        close(exp(C::new(0.0, std::f64::consts::FRAC_PI_2)), C::new(6.123233995736766e-17, 1.0));
        close(ComplexFunctions::sin(C::new(1.0, 1.0)), C::new(1.2984575814159773, 0.6349639147847361));
        close(ComplexFunctions::cos(C::new(1.0, 1.0)), C::new(0.8337300251311491, -0.9888977057628651));
        close(pow(C::new(1.0, 1.0), C::new(4.0, 0.0)), C::new(-4.0, 0.0));
        close(pow(C::new(0.0, 1.0), C::new(0.0, 1.0)), C::new(0.20787957635076193, 0.0));
    }

    #[test]
    fn extremes_neither_overflow_nor_vanish() {
        let huge = C::new(f64::MAX, f64::MAX);
        assert!(sqrt(huge).re.is_finite() && log(huge).re.is_finite());
        let tiny = sqrt(C::new(5e-324, 0.0));
        close(tiny, C::new(2.2227587494850775e-162, 0.0));
        assert!(exp(C::new(712.0, 3.125)).im.is_finite());
        assert_eq!(log(C::new(0.0, 0.0)), C::new(f64::NEG_INFINITY, 0.0));
    }

    #[test]
    fn near_the_unit_circle_the_logarithm_keeps_its_digits() {
        // |0.6 + 0.8i|² - 1 is the rounding error of 0.6 and 0.8 alone.
        let got = log(C::new(0.6, 0.8)).re;
        let exact = 2.2204460492503132e-17; // (0.6² + 0.8² - 1) / 2 of the doubles nearest to 0.6 and 0.8
        assert!((got - exact).abs() < 1e-22, "{got:e}");
    }

    #[test]
    fn branch_cuts_follow_the_sign_of_zero() {
        assert_eq!(sqrt(C::new(-4.0, 0.0)).im, 2.0);
        assert_eq!(sqrt(C::new(-4.0, -0.0)).im, -2.0);
        assert_eq!(log(C::new(-1.0, -0.0)).im, -std::f64::consts::PI);
        let inf = f64::INFINITY;
        assert_eq!(sqrt(C::new(f64::NAN, -inf)), C::new(inf, -inf));
        assert_eq!(sqrt(C::new(-inf, -1.0)), C::new(0.0, -inf));
        assert_eq!(exp(C::new(-inf, f64::NAN)), C::new(0.0, 0.0));
    }
}
