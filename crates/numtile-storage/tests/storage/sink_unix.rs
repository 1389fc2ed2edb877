//! Sinks: permissions, links and leftovers.

use std::fs::{self, Permissions};
use std::os::fd::AsRawFd;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use numtile_core::{DType, Error};
use numtile_storage::create;
use numtile_storage::testing::TemporaryDirectory;

use crate::support::{spec, write_backwards};

fn save(path: &Path) {
    let sink = create(path, &spec(DType::U8, &[4])).unwrap();
    write_backwards(&*sink, b"data", 4).unwrap();
    sink.finish().unwrap();
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

#[test]
fn permissions_are_kept_or_follow_the_umask() {
    let directory = TemporaryDirectory::new().unwrap();
    let ordinary = directory.write("ordinary", b"").unwrap();
    let new = directory.join("new.npy");
    save(&new);
    assert_eq!(mode(&new), mode(&ordinary));
    for bits in [0o600, 0o666, 0o640] {
        fs::set_permissions(&new, Permissions::from_mode(bits)).unwrap();
        save(&new);
        assert_eq!(mode(&new), bits);
    }
}

#[test]
fn what_may_not_be_written_is_refused() {
    // SAFETY: the call has no preconditions.
    if unsafe { libc::geteuid() } == 0 {
        println!("skipped: the administrator may write everywhere");
        return;
    }
    let directory = TemporaryDirectory::new().unwrap();
    let path = directory.write("x.npy", b"old").unwrap();
    fs::set_permissions(&path, Permissions::from_mode(0o444)).unwrap();
    let error = create(&path, &spec(DType::U8, &[4])).unwrap_err();
    assert!(matches!(error, Error::Io { errno: Some(libc::EACCES), .. }), "{error:?}");
    fs::set_permissions(directory.path(), Permissions::from_mode(0o555)).unwrap();
    let error = create(directory.join("new.npy"), &spec(DType::U8, &[4])).unwrap_err();
    fs::set_permissions(directory.path(), Permissions::from_mode(0o755)).unwrap();
    assert!(matches!(error, Error::Io { errno: Some(libc::EACCES), .. }), "{error:?}");
    assert_eq!(directory.names().unwrap(), ["x.npy"]);
}

#[test]
fn links_stay_links() {
    let directory = TemporaryDirectory::new().unwrap();
    directory.write("real/x.npy", b"old").unwrap();
    fs::create_dir(directory.join("links")).unwrap();
    symlink("../real/x.npy", directory.join("links/old.npy")).unwrap();
    symlink("../real/new.npy", directory.join("links/new.npy")).unwrap();
    for name in ["old.npy", "new.npy"] {
        save(&directory.join("links").join(name));
        assert!(fs::symlink_metadata(directory.join("links").join(name)).unwrap().is_symlink());
    }
    assert!(directory.read("real/x.npy").unwrap().ends_with(b"data"));
    assert!(directory.read("real/new.npy").unwrap().ends_with(b"data"));
    assert_eq!(fs::read_dir(directory.join("real")).unwrap().count(), 2);
    symlink("loop.npy", directory.join("loop.npy")).unwrap();
    let error = create(directory.join("loop.npy"), &spec(DType::U8, &[4])).unwrap_err();
    assert!(matches!(error, Error::Io { errno: Some(libc::ELOOP), .. }), "{error:?}");
}

#[test]
fn devices_are_refused() {
    let error = create("/dev/null", &spec(DType::U8, &[4])).unwrap_err();
    assert!(error.to_string().contains("is not a regular file"), "{error}");
}

#[test]
fn long_and_strange_names() {
    use std::os::unix::ffi::OsStrExt;
    let directory = TemporaryDirectory::new().unwrap();
    save(&directory.join("ü".repeat(127)));
    save(&directory.join(std::ffi::OsStr::from_bytes(b"\xff\xfe.npy")));
    assert_eq!(directory.names().unwrap().len(), 2);
}

/// The number of a process that is no more.
fn dead_process() -> u32 {
    let mut child = std::process::Command::new("true").spawn().unwrap();
    child.wait().unwrap();
    child.id()
}

#[test]
fn leftovers_of_dead_processes_are_removed() {
    let directory = TemporaryDirectory::new().unwrap();
    let (dead, alive) = (dead_process(), std::process::id());
    let names = [
        format!(".x.npy.numtile-{dead}-0.tmp"),
        format!(".x.npy.numtile-{dead}-1.tmp"),
        format!(".x.npy.numtile-{alive}-99999.tmp"),
        format!(".y.npy.numtile-{dead}-0.tmp"),
        format!(".x.npy.numtile-{dead}-0.tmp.txt"),
    ];
    for name in &names {
        directory.write(name, b"").unwrap();
    }
    // Somebody of another machine or container, whose process numbers mean nothing here, holds the second one.
    let held = fs::File::open(directory.join(&names[1])).unwrap();
    // SAFETY: the descriptor is open.
    assert_eq!(unsafe { libc::flock(held.as_raw_fd(), libc::LOCK_EX | libc::LOCK_NB) }, 0);
    save(&directory.join("x.npy"));
    let left = directory.names().unwrap();
    let expected = [true, false, false, false, false].map(|removed| !removed);
    for (name, stays) in names.iter().zip(expected) {
        assert_eq!(left.contains(name), stays, "{name}");
    }
}
