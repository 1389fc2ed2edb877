//! What the machine has, and what of it this process may use. Nothing here fails: where the operating system does not
//! tell, a modest number stands in.

mod control_group;
pub(crate) mod disk;
mod process;

use std::num::NonZero;
use std::path::Path;

use crate::file;
use control_group::ControlGroups;

/// What a machine that does not tell is taken to have.
const MODEST: u64 = 4 << 30;
/// The files of `/proc` that are read here are shorter than this; `mountinfo` rarely is not.
const LONGEST: usize = 1 << 20;

/// Bytes that this process could still take without making the machine swap or run into its limits.
pub fn available_memory() -> u64 {
    available_under(Path::new("/")).min(process::room_under_limits())
}

/// Bytes that this process may use altogether: the machine's memory, or the limit of a control group or of the
/// process itself where that is lower.
pub fn process_memory_limit() -> u64 {
    total_under(Path::new("/")).min(process::limit())
}

/// Processors that this process may use, by its affinity and its control groups' quota.
pub fn cpus() -> usize {
    std::thread::available_parallelism().map_or(1, NonZero::get)
}

/// The greatest amount of physical memory that this process ever held, in bytes; 0 where it is not told.
pub fn peak_memory() -> u64 {
    process::status("VmHWM:").unwrap_or(0)
}

/// The physical memory that this process holds now outside of mapped files, in bytes; 0 where it is not told.
pub fn anonymous_memory() -> u64 {
    process::status("RssAnon:").unwrap_or(0)
}

/// [`available_memory`] as the files under `root` tell it.
fn available_under(root: &Path) -> u64 {
    let machine = meminfo(root, "MemAvailable:").unwrap_or_else(|| total_under(root) / 2);
    ControlGroups::of_this_process(root).room().map_or(machine, |room| room.min(machine))
}

/// [`process_memory_limit`] as the files under `root` tell it.
fn total_under(root: &Path) -> u64 {
    let machine = meminfo(root, "MemTotal:").or_else(process::physical_memory).unwrap_or(MODEST);
    ControlGroups::of_this_process(root).limit().map_or(machine, |limit| limit.min(machine))
}

fn meminfo(root: &Path, key: &str) -> Option<u64> {
    kilobytes(&file::read_small(&root.join("proc/meminfo"), LONGEST)?, key)
}

/// The number after `key` at the start of a line such as `MemTotal:  1234 kB`, in bytes.
fn kilobytes(text: &str, key: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(key))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::TemporaryDirectory;

    #[test]
    fn numbers_are_plausible() {
        assert!(process_memory_limit() >= 16 << 20);
        assert!(available_memory() > 0 && available_memory() <= 1 << 50);
        assert!(cpus() >= 1);
        if cfg!(target_os = "linux") {
            assert!(peak_memory() >= anonymous_memory() && anonymous_memory() > 4096);
        }
    }

    /// A tree of files like the kernel's.
    fn tree(files: &[(&str, &str)]) -> TemporaryDirectory {
        let root = TemporaryDirectory::new().unwrap();
        for (path, text) in files {
            root.write(path, text.as_bytes()).unwrap();
        }
        root
    }

    const MEMINFO: &str = "MemTotal:        8000 kB\nMemFree:  1 kB\nMemAvailable:    6000 kB\n";

    #[test]
    fn without_control_groups() {
        let root = tree(&[("proc/meminfo", MEMINFO)]);
        assert_eq!(total_under(root.path()), 8000 << 10);
        assert_eq!(available_under(root.path()), 6000 << 10);
        let nothing = tree(&[]);
        assert!(total_under(nothing.path()) > 0);
        assert!(available_under(nothing.path()) > 0);
    }

    #[test]
    fn version_2_limits_hold_up_the_hierarchy() {
        let root = tree(&[
            ("proc/meminfo", MEMINFO),
            ("proc/self/cgroup", "0::/outer/inner\n"),
            ("proc/self/mountinfo", "30 23 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw\n"),
            ("sys/fs/cgroup/outer/memory.max", "4096000\n"),
            ("sys/fs/cgroup/outer/memory.current", "3000000\n"),
            ("sys/fs/cgroup/outer/memory.stat", "anon 1\ninactive_file 500000\n"),
            ("sys/fs/cgroup/outer/inner/memory.max", "max\n"),
            ("sys/fs/cgroup/outer/inner/memory.current", "2000000\n"),
        ]);
        assert_eq!(total_under(root.path()), 4_096_000);
        assert_eq!(available_under(root.path()), 1_596_000);
    }

    #[test]
    fn version_1_in_a_container() {
        let root = tree(&[
            ("proc/meminfo", MEMINFO),
            ("proc/self/cgroup", "9:name=systemd:/\n4:memory:/docker/abc\n1:cpu,cpuacct:/docker/abc\n"),
            (
                "proc/self/mountinfo",
                "31 30 0:27 /docker/abc /sys/fs/cgroup/cpu ro - cgroup cgroup rw,cpu\n\
                 32 31 0:29 /docker/abc /sys/fs/cgroup/memory\\040x ro shared:4 - cgroup cgroup rw,memory\n",
            ),
            ("sys/fs/cgroup/memory x/memory.limit_in_bytes", "2048000\n"),
            ("sys/fs/cgroup/memory x/memory.usage_in_bytes", "1000000\n"),
            ("sys/fs/cgroup/memory x/memory.stat", "inactive_file 1\ntotal_inactive_file 1000\n"),
        ]);
        assert_eq!(total_under(root.path()), 2_048_000);
        assert_eq!(available_under(root.path()), 1_049_000);
    }

    #[test]
    fn nonsense_is_ignored() {
        let root = tree(&[
            ("proc/meminfo", "MemTotal: lots\nMemAvailable: 99999999999999999999 kB\n"),
            ("proc/self/cgroup", "0::/../elsewhere\n4:memory\nmemory\n"),
            ("proc/self/mountinfo", "30 23 - cgroup2\n30 23 0:26 / /sys rw - cgroup2 cgroup2 rw\n"),
            ("sys/memory.max", "-7\n"),
        ]);
        assert!(total_under(root.path()) > 0);
        assert!(available_under(root.path()) > 0);
    }
}
