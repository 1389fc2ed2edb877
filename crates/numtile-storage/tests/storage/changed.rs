//! Files that change after they were opened.

use std::fs::OpenOptions as FileOptions;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use numtile_core::{Error, Source};
use numtile_storage::testing::TemporaryDirectory;
use numtile_storage::{OpenOptions, open};

use crate::support::{fixture, read};

fn opened() -> (TemporaryDirectory, PathBuf, Arc<dyn Source>) {
    let directory = TemporaryDirectory::new().unwrap();
    let bytes = std::fs::read(fixture("native-float64.npy")).unwrap();
    let path = directory.write("x.npy", &bytes).unwrap();
    let source = open(&path, &OpenOptions::default()).unwrap();
    source.verify().unwrap();
    (directory, path, source)
}

fn assert_changed(error: Error, words: &str) {
    let Error::SourceChanged { path, message } = error else { panic!("{error:?}") };
    assert!(path.ends_with("x.npy"));
    assert!(message.contains(words), "{message}");
}

#[test]
fn a_truncated_file() {
    let (_directory, path, source) = opened();
    FileOptions::new().write(true).open(&path).unwrap().set_len(200).unwrap();
    assert_changed(source.verify().unwrap_err(), "was truncated from 248 to 200 bytes");
    let mut bytes = [0u8; 100];
    assert_changed(
        read(&*source, 128, &mut bytes).unwrap_err(),
        "was truncated while it was read: it ends at byte 200",
    );
    assert_changed(read(&*source, 220, &mut bytes).unwrap_err(), "was truncated");
    read(&*source, 128, &mut bytes[..72]).unwrap();
}

#[test]
fn a_file_that_grew() {
    let (_directory, path, source) = opened();
    FileOptions::new().write(true).open(&path).unwrap().set_len(300).unwrap();
    assert_changed(source.verify().unwrap_err(), "grew from 248 to 300 bytes");
}

#[test]
fn a_file_that_was_written() {
    let (_directory, path, source) = opened();
    let file = FileOptions::new().write(true).open(&path).unwrap();
    file.set_modified(SystemTime::now() + Duration::from_secs(2)).unwrap();
    assert_changed(source.verify().unwrap_err(), "was modified");
}

#[cfg(unix)]
#[test]
fn a_file_replaced_by_an_equal_one() {
    let (directory, path, source) = opened();
    let copy = directory.join("copy");
    std::fs::copy(&path, &copy).unwrap();
    let modified = std::fs::metadata(&path).unwrap().modified().unwrap();
    FileOptions::new().write(true).open(&copy).unwrap().set_modified(modified).unwrap();
    std::fs::rename(&copy, &path).unwrap();
    assert_changed(source.verify().unwrap_err(), "was replaced by another file");
}

#[cfg(unix)]
#[test]
fn a_file_that_lost_its_name_is_still_there() {
    let (_directory, path, source) = opened();
    std::fs::remove_file(&path).unwrap();
    source.verify().unwrap();
    let mut bytes = [0u8; 120];
    read(&*source, 128, &mut bytes).unwrap();
}
