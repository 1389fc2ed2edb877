//! What lies behind a directory.

use std::path::Path;

/// Bytes that this user may still write there; as many as can be where the operating system does not tell.
#[cfg(unix)]
#[allow(clippy::unnecessary_cast, reason = "the fields are narrower on some systems")]
pub(crate) fn free_bytes(directory: &Path) -> u64 {
    let Some(path) = c_string(directory) else { return u64::MAX };
    let mut told = std::mem::MaybeUninit::<libc::statvfs>::uninit();
    // SAFETY: the string ends with a zero byte, and there is room for the answer.
    if unsafe { libc::statvfs(path.as_ptr(), told.as_mut_ptr()) } != 0 {
        return u64::MAX;
    }
    // SAFETY: the call succeeded, so it filled the answer.
    let told = unsafe { told.assume_init() };
    (told.f_bavail as u64).saturating_mul(told.f_frsize as u64)
}

/// True for file systems that keep their files in memory.
#[cfg(target_os = "linux")]
#[allow(clippy::unnecessary_cast, reason = "the field and the constants are signed on some systems")]
pub(crate) fn is_in_memory(directory: &Path) -> bool {
    const RAMFS: u64 = 0x8584_58f6;
    let Some(path) = c_string(directory) else { return false };
    let mut told = std::mem::MaybeUninit::<libc::statfs>::uninit();
    // SAFETY: the string ends with a zero byte, and there is room for the answer.
    if unsafe { libc::statfs(path.as_ptr(), told.as_mut_ptr()) } != 0 {
        return false;
    }
    // SAFETY: the call succeeded, so it filled the answer.
    let kind = unsafe { told.assume_init() }.f_type as u64;
    kind == libc::TMPFS_MAGIC as u64 || kind == RAMFS
}

#[cfg(unix)]
fn c_string(path: &Path) -> Option<std::ffi::CString> {
    use std::os::unix::ffi::OsStrExt;
    std::ffi::CString::new(path.as_os_str().as_bytes()).ok()
}

#[cfg(not(unix))]
pub(crate) fn free_bytes(_directory: &Path) -> u64 {
    u64::MAX
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn is_in_memory(_directory: &Path) -> bool {
    false
}
