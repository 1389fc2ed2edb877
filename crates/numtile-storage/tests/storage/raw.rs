//! Raw files, by the rules of `np.memmap`.

use numtile_core::{DType, Error};
use numtile_storage::testing::TemporaryDirectory;
use numtile_storage::{OpenOptions, Order, open};

use crate::support::values;

fn options(dtype: DType, shape: Option<&[usize]>, offset: u64) -> OpenOptions {
    OpenOptions { dtype: Some(dtype), shape: shape.map(<[usize]>::to_vec), offset, ..OpenOptions::default() }
}

fn reals(path: &std::path::Path, options: &OpenOptions) -> Vec<f64> {
    values(&*open(path, options).unwrap()).into_iter().map(|value| value.0).collect()
}

#[test]
fn shapes_offsets_and_orders() {
    let directory = TemporaryDirectory::new().unwrap();
    let path = directory.write("x.raw", &[9, 9, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0]).unwrap();
    assert_eq!(reals(&path, &options(DType::U16, None, 2)), [1., 2., 3., 4., 5., 6.]);
    assert_eq!(reals(&path, &options(DType::U16, Some(&[2, 2]), 4)), [2., 3., 4., 5.]);
    assert_eq!(reals(&path, &options(DType::U16, Some(&[]), 12)), [6.]);
    assert_eq!(reals(&path, &options(DType::U16, Some(&[0, 5]), 14)), [0.; 0]);
    assert_eq!(reals(&path, &options(DType::U8, None, 14)), [0.; 0]);
    let fortran = OpenOptions { order: Order::F, ..options(DType::U16, Some(&[2, 3]), 2) };
    assert_eq!(reals(&path, &fortran), [1., 3., 5., 2., 4., 6.]);
    let swapped = OpenOptions { swapped: true, ..options(DType::U16, Some(&[2]), 2) };
    assert_eq!(reals(&path, &swapped), [256., 512.]);
    let one_byte = OpenOptions { swapped: true, ..options(DType::U8, None, 0) };
    assert!(!open(&path, &one_byte).unwrap().is_swapped());
}

#[test]
fn what_does_not_fit_is_told_with_numbers() {
    let directory = TemporaryDirectory::new().unwrap();
    let path = directory.write("x.raw", &[0; 30]).unwrap();
    for (options, words) in [
        (options(DType::F64, None, 0), "the 30 bytes of data are no multiple of the 8 bytes of an element of float64"),
        (
            options(DType::F64, Some(&[2, 2]), 6),
            "shape (2,2) needs 32 bytes, but the file has 24 bytes from offset 6 on",
        ),
        (options(DType::U8, None, 31), "the offset 31 lies behind the end of the file, which has 30 bytes"),
        (options(DType::U8, Some(&[usize::MAX, 2]), 0), "is too big for an array of uint8"),
        (options(DType::F64, Some(&[usize::MAX / 8]), 0), "is too big for an array of float64"),
        (options(DType::U8, Some(&[0, usize::MAX, usize::MAX]), 0), "is too big for an array of uint8"),
        (options(DType::U8, Some(&[1; 65]), 0), "the shape has 65 dimensions, but at most 64 are possible"),
        (options(DType::U8, None, u64::MAX), "lies behind the end of the file"),
    ] {
        let error = open(&path, &options).unwrap_err();
        assert!(matches!(error, Error::Format { .. }), "{error:?}");
        let error = error.to_string();
        assert!(error.contains("x.raw: ") && error.contains(words), "{error}");
    }
}
