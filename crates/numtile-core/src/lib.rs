//! What a value is.
//!
//! The vocabulary every other room speaks: element types and scalars, shapes and regions, the memory pool, and the
//! traits through which the engine reaches data (`Source`, `Sink`, `Scratch`). This crate knows no file format, no operation and
//! no thread.

pub mod dtype;
pub mod error;
pub mod function;
pub mod hash;
pub mod layout;
pub mod memory;
pub mod region;
pub mod scalar;
pub mod scratch;
pub mod shape;
pub mod sink;
pub mod source;

pub use dtype::{DType, Kind};
pub use error::{Error, Result};
pub use function::Function;
pub use layout::Layout;
pub use memory::{Buffer, MemoryPool, Owner, Reservation};
pub use region::Region;
pub use scalar::Scalar;
pub use scratch::{Scratch, Spill};
pub use shape::Shape;
pub use sink::{Sink, SinkSpec};
pub use source::{Access, Source};
