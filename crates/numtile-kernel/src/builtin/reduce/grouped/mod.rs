//! Reductions of the elements with equal labels.
//!
//! A state is that of every group for every kept element, with a table before it of how many elements each group has.
//! The elements of a leaf come one after the other, in C order of the reduced axes, and each goes to its group; leaves
//! join group by group. `docs/reductions.md` tells the whole.
//!
//! `totals`, `spread` and `picked` say what is kept of a group; `instance` makes loops of it.

mod instance;
mod picked;
mod spread;
mod totals;

use std::fmt;
use std::sync::Arc;

use numtile_core::dtype::Kind;
use numtile_core::{DType, Error, Result, Scalar};

use self::instance::{Cells, Code, Kernel};
use super::{ReduceOp, Reducer};
use crate::isa::Isa;

/// What is computed of the elements of each group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GroupOp {
    /// How many there are.
    Count,
    /// A reduction of them: one of [`GroupOp::REDUCTIONS`].
    Of(ReduceOp),
}

impl GroupOp {
    /// The reductions that groups have.
    pub const REDUCTIONS: [ReduceOp; 9] = [
        ReduceOp::Sum,
        ReduceOp::Prod,
        ReduceOp::Mean,
        ReduceOp::Var,
        ReduceOp::Std,
        ReduceOp::Min,
        ReduceOp::Max,
        ReduceOp::Any,
        ReduceOp::All,
    ];

    /// The user's name.
    pub fn name(self) -> &'static str {
        match self {
            GroupOp::Count => "count",
            GroupOp::Of(op) => op.name(),
        }
    }
}

/// An element that belongs to no group.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Outside {
    /// Its label.
    pub label: i64,
    /// Its place among the labels.
    pub at: usize,
}

/// Some of the kept elements of a state.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Kept {
    /// The first of them.
    pub first: usize,
    /// How many.
    pub count: usize,
    /// Of how many.
    pub of: usize,
}

/// A grouped reduction of one element type, ready to run.
///
/// A state is one piece of memory, aligned to 8 bytes: the numbers of elements of the groups, then for every group and
/// kept element what the reduction keeps of them. States of groups without elements are neither written nor read.
#[derive(Clone)]
pub struct Grouper {
    op: GroupOp,
    input: DType,
    output: DType,
    groups: usize,
    by_group: bool,
    empty: Option<Scalar>,
    /// Nothing but the numbers is kept for counts.
    kernel: Option<Arc<dyn Kernel>>,
}

impl fmt::Debug for Grouper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Grouper({} of {} to {} groups of {})", self.op.name(), self.input, self.groups, self.output)
    }
}

impl Grouper {
    /// The reduction `op` of the elements of each of `groups` groups; elements are of [`Grouper::loop_type`].
    ///
    /// `by_group` says how values come: true for rows of kept elements, false for runs of reduced ones.
    ///
    /// # Errors
    /// `NotImplemented` for what groups do not have.
    pub fn new(
        op: GroupOp,
        input: DType,
        output: DType,
        ddof: f64,
        groups: usize,
        by_group: bool,
        isa: Isa,
    ) -> Result<Grouper> {
        let isa = if isa.is_supported() { isa } else { Isa::Baseline };
        let kernel = match op {
            GroupOp::Count => None,
            GroupOp::Of(reduction) => Some(kernel(reduction, input, output, ddof, isa).ok_or_else(|| {
                Error::NotImplemented(format!("{reduction} of groups of {input} elements with a {output} result"))
            })?),
        };
        Ok(Grouper { op, input, output, groups, by_group, empty: empty(op, output), kernel })
    }

    /// The type in which elements of `input` are looked at: that they are cast to first.
    pub fn loop_type(op: ReduceOp, input: DType) -> DType {
        match op {
            ReduceOp::Any | ReduceOp::All => DType::Bool,
            ReduceOp::Var | ReduceOp::Std if input.kind() < Kind::Float => DType::F64,
            ReduceOp::Sum | ReduceOp::Prod | ReduceOp::Mean | ReduceOp::Var | ReduceOp::Std if input == DType::F16 => {
                DType::F32
            }
            _ => input,
        }
    }

    /// NumPy's result type of `op` over elements of `input`.
    ///
    /// # Errors
    /// As [`Reducer::default_output`].
    pub fn default_output(op: ReduceOp, input: DType) -> Result<DType> {
        Reducer::default_output(op, input)
    }

