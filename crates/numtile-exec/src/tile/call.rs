//! Calling the user's functions: the boxes of the arguments are computed, the function gives boxes of its outputs.

use numtile_core::function::{Argument, Output};
use numtile_core::shape::PerAxis;
use numtile_core::{Buffer, Region, Result};
use numtile_kernel::builtin::copy::restride;
use numtile_plan::physical::call::{self, CallBlock};
use smallvec::SmallVec;

use super::Env;
use super::assemble::c_outlet;
use super::store::evaluate_space;
use super::strips::offset;
use crate::nested;

/// One buffer per output that is read.
pub type Results = SmallVec<[Buffer; 1]>;

/// The box `needed` of the outputs of a call, whose shape is `shape`. Blocks are called for one after another.
pub fn call(call: &CallBlock, shape: &[usize], needed: &Region, env: Env<'_>) -> Result<Results> {
    let mut results = buffers(call, needed, env)?;
    let calls = call.calls(shape, needed);
    for number in 0..calls.len() {
        env.check()?;
        let region = calls.region(number);
        let arguments = call.arguments.iter().map(|each| argument(each, &region, env)).collect::<Result<Vec<_>>>()?;
        if region == *needed {
            run(call, &region, arguments, &mut results, env)?;
            continue;
        }
        let mut block = buffers(call, &region, env)?;
        run(call, &region, arguments, &mut block, env)?;
        for ((from, to), output) in block.iter().zip(&results).zip(&call.outputs) {
            put(from, &region, to, needed, output.dtype.size());
        }
    }
    Ok(results)
}

/// Room for a box of each output.
fn buffers(call: &CallBlock, region: &Region, env: Env<'_>) -> Result<Results> {
    call.outputs.iter().map(|output| env.reservation.allocate(region.count() * output.dtype.size())).collect()
}

/// Computes what a box needs of an argument.
fn argument(argument: &call::Argument, region: &Region, env: Env<'_>) -> Result<Argument> {
    let (space, region) = (&argument.space, argument.needed(region));
    let dtype = space.dtypes[0];
    let values = env.reservation.allocate(region.count() * dtype.size())?;
    if region.count() > 0 {
        // SAFETY: the buffer is new and has room for the box.
        unsafe { evaluate_space(space, &region, c_outlet(values.as_ptr(), &region.shape, dtype.size()), env)? };
    }
    Ok(Argument { values, dtype, region })
}

/// Calls the function for one box.
fn run(call: &CallBlock, region: &Region, arguments: Vec<Argument>, into: &mut Results, env: Env<'_>) -> Result<()> {
    let outputs = call.outputs.iter().zip(into.iter_mut());
    let mut outputs: SmallVec<[Output<'_>; 1]> = outputs
        .map(|(output, buffer)| Output { number: output.number, dtype: output.dtype, values: buffer.as_mut_slice() })
        .collect();
    nested::call(env.stop, || call.function.call(region, arguments, &mut outputs))
}

/// Copies what the box `region` in `from` and the box `needed` in `to` have in common.
fn put(from: &Buffer, region: &Region, to: &Buffer, needed: &Region, item: usize) {
    let Some(common) = region.intersect(needed) else { return };
    let place = |buffer: &Buffer, bx: &Region| {
        let outlet = c_outlet(buffer.as_ptr(), &bx.shape, item);
        let at: PerAxis<usize> = common.start.iter().zip(&bx.start).map(|(at, start)| at - start).collect();
        (outlet.start.wrapping_offset(offset(&at, &outlet.strides)), outlet.strides)
    };
    let ((source, source_strides), (target, target_strides)) = (place(from, region), place(to, needed));
    // SAFETY: the common box lies inside both buffers, which are different; we are their only users.
    unsafe { restride(target, &target_strides, source, &source_strides, item, &common.shape) };
}
