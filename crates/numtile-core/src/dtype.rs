//! Element types and the lattice of NumPy's promotion.

use std::fmt;

use half::f16;
use num_complex::Complex;

/// An element type. The order is NumPy's order of type numbers within each kind.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
#[repr(u8)]
#[allow(missing_docs)]
pub enum DType {
    Bool,
    I8,
    I16,
    I32,
    I64,
    U8,
    U16,
    U32,
    U64,
    F16,
    F32,
    F64,
    C64,
    C128,
}

/// The kind of an element type, ordered as NEP 50 orders the categories of Python scalars.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
#[allow(missing_docs)]
pub enum Kind {
    Bool,
    Unsigned,
    Signed,
    Float,
    Complex,
}

impl DType {
    /// Every element type.
    pub const ALL: [DType; 14] = [
        DType::Bool,
        DType::I8,
        DType::I16,
        DType::I32,
        DType::I64,
        DType::U8,
        DType::U16,
        DType::U32,
        DType::U64,
        DType::F16,
        DType::F32,
        DType::F64,
        DType::C64,
        DType::C128,
    ];

    /// Bytes per element.
    pub const fn size(self) -> usize {
        match self {
            DType::Bool | DType::I8 | DType::U8 => 1,
            DType::I16 | DType::U16 | DType::F16 => 2,
            DType::I32 | DType::U32 | DType::F32 => 4,
            DType::I64 | DType::U64 | DType::F64 | DType::C64 => 8,
            DType::C128 => 16,
        }
    }

    /// The alignment that kernels ask for: the size of one real component.
    pub const fn align(self) -> usize {
        match self {
            DType::C64 => 4,
            DType::C128 => 8,
            other => other.size(),
        }
    }

    /// The category of the type.
    pub const fn kind(self) -> Kind {
        match self {
            DType::Bool => Kind::Bool,
            DType::I8 | DType::I16 | DType::I32 | DType::I64 => Kind::Signed,
            DType::U8 | DType::U16 | DType::U32 | DType::U64 => Kind::Unsigned,
            DType::F16 | DType::F32 | DType::F64 => Kind::Float,
            DType::C64 | DType::C128 => Kind::Complex,
        }
    }

