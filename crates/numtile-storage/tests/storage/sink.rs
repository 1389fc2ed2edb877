//! Sinks: what is visible when.

use numtile_core::{DType, Error};
use numtile_storage::testing::TemporaryDirectory;
use numtile_storage::{OpenOptions, create, finish_all, open};

use crate::support::{spec, values, write_backwards};

#[test]
fn a_file_appears_when_it_is_complete() {
    let directory = TemporaryDirectory::new().unwrap();
    let path = directory.join("x.npy");
    let sink = create(&path, &spec(DType::U8, &[2, 3])).unwrap();
    assert!(sink.name().ends_with("x.npy"));
    write_backwards(&*sink, &[1, 2, 3, 4, 5, 6], 4).unwrap();
    assert!(!path.exists());
    assert_eq!(directory.names().unwrap().len(), 1);
    sink.finish().unwrap();
    assert_eq!(directory.names().unwrap(), ["x.npy"]);
    let source = open(&path, &OpenOptions::default()).unwrap();
    assert_eq!(values(&*source).iter().map(|v| v.0 as u8).collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6]);
}

#[test]
fn a_dropped_sink_leaves_nothing() {
    let directory = TemporaryDirectory::new().unwrap();
    let sink = create(directory.join("x.npy"), &spec(DType::F64, &[100])).unwrap();
    sink.write_at(sink.layout().offset as u64, &[1; 80]).unwrap();
    drop(sink);
    assert!(directory.names().unwrap().is_empty());
}

#[test]
fn the_old_file_stays_until_the_new_one_is_complete() {
    let directory = TemporaryDirectory::new().unwrap();
    let path = directory.write("x.npy", b"old").unwrap();
    drop(create(&path, &spec(DType::U8, &[3])).unwrap());
    assert_eq!(directory.read("x.npy").unwrap(), b"old");
    let sink = create(&path, &spec(DType::U8, &[3])).unwrap();
    write_backwards(&*sink, b"new", 3).unwrap();
    assert_eq!(directory.read("x.npy").unwrap(), b"old");
    sink.finish().unwrap();
    assert!(directory.read("x.npy").unwrap().ends_with(b"new"));
    assert_eq!(directory.names().unwrap(), ["x.npy"]);
}

#[test]
fn an_incomplete_file_is_never_published() {
    let directory = TemporaryDirectory::new().unwrap();
    let sink = create(directory.join("x.npy"), &spec(DType::U8, &[4])).unwrap();
    write_backwards(&*sink, &[1, 2, 3], 3).unwrap();
    assert!(matches!(sink.finish().unwrap_err(), Error::Internal(_)));
    assert!(directory.names().unwrap().is_empty());
}

#[test]
fn writes_outside_the_data_are_refused() {
    let directory = TemporaryDirectory::new().unwrap();
    let sink = create(directory.join("x.npy"), &spec(DType::U8, &[4])).unwrap();
    for offset in [0, 127, 130, u64::MAX] {
        assert!(matches!(sink.write_at(offset, &[0; 4]), Err(Error::Internal(_))), "{offset}");
    }
}

#[test]
fn empty_and_zero_dimensional_arrays() {
    let directory = TemporaryDirectory::new().unwrap();
    let empty = create(directory.join("empty.npy"), &spec(DType::F64, &[3, 0])).unwrap();
    let scalar = create(directory.join("scalar.npy"), &spec(DType::U8, &[])).unwrap();
    write_backwards(&*scalar, &[7], 1).unwrap();
    finish_all([empty, scalar]).unwrap();
    let open = |name| open(directory.join(name), &OpenOptions::default()).unwrap();
    assert_eq!(open("empty.npy").layout().shape.as_slice(), [3, 0]);
    assert_eq!(values(&*open("scalar.npy")), [(7.0, 0.0)]);
}

#[test]
fn threads_write_several_windows() {
    let directory = TemporaryDirectory::new().unwrap();
    let (threads, piece) = (4usize, 1usize << 20);
    let data: Vec<u8> = (0..40 * piece as u32).map(|n| (n % 251) as u8).collect();
    let sink = create(directory.join("x.npy"), &spec(DType::U8, &[data.len()])).unwrap();
    let start = sink.layout().offset as u64;
    std::thread::scope(|scope| {
        for thread in 0..threads {
            let (sink, data) = (&sink, &data);
            scope.spawn(move || {
                for (n, bytes) in data.chunks(piece).enumerate().skip(thread).step_by(threads) {
                    sink.write_at(start + (n * piece) as u64, bytes).unwrap();
                }
            });
        }
    });
    sink.finish().unwrap();
    assert!(directory.read("x.npy").unwrap()[start as usize..] == data);
}

#[test]
fn shapes_that_cannot_exist_are_refused() {
    let directory = TemporaryDirectory::new().unwrap();
    for shape in [vec![usize::MAX, 2], vec![1usize << 60], vec![1; 65]] {
        let error = create(directory.join("x.npy"), &spec(DType::F64, &shape)).unwrap_err();
        assert!(error.to_string().contains("x.npy: the shape"), "{error}");
    }
    assert!(directory.names().unwrap().is_empty());
}

#[test]
fn directories_and_missing_directories_are_refused_before_any_work() {
    let directory = TemporaryDirectory::new().unwrap();
    let spec = spec(DType::U8, &[4]);
    let error = create(directory.path(), &spec).unwrap_err();
    assert!(error.to_string().ends_with("is a directory, not a file"), "{error}");
    let error = create(directory.join("new/"), &spec).unwrap_err();
    assert!(error.to_string().ends_with("is a directory, not a file"), "{error}");
    let error = create(directory.join("missing/x.npy"), &spec).unwrap_err();
    assert!(matches!(&error, Error::Io { errno: Some(2), path, .. } if path.ends_with("missing/x.npy")), "{error:?}");
    assert!(error.to_string().contains("cannot create a file in"), "{error}");
    assert!(matches!(create("", &spec).unwrap_err(), Error::Io { .. }));
    assert!(matches!(create("/", &spec).unwrap_err(), Error::Io { .. }));
    assert!(directory.names().unwrap().is_empty());
}

#[test]
fn a_file_in_the_place_of_a_directory() {
    let directory = TemporaryDirectory::new().unwrap();
    directory.write("file", b"").unwrap();
    let error = create(directory.join("file/x.npy"), &spec(DType::U8, &[4])).unwrap_err();
    assert!(matches!(error, Error::Io { errno: Some(_), .. }), "{error:?}");
}