    /// What is computed.
    pub fn op(&self) -> GroupOp {
        self.op
    }

    /// Groups.
    pub fn groups(&self) -> usize {
        self.groups
    }

    /// Bytes of a state for `kept` kept elements.
    pub fn state_bytes(&self, kept: u64) -> u64 {
        let counts = (self.groups as u64).saturating_mul(8);
        counts.saturating_add(self.cell_bytes().saturating_mul(kept))
    }

    /// Bytes that a state takes for one more kept element.
    pub fn cell_bytes(&self) -> u64 {
        (self.groups as u64).saturating_mul(self.kernel.as_ref().map_or(0, |kernel| kernel.state_bytes()) as u64)
    }

    /// A state without elements.
    ///
    /// # Safety
    /// `state` must be valid for writing a state.
    pub unsafe fn clear(&self, state: *mut u8) {
        // SAFETY: the caller's promise.
        unsafe { state.write_bytes(0, self.groups * 8) };
    }

    /// Counts `n` labels and replaces each by what [`Grouper::add`] wants to know of it.
    ///
    /// # Errors
    /// The first label that is no group.
    ///
    /// # Safety
    /// `labels` must be valid for reading and writing `n` of them, `state` must be a state.
    pub unsafe fn mark(&self, labels: *mut i64, n: usize, state: *mut u8) -> std::result::Result<(), Outside> {
        // SAFETY: the caller's promise.
        let (labels, counts) = unsafe { (std::slice::from_raw_parts_mut(labels, n), self.counts_mut(state)) };
        for (at, label) in labels.iter_mut().enumerate() {
            let group = *label;
            // A negative one is no index, however many groups there are.
            match counts.get_mut(group as usize) {
                Some(count) => {
                    *label = Code::of(group as usize, *count == 0).bits();
                    *count += 1;
                }
                None if group < 0 => {}
                None => return Err(Outside { label: group, at }),
            }
        }
        Ok(())
    }

    /// Adds values to the states of some kept elements in the order of the marked labels: where values come in rows, one
    /// row of those elements per label, where they come in runs, a run of one value per label for each of them.
    ///
    /// # Safety
    /// `marked` are `n` labels that [`Grouper::mark`] has seen, of a leaf whose first labels were added before for the
    /// same kept elements; `values` must be aligned and valid for reading `n * kept.count` elements; `state` must be that
    /// of the leaf for `kept.of` kept elements.
    pub unsafe fn add(&self, values: *const u8, marked: *const i64, n: usize, state: *mut u8, kept: Kept) {
        let Some(kernel) = &self.kernel else { return };
        debug_assert!(kept.first + kept.count <= kept.of, "there are states of all kept elements");
        // SAFETY: the caller's promise; marked labels are codes.
        unsafe {
            let codes = std::slice::from_raw_parts(marked.cast::<Code>(), n);
            let cells = self.cells(state, kept.of);
            if self.by_group {
                kernel.rows(values, codes, kept.count, cells, kept.first);
            } else {
                kernel.runs(values, codes, kept.count, cells, kept.first);
            }
        }
    }

    /// Completes the state of a leaf whose labels were counted in the state `counted`.
    ///
    /// # Safety
    /// Both must be states, `state` for `kept` kept elements to all of which the leaf was added.
    pub unsafe fn settle(&self, state: *mut u8, counted: *const u8, kept: usize) {
        // SAFETY: the caller's promise; both may be the same.
        unsafe {
            std::ptr::copy(counted, state, self.groups * 8);
            if let Some(kernel) = &self.kernel {
                kernel.settle(self.cells(state, kept), self.counts(state));
            }
        }
    }

    /// `left` becomes the join of `left` and `right`. Left is what comes first.
    ///
    /// # Safety
    /// Both must be settled or joined states for `kept` kept elements, without overlap.
    pub unsafe fn join(&self, left: *mut u8, right: *const u8, kept: usize) {
        // SAFETY: the caller's promise; nothing is written to what lies right.
        unsafe {
            if let Some(kernel) = &self.kernel {
                let (to, from) = (self.cells(left, kept), self.cells(right.cast_mut(), kept));
                kernel.join(to, from, self.counts(left), self.counts(right));
            }
            for (left, right) in self.counts_mut(left).iter_mut().zip(self.counts(right)) {
                *left += right;
            }
        }
    }

