//! Kernels that are not elementwise: copying between layouts, counting up, gathering, reducing, scanning.

pub mod copy;
pub mod gather;
pub mod iota;
pub mod reduce;
pub mod scan;
