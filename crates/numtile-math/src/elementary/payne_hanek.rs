//! Remainders by π/2 of huge numbers: Payne and Hanek, "Radian reduction for trigonometric functions", 1983.
//!
//! Integer arithmetic on the digits of 2/π, one number at a time.

use super::coefficients::TWO_PI_DIGITS;
use crate::lanes::power_of_two;

/// `x` = (4n + `quadrant`)·π/2 + `high` + `low` for some n.
pub struct Remainder {
    pub quadrant: u64,
    pub high: f64,
    pub low: f64,
}

/// The remainder of a positive finite number of at least 2^16.
pub fn remainder(x: f64) -> Remainder {
    let bits = x.to_bits();
    let mantissa = bits & ((1 << 52) - 1) | 1 << 52;
    // x = mantissa·2^exponent; digits of 2/π more than two before the last of the mantissa give multiples of 4.
    let exponent = (bits >> 52) as i32 - 1075;
    let product = times_digits(mantissa, exponent - 2);
    // Two bits of integer, then the fraction of a quarter turn; nearest, so the fraction becomes signed.
    let quadrant = (product[0] >> 62).wrapping_add(product[0] >> 61 & 1) & 3;
    let fraction = [product[0] << 2 | product[1] >> 62, product[1] << 2 | product[2] >> 62];
    let negative = fraction[0] >> 63 == 1;
    let magnitude = (u128::from(fraction[0]) << 64 | u128::from(fraction[1])) ^ if negative { u128::MAX } else { 0 };
    let (high, low) = times_half_pi(magnitude);
    let sign = if negative { -1.0 } else { 1.0 };
    Remainder { quadrant, high: sign * high, low: sign * low }
}

/// The 192 bits after the point of `mantissa`·2^`start`·2/π, the last 55 of which are not exact.
fn times_digits(mantissa: u64, start: i32) -> [u64; 3] {
    let window = [0, 1, 2].map(|word| digits(start + 64 * word));
    let product = |word: usize| u128::from(window[word]) * u128::from(mantissa);
    // Words of the product from the top; what is before the point falls out.
    let low = product(2);
    let middle = product(1) + (low >> 64);
    let high = product(0).wrapping_add(middle >> 64);
    [high as u64, middle as u64, low as u64]
}

/// 64 binary digits of 2/π, the first of which has the weight 2^-(start + 1).
fn digits(start: i32) -> u64 {
    let word = |index: i32| usize::try_from(index).ok().and_then(|i| TWO_PI_DIGITS.get(i)).copied().unwrap_or(0);
    let (index, shift) = (start.div_euclid(64), start.rem_euclid(64));
    if shift == 0 { word(index) } else { word(index) << shift | word(index + 1) >> (64 - shift) }
}

/// `fraction`·2^-128·π/2 as a sum of two.
fn times_half_pi(fraction: u128) -> (f64, f64) {
    /// π/2·2^127.
    const HALF_PI: u128 = 0xc90f_daa2_2168_c234_c4c6_628b_80dc_1cd1;
    let shift = fraction.leading_zeros().min(127);
    let product = high_product(fraction << shift, HALF_PI);
    let high = (product >> 64) as u64 as f64;
    // If `high` was rounded up to 2^64 the difference wraps to what it should be.
    let rest = product.wrapping_sub((high as u128) << 64) as i128;
    let scale = shift as i32;
    (high * power_of_two(-63 - scale), rest as f64 * power_of_two(-127 - scale))
}

/// The product divided by 2^128, up to two units low.
fn high_product(a: u128, b: u128) -> u128 {
    let (a_high, a_low, b_high, b_low) = (a >> 64, a & u128::from(u64::MAX), b >> 64, b & u128::from(u64::MAX));
    a_high * b_high + ((a_high * b_low) >> 64) + ((a_low * b_high) >> 64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remainders_known_from_elsewhere() {
        // The double nearest to a multiple of π/2, relative to its size: Muller, "Elementary functions", section 11.
        let worst = 6_381_956_970_095_103.0 * power_of_two(797);
        let r = remainder(worst);
        assert_eq!(r.quadrant & 1, 1);
        assert!((r.high.abs() / 4.687_165_924_254_628e-19 - 1.0).abs() < 1e-15, "{:e}", r.high);
        // Around 10^5 the remainder can be had in float64.
        for x in [65_537.0, 99_999.5, 1e5] {
            let r = remainder(x);
            let turns = (x / std::f64::consts::FRAC_PI_2).round();
            assert_eq!(r.quadrant, turns as u64 & 3);
            assert!((r.high - (x - turns * std::f64::consts::FRAC_PI_2)).abs() < 1e-11);
            assert!(r.low.abs() <= r.high.abs() * f64::EPSILON);
        }
    }
}