    /// NumPy's name, for example `"float64"`.
    pub const fn name(self) -> &'static str {
        match self {
            DType::Bool => "bool",
            DType::I8 => "int8",
            DType::I16 => "int16",
            DType::I32 => "int32",
            DType::I64 => "int64",
            DType::U8 => "uint8",
            DType::U16 => "uint16",
            DType::U32 => "uint32",
            DType::U64 => "uint64",
            DType::F16 => "float16",
            DType::F32 => "float32",
            DType::F64 => "float64",
            DType::C64 => "complex64",
            DType::C128 => "complex128",
        }
    }

    /// The type with NumPy's name `name` (`"float64"`), if it is one of ours.
    pub fn from_name(name: &str) -> Option<DType> {
        DType::ALL.into_iter().find(|d| d.name() == name)
    }

    /// The kind letter and size of the array interface without byte order, for example `"f8"`.
    pub fn code(self) -> String {
        let letter = match self.kind() {
            Kind::Bool => 'b',
            Kind::Signed => 'i',
            Kind::Unsigned => 'u',
            Kind::Float => 'f',
            Kind::Complex => 'c',
        };
        format!("{letter}{}", self.size())
    }

    /// The inverse of [`DType::code`].
    pub fn from_code(code: &str) -> Option<DType> {
        DType::ALL.into_iter().find(|d| d.code() == code)
    }

    /// True for the signed and unsigned integers (not for bool).
    pub const fn is_integer(self) -> bool {
        matches!(self.kind(), Kind::Signed | Kind::Unsigned)
    }

    /// True for integers that may be negative.
    pub const fn is_signed_integer(self) -> bool {
        matches!(self.kind(), Kind::Signed)
    }

    /// True for float16, float32 and float64.
    pub const fn is_float(self) -> bool {
        matches!(self.kind(), Kind::Float)
    }

    /// True for complex64 and complex128.
    pub const fn is_complex(self) -> bool {
        matches!(self.kind(), Kind::Complex)
    }

    /// The type of one component: float32 for complex64, float64 for complex128, itself otherwise.
    pub const fn real(self) -> DType {
        match self {
            DType::C64 => DType::F32,
            DType::C128 => DType::F64,
            other => other,
        }
    }

    /// NumPy's `promote_types`: the smallest type to which both cast safely (NEP 50).
    pub fn promote(self, other: DType) -> DType {
        if self == other {
            return self;
        }
        let mut candidates: Vec<DType> =
            DType::ALL.into_iter().filter(|&c| self.casts_safely(c) && other.casts_safely(c)).collect();
        candidates.sort_by_key(|&c| (c.kind(), c.size()));
        // complex128 takes everything, so there is always a candidate.
        candidates.first().copied().unwrap_or(DType::C128)
    }

    /// NumPy's `can_cast(self, to, "safe")`.
    pub fn casts_safely(self, to: DType) -> bool {
        use Kind::*;
        match (self.kind(), to.kind()) {
            (Bool, _) => true,
            (_, Bool) => self == to,
            (Unsigned, Unsigned) | (Signed, Signed) | (Float, Float) | (Complex, Complex) => self.size() <= to.size(),
            (Unsigned, Signed) => self.size() < to.size(),
            // 8-bit integers fit float16, 16-bit float32, and NumPy lets 32- and 64-bit ones count as safe in float64.
            (Unsigned | Signed, Float) => to.size() > self.size() || to == DType::F64,
            (Unsigned | Signed, Complex) => to.size() > 2 * self.size() || to == DType::C128,
            (Float, Complex) => 2 * self.size() <= to.size(),
            (Signed, Unsigned) | (Float, Unsigned | Signed) | (Complex, Unsigned | Signed | Float) => false,
        }
    }

    /// NumPy's `can_cast(self, to, "same_kind")`.
    pub fn casts_same_kind(self, to: DType) -> bool {
        self.casts_safely(to)
            || self.kind() == to.kind()
            || matches!((self.kind(), to.kind()), (Kind::Unsigned, Kind::Signed))
            || (self.is_integer() && (to.is_float() || to.is_complex()))
            || (self.is_float() && to.is_complex())
    }
}

impl fmt::Display for DType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A Rust type that is the memory image of one [`DType`].
///
/// # Safety
/// The type must be plain data of exactly `DTYPE.size()` bytes and valid for every bit pattern; a boolean is
/// therefore held as a [`Bool8`], not as `bool`.
pub unsafe trait Element: Copy + Send + Sync + 'static {
    /// The element type whose memory image this is.
    const DTYPE: DType;
}

/// The memory image of a NumPy bool: one byte, true when it is not zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(transparent)]
pub struct Bool8(pub u8);

impl Bool8 {
    /// The truth value.
    #[inline(always)]
    pub fn get(self) -> bool {
        self.0 != 0
    }
}

impl From<bool> for Bool8 {
    #[inline(always)]
    fn from(value: bool) -> Self {
        Bool8(value as u8)
    }
}

macro_rules! elements {
    ($($rust:ty => $dtype:ident),* $(,)?) => {$(
        // SAFETY: plain data of the size of the element type, every bit pattern is a value.
        unsafe impl Element for $rust { const DTYPE: DType = DType::$dtype; }
    )*};
}
elements! {
    Bool8 => Bool, i8 => I8, i16 => I16, i32 => I32, i64 => I64, u8 => U8, u16 => U16, u32 => U32, u64 => U64,
    f16 => F16, f32 => F32, f64 => F64, Complex<f32> => C64, Complex<f64> => C128,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn promotion_is_numpys() {
        use DType::*;
        for (a, b, want) in [
            (Bool, I8, I8),
            (I8, U8, I16),
            (I64, U64, F64),
            (I8, F16, F16),
            (I16, F16, F32),
            (I32, F32, F64),
            (U16, F32, F32),
            (I64, F32, F64),
            (F32, C64, C64),
            (F64, C64, C128),
            (I32, C64, C128),
            (I16, C64, C64),
            (U32, I32, I64),
            (F16, C64, C64),
        ] {
            assert_eq!(a.promote(b), want, "{a} {b}");
            assert_eq!(b.promote(a), want, "{b} {a}");
        }
    }
}
