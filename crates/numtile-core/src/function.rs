//! Functions of the user's, as the engine sees them.

use std::fmt;

use crate::dtype::DType;
use crate::error::Result;
use crate::memory::Buffer;
use crate::region::Region;

/// A function that computes boxes of arrays from boxes of others.
///
/// It may be called from several threads at once, for any boxes in any order, and more than once for one box.
pub trait Function: Send + Sync + fmt::Debug {
    /// What the user calls it, for plans and messages: `map_blocks(smooth)`.
    fn name(&self) -> String;
    /// A value unlike that of any other function of this process.
    fn identity(&self) -> u64;
    /// Fills `results`, which are the box `region` of some of its outputs. The arguments are its to keep.
    ///
    /// # Errors
    /// [`Error::Raised`](crate::Error::Raised) for what the function itself raises, others for results that do not fit.
    fn call(&self, region: &Region, arguments: Vec<Argument>, results: &mut [Output<'_>]) -> Result<()>;
}

/// A box of an array that a function is given: its elements in C order.
#[derive(Debug)]
pub struct Argument {
    /// The elements.
    pub values: Buffer,
    /// Their type.
    pub dtype: DType,
    /// Which box of its array it is.
    pub region: Region,
}

/// Room for a box of one of a function's outputs, in C order.
#[derive(Debug)]
pub struct Output<'a> {
    /// The number of the output.
    pub number: usize,
    /// Its element type.
    pub dtype: DType,
    /// The bytes of the box.
    pub values: &'a mut [u8],
}
