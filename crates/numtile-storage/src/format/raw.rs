//! Raw files: elements one after the other, described by the caller.

use numtile_core::shape;
use numtile_core::{DType, Result, Shape};

use super::{Parsed, Stored, contiguous, data_bytes, malformed};
use crate::file::File;
use crate::open::OpenOptions;

/// The array that the options describe, if the file is long enough to hold it.
pub(crate) fn describe(file: &File, dtype: DType, options: &OpenOptions) -> Result<Stored> {
    let size = file.identity()?.size;
    stored(size, dtype, options).map_err(|refusal| refusal.about(file.name()))
}

fn stored(size: u64, dtype: DType, options: &OpenOptions) -> Parsed<Stored> {
    let offset = options.offset;
    let Some(found) = size.checked_sub(offset) else {
        return malformed(format!("the offset {offset} lies behind the end of the file, which has {size} bytes"));
    };
    let shape: Shape = match &options.shape {
        Some(shape) => shape.as_slice().into(),
        None => [whole_elements(found, dtype)?].as_slice().into(),
    };
    let expected = data_bytes(&shape, dtype)?;
    if found < expected {
        return malformed(format!(
            "an array of {dtype} with shape {} needs {expected} bytes, but the file has {found} bytes from offset {offset} on",
            shape::display(&shape)
        ));
    }
    let layout = contiguous(offset, &shape, dtype, options.order);
    Ok(Stored { dtype, swapped: options.swapped && dtype.align() > 1, layout })
}

/// All that is left of the file, which must be whole elements.
fn whole_elements(bytes: u64, dtype: DType) -> Parsed<usize> {
    let item = dtype.size() as u64;
    if !bytes.is_multiple_of(item) {
        return malformed(format!(
            "the {bytes} bytes of data are no multiple of the {item} bytes of an element of {dtype}; give a shape"
        ));
    }
    usize::try_from(bytes / item).or_else(|_| malformed("the file is too big for this machine"))
}
