//! Small expressions of arrays in memory, computed at once by the calling thread: no tiles, no other threads, nothing to
//! reserve. What comes out is what a plan would give, as results depend on neither.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use numtile_core::{DType, Result};
use numtile_kernel::{Flags, Interpreter, Isa, Strip};
use numtile_plan::physical::direct::Direct;
use smallvec::SmallVec;

/// Elements up to which an expression is small: beyond, threads pay.
pub const MOST_ELEMENTS: usize = 32_768;
/// Scratch that every thread which computes small expressions keeps, in 64-byte lines.
const SCRATCH_LINES: usize = 1024;
/// Programs that are remembered; then they are forgotten all at once.
const MOST_PROGRAMS: usize = 512;
/// Elements of a strip at most.
const STRIP: usize = 1024;

#[repr(C, align(64))]
#[derive(Clone, Copy)]
struct Line([u8; 64]);

thread_local! {
    static SCRATCH: RefCell<Vec<Line>> = const { RefCell::new(Vec::new()) };
}

/// Where the elements of the result go, one after another.
#[derive(Clone, Copy, Debug)]
pub struct Out {
    /// The first.
    pub start: *mut u8,
    /// Bytes per element.
    pub item: usize,
}

/// The programs of small expressions met before, ready to run.
#[derive(Debug, Default)]
pub struct Programs {
    known: Mutex<HashMap<u128, Arc<Interpreter>>>,
}

impl Programs {
    /// Computes `elements` elements into `out`; false when the program has too many values for the scratch.
    ///
    /// # Errors
    /// What computing brings: `ValueError` for a negative integer power.
    ///
    /// # Safety
    /// The inputs of `direct` are readable and `out` is writable for so many elements; `out` is aligned for its type and
    /// overlaps no input.
    pub unsafe fn run(&self, direct: &Direct<'_>, elements: usize, out: Out, isa: Isa) -> Result<bool> {
        let interpreter = self.interpreter(direct, isa)?;
        let strip = STRIP.min(elements.next_multiple_of(64));
        if interpreter.scratch_bytes(strip) > SCRATCH_LINES * size_of::<Line>() {
            return Ok(false);
        }
        let sizes: SmallVec<[usize; 8]> = direct.inputs().map(DType::size).collect();
        SCRATCH.with_borrow_mut(|scratch| {
            scratch.resize(SCRATCH_LINES, Line([0; 64]));
            let scratch = scratch.as_mut_ptr().cast::<u8>();
            let mut flags = Flags::NONE;
            for start in (0..elements).step_by(strip) {
                let inputs: SmallVec<[Strip; 8]> = (direct.starts.iter().zip(&sizes))
                    .map(|(&first, size)| Strip::contiguous(first.wrapping_add(start * size)))
                    .collect();
                let count = strip.min(elements - start);
                let out = out.start.wrapping_add(start * out.item);
                // SAFETY: by the caller, for this part of the elements; the scratch was found large enough, and is aligned.
                flags |= unsafe { interpreter.run(count, &inputs, &[out], scratch) };
            }
            flags.check().map(|()| true)
        })
    }

    fn interpreter(&self, direct: &Direct<'_>, isa: Isa) -> Result<Arc<Interpreter>> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(interpreter) = known.get(&direct.key) {
            return Ok(interpreter.clone());
        }
        let made = Arc::new(Interpreter::new(&direct.program()?, isa)?);
        if known.len() == MOST_PROGRAMS {
            known.clear();
        }
        known.insert(direct.key, made.clone());
        Ok(made)
    }
}
