//! Inverse hyperbolic and circular functions of a complex number, within 4 ulp per component.
//!
//! The inverse sine and cosine are those of Hull, Fairgrieve and Tang, "Implementing the complex arcsine and arccosine
//! functions using exception handling" (ACM TOMS 23, 1997); the inverse tangent is Kahan's ("Branch cuts for complex
//! elementary functions", 1987). All are computed in the first quadrant; the others follow by symmetry.

use std::f64::consts::{FRAC_PI_2, FRAC_PI_4, LN_2, PI};

use super::{C, NAN, exchanged, to_quadrant_of};
use crate::exact::{exponent, power_of_two};
use crate::single;

/// Below this, relative to one, nothing is left of a summand.
const EPSILON: f64 = f64::EPSILON / 2.0;
/// Where squares stay within the range, with room for a few operations.
const SMALLEST: f64 = 6e-154;
const LARGEST: f64 = 1.6e153;

pub(super) fn arcsinh(z: C) -> C {
    if z.im == 0.0 {
        return C::new(single::arcsinh(z.re), z.im);
    }
    exchanged(arcsin(exchanged(z)))
}

pub(super) fn arcsin(z: C) -> C {
    let (x, y) = (z.re.abs(), z.im.abs());
    if x.is_finite() && y.is_finite() {
        if x == 0.0 {
            return C::new(z.re, single::arcsinh(z.im));
        }
        let point = Point::new(x, y);
        return to_quadrant_of(z, C::new(point.arcsine(), point.height()));
    }
    let real = match (x.is_infinite(), y.is_infinite()) {
        (true, true) => FRAC_PI_4,
        (true, false) if y.is_nan() => f64::NAN,
        (true, false) => FRAC_PI_2,
        (false, true) if x.is_nan() => f64::NAN,
        (false, true) => 0.0,
        // The imaginary part is not a number, or the real part is not.
        (false, false) if x == 0.0 => return C::new(z.re, f64::NAN),
        (false, false) => return NAN,
    };
    to_quadrant_of(z, C::new(real, f64::INFINITY))
}

pub(super) fn arccos(z: C) -> C {
    let (x, y) = (z.re.abs(), z.im.abs());
    if x.is_finite() && y.is_finite() {
        let point = Point::new(x, y);
        let real = point.arccosine();
        let real = if z.re.is_sign_negative() { PI - real } else { real };
        return C::new(real, -point.height().copysign(z.im));
    }
    let real = match (x.is_infinite(), y.is_infinite()) {
        (true, true) if z.re > 0.0 => FRAC_PI_4,
        (true, true) => 3.0 * FRAC_PI_4,
        (true, false) if y.is_nan() => f64::NAN,
        (true, false) if z.re > 0.0 => 0.0,
        (true, false) => PI,
        (false, true) if x.is_nan() => f64::NAN,
        (false, true) => FRAC_PI_2,
        (false, false) if x == 0.0 => return C::new(FRAC_PI_2, f64::NAN),
        (false, false) => return NAN,
    };
    C::new(real, -f64::INFINITY.copysign(z.im))
}

pub(super) fn arccosh(z: C) -> C {
    let w = arccos(z);
    // i·arccos(z) or −i·arccos(z), whichever has no negative real part.
    match (w.re.is_nan(), w.im.is_nan()) {
        (true, true) => C::new(w.im, w.re),
        (true, false) => C::new(w.im.abs(), w.re),
        (false, true) => C::new(w.im, if z.re == 0.0 { w.re } else { f64::NAN }),
        (false, false) => C::new(w.im.abs(), w.re.copysign(z.im)),
    }
}

/// A point of the closed first quadrant, and what the ellipse through it with foci −1 and 1 is like.
enum Point {
    /// Where the squares of the distances are within the range: the coordinates, the distances from −1 and 1, and
    /// their mean, half the long axis.
    Ordinary { x: f64, y: f64, r: f64, s: f64, a: f64 },
    /// Hardly above the real axis, x < 1.
    Low { x: f64, y: f64 },
    /// Hardly above the real axis, x ≥ 1.
    LowOutside { x: f64, y: f64 },
    /// At 1, hardly above the real axis.
    AboveOne { y: f64 },
    /// Hardly beside the imaginary axis, far up.
    High { x: f64, y: f64 },
    /// Far away.
    Far { x: f64, y: f64 },
    /// Hardly beside the imaginary axis.
    Narrow { x: f64, y: f64 },
}

