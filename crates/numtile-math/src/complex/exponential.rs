//! Exponentials of a complex number: `exp` and `exp2` within 3 ulp per component, `expm1` within 3 ulp of the modulus.
//! (`exp2` for imaginary parts up to 2^50: beyond, their product with log 2 has lost too many digits.)

use super::C;
use crate::exact::{power_of_two, two_product};
use crate::single;

/// m·2^k, where 2^k alone may be beyond the range.
#[derive(Clone, Copy)]
pub(super) struct Scaled {
    mantissa: f64,
    shift: i32,
}

impl Scaled {
    /// e^x without overflow or underflow for |x| < 1500.
    pub fn exp(x: f64) -> Scaled {
        // This multiple of log 2 is a double within 1e-16, so that the difference below is exact to the last bit.
        const SHIFT: i32 = 1799;
        const SHIFT_LOG_2: f64 = 1246.9717778273416;
        if x.abs() < 700.0 {
            Scaled { mantissa: single::exp(x), shift: 0 }
        } else if x > 0.0 {
            Scaled { mantissa: single::exp(x - SHIFT_LOG_2), shift: SHIFT }
        } else {
            Scaled { mantissa: single::exp(x + SHIFT_LOG_2), shift: -SHIFT }
        }
    }

    /// 2^x without overflow or underflow for |x| < 2000.
    fn exp2(x: f64) -> Scaled {
        const SHIFT: i32 = 1800;
        if x.abs() < 1000.0 {
            Scaled { mantissa: single::exp2(x), shift: 0 }
        } else if x > 0.0 {
            Scaled { mantissa: single::exp2(x - f64::from(SHIFT)), shift: SHIFT }
        } else {
            Scaled { mantissa: single::exp2(x + f64::from(SHIFT)), shift: -SHIFT }
        }
    }

    /// Half of it.
    pub fn halved(self) -> Scaled {
        Scaled { mantissa: self.mantissa * 0.5, ..self }
    }

    /// Its product with a number of modulus at most one.
    pub fn times(self, factor: f64) -> f64 {
        let (first, second) = (power_of_two(self.shift / 2), power_of_two(self.shift - self.shift / 2));
        // Upwards the factor may be subnormal and comes first; downwards only the last product may be inexact.
        if self.shift > 0 { factor * first * self.mantissa * second } else { factor * self.mantissa * first * second }
    }
}

/// What C99 says of exp(z) where the imaginary part is infinite or not a number; `None` where it is finite.
fn special(z: C) -> Option<C> {
    if z.im.is_finite() {
        return None;
    }
    Some(match z.re {
        f64::NEG_INFINITY => C::new(0.0, if z.im.is_nan() { 0.0 } else { 0f64.copysign(z.im) }),
        f64::INFINITY => C::new(f64::INFINITY, f64::NAN),
        _ => super::NAN,
    })
}

pub(super) fn exp(z: C) -> C {
    if z.im == 0.0 {
        return C::new(single::exp(z.re), z.im);
    }
    special(z).unwrap_or_else(|| {
        let modulus = Scaled::exp(z.re);
        C::new(modulus.times(single::cos(z.im)), modulus.times(single::sin(z.im)))
    })
}

pub(super) fn exp2(z: C) -> C {
    if z.im == 0.0 {
        return C::new(single::exp2(z.re), z.im);
    }
    special(z).unwrap_or_else(|| {
        let modulus = Scaled::exp2(z.re);
        let (sine, cosine) = sin_cos_times_log_2(z.im);
        C::new(modulus.times(cosine), modulus.times(sine))
    })
}

/// The sine and the cosine of y·log 2, whose rounding error the sum formulas put right.
fn sin_cos_times_log_2(y: f64) -> (f64, f64) {
    const LOG_2_LOW: f64 = 2.3190468138462996e-17;
    let (angle, rest) = two_product(y, std::f64::consts::LN_2);
    if !angle.is_normal() {
        return (angle, 1.0);
    }
    let rest = rest + y * LOG_2_LOW;
    let (sine, cosine) = (single::sin(angle), single::cos(angle));
    let (rest_sine, rest_cosine) = match rest.abs() < 1e-9 {
        true => (rest, 1.0),
        false => (single::sin(rest), single::cos(rest)),
    };
    (sine * rest_cosine + cosine * rest_sine, cosine * rest_cosine - sine * rest_sine)
}

pub(super) fn expm1(z: C) -> C {
    if z.im == 0.0 {
        return C::new(single::expm1(z.re), z.im);
    }
    let power = exp(z);
    if !z.im.is_finite() || z.re.abs() > 40.0 {
        return C::new(power.re - 1.0, power.im);
    }
    // e^x cos y − 1 = (e^x − 1) cos y − (1 − cos y)
    let half_sine = single::sin(0.5 * z.im);
    let real = single::expm1(z.re) * single::cos(z.im) - 2.0 * half_sine * half_sine;
    C::new(real, power.im)
}

#[cfg(test)]
mod tests {
    use super::super::tests::close;
    use super::*;

    #[test]
    fn values_from_the_books() {
        close(exp(C::new(0.0, std::f64::consts::FRAC_PI_2)), C::new(6.123233995736766e-17, 1.0));
        close(exp2(C::new(3.0, 1.0 / std::f64::consts::LN_2)), C::new(4.322418446945118, 6.731767878463172));
        close(expm1(C::new(1e-10, 1e-10)), C::new(1e-10, 1.0000000001000001e-10));
    }

    #[test]
    fn moduli_beyond_the_range_meet_small_angles() {
        assert!(exp(C::new(712.0, 3.125)).im.is_finite());
        close(exp(C::new(1400.0, 1e-300)).im.into(), 1.0286666608519893e308.into());
        close(exp(C::new(1400.0, 5e-324)).im.into(), 5.0822885814919656e284.into());
        close(exp(C::new(800.0, 5e-324)).im.into(), 1.3470080137759474e24.into());
    }

    #[test]
    fn special_values() {
        let inf = f64::INFINITY;
        assert_eq!(exp(C::new(-inf, f64::NAN)), C::new(0.0, 0.0));
        assert_eq!(expm1(C::new(-inf, inf)), C::new(-1.0, 0.0));
        assert_eq!(expm1(C::new(inf, 0.0)), C::new(inf, 0.0));
        assert!(exp2(C::new(inf, inf)).im.is_nan());
    }
}
