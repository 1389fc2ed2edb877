//! Results delivered in memory.

use std::sync::Arc;

use numtile_core::{Buffer, DType, Error, Layout, MemoryPool, Result, Scalar};

/// An array in memory that belongs to the user. Its memory returns to the pool when it is dropped.
#[derive(Debug)]
pub struct HostArray {
    /// The bytes.
    pub buffer: Buffer,
    /// The element type.
    pub dtype: DType,
    /// Where the elements lie in the buffer.
    pub layout: Layout,
}

impl HostArray {
    pub(crate) fn new(buffer: Arc<Buffer>, dtype: DType, layout: Layout) -> Result<HostArray> {
        let buffer = Arc::into_inner(buffer).ok_or_else(|| Error::internal("a result is still being written"))?;
        Ok(HostArray { buffer, dtype, layout })
    }

    /// An array without axes.
    pub(crate) fn of_number(number: Scalar, pool: &MemoryPool) -> Result<HostArray> {
        let bytes = number.bytes();
        let mut buffer = pool.allocate_result(bytes.len())?;
        buffer.as_mut_slice().copy_from_slice(bytes);
        Ok(HostArray { buffer, dtype: number.dtype(), layout: Layout::c_order(0, &[], bytes.len()) })
    }

    /// The value of a result with one element.
    pub fn scalar(&self) -> Option<Scalar> {
        if self.layout.count() != 1 {
            return None;
        }
        // SAFETY: the evaluation is over, so nobody writes to the buffer.
        let bytes = unsafe { self.buffer.as_slice() };
        let start = self.layout.offset as usize;
        Some(Scalar::from_bytes(self.dtype, &bytes[start..start + self.dtype.size()]))
    }
}
