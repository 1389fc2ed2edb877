//! File formats: what a file says about the array in it.

pub(crate) mod descriptor;
pub(crate) mod literal;
pub(crate) mod npy;
pub(crate) mod raw;

use std::path::Path;

use numtile_core::shape::{self, MAX_NDIM};
use numtile_core::{DType, Error, Layout};

use crate::open::Order;

/// An array as it lies in a file.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Stored {
    pub(crate) dtype: DType,
    /// In the other byte order than the machine's.
    pub(crate) swapped: bool,
    /// From the start of the file.
    pub(crate) layout: Layout,
}

/// Why a file is not read. Formats speak of contents only; the file's name is added when it becomes an [`Error`].
#[derive(Debug, PartialEq)]
pub(crate) enum Refusal {
    /// The contents are not what the format says.
    Malformed(String),
    /// Valid, but not something that numtile reads yet.
    Unsupported(String),
}

impl Refusal {
    /// As an error about this file.
    pub(crate) fn about(self, path: &Path) -> Error {
        match self {
            Refusal::Malformed(message) => Error::format(path, message),
            Refusal::Unsupported(message) => Error::NotImplemented(format!("{}: {message}", path.display())),
        }
    }
}

/// What reading a format gives.
pub(crate) type Parsed<T> = std::result::Result<T, Refusal>;

/// A malformed file.
pub(crate) fn malformed<T>(message: impl Into<String>) -> Parsed<T> {
    Err(Refusal::Malformed(message.into()))
}

/// A file for later.
pub(crate) fn unsupported<T>(message: impl Into<String>) -> Parsed<T> {
    Err(Refusal::Unsupported(message.into()))
}

/// The bytes that a contiguous array takes, if its shape is one that an array can have. As in NumPy, the lengths of
/// an empty array must still be of a size that could exist.
pub(crate) fn data_bytes(shape: &[usize], dtype: DType) -> Parsed<u64> {
    if shape.len() > MAX_NDIM {
        return malformed(format!("the shape has {} dimensions, but at most {MAX_NDIM} are possible", shape.len()));
    }
    let spread = shape.iter().filter(|&&length| length != 0).try_fold(dtype.size(), |n, &length| n.checked_mul(length));
    match spread {
        Some(bytes) if i64::try_from(bytes).is_ok() => Ok(if shape.contains(&0) { 0 } else { bytes as u64 }),
        _ => malformed(format!("the shape {} is too big for an array of {dtype}", shape::display(shape))),
    }
}

/// A contiguous array that starts at byte `offset`.
pub(crate) fn contiguous(offset: u64, shape: &[usize], dtype: DType, order: Order) -> Layout {
    // The callers have checked that the array lies inside a file, whose length is an i64.
    let offset = i64::try_from(offset).unwrap_or(i64::MAX);
    match order {
        Order::C => Layout::c_order(offset, shape, dtype.size()),
        Order::F => Layout::f_order(offset, shape, dtype.size()),
    }
}

/// A few bytes of a file for a message: printable, and never more than about a line.
pub(crate) fn excerpt(bytes: &[u8]) -> String {
    const MOST: usize = 40;
    let shown = bytes[..bytes.len().min(MOST)].escape_ascii().to_string();
    if bytes.len() > MOST { format!("{shown}…") } else { shown }
}
