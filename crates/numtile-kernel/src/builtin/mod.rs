//! Kernels that are not elementwise: copying between layouts, moving rows together, counting up, gathering, reducing,
//! scanning.

pub mod compact;
pub mod copy;
pub mod gather;
pub mod iota;
pub mod reduce;
pub mod scan;
