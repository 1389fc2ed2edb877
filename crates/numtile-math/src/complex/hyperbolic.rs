//! Hyperbolic functions of a complex number and, turned by a right angle, the circular ones. The sines and cosines are
//! within 3 ulp per component, the tangents within 6 (Kahan, "Branch cuts for complex elementary functions", 1987).

use super::exponential::Scaled;
use super::{C, NAN, exchanged};
use crate::single;

/// From here on the hyperbolic sine and cosine are half the exponential.
const LARGE: f64 = 22.0;

pub(super) fn sin(z: C) -> C {
    exchanged(sinh(exchanged(z)))
}

pub(super) fn cos(z: C) -> C {
    cosh(C::new(-z.im, z.re))
}

pub(super) fn tan(z: C) -> C {
    exchanged(tanh(exchanged(z)))
}

pub(super) fn sinh(z: C) -> C {
    let (x, y) = (z.re, z.im);
    match (x.is_finite(), y.is_finite()) {
        (true, true) if y == 0.0 => C::new(single::sinh(x), y),
        (true, true) if x.abs() < LARGE => C::new(single::sinh(x) * single::cos(y), single::cosh(x) * single::sin(y)),
        (true, true) => {
            let half = Scaled::exp(x.abs()).halved();
            C::new(half.times(single::cos(y)) * 1f64.copysign(x), half.times(single::sin(y)))
        }
        (true, false) if x == 0.0 => C::new(x, f64::NAN),
        (true, false) => NAN,
        (false, _) if y == 0.0 => C::new(x, y),
        (false, true) if x.is_infinite() => C::new(x * single::cos(y), f64::INFINITY * single::sin(y)),
        // C99 leaves this sign open, as it does below wherever a part is NaN; these are the choices of glibc.
        (false, false) if x.is_infinite() => C::new(f64::INFINITY, f64::NAN),
        _ => NAN,
    }
}

pub(super) fn cosh(z: C) -> C {
    let (x, y) = (z.re, z.im);
    match (x.is_finite(), y.is_finite()) {
        (true, true) if y == 0.0 => C::new(single::cosh(x), 0f64.copysign(x) * y),
        (true, true) if x.abs() < LARGE => C::new(single::cosh(x) * single::cos(y), single::sinh(x) * single::sin(y)),
        (true, true) => {
            let half = Scaled::exp(x.abs()).halved();
            C::new(half.times(single::cos(y)), half.times(single::sin(y)) * 1f64.copysign(x))
        }
        (true, false) if x == 0.0 => C::new(f64::NAN, 0.0),
        (true, false) => NAN,
        (false, _) if y == 0.0 => C::new(x.abs(), if x.is_nan() { y } else { 0f64.copysign(x) * y }),
        (false, true) if x.is_infinite() => C::new(f64::INFINITY * single::cos(y), x * single::sin(y)),
        (false, false) if x.is_infinite() => C::new(f64::INFINITY, f64::NAN),
        _ => NAN,
    }
}

pub(super) fn tanh(z: C) -> C {
    let (x, y) = (z.re, z.im);
    if y == 0.0 {
        return C::new(single::tanh(x), y);
    }
    if x.is_nan() || y.is_nan() && !x.is_infinite() && x != 0.0 {
        return NAN;
    }
    if x.is_infinite() {
        // The sign of the zero is that of sin 2y, where there is one.
        let sine = if y.is_finite() { single::sin(y) * single::cos(y) } else { y };
        return C::new(1f64.copysign(x), if y.is_nan() { 0.0 } else { 0f64.copysign(sine) });
    }
    if !y.is_finite() {
        return C::new(if x == 0.0 { x } else { f64::NAN }, f64::NAN);
    }
    if x.abs() >= LARGE {
        let decay = single::exp(-x.abs());
        let imag = 4.0 * single::sin(y) * single::cos(y) * decay * decay;
        return C::new(1f64.copysign(x), imag);
    }
    let tangent = single::tan(y);
    let sine = single::sinh(x);
    let cosine = (1.0 + sine * sine).sqrt();
    let beta = 1.0 + tangent * tangent;
    let size = 1.0 + beta * sine * sine;
    C::new(beta * cosine * sine / size, tangent / size)
}

#[cfg(test)]
mod tests {
    use super::super::tests::close;
    use super::*;

    #[test]
    fn values_from_the_books() {
        close(sin(C::new(1.0, 1.0)), C::new(1.2984575814159773, 0.6349639147847361));
        close(cos(C::new(1.0, 1.0)), C::new(0.8337300251311491, -0.9888977057628651));
        close(tan(C::new(1.0, 1.0)), C::new(0.27175258531951174, 1.0839233273386946));
        close(tanh(C::new(30.0, 1.0)), C::new(1.0, 1.5924545408982667e-26));
    }

    #[test]
    fn special_values() {
        let inf = f64::INFINITY;
        assert_eq!(tanh(C::new(-inf, inf)), C::new(-1.0, 0.0));
        assert_eq!(tanh(C::new(inf, 2.0)).im.to_bits(), (-0f64).to_bits());
        assert!(tanh(C::new(0.0, inf)).im.is_nan() && tanh(C::new(0.0, inf)).re == 0.0);
        assert_eq!(sinh(C::new(-0.0, -0.0)).re.to_bits(), (-0f64).to_bits());
        assert_eq!(tan(C::new(3.0, inf)), C::new(-0.0, 1.0));
    }
}
