//! Functions of the user's, called on boxes.

use std::sync::Arc;

use numtile_core::hash::Hasher128;
use numtile_core::shape::{self, MAX_NDIM, PerAxis};
use numtile_core::{DType, Error, Function, Result, Shape};

use super::node::{Expr, Kind};

/// What a call node does: it has one output of a function.
///
/// The function computes a box of the output from a box of each argument. Where an axis of the output has a block length,
/// its boxes are exactly the blocks of that length from index 0 on, the last one shorter; elsewhere they are any.
#[derive(Clone, Debug)]
pub struct Call {
    /// The function.
    pub function: Arc<dyn Function>,
    /// Which of its outputs it is.
    pub output: usize,
    /// What a box needs of each argument, per axis of the argument.
    pub arguments: Vec<PerAxis<Along>>,
    /// The length of a block along each axis of the output; 0 for any.
    pub block: PerAxis<usize>,
}

/// What a box of the output needs along one axis of an argument.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Along {
    /// The whole axis.
    Whole,
    /// The positions that the box has along an axis of the output, and so many before and behind as there are.
    Output {
        /// The axis of the output.
        axis: usize,
        /// Positions before.
        before: usize,
        /// Positions behind.
        after: usize,
    },
}

/// One output of a function.
#[derive(Clone, Debug)]
pub struct CallOutput {
    /// Its shape.
    pub shape: Shape,
    /// Its element type.
    pub dtype: DType,
    /// The length of a block along each axis; 0 for any.
    pub block: PerAxis<usize>,
}

/// The outputs of a function of these arguments. What a box needs is said per argument and axis.
///
/// # Errors
/// `ValueError` for too many axes or elements; [`Error::Uncounted`] for arguments of unknown length.
pub fn call(
    function: &Arc<dyn Function>,
    inputs: &[Expr],
    arguments: &[PerAxis<Along>],
    outputs: &[CallOutput],
) -> Result<Vec<Expr>> {
    if !inputs.iter().all(Expr::is_known) {
        return Err(Error::Uncounted);
    }
    outputs
        .iter()
        .enumerate()
        .map(|(number, output)| {
            check(inputs, arguments, output)?;
            let call = Call {
                function: function.clone(),
                output: number,
                arguments: arguments.to_vec(),
                block: output
                    .block
                    .iter()
                    .zip(&output.shape)
                    .map(|(&block, &length)| block.min(length.max(1)))
                    .collect(),
            };
            let words = [number as u64, call.function.identity(), call.hash() as u64, (call.hash() >> 64) as u64];
            Ok(Expr::new(Kind::Call(Box::new(call)), inputs.to_vec(), output.shape.clone(), output.dtype, &words))
        })
        .collect()
}

fn check(inputs: &[Expr], arguments: &[PerAxis<Along>], output: &CallOutput) -> Result<()> {
    if output.shape.len() > MAX_NDIM {
        let ndim = output.shape.len();
        return Err(Error::value(format!("maximum supported dimension for an ndarray is {MAX_NDIM}, found {ndim}")));
    }
    shape::element_count(&output.shape)?;
    let fits = |input: &Expr, axes: &PerAxis<Along>| {
        axes.len() == input.ndim()
            && axes.iter().zip(input.shape()).all(|(along, &length)| match along {
                Along::Whole => true,
                Along::Output { axis, .. } => output.shape.get(*axis).is_some_and(|&there| there <= length),
            })
    };
    let all_fit = inputs.len() == arguments.len()
        && output.block.len() == output.shape.len()
        && inputs.iter().zip(arguments).all(|(input, axes)| fits(input, axes));
    if all_fit { Ok(()) } else { Err(Error::internal("a call whose arguments do not cover its output")) }
}

impl Call {
    /// A hash of what the call does but for which output it has: equal where one call gives several outputs.
    pub fn hash(&self) -> u128 {
        let mut hash = Hasher128::new("call");
        hash.word(self.function.identity()).word(self.arguments.len() as u64);
        for axes in &self.arguments {
            hash.word(axes.len() as u64);
            for along in axes {
                match *along {
                    Along::Whole => hash.word(u64::MAX),
                    Along::Output { axis, before, after } => {
                        hash.word(axis as u64).word(before as u64).word(after as u64)
                    }
                };
            }
        }
        self.block.iter().for_each(|&length| {
            hash.word(length as u64);
        });
        hash.finish()
    }

    /// True where every element depends on one of each argument, and boxes may be any.
    pub fn is_pointwise(&self) -> bool {
        let is_point = |along: &Along| matches!(along, Along::Output { before: 0, after: 0, .. });
        self.block.iter().all(|&length| length == 0) && self.arguments.iter().flatten().all(is_point)
    }
}
