//! What opening a path says about what it finds there.

use numtile_core::{DType, Error};
use numtile_storage::testing::TemporaryDirectory;
use numtile_storage::{OpenOptions, Order, open};

use crate::support::fixture;

fn refusal(path: &std::path::Path) -> Error {
    open(path, &OpenOptions::default()).unwrap_err()
}

#[test]
fn missing_files_and_directories_are_os_errors() {
    let directory = TemporaryDirectory::new().unwrap();
    let error = refusal(&directory.join("no.npy"));
    assert!(matches!(error, Error::Io { errno: Some(2), .. }), "{error:?}");
    assert!(error.to_string().contains("no.npy: cannot open"), "{error}");
    let error = refusal(directory.path());
    assert!(error.to_string().ends_with("is a directory, not a file"), "{error}");
    let error = refusal(&directory.join("nul\0.npy"));
    assert!(matches!(error, Error::Io { .. }), "{error:?}");
}

#[cfg(unix)]
#[test]
fn pipes_and_devices_are_refused_without_waiting() {
    let directory = TemporaryDirectory::new().unwrap();
    let pipe = directory.join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    for path in [pipe.as_path(), std::path::Path::new("/dev/zero")] {
        let error = refusal(path);
        assert!(error.to_string().contains("is not a regular file"), "{error}");
        let raw = OpenOptions { dtype: Some(DType::U8), ..OpenOptions::default() };
        assert!(matches!(open(path, &raw).unwrap_err(), Error::Io { .. }));
    }
}

#[test]
fn other_formats_are_named() {
    let directory = TemporaryDirectory::new().unwrap();
    for (name, bytes, words) in [
        ("a.npz", b"PK\x03\x04....".as_slice(), "zip archives (.npz, zipped Zarr) are not supported yet"),
        ("a.h5", b"\x89HDF\r\n\x1a\n....", "HDF5 files (.h5, .hdf5, netCDF 4, MATLAB 7.3) are not supported yet"),
        ("a.nc", b"CDF\x01....", "netCDF files are not supported yet"),
        ("a.npy.gz", b"\x1f\x8b\x08....", "gzip-compressed files are not supported yet"),
        ("a.pkl", b"\x80\x04....", "reading them would execute code"),
        ("empty", b"", "is empty"),
        ("short", b"\x93NUM", "is truncated: the file ends inside the .npy header"),
        ("a.txt", b"1,2,3\n", "to read it as a raw file, give its dtype"),
    ] {
        let error = refusal(&directory.write(name, bytes).unwrap()).to_string();
        assert!(error.contains(name) && error.ends_with(words), "{error}");
    }
    directory.write("a.zarr/zarr.json", b"{}").unwrap();
    let error = refusal(&directory.join("a.zarr")).to_string();
    assert!(error.ends_with("a.zarr: Zarr stores are not supported yet"), "{error}");
}

#[test]
fn raw_options_need_a_dtype() {
    for options in [
        OpenOptions { shape: Some(vec![3]), ..OpenOptions::default() },
        OpenOptions { offset: 8, ..OpenOptions::default() },
        OpenOptions { order: Order::F, ..OpenOptions::default() },
    ] {
        let error = open(fixture("native-int8.npy"), &options).unwrap_err();
        assert!(matches!(error, Error::Value(_)), "{error:?}");
    }
}

#[test]
fn identities_differ() {
    let open = || open(fixture("native-int8.npy"), &OpenOptions::default()).unwrap();
    assert_ne!(open().identity(), open().identity());
}
