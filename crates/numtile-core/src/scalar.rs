//! One element, carried outside any array.

use half::f16;
use num_complex::Complex;

use crate::dtype::{Bool8, DType, Element, Kind};
use crate::error::{Error, Result};

/// A value of one element type; equality and hashing are by bits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[repr(C, align(16))]
pub struct Scalar {
    bytes: [u8; 16],
    dtype: DType,
}

impl Scalar {
    /// The scalar with this memory image; `bytes` has `dtype.size()` bytes in native order.
    pub fn from_bytes(dtype: DType, bytes: &[u8]) -> Scalar {
        let mut image = [0u8; 16];
        image[..dtype.size()].copy_from_slice(&bytes[..dtype.size()]);
        Scalar { bytes: image, dtype }
    }

    /// The scalar of a Rust value.
    pub fn new<T: Element>(value: T) -> Scalar {
        let mut bytes = [0u8; 16];
        // SAFETY: an Element is plain data of at most 16 bytes, and the two places do not overlap.
        unsafe {
            std::ptr::copy_nonoverlapping((&raw const value).cast::<u8>(), bytes.as_mut_ptr(), size_of::<T>());
        }
        Scalar { bytes, dtype: T::DTYPE }
    }

    /// The value as a Rust type; `None` when the element type is another.
    pub fn get<T: Element>(&self) -> Option<T> {
        // SAFETY: the bytes are the image of a T (checked here), and every bit pattern of an Element is a value.
        (T::DTYPE == self.dtype).then(|| unsafe { std::ptr::read_unaligned(self.bytes.as_ptr().cast::<T>()) })
    }

    /// The element type.
    pub fn dtype(&self) -> DType {
        self.dtype
    }

    /// The memory image in native byte order.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes[..self.dtype.size()]
    }

    /// The first byte of the image, 16-byte aligned.
    pub fn as_ptr(&self) -> *const u8 {
        self.bytes.as_ptr()
    }

    /// Zero of the type.
    pub fn zero(dtype: DType) -> Scalar {
        Scalar { bytes: [0; 16], dtype }
    }

    /// A Python integer as an element; `OverflowError` in NumPy's words when it does not fit an integer type.
    pub fn from_int(value: i128, dtype: DType) -> Result<Scalar> {
        let overflow = || Error::Overflow(format!("Python integer {value} out of bounds for {dtype}"));
        macro_rules! fit {
            ($t:ty) => {
                Scalar::new(<$t>::try_from(value).map_err(|_| overflow())?)
            };
        }
        Ok(match dtype {
            DType::Bool => Scalar::new(Bool8::from(value != 0)),
            DType::I8 => fit!(i8),
            DType::I16 => fit!(i16),
            DType::I32 => fit!(i32),
            DType::I64 => fit!(i64),
            DType::U8 => fit!(u8),
            DType::U16 => fit!(u16),
            DType::U32 => fit!(u32),
            DType::U64 => fit!(u64),
            // Python's int converts to float with one rounding; narrower floats round that again, as NumPy does.
            DType::F16 | DType::F32 | DType::F64 | DType::C64 | DType::C128 => Scalar::from_f64(value as f64, dtype),
        })
    }

    /// A Python float as an element of a bool, float or complex type (integers truncate, as `astype` does).
    pub fn from_f64(value: f64, dtype: DType) -> Scalar {
        match dtype {
            DType::Bool => Scalar::new(Bool8::from(value != 0.0)),
            DType::I8 => Scalar::new(value as i8),
            DType::I16 => Scalar::new(value as i16),
            DType::I32 => Scalar::new(value as i32),
            DType::I64 => Scalar::new(value as i64),
            DType::U8 => Scalar::new(value as u8),
            DType::U16 => Scalar::new(value as u16),
            DType::U32 => Scalar::new(value as u32),
            DType::U64 => Scalar::new(value as u64),
            DType::F16 => Scalar::new(half_from_f64(value)),
            DType::F32 => Scalar::new(value as f32),
            DType::F64 => Scalar::new(value),
            DType::C64 => Scalar::new(Complex::new(value as f32, 0.0)),
            DType::C128 => Scalar::new(Complex::new(value, 0.0)),
        }
    }

    /// A Python complex as an element; the imaginary part is dropped for real types but counts for a truth value.
    pub fn from_complex(value: Complex<f64>, dtype: DType) -> Scalar {
        match dtype {
            DType::C64 => Scalar::new(Complex::new(value.re as f32, value.im as f32)),
            DType::C128 => Scalar::new(value),
            DType::Bool => Scalar::new(Bool8::from(value.re != 0.0 || value.im != 0.0)),
            real => Scalar::from_f64(value.re, real),
        }
    }

    /// The value as a complex number of doubles (64-bit integers round).
    pub fn to_complex(&self) -> Complex<f64> {
        match self.dtype {
            DType::C64 => {
                let z = self.get::<Complex<f32>>().unwrap_or_default();
                Complex::new(f64::from(z.re), f64::from(z.im))
            }
            DType::C128 => self.get().unwrap_or_default(),
            _ => Complex::new(self.to_f64(), 0.0),
        }
    }

    /// The real part as a double (64-bit integers round).
    pub fn to_f64(&self) -> f64 {
        match self.dtype {
            DType::F16 => self.get::<f16>().map_or(0.0, f64::from),
            DType::F32 => self.get::<f32>().map_or(0.0, f64::from),
            DType::F64 => self.get().unwrap_or(0.0),
            DType::C64 | DType::C128 => self.to_complex().re,
            _ => self.to_int().map_or(0.0, |n| n as f64),
        }
    }

    /// The value of a bool or integer; `None` for floats and complex numbers.
    pub fn to_int(&self) -> Option<i128> {
        let signed = match self.dtype.kind() {
            Kind::Bool => return Some(i128::from(self.bytes[0] != 0)),
            Kind::Signed => true,
            Kind::Unsigned => false,
            Kind::Float | Kind::Complex => return None,
        };
        let mut wide = [0u8; 16];
        let size = self.dtype.size();
        wide[..size].copy_from_slice(self.bytes());
        if signed && wide[size - 1] & 0x80 != 0 {
            wide[size..].fill(0xff);
        }
        Some(i128::from_le_bytes(wide))
    }
}

