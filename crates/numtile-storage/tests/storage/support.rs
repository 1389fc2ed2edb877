//! What several tests need.

use std::path::PathBuf;

use numtile_core::{Access, DType, Scalar, Sink, SinkSpec, Source};

/// A file written by NumPy.
pub fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

/// Fills bytes from any source.
pub fn read(source: &dyn Source, offset: u64, into: &mut [u8]) -> numtile_core::Result<()> {
    match source.access() {
        Access::Bytes(bytes) => bytes.read_at(offset, into),
        Access::Memory(_) => panic!("not a source in memory"),
    }
}

/// All elements in C order, as (real, imaginary), read one by one through the layout.
pub fn values(source: &dyn Source) -> Vec<(f64, f64)> {
    let (layout, dtype) = (source.layout(), source.dtype());
    (0..layout.count())
        .map(|number| {
            let mut bytes = [0u8; 16];
            let bytes = &mut bytes[..dtype.size()];
            read(source, layout.byte_at(&index(number, &layout.shape)) as u64, bytes).unwrap();
            if source.is_swapped() {
                bytes.chunks_mut(dtype.align()).for_each(<[u8]>::reverse);
            }
            let value = Scalar::from_bytes(dtype, bytes).to_complex();
            (value.re, value.im)
        })
        .collect()
}

/// The index of the element with this number in C order.
fn index(mut number: usize, shape: &[usize]) -> Vec<usize> {
    let mut index = vec![0; shape.len()];
    for axis in (0..shape.len()).rev() {
        index[axis] = number % shape[axis];
        number /= shape[axis];
    }
    index
}

/// What a sink should hold.
pub fn spec(dtype: DType, shape: &[usize]) -> SinkSpec {
    SinkSpec { shape: shape.into(), dtype }
}

/// Writes all data of a sink in pieces, the last piece first.
pub fn write_backwards(sink: &dyn Sink, data: &[u8], piece: usize) -> numtile_core::Result<()> {
    let start = sink.layout().offset as u64;
    let pieces: Vec<(usize, &[u8])> = data.chunks(piece).enumerate().collect();
    pieces.into_iter().rev().try_for_each(|(n, bytes)| sink.write_at(start + (n * piece) as u64, bytes))
}
