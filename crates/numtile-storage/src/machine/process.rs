//! What the operating system says about this process.

use std::path::Path;

use super::{LONGEST, kilobytes};
use crate::file;

/// A line of this process's status, in bytes.
pub(super) fn status(key: &str) -> Option<u64> {
    kilobytes(&file::read_small(Path::new("/proc/self/status"), LONGEST)?, key)
}

/// The lower one of the limits of address space and of data.
#[cfg(unix)]
pub(super) fn limit() -> u64 {
    resource_limit(libc::RLIMIT_AS).min(resource_limit(libc::RLIMIT_DATA))
}

/// What those limits leave.
#[cfg(unix)]
pub(super) fn room_under_limits() -> u64 {
    let room = |limit: u64, key: &str| match limit {
        u64::MAX => u64::MAX,
        limit => limit.saturating_sub(status(key).unwrap_or(0)),
    };
    room(resource_limit(libc::RLIMIT_AS), "VmSize:").min(room(resource_limit(libc::RLIMIT_DATA), "VmData:"))
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
type Resource = libc::__rlimit_resource_t;
#[cfg(all(unix, not(all(target_os = "linux", target_env = "gnu"))))]
type Resource = libc::c_int;

/// A limit of this process; the greatest number when there is none.
#[cfg(unix)]
fn resource_limit(resource: Resource) -> u64 {
    let mut limit = libc::rlimit { rlim_cur: libc::RLIM_INFINITY, rlim_max: libc::RLIM_INFINITY };
    // SAFETY: the call fills the struct, which outlives it.
    let failed = unsafe { libc::getrlimit(resource, &mut limit) } != 0;
    if failed || limit.rlim_cur == libc::RLIM_INFINITY { u64::MAX } else { limit.rlim_cur }
}

/// The machine's memory, where there is no `/proc`.
#[cfg(unix)]
pub(super) fn physical_memory() -> Option<u64> {
    // SAFETY: asking for a constant of the system has no preconditions.
    let (pages, size) = unsafe { (libc::sysconf(libc::_SC_PHYS_PAGES), libc::sysconf(libc::_SC_PAGESIZE)) };
    u64::try_from(pages).ok()?.checked_mul(u64::try_from(size).ok()?).filter(|&bytes| bytes > 0)
}

#[cfg(not(unix))]
pub(super) fn limit() -> u64 {
    u64::MAX
}

#[cfg(not(unix))]
pub(super) fn room_under_limits() -> u64 {
    u64::MAX
}

#[cfg(not(unix))]
pub(super) fn physical_memory() -> Option<u64> {
    None
}