/// float64 to float16 with one rounding. (`half` goes through float32 and rounds twice; here float32 is rounded to odd,
/// which the second rounding cannot mistake for a tie.)
fn half_from_f64(value: f64) -> f16 {
    let near = value as f32;
    let widened = f64::from(near);
    if widened == value || value.is_nan() {
        return f16::from_f32(near);
    }
    let towards_zero = near.to_bits() - u32::from(widened.abs() > value.abs());
    f16::from_f32(f32::from_bits(towards_zero | 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_fit_or_say_so() {
        assert_eq!(Scalar::from_int(-1, DType::I8).unwrap().to_int(), Some(-1));
        assert_eq!(Scalar::from_int(255, DType::U8).unwrap().to_int(), Some(255));
        let error = Scalar::from_int(256, DType::U8).unwrap_err().to_string();
        assert_eq!(error, "Python integer 256 out of bounds for uint8");
    }

    #[test]
    fn float16_rounds_once() {
        let tie = 1.0 + 2f64.powi(-11);
        assert_eq!(Scalar::from_f64(tie, DType::F16).to_f64(), 1.0);
        assert_eq!(Scalar::from_f64(tie + 2f64.powi(-40), DType::F16).to_f64(), 1.0 + 2f64.powi(-10));
        assert_eq!(Scalar::from_f64(1e300, DType::F16).to_f64(), f64::INFINITY);
    }

    #[test]
    fn values_come_back() {
        assert_eq!(Scalar::new(-2.5f32).to_f64(), -2.5);
        assert_eq!(Scalar::from_complex(Complex::new(1.0, 2.0), DType::C64).to_complex(), Complex::new(1.0, 2.0));
        assert_eq!(Scalar::from_complex(Complex::new(0.0, 2.0), DType::Bool), Scalar::new(Bool8::from(true)));
        assert_eq!(Scalar::new(3u16).get::<u16>(), Some(3));
        assert_eq!(Scalar::new(3u16).get::<i16>(), None);
    }
}
