//! Running products.

use std::sync::Arc;

use half::f16;
use num_complex::Complex;
use numtile_core::DType;
use numtile_core::dtype::Bool8;

use super::Kernel;
use super::fold;
use super::plain::{Multiply, Plain};
use crate::isa::Isa;

/// The running product: integers wrap, float16 and float32 are multiplied in float64, complex64 in complex128.
pub(super) fn kernel(dtype: DType, isa: Isa) -> Option<Arc<dyn Kernel>> {
    Some(match dtype {
        DType::Bool => fold::kernel::<Plain<Bool8, Multiply>>(1, isa),
        DType::I8 | DType::U8 => fold::kernel::<Plain<u8, Multiply>>(1, isa),
        DType::I16 | DType::U16 => fold::kernel::<Plain<u16, Multiply>>(1, isa),
        DType::I32 | DType::U32 => fold::kernel::<Plain<u32, Multiply>>(1, isa),
        DType::I64 | DType::U64 => fold::kernel::<Plain<u64, Multiply>>(1, isa),
        DType::F16 => fold::kernel::<Plain<f16, Multiply>>(1, isa),
        DType::F32 => fold::kernel::<Plain<f32, Multiply>>(1, isa),
        DType::F64 => fold::kernel::<Plain<f64, Multiply>>(1, isa),
        DType::C64 => fold::kernel::<Plain<Complex<f32>, Multiply>>(1, isa),
        DType::C128 => fold::kernel::<Plain<Complex<f64>, Multiply>>(1, isa),
    })
}
