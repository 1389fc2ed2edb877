//! Logarithms of a complex number, within 3 ulp per component: the square of the modulus is carried in a pair of
//! doubles, and near 1 what it exceeds 1 by is summed without rounding.

use super::C;
use crate::exact::{exponent, power_of_two, two_product, two_sum};
use crate::single;

/// What a logarithm needs to know about its base.
struct Base {
    /// The logarithm of a real number.
    log: fn(f64) -> f64,
    /// The logarithm of e.
    of_e: f64,
    /// The logarithm of 2, to twice the precision.
    of_2: (f64, f64),
}

const E: Base = Base { log: single::log, of_e: 1.0, of_2: (std::f64::consts::LN_2, 2.3190468138462996e-17) };
const TWO: Base = Base { log: single::log2, of_e: std::f64::consts::LOG2_E, of_2: (1.0, 0.0) };
const TEN: Base = Base {
    log: single::log10,
    of_e: std::f64::consts::LOG10_E,
    of_2: (std::f64::consts::LOG10_2, -2.8037281277851704e-18),
};

pub(super) fn log(z: C) -> C {
    to_base(&E, z)
}

pub(super) fn log2(z: C) -> C {
    to_base(&TWO, z)
}

pub(super) fn log10(z: C) -> C {
    to_base(&TEN, z)
}

fn to_base(base: &Base, z: C) -> C {
    let angle = base.of_e * single::arctan2(z.im, z.re);
    special(z, angle).unwrap_or_else(|| C::new(log_modulus(base, (z.re, 0.0), z.im), angle))
}

pub(super) fn log1p(z: C) -> C {
    if z.im == 0.0 && z.re > -1.0 {
        return C::new(single::log1p(z.re), z.im);
    }
    let (re, re_low) = two_sum(1.0, z.re);
    let angle = single::arctan2(z.im, re);
    if let Some(known) = special(C::new(re, z.im), angle) {
        return known;
    }
    if re.abs() < 2.0 && z.im.abs() < 2.0 {
        // |1 + z|² − 1 = 2x + x² + y²
        let excess = sum_with_squares(2.0 * z.re, z.re, z.im);
        if excess.abs() < 0.5 {
            return C::new(0.5 * single::log1p(excess), angle);
        }
    }
    C::new(log_modulus(&E, (re, re_low), z.im), angle)
}

/// The logarithm of zero, of infinities and of what is not a number.
fn special(z: C, angle: f64) -> Option<C> {
    if z.re.is_infinite() || z.im.is_infinite() {
        Some(C::new(f64::INFINITY, angle))
    } else if z.re.is_nan() || z.im.is_nan() {
        Some(super::NAN)
    } else if z.re == 0.0 && z.im == 0.0 {
        Some(C::new(f64::NEG_INFINITY, angle))
    } else {
        None
    }
}

/// The logarithm of |x + iy|, which is finite and not zero, for an `x` given as the sum of a pair.
fn log_modulus(base: &Base, x: (f64, f64), y: f64) -> f64 {
    let shift = shift_to_one(x.0.abs().max(y.abs()));
    let scale = |v: f64| v * power_of_two(shift / 2) * power_of_two(shift - shift / 2);
    let (x, x_low, y) = (scale(x.0), scale(x.1), scale(y));
    let ((p, p_low), (q, q_low)) = (two_product(x, x), two_product(y, y));
    let (square, rest) = two_sum(p, q);
    let log = if shift == 0 && x_low == 0.0 && (0.5..2.0).contains(&square) {
        base.of_e * single::log1p(sum_with_squares(-1.0, x, y))
    } else {
        (base.log)(square) + base.of_e * ((rest + (p_low + q_low) + 2.0 * x * x_low) / square)
    };
    let back = -f64::from(shift);
    0.5 * log + back * base.of_2.1 + back * base.of_2.0
}

/// The power of two that brings a number near 1 if its square would leave the range, else 0.
fn shift_to_one(largest: f64) -> i32 {
    if largest < f64::MIN_POSITIVE {
        return 60 - exponent(largest * power_of_two(60));
    }
    let exponent = exponent(largest);
    if exponent.abs() > 400 { -exponent } else { 0 }
}

/// `start + x² + y²` where that is much smaller than its terms: every product and sum keeps its rounding error.
fn sum_with_squares(start: f64, x: f64, y: f64) -> f64 {
    let (large, small) = if x.abs() > y.abs() { (x, y) } else { (y, x) };
    let ((p, p_low), (q, q_low)) = (two_product(large, large), two_product(small, small));
    let (sum, rest_1) = two_sum(start, p);
    let (sum, rest_2) = two_sum(sum, q);
    let (low, rest_3) = two_sum(p_low, q_low);
    let (middle, rest_4) = two_sum(rest_1, rest_2);
    let (low, rest_5) = two_sum(low, middle);
    let (high, rest_6) = two_sum(sum, low);
    high + (rest_6 + (rest_3 + rest_4 + rest_5))
}

#[cfg(test)]
mod tests {
    use super::super::tests::close;
    use super::*;

    #[test]
    fn values_from_the_books() {
        close(log(C::new(0.0, 1.0)), C::new(0.0, std::f64::consts::FRAC_PI_2));
        assert_eq!(log10(C::new(1000.0, 0.0)), C::new(3.0, 0.0));
        assert_eq!(log2(C::new(0.0, -8.0)).re, 3.0);
        assert_eq!(log(C::new(0.0, 0.0)), C::new(f64::NEG_INFINITY, 0.0));
    }

    #[test]
    fn extremes_neither_overflow_nor_vanish() {
        let huge = C::new(f64::MAX, f64::MAX);
        close(log(huge).re.into(), 710.1292864836639.into());
        close(log(C::new(5e-324, 0.0)).re.into(), (-744.4400719213812).into());
        assert_eq!(log2(C::new(5e-324, 0.0)).re, -1074.0);
        close(log(C::new(3e-320, 4e-320)).re.into(), (-735.2178029785398).into());
    }

    #[test]
    fn near_the_unit_circle_the_logarithm_keeps_its_digits() {
        // |0.6 + 0.8i|² - 1 is the rounding error of 0.6 and 0.8 alone.
        let exact = 2.2204460492503132e-17; // (0.6² + 0.8² - 1) / 2 of the doubles nearest to 0.6 and 0.8
        let got = log(C::new(0.6, 0.8)).re;
        assert!((got - exact).abs() < 1e-32, "{got:e}");
        let shifted = log1p(C::new(-0.5, 0.75f64.sqrt())).re;
        assert!((shifted + 4.345318932600586e-17).abs() < 1e-32, "{shifted:e}");
    }

    #[test]
    fn branch_cuts_follow_the_sign_of_zero() {
        assert_eq!(log(C::new(-1.0, -0.0)).im, -std::f64::consts::PI);
        assert_eq!(log1p(C::new(-2.0, -0.0)).im, -std::f64::consts::PI);
    }
}
