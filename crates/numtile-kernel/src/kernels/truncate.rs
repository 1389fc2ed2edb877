//! Floats truncated to integers, saturating, NaN to 0: what Rust's `as` does, written so that loops become vector code.
//!
//! A value is clamped as a float, where clamping is one instruction, and then fits the conversion that the vector
//! units have. 64-bit integers have none below AVX-512 and stay with `as`.

/// A float as an integer of type `I`.
pub trait Truncate<I> {
    /// Towards zero, saturating, NaN to 0.
    fn truncate(self) -> I;
}

/// `v` in `[low, high]`; NaN becomes 0.
macro_rules! clamped {
    ($v:expr, $low:expr, $high:expr) => {{
        let number = if $v.is_nan() { 0.0 } else { $v };
        let above = if number > $low { number } else { $low };
        if above < $high { above } else { $high }
    }};
}

macro_rules! through_i32 {
    ($($float:ty => [$($int:ty),*];)*) => {$($(
        impl Truncate<$int> for $float {
            #[inline(always)]
            fn truncate(self) -> $int {
                let fitting: $float = clamped!(self, <$int>::MIN as $float, <$int>::MAX as $float);
                // SAFETY: the ends of the type are exact in the float type and fit an i32, so the value does.
                unsafe { fitting.to_int_unchecked::<i32>() as $int }
            }
        }
    )*)*};
}
through_i32! { f32 => [i8, i16, u8, u16]; f64 => [i8, i16, u8, u16, i32]; }

impl Truncate<u32> for f64 {
    #[inline(always)]
    fn truncate(self) -> u32 {
        // In the lower half as it is, in the upper half less 2^31, which the last bit of the integer puts back.
        const HALF: f64 = 2_147_483_648.0;
        let fitting: f64 = clamped!(self, 0.0, u32::MAX as f64);
        let upper = fitting >= HALF;
        let lower = if upper { fitting - HALF } else { fitting };
        // SAFETY: the value lies in [0, 2^31).
        let low = unsafe { lower.to_int_unchecked::<i32>() } as u32;
        low | (upper as u32) << 31
    }
}

impl Truncate<u32> for f32 {
    #[inline(always)]
    fn truncate(self) -> u32 {
        Truncate::<u32>::truncate(f64::from(self))
    }
}

impl Truncate<i32> for f32 {
    #[inline(always)]
    fn truncate(self) -> i32 {
        /// The largest float32 below 2^31.
        const LARGEST: f32 = 2_147_483_520.0;
        let fitting: f32 = clamped!(self, i32::MIN as f32, LARGEST);
        // SAFETY: both ends fit an i32.
        let whole = unsafe { fitting.to_int_unchecked::<i32>() };
        if self > LARGEST { i32::MAX } else { whole }
    }
}

macro_rules! sixty_four_bits {
    ($($float:ty => [$($int:ty),*];)*) => {$($(
        impl Truncate<$int> for $float {
            #[inline(always)]
            fn truncate(self) -> $int { self as $int }
        }
    )*)*};
}
sixty_four_bits! { f32 => [i64, u64]; f64 => [i64, u64]; }

#[cfg(test)]
mod tests {
    use super::Truncate;

    #[test]
    fn truncation_is_what_as_does() {
        let edges = [
            0.0,
            0.5,
            1.0,
            127.0,
            128.0,
            255.0,
            256.0,
            32767.0,
            32768.0,
            65535.0,
            65536.0,
            2147483647.0,
            2147483648.0,
            4294967295.0,
            4294967296.0,
            1e20,
            f64::INFINITY,
            f64::NAN,
            5e-324,
        ];
        let near = edges.iter().flat_map(|&v: &f64| [v, v.next_up(), v.next_down(), v - 0.5, v + 0.5]);
        for v in near.flat_map(|v| [v, -v]) {
            let f = v as f32;
            for f in [f, f.next_up(), f.next_down()] {
                assert_eq!(Truncate::<i8>::truncate(f), f as i8, "{f}");
                assert_eq!(Truncate::<i16>::truncate(f), f as i16, "{f}");
                assert_eq!(Truncate::<i32>::truncate(f), f as i32, "{f}");
                assert_eq!(Truncate::<u8>::truncate(f), f as u8, "{f}");
                assert_eq!(Truncate::<u16>::truncate(f), f as u16, "{f}");
                assert_eq!(Truncate::<u32>::truncate(f), f as u32, "{f}");
            }
            assert_eq!(Truncate::<i8>::truncate(v), v as i8, "{v}");
            assert_eq!(Truncate::<i16>::truncate(v), v as i16, "{v}");
            assert_eq!(Truncate::<i32>::truncate(v), v as i32, "{v}");
            assert_eq!(Truncate::<u8>::truncate(v), v as u8, "{v}");
            assert_eq!(Truncate::<u16>::truncate(v), v as u16, "{v}");
            assert_eq!(Truncate::<u32>::truncate(v), v as u32, "{v}");
        }
    }
}
