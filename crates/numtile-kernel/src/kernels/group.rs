//! Groups of element types: the instance of an operation for a type, if the type is of the group.
//!
//! The bounds list what the operation must be defined for; a lookup is then a chain of groups.

use half::f16;
use num_complex::Complex;
use numtile_core::DType;
use numtile_core::dtype::Bool8;

use super::strips::{binary, unary};
use super::{Binary, Kernel, Unary};
use crate::isa::Isa;

/// A unary operation on the integers by size, for operations that do not look at the sign.
pub fn unary_words<K>(dtype: DType, isa: Isa) -> Option<Kernel>
where
    K: Unary<u8> + Unary<u16> + Unary<u32> + Unary<u64>,
{
    Some(match dtype {
        DType::I8 | DType::U8 => unary::<K, u8>(isa),
        DType::I16 | DType::U16 => unary::<K, u16>(isa),
        DType::I32 | DType::U32 => unary::<K, u32>(isa),
        DType::I64 | DType::U64 => unary::<K, u64>(isa),
        _ => return None,
    })
}

/// A unary operation on the signed and unsigned integers.
pub fn unary_integers<K>(dtype: DType, isa: Isa) -> Option<Kernel>
where
    K: Unary<i8> + Unary<i16> + Unary<i32> + Unary<i64> + Unary<u8> + Unary<u16> + Unary<u32> + Unary<u64>,
{
    Some(match dtype {
        DType::I8 => unary::<K, i8>(isa),
        DType::I16 => unary::<K, i16>(isa),
        DType::I32 => unary::<K, i32>(isa),
        DType::I64 => unary::<K, i64>(isa),
        DType::U8 => unary::<K, u8>(isa),
        DType::U16 => unary::<K, u16>(isa),
        DType::U32 => unary::<K, u32>(isa),
        DType::U64 => unary::<K, u64>(isa),
        _ => return None,
    })
}

/// A unary operation on float16, float32 and float64.
pub fn unary_floats<K>(dtype: DType, isa: Isa) -> Option<Kernel>
where
    K: Unary<f16> + Unary<f32> + Unary<f64>,
{
    Some(match dtype {
        DType::F16 => unary::<K, f16>(isa),
        DType::F32 => unary::<K, f32>(isa),
        DType::F64 => unary::<K, f64>(isa),
        _ => return None,
    })
}

/// A unary operation on complex64 and complex128.
pub fn unary_complexes<K>(dtype: DType, isa: Isa) -> Option<Kernel>
where
    K: Unary<Complex<f32>> + Unary<Complex<f64>>,
{
    Some(match dtype {
        DType::C64 => unary::<K, Complex<f32>>(isa),
        DType::C128 => unary::<K, Complex<f64>>(isa),
        _ => return None,
    })
}

/// A unary operation on bool.
pub fn unary_bools<K>(dtype: DType, isa: Isa) -> Option<Kernel>
where
    K: Unary<Bool8>,
{
    Some(match dtype {
        DType::Bool => unary::<K, Bool8>(isa),
        _ => return None,
    })
}

/// A binary operation on the integers by size, for operations that do not look at the sign.
pub fn binary_words<K>(dtype: DType, isa: Isa) -> Option<Kernel>
where
    K: Binary<u8> + Binary<u16> + Binary<u32> + Binary<u64>,
{
    Some(match dtype {
        DType::I8 | DType::U8 => binary::<K, u8, u8>(isa),
        DType::I16 | DType::U16 => binary::<K, u16, u16>(isa),
        DType::I32 | DType::U32 => binary::<K, u32, u32>(isa),
        DType::I64 | DType::U64 => binary::<K, u64, u64>(isa),
        _ => return None,
    })
}

/// A binary operation on the signed and unsigned integers.
pub fn binary_integers<K>(dtype: DType, isa: Isa) -> Option<Kernel>
where
    K: Binary<i8> + Binary<i16> + Binary<i32> + Binary<i64> + Binary<u8> + Binary<u16> + Binary<u32> + Binary<u64>,
{
    Some(match dtype {
        DType::I8 => binary::<K, i8, i8>(isa),
        DType::I16 => binary::<K, i16, i16>(isa),
        DType::I32 => binary::<K, i32, i32>(isa),
        DType::I64 => binary::<K, i64, i64>(isa),
        DType::U8 => binary::<K, u8, u8>(isa),
        DType::U16 => binary::<K, u16, u16>(isa),
        DType::U32 => binary::<K, u32, u32>(isa),
        DType::U64 => binary::<K, u64, u64>(isa),
        _ => return None,
    })
}

/// A binary operation on float16, float32 and float64.
pub fn binary_floats<K>(dtype: DType, isa: Isa) -> Option<Kernel>
where
    K: Binary<f16> + Binary<f32> + Binary<f64>,
{
    Some(match dtype {
        DType::F16 => binary::<K, f16, f16>(isa),
        DType::F32 => binary::<K, f32, f32>(isa),
        DType::F64 => binary::<K, f64, f64>(isa),
        _ => return None,
    })
}

/// A binary operation on complex64 and complex128.
pub fn binary_complexes<K>(dtype: DType, isa: Isa) -> Option<Kernel>
where
    K: Binary<Complex<f32>> + Binary<Complex<f64>>,
{
    Some(match dtype {
        DType::C64 => binary::<K, Complex<f32>, Complex<f32>>(isa),
        DType::C128 => binary::<K, Complex<f64>, Complex<f64>>(isa),
        _ => return None,
    })
}

/// A binary operation on bool.
pub fn binary_bools<K>(dtype: DType, isa: Isa) -> Option<Kernel>
where
    K: Binary<Bool8>,
{
    Some(match dtype {
        DType::Bool => binary::<K, Bool8, Bool8>(isa),
        _ => return None,
    })
}
