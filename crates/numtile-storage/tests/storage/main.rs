//! Files as sources and sinks, seen from outside.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::disallowed_methods)]

mod changed;
#[cfg(target_os = "linux")]
mod full_disk;
mod npy;
mod open;
mod raw;
mod sink;
#[cfg(unix)]
mod sink_unix;
mod support;
mod wrappers;