impl Point {
    fn new(x: f64, y: f64) -> Point {
        if x > SMALLEST && x < LARGEST && y > SMALLEST && y < LARGEST {
            let (r, s) = (single::hypot(x + 1.0, y), single::hypot(x - 1.0, y));
            return Point::Ordinary { x, y, r, s, a: 0.5 * (r + s) };
        }
        if y <= EPSILON * (x - 1.0).abs() {
            return if x < 1.0 { Point::Low { x, y } } else { Point::LowOutside { x, y } };
        }
        if y < SMALLEST {
            return Point::AboveOne { y };
        }
        if EPSILON * y >= x + 1.0 {
            return Point::High { x, y };
        }
        if x > 1.0 { Point::Far { x, y } } else { Point::Narrow { x, y } }
    }

    /// The real part of the inverse sine.
    fn arcsine(&self) -> f64 {
        match *self {
            Point::Ordinary { x, y, r, s, a } => {
                let ratio = x / a;
                if ratio <= CROSSOVER {
                    return single::arcsin(ratio);
                }
                single::arctan(x / cathetus(x, y, r, s, a))
            }
            Point::Low { x, .. } => single::arcsin(x),
            Point::LowOutside { .. } => FRAC_PI_2,
            Point::AboveOne { y } => FRAC_PI_2 - y.sqrt(),
            Point::High { x, y } => x / y,
            Point::Far { x, y } => single::arctan(x / y),
            Point::Narrow { x, y } => x / (1.0 + y * y).sqrt(),
        }
    }

    /// The real part of the inverse cosine.
    fn arccosine(&self) -> f64 {
        match *self {
            Point::Ordinary { x, y, r, s, a } => {
                let ratio = x / a;
                if ratio <= CROSSOVER {
                    return single::arccos(ratio);
                }
                single::arctan(cathetus(x, y, r, s, a) / x)
            }
            Point::Low { x, .. } => single::arccos(x),
            // There y is 0.
            Point::LowOutside { x: 1.0, y } => y,
            Point::LowOutside { x, y } => y / (x - 1.0).sqrt() / (x + 1.0).sqrt(),
            Point::AboveOne { y } => y.sqrt(),
            Point::High { x, y } => FRAC_PI_2 - x / y,
            Point::Far { x, y } => single::arctan(y / x),
            Point::Narrow { x, y } => FRAC_PI_2 - x / (1.0 + y * y).sqrt(),
        }
    }

    /// The imaginary part of the inverse sine: the inverse hyperbolic cosine of half the long axis.
    fn height(&self) -> f64 {
        match *self {
            Point::Ordinary { a, .. } if a > 1.5 => single::log(a + ((a - 1.0) * (a + 1.0)).sqrt()),
            Point::Ordinary { x, y, r, s, a } => {
                let of_s = if x < 1.0 { y * (y / (s + (1.0 - x))) } else { s + (x - 1.0) };
                let beyond = 0.5 * (y * (y / (r + (x + 1.0))) + of_s);
                single::log1p(beyond + (beyond * (a + 1.0)).sqrt())
            }
            Point::Low { x, y } => y / ((1.0 - x) * (1.0 + x)).sqrt(),
            Point::LowOutside { x, .. } if x > LARGEST => LN_2 + single::log(x),
            Point::LowOutside { x, .. } => {
                let beyond = x - 1.0;
                single::log1p(beyond + (beyond * (x + 1.0)).sqrt())
            }
            Point::AboveOne { y } => y.sqrt(),
            Point::High { y, .. } => LN_2 + single::log(y),
            Point::Far { x, y } => {
                let ratio = x.min(y) / x.max(y);
                LN_2 + single::log(x.max(y)) + 0.5 * single::log1p(ratio * ratio)
            }
            Point::Narrow { y, .. } => single::arcsinh(y),
        }
    }
}

/// Up to here the inverse sine and cosine of x/a are accurate.
const CROSSOVER: f64 = 0.6417;

/// √(a² − x²), without cancellation.
fn cathetus(x: f64, y: f64, r: f64, s: f64, a: f64) -> f64 {
    let sum = a + x;
    if x <= 1.0 {
        (0.5 * sum * (y * y / (r + (x + 1.0)) + (s + (1.0 - x)))).sqrt()
    } else {
        y * (0.5 * (sum / (r + (x + 1.0)) + sum / (s + (x - 1.0)))).sqrt()
    }
}

pub(super) fn arctan(z: C) -> C {
    exchanged(arctanh(exchanged(z)))
}

