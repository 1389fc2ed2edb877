//! Sums and products together with their rounding errors, as pairs of doubles.

/// `a + b` rounded, and what the rounding took away, exactly (Knuth).
#[inline]
pub(crate) fn two_sum(a: f64, b: f64) -> (f64, f64) {
    let sum = a + b;
    let of_b = sum - a;
    (sum, (a - (sum - of_b)) + (b - of_b))
}

/// `a * b` rounded, and what the rounding took away, exactly unless that underflows.
#[inline]
pub(crate) fn two_product(a: f64, b: f64) -> (f64, f64) {
    let product = a * b;
    (product, libm::fma(a, b, -product))
}

/// 2^k for an exponent of a normal number, for exact scaling.
#[inline]
pub(crate) fn power_of_two(k: i32) -> f64 {
    f64::from_bits(((1023 + k) as u64) << 52)
}

/// The exponent of a normal number: it lies in [2^k, 2^(k+1)). Zero and subnormal numbers count as −1023.
#[inline]
pub(crate) fn exponent(value: f64) -> i32 {
    (value.to_bits() >> 52 & 0x7ff) as i32 - 1023
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_what_was_lost() {
        assert_eq!(two_sum(1.0, 1e-17), (1.0, 1e-17));
        assert_eq!(two_sum(1e-17, -1.0), (-1.0, 1e-17));
        let third = 1.0 / 3.0;
        let (product, rest) = two_product(third, 3.0);
        assert_eq!((product, rest), (1.0, -5.551115123125783e-17));
    }

    #[test]
    fn exponents() {
        assert_eq!([1.0, 1.5, 2.0, 0.75, 1e300].map(exponent), [0, 0, 1, -1, 996]);
        assert_eq!(power_of_two(-1022), f64::MIN_POSITIVE);
        assert_eq!(power_of_two(1023) * 2.0, f64::INFINITY);
    }
}
