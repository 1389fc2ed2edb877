//! What is to be done.
//!
//! [`expr`] holds what the user wrote; [`physical`] turns it into passes over tiles that fit a memory budget.
#![forbid(unsafe_code)]

pub mod expr;
pub mod physical;
