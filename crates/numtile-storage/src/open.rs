//! Opening files as sources: the format is recognised by content, and only the header is read.

use std::path::Path;
use std::sync::Arc;

use numtile_core::{DType, Error, Result, Source};

use crate::file::{self, File};
use crate::format::{Parsed, Refusal, Stored, descriptor, malformed, npy, raw, unsupported};
use crate::linear::LinearFile;

/// Which axis runs fastest in a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Order {
    /// The last one.
    #[default]
    C,
    /// The first one.
    F,
}

/// How to open a file. With a `dtype` the file is raw; all else describes raw files only.
#[derive(Clone, Debug, Default)]
pub struct OpenOptions {
    /// The element type of a raw file.
    pub dtype: Option<DType>,
    /// Whether its elements are stored in the other byte order than the machine's.
    pub swapped: bool,
    /// Its shape; without one, it has one axis of all whole elements.
    pub shape: Option<Vec<usize>>,
    /// The byte at which the data start.
    pub offset: u64,
    /// Which axis runs fastest.
    pub order: Order,
}

impl OpenOptions {
    fn describes_raw(&self) -> bool {
        self.shape.is_some() || self.offset != 0 || self.order == Order::F || self.swapped
    }
}

/// Opens an array in a file, without reading its data.
///
/// # Errors
/// [`Error::Io`] when the file cannot be opened, [`Error::Format`] when it is not what it says, and
/// [`Error::NotImplemented`] for formats and element types for later.
pub fn open(path: impl AsRef<Path>, options: &OpenOptions) -> Result<Arc<dyn Source>> {
    let path = path.as_ref();
    if path.is_dir() {
        return Err(refuse_directory(path));
    }
    let file = File::open(path)?;
    let stored = match options.dtype {
        Some(dtype) => raw::describe(&file, dtype, options)?,
        None if options.describes_raw() => {
            let message = "shape, offset and order describe raw files, which need a dtype too";
            return Err(Error::Value(format!("{}: {message}", path.display())));
        }
        None => recognise(&file)?,
    };
    Ok(Arc::new(LinearFile::new(file, stored)?))
}

fn recognise(file: &File) -> Result<Stored> {
    let mut start = [0u8; 16];
    let length = file.read_up_to(0, &mut start)?;
    let start = &start[..length];
    if start.starts_with(npy::MAGIC) {
        return npy::read(file);
    }
    let refused: Parsed<Stored> = match (start, foreign(start)) {
        ([], _) => malformed("is empty"),
        // A pickle of protocol 2 or later starts so.
        ([0x80, 2..=5, ..], _) => malformed(descriptor::OBJECTS),
        (_, Some(kind)) => unsupported(format!("{kind} are not supported yet")),
        (_, None) if npy::MAGIC.starts_with(start) => malformed("is truncated: the file ends inside the .npy header"),
        (_, None) => malformed("is not in a format that numtile knows; to read it as a raw file, give its dtype"),
    };
    refused.map_err(|refusal| refusal.about(file.name()))
}

/// The formats of arrays that are recognised but not read.
fn foreign(start: &[u8]) -> Option<&'static str> {
    const MAGICS: [(&[u8], &str); 9] = [
        (b"PK\x03\x04", "zip archives (.npz, zipped Zarr)"),
        (b"PK\x05\x06", "zip archives (.npz, zipped Zarr)"),
        (b"\x89HDF\r\n\x1a\n", "HDF5 files (.h5, .hdf5, netCDF 4, MATLAB 7.3)"),
        (b"CDF\x01", "netCDF files"),
        (b"CDF\x02", "netCDF files"),
        (b"CDF\x05", "netCDF files"),
        (b"PAR1", "Parquet files"),
        (b"ARROW1", "Arrow files"),
        (b"\x1f\x8b", "gzip-compressed files"),
    ];
    MAGICS.iter().find(|(magic, _)| start.starts_with(magic)).map(|&(_, kind)| kind)
}

fn refuse_directory(path: &Path) -> Error {
    let is_zarr = ["zarr.json", ".zarray", ".zgroup", ".zmetadata"].iter().any(|name| path.join(name).exists());
    if is_zarr {
        return Refusal::Unsupported("Zarr stores are not supported yet".into()).about(path);
    }
    file::is_a_directory(path)
}