    /// Writes the results of a state for `kept` kept elements, or of no elements at all where there is none: in C order
    /// of the kept elements before the axis of groups, the groups, and the `behind` kept elements behind that axis.
    ///
    /// # Errors
    /// `ValueError` for an empty group where there is no result of nothing.
    ///
    /// # Safety
    /// `state`, if any, must be settled or joined; `out` must be aligned and valid for writing `groups * kept` elements
    /// of the output type.
    pub unsafe fn finalize(&self, state: Option<*const u8>, kept: usize, behind: usize, out: *mut u8) -> Result<()> {
        let item = self.output.size();
        for before in 0..kept / behind.max(1) {
            let kept_here = before * behind..(before + 1) * behind;
            for group in 0..self.groups {
                let out = out.wrapping_add((before * self.groups + group) * behind * item);
                // SAFETY: the caller's promise.
                let n = state.map_or(0, |state| unsafe { self.counts(state)[group] });
                match (state, &self.kernel) {
                    // SAFETY: the caller has room for every result, and a state of every group with elements.
                    (Some(state), Some(kernel)) if n > 0 => unsafe {
                        kernel.write(self.cells(state.cast_mut(), kept), group, kept_here.clone(), n, out);
                    },
                    _ => {
                        let count = Scalar::new(n as i64);
                        let value = if self.kernel.is_none() { Some(count) } else { self.empty };
                        let value = value.ok_or_else(|| self.nothing_in(group))?;
                        for k in 0..behind {
                            // SAFETY: as above; the scalar is of the output type.
                            unsafe { std::ptr::copy_nonoverlapping(value.as_ptr(), out.add(k * item), item) };
                        }
                    }
                }
            }
        }
        Ok(())
    }

    fn nothing_in(&self, group: usize) -> Error {
        let (op, dtype) = (self.op.name(), self.output);
        Error::value(format!("group {group} has no elements, and there is no {op} of nothing in {dtype}"))
    }

    unsafe fn counts(&self, state: *const u8) -> &[u64] {
        // SAFETY: the caller has a state, which begins with the counts.
        unsafe { std::slice::from_raw_parts(state.cast(), self.groups) }
    }

    #[allow(clippy::mut_from_ref, reason = "the counts are the caller's, not part of the reduction")]
    unsafe fn counts_mut(&self, state: *mut u8) -> &mut [u64] {
        // SAFETY: the caller has a state, which begins with the counts.
        unsafe { std::slice::from_raw_parts_mut(state.cast(), self.groups) }
    }

    fn cells(&self, state: *mut u8, kept: usize) -> Cells {
        Cells { start: state.wrapping_add(self.groups * 8), groups: self.groups, kept, by_group: self.by_group }
    }
}

fn kernel(op: ReduceOp, input: DType, output: DType, ddof: f64, isa: Isa) -> Option<Arc<dyn Kernel>> {
    match op {
        ReduceOp::Sum => totals::sum(input, output, isa),
        ReduceOp::Prod => totals::product(input, output, isa),
        ReduceOp::Mean => totals::mean(input, output, isa),
        ReduceOp::Var => spread::kernel(input, output, ddof, false, isa),
        ReduceOp::Std => spread::kernel(input, output, ddof, true, isa),
        ReduceOp::Min if input == output => picked::extremum(input, false, isa),
        ReduceOp::Max if input == output => picked::extremum(input, true, isa),
        ReduceOp::Any if output == DType::Bool => picked::quantifier(input, false, isa),
        ReduceOp::All if output == DType::Bool => picked::quantifier(input, true, isa),
        _ => None,
    }
}

/// The result of a group without elements: NaN where floats have none other.
fn empty(op: GroupOp, output: DType) -> Option<Scalar> {
    match op {
        GroupOp::Count | GroupOp::Of(ReduceOp::Sum | ReduceOp::Any) => Some(Scalar::zero(output)),
        GroupOp::Of(ReduceOp::Prod | ReduceOp::All) => Scalar::from_int(1, output).ok(),
        _ if output.kind() >= Kind::Float => Some(Scalar::from_f64(f64::NAN, output)),
        _ => None,
    }
}
