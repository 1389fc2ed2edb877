//! An exact sum divided by a count, rounded once.

/// Bits that a quotient must have so that its last one can stand for all that were cut off: 53, one that decides the
/// rounding, and that one.
const ENOUGH: u32 = 55;

/// `sum / count`, rounded once to nearest, half to even; NaN for a count of zero.
pub(super) fn quotient(sum: i128, count: u64) -> f64 {
    if count == 0 {
        return f64::NAN;
    }
    let (magnitude, divisor) = (sum.unsigned_abs(), u128::from(count));
    if magnitude == 0 {
        return 0.0;
    }
    let bits = |n: u128| u128::BITS - n.leading_zeros();
    // The shifted magnitude has at most 64 + 55 bits, or as many as it had.
    let shift = (bits(divisor) + ENOUGH).saturating_sub(bits(magnitude));
    let shifted = magnitude << shift;
    let inexact = u128::from(shifted % divisor != 0);
    let rounded = ((shifted / divisor) | inexact) as f64;
    // A power of two, and far from the ends of the range: exact.
    let value = rounded * (-f64::from(shift)).exp2();
    if sum < 0 { -value } else { value }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounded_once() {
        assert_eq!(quotient(7, 2), 3.5);
        assert_eq!(quotient(-7, 2), -3.5);
        assert_eq!(quotient(0, 5).to_bits(), 0);
        assert!(quotient(3, 0).is_nan());
        assert_eq!(quotient(1, 3), 1.0 / 3.0);
        assert_eq!(quotient(i128::from(u64::MAX), u64::MAX), 1.0);
        // Sums beyond 2^53 that would round before the division.
        let big = (1i128 << 53) + 1;
        assert_eq!(quotient(big * 4, 4), 9007199254740992.0, "a tie goes to even");
        assert_eq!(quotient(big * 4 + 1, 4), 9007199254740994.0, "just above the tie");
        assert_eq!(quotient(-(big * 4 + 1), 4), -9007199254740994.0);
        assert_eq!(quotient((big + 2) * 4, 4), 9007199254740996.0, "the other tie");
        assert_eq!(quotient(((1i128 << 64) - 1) * (1 << 62), 1 << 62), 18446744073709551616.0);
    }

    #[test]
    fn nearest_among_neighbours() {
        let mut seed = 7u64;
        let mut next = || {
            seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            seed
        };
        for _ in 0..20_000 {
            let (a, b) = (next(), next());
            let sum = (i128::from(a as i64) << (b % 50)) + i128::from(b);
            let count = (next() >> (b % 61)).max(1);
            let got = quotient(sum, count);
            // |sum/count - got| <= |sum/count - neighbour|, compared exactly with everything scaled by 2^k.
            let error = |value: f64| scaled_error(sum, count, value);
            if let (Some(mine), Some(up), Some(down)) = (error(got), error(got.next_up()), error(got.next_down())) {
                assert!(mine <= up && mine <= down, "{sum} / {count} = {got}");
                assert!((mine < up && mine < down) || got.to_bits() & 1 == 0, "a tie is even");
            }
        }
    }

    /// `|sum - value * count|` for values that are small integers times 2^-20 or so; `None` when that overflows.
    fn scaled_error(sum: i128, count: u64, value: f64) -> Option<u128> {
        let exponent = (value.abs().log2().floor() as i32 - 54).min(0);
        let mantissa = (value * f64::from(-exponent).exp2()) as i128;
        let scaled = sum.checked_mul(1i128.checked_shl(u32::try_from(-exponent).ok()?)?)?;
        Some(scaled.checked_sub(mantissa.checked_mul(i128::from(count))?)?.unsigned_abs())
    }
}
