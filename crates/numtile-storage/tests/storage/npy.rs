//! `.npy` files written by NumPy.

use numtile_core::{DType, Error};
use numtile_storage::testing::TemporaryDirectory;
use numtile_storage::{OpenOptions, create, open};

use crate::support::{fixture, spec, values, write_backwards};

/// What `counting` of `make.py` writes.
fn counting(count: usize, dtype: DType) -> Vec<(f64, f64)> {
    (0..count)
        .map(|n| match dtype {
            DType::Bool => (f64::from(u8::from(n != 0)), 0.0),
            dtype if dtype.is_complex() => (n as f64, 0.5),
            _ => (n as f64, 0.0),
        })
        .collect()
}

fn check(name: &str, dtype: DType, shape: &[usize]) {
    let source = open(fixture(name), &OpenOptions::default()).unwrap_or_else(|e| panic!("{name}: {e}"));
    assert_eq!(source.dtype(), dtype, "{name}");
    assert_eq!(source.layout().shape.as_slice(), shape, "{name}");
    assert_eq!(values(&*source), counting(shape.iter().product(), dtype), "{name}");
    assert!(source.name().ends_with(name));
    source.verify().unwrap();
}

#[test]
fn every_element_type_reads_and_writes_as_numpy_does() {
    let directory = TemporaryDirectory::new().unwrap();
    for dtype in DType::ALL {
        let name = format!("native-{dtype}.npy");
        check(&name, dtype, &[3, 5]);
        let whole = std::fs::read(fixture(&name)).unwrap();
        let sink = create(directory.join(&name), &spec(dtype, &[3, 5])).unwrap();
        write_backwards(&*sink, &whole[128..], 7).unwrap();
        sink.finish().unwrap();
        assert_eq!(directory.read(&name).unwrap(), whole, "{name}");
    }
}

#[test]
fn orders_byte_orders_and_versions() {
    check("fortran-float64.npy", DType::F64, &[3, 5]);
    check("fortran-3d-uint16.npy", DType::U16, &[2, 3, 4]);
    check("big-int32.npy", DType::I32, &[3, 5]);
    check("big-float16.npy", DType::F16, &[7]);
    check("big-fortran-complex128.npy", DType::C128, &[3, 5]);
    check("scalar-float32.npy", DType::F32, &[]);
    check("one-axis-uint8.npy", DType::U8, &[5]);
    check("empty-int64.npy", DType::I64, &[0, 3]);
    check("version-2-float32.npy", DType::F32, &[3, 5]);
    check("version-3-float32.npy", DType::F32, &[3, 5]);
    check("python2-longs-int16.npy", DType::I16, &[3, 5]);
    check("other-writer-float32.npy", DType::F32, &[3, 5]);
    let big = open(fixture("big-int32.npy"), &OpenOptions::default()).unwrap();
    assert_eq!(big.is_swapped(), cfg!(target_endian = "little"));
}

#[test]
fn what_is_not_read_says_why() {
    for (name, words) in [
        ("refused-object.npy", "object arrays and pickles are refused because reading them would execute code"),
        ("refused-pickle.npy", "object arrays and pickles are refused because reading them would execute code"),
        ("refused-structured.npy", "structured arrays (with named fields) are not supported yet"),
        ("refused-structured-utf8.npy", "structured arrays (with named fields) are not supported yet"),
        ("refused-bytes.npy", "arrays of strings ('|S3') are not supported yet"),
        ("refused-text.npy", "arrays of strings ('<U3') are not supported yet"),
        ("refused-datetime.npy", "dates and time differences ('<M8[D]') are not supported yet"),
        ("refused-timedelta.npy", "dates and time differences ('<m8[ns]') are not supported yet"),
        ("refused-void.npy", "arrays of raw void bytes ('|V3') are not supported yet"),
        ("refused-longdouble.npy", "long doubles ('<f16') are not supported"),
        ("refused-archive.npz", "zip archives (.npz, zipped Zarr) are not supported yet"),
    ] {
        let error = open(fixture(name), &OpenOptions::default()).unwrap_err();
        assert!(error.to_string().ends_with(&format!("{name}: {words}")), "{error}");
        assert!(matches!(error, Error::Format { .. } | Error::NotImplemented(_)));
    }
}