pub(super) fn arctanh(z: C) -> C {
    let (x, y) = (z.re.abs(), z.im.abs());
    if y == 0.0 && x <= 1.0 {
        return C::new(single::arctanh(z.re), z.im);
    }
    if x == 0.0 {
        return C::new(z.re, single::arctan(z.im));
    }
    if y.is_infinite() || x.is_infinite() {
        let imag = if y.is_nan() { y } else { FRAC_PI_2.copysign(z.im) };
        return C::new(0f64.copysign(z.re), imag);
    }
    if x.is_nan() || y.is_nan() {
        return NAN;
    }
    if x > 1.0 / EPSILON || y > 1.0 / EPSILON {
        return to_quadrant_of(z, C::new(real_of_reciprocal(x, y), FRAC_PI_2));
    }
    to_quadrant_of(z, C::new(arctanh_real(x, y), arctanh_imag(x, y)))
}

fn arctanh_real(x: f64, y: f64) -> f64 {
    if x == 1.0 && y < SMALLEST {
        return 0.5 * (LN_2 - single::log(y));
    }
    let beside = x - 1.0;
    0.25 * single::log1p(4.0 * x / (beside * beside + y * y))
}

fn arctanh_imag(x: f64, y: f64) -> f64 {
    let angle =
        if x == 1.0 { single::arctan2(2.0, -y) } else { single::arctan2(2.0 * y, (1.0 - x) * (1.0 + x) - y * y) };
    0.5 * angle
}

/// The real part of 1/(x + iy).
fn real_of_reciprocal(x: f64, y: f64) -> f64 {
    let scale = power_of_two(-exponent(x.max(y)).clamp(-1022, 1022));
    let (x, y) = (x * scale, y * scale);
    x / (x * x + y * y) * scale
}

#[cfg(test)]
mod tests {
    use super::super::tests::close;
    use super::*;

    #[test]
    fn values_from_the_books() {
        close(arcsin(C::new(1.0, 1.0)), C::new(0.6662394324925153, 1.0612750619050357));
        close(arccos(C::new(1.0, 1.0)), C::new(0.9045568943023814, -1.0612750619050357));
        close(arctan(C::new(1.0, 1.0)), C::new(1.0172219678978514, 0.40235947810852507));
        close(arcsinh(C::new(1.0, 1.0)), C::new(1.0612750619050357, 0.6662394324925153));
        close(arccosh(C::new(1.0, 1.0)), C::new(1.0612750619050357, 0.9045568943023814));
        close(arctanh(C::new(1.0, 1.0)), C::new(0.40235947810852507, 1.0172219678978514));
    }

    #[test]
    fn branch_cuts_follow_the_sign_of_zero() {
        close(arcsin(C::new(2.0, 0.0)), C::new(FRAC_PI_2, 1.3169578969248166));
        close(arcsin(C::new(2.0, -0.0)), C::new(FRAC_PI_2, -1.3169578969248166));
        close(arccosh(C::new(-2.0, -0.0)), C::new(1.3169578969248166, -PI));
        close(arctanh(C::new(2.0, -0.0)), C::new(0.5493061443340549, -FRAC_PI_2));
        close(arctan(C::new(-0.0, 2.0)), C::new(-FRAC_PI_2, 0.5493061443340549));
    }

    #[test]
    fn extremes_neither_overflow_nor_vanish() {
        for z in [C::new(1e308, 1e308), C::new(1e-308, 1e308), C::new(1e308, 1e-308), C::new(1.0, 1e-308)] {
            for w in [arcsin(z), arccos(z), arctan(z), arcsinh(z), arccosh(z), arctanh(z)] {
                assert!(w.re.is_finite() && w.im.is_finite(), "{z} {w}");
            }
        }
        close(arcsin(C::new(1e-300, 1e-300)), C::new(1e-300, 1e-300));
        close(arctanh(C::new(1e200, 0.0)), C::new(1e-200, FRAC_PI_2));
    }

    #[test]
    fn special_values() {
        let inf = f64::INFINITY;
        assert_eq!(arcsin(C::new(-inf, inf)), C::new(-FRAC_PI_4, inf));
        assert_eq!(arccos(C::new(-inf, -1.0)), C::new(PI, inf));
        assert_eq!(arctanh(C::new(1.0, 0.0)), C::new(inf, 0.0));
        assert!(arccosh(C::new(0.0, f64::NAN)).re.is_nan() && arctanh(C::new(0.0, f64::NAN)).im.is_nan());
    }
}
