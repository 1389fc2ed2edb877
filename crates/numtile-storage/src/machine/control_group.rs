//! Memory limits of Linux control groups, versions 1 and 2.

use std::path::{Path, PathBuf};

use super::LONGEST;
use crate::file;

/// Version 1 writes a number from here on where there is no limit.
const NO_LIMIT: u64 = 1 << 62;

/// The files of one version.
struct Files {
    limits: &'static [&'static str],
    usage: &'static str,
    /// The line of `memory.stat` with the page cache that nobody used lately, which the kernel gives up at once.
    reclaimable: &'static str,
}

const VERSION_1: Files =
    Files { limits: &["memory.limit_in_bytes"], usage: "memory.usage_in_bytes", reclaimable: "total_inactive_file" };

const VERSION_2: Files =
    Files { limits: &["memory.max", "memory.high"], usage: "memory.current", reclaimable: "inactive_file" };

/// A group and those around it, innermost first.
struct Hierarchy {
    files: &'static Files,
    directories: Vec<PathBuf>,
}

/// The groups that limit the memory of a process.
pub(super) struct ControlGroups {
    hierarchies: Vec<Hierarchy>,
}

impl ControlGroups {
    /// The groups of this process, as the files under `root` tell.
    pub(super) fn of_this_process(root: &Path) -> ControlGroups {
        let groups = file::read_small(&root.join("proc/self/cgroup"), LONGEST).unwrap_or_default();
        let mounts = file::read_small(&root.join("proc/self/mountinfo"), LONGEST).unwrap_or_default();
        let hierarchies = groups.lines().filter_map(|line| Hierarchy::find(root, line, &mounts)).collect();
        ControlGroups { hierarchies }
    }

    fn directories(&self) -> impl Iterator<Item = (&'static Files, &PathBuf)> {
        self.hierarchies.iter().flat_map(|h| h.directories.iter().map(|directory| (h.files, directory)))
    }

    /// The lowest limit.
    pub(super) fn limit(&self) -> Option<u64> {
        self.directories().filter_map(|(files, directory)| files.limit(directory)).min()
    }

    /// The least that any of the limits leaves.
    pub(super) fn room(&self) -> Option<u64> {
        self.directories().filter_map(|(files, directory)| files.room(directory)).min()
    }
}

impl Files {
    fn limit(&self, directory: &Path) -> Option<u64> {
        let limits = self.limits.iter().filter_map(|name| number(&directory.join(name)));
        limits.filter(|&limit| limit < NO_LIMIT).min()
    }

    fn room(&self, directory: &Path) -> Option<u64> {
        let limit = self.limit(directory)?;
        let used = number(&directory.join(self.usage)).unwrap_or(0);
        Some(limit.saturating_sub(used.saturating_sub(self.reclaimable(directory))))
    }

    fn reclaimable(&self, directory: &Path) -> u64 {
        let stat = file::read_small(&directory.join("memory.stat"), LONGEST).unwrap_or_default();
        let line = stat.lines().find_map(|line| line.strip_prefix(self.reclaimable)?.strip_prefix(' '));
        line.and_then(|number| number.trim().parse().ok()).unwrap_or(0)
    }
}

impl Hierarchy {
    /// The hierarchy of a line of `/proc/self/cgroup`, `number:controllers:path`, if it is one that limits memory.
    fn find(root: &Path, line: &str, mounts: &str) -> Option<Hierarchy> {
        let mut parts = line.splitn(3, ':');
        let (number, controllers, path) = (parts.next()?, parts.next()?, parts.next()?);
        let files = match (number, controllers) {
            ("0", "") => &VERSION_2,
            (_, controllers) if controllers.split(',').any(|c| c == "memory") => &VERSION_1,
            _ => return None,
        };
        let mount = mounts.lines().filter_map(Mount::parse).find(|mount| mount.carries(files))?;
        let top = root.join(mount.point.trim_start_matches('/'));
        Some(Hierarchy { files, directories: upwards(&top, mount.inside(path)) })
    }
}

/// A directory below `top` and all between the two, innermost first.
fn upwards(top: &Path, inside: &str) -> Vec<PathBuf> {
    let inside = Path::new(inside.trim_start_matches('/'));
    inside.ancestors().map(|ancestor| top.join(ancestor)).collect()
}

/// A line of `/proc/self/mountinfo`.
struct Mount<'a> {
    /// The directory of the file system that is mounted.
    from: String,
    /// Where it is mounted.
    point: String,
    kind: &'a str,
    options: &'a str,
}

impl<'a> Mount<'a> {
    fn parse(line: &'a str) -> Option<Mount<'a>> {
        let (left, right) = line.split_once(" - ")?;
        let mut left = left.split(' ').skip(3);
        let (from, point) = (unescape(left.next()?), unescape(left.next()?));
        let mut right = right.split(' ');
        Some(Mount { from, point, kind: right.next()?, options: right.nth(1)? })
    }

    fn carries(&self, files: &Files) -> bool {
        match self.kind {
            "cgroup2" => files.usage == VERSION_2.usage,
            "cgroup" => files.usage == VERSION_1.usage && self.options.split(',').any(|option| option == "memory"),
            _ => false,
        }
    }

    /// A group's path below the mount point. Groups outside of what is mounted are seen at its top.
    fn inside<'p>(&self, group: &'p str) -> &'p str {
        let below = match self.from.as_str() {
            "/" => Some(group),
            from => group.strip_prefix(from),
        };
        below.filter(|path| !path.split('/').any(|part| part == "..")).unwrap_or("")
    }
}

/// Undoes the kernel's escapes of the characters that separate fields.
fn unescape(field: &str) -> String {
    field.replace("\\040", " ").replace("\\011", "\t").replace("\\012", "\n").replace("\\134", "\\")
}

/// The number in a file; `None` when there is none (`max`) or it is no limit.
fn number(path: &Path) -> Option<u64> {
    file::read_small(path, 64)?.trim().parse().ok()
}
