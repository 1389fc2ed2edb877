//! Kernels that are not elementwise: copying between layouts, counting up, gathering, reducing.

pub mod copy;
pub mod gather;
pub mod iota;
pub mod reduce;
