//! Disks that are full, on small file systems mounted from a file. Needs the administrator's rights.

use std::path::{Path, PathBuf};
use std::process::Command;

use numtile_core::{DType, Error, Result};
use numtile_storage::create;
use numtile_storage::testing::TemporaryDirectory;

use crate::support::{spec, write_backwards};

/// A mounted file system of 8 MB.
struct SmallDisk {
    _directory: TemporaryDirectory,
    mounted: PathBuf,
}

fn run(command: &str, arguments: &[&str], path: &[&Path]) -> std::result::Result<(), String> {
    let output = Command::new(command).args(arguments).args(path).output().map_err(|e| format!("{command}: {e}"))?;
    let told = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    if output.status.success() { Ok(()) } else { Err(format!("{command}: {told}")) }
}

impl SmallDisk {
    fn mount(kind: &str) -> std::result::Result<SmallDisk, String> {
        let directory = TemporaryDirectory::new().map_err(|e| e.to_string())?;
        let (image, mounted) = (directory.join("image"), directory.join("mounted"));
        std::fs::create_dir(&mounted).map_err(|e| e.to_string())?;
        std::fs::File::create(&image).and_then(|file| file.set_len(8 << 20)).map_err(|e| e.to_string())?;
        run("mkfs", &["-t", kind, "-q", "-F"], &[&image])?;
        run("mount", &["-o", "loop"], &[&image, &mounted])?;
        Ok(SmallDisk { _directory: directory, mounted })
    }

    fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(&self.mounted).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name != "lost+found").collect()
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        if let Err(told) = run("umount", &[], &[&self.mounted]) {
            println!("{told}");
        }
    }
}

fn save(path: &Path, bytes: usize) -> Result<()> {
    let sink = create(path, &spec(DType::U8, &[bytes]))?;
    write_backwards(&*sink, &vec![1; bytes], 1 << 20)?;
    sink.finish()
}

fn check(kind: &str) {
    let disk = match SmallDisk::mount(kind) {
        Ok(disk) => disk,
        Err(reason) => return println!("skipped: {reason}"),
    };
    let path = disk.mounted.join("x.npy");
    let error = save(&path, 16 << 20).unwrap_err();
    let Error::Io { path: named, errno: Some(libc::ENOSPC), message } = error else { panic!("{error:?}") };
    println!("{kind}: {message}");
    assert_eq!(named, path);
    assert!(disk.names().is_empty(), "{:?}", disk.names());
    save(&path, 1 << 20).unwrap();
    assert!(save(&path, 16 << 20).is_err());
    assert_eq!(disk.names(), ["x.npy"]);
    assert_eq!(std::fs::metadata(&path).unwrap().len(), (1 << 20) + 128, "the old file stays");
}

#[test]
fn a_full_disk_is_noticed_before_any_work() {
    check("ext4");
}

#[test]
fn a_full_disk_is_noticed_while_writing_where_space_cannot_be_promised() {
    check("ext2");
}
