//! Plans that serve again: expressions that differ in nothing but which arrays in memory they read have the same plan.

use numtile_core::hash::{Hasher128, QuickMap};
use numtile_core::{Access, Source};
use smallvec::SmallVec;
use std::sync::Arc;

use super::Plan;
use super::operand::{Base, Operand, OperandKind};
use crate::expr::{Expr, Kind};

/// Nodes that are worth looking at: larger expressions do enough work to be planned.
const MOST_NODES: usize = 512;

/// What a plan depends on beside its limits, and the arrays it does not depend on.
#[derive(Debug)]
pub struct Structure<'a> {
    /// Equal for expressions with the same plan.
    pub key: u128,
    /// The arrays in memory, by the numbers that the plan has for them.
    pub sources: SmallVec<[&'a Arc<dyn Source>; 8]>,
}

/// The structure of expressions; `None` for those whose plans are not kept: they read files, or are large, or assemble
/// arrays, or reduce by groups, or call functions of the user's.
pub fn structure(roots: &[Expr]) -> Option<Structure<'_>> {
    let mut walk = Walk { key: Hasher128::new("structure"), sources: SmallVec::new(), numbers: QuickMap::default() };
    walk.key.word(roots.len() as u64);
    for root in roots {
        walk.below(root)?;
        walk.key.word(walk.number(root)?);
    }
    Some(Structure { key: walk.key.finish(), sources: walk.sources })
}

struct Walk<'a> {
    key: Hasher128,
    sources: SmallVec<[&'a Arc<dyn Source>; 8]>,
    numbers: QuickMap<u128, u64>,
}

impl<'a> Walk<'a> {
    fn number(&self, node: &Expr) -> Option<u64> {
        self.numbers.get(&node.hash128()).copied()
    }

    /// Every node of an expression that was not met yet, inputs first.
    fn below(&mut self, root: &'a Expr) -> Option<()> {
        let mut stack: SmallVec<[(&Expr, bool); 16]> = SmallVec::new();
        stack.push((root, false));
        while let Some((node, inputs_done)) = stack.pop() {
            if self.number(node).is_some() {
                continue;
            }
            if !inputs_done && !node.inputs().is_empty() {
                stack.push((node, true));
                stack.extend(node.inputs().iter().rev().map(|input| (input, false)));
                continue;
            }
            self.add(node)?;
            let next = self.numbers.len() as u64;
            if next as usize == MOST_NODES {
                return None;
            }
            self.numbers.insert(node.hash128(), next);
        }
        Some(())
    }

    fn add(&mut self, node: &'a Expr) -> Option<()> {
        self.key.bytes(node.kind().tag().as_bytes()).word(node.dtype() as u64);
        lengths(&mut self.key, node.shape());
        for input in node.inputs() {
            self.key.word(self.numbers.get(&input.hash128()).copied()?);
        }
        match node.kind() {
            Kind::Source(source) => self.source(source)?,
            // Nothing lies below these, so their own hash says all.
            Kind::Constant(_) | Kind::Iota(_) => {
                self.key.hash(node.hash128());
            }
            Kind::Map(_) | Kind::Reshape => {}
            Kind::View(view) => {
                lengths(&mut self.key, &view.start);
                for step in &view.moves {
                    self.key.word(step.axis as u64).word(step.along as u64).word(step.step as u64);
                }
            }
            Kind::Gather { axis } => {
                self.key.word(*axis as u64);
            }
            Kind::Reduce(reduction) => {
                lengths(&mut self.key, &reduction.axes);
                self.key.word(reduction.ddof.to_bits());
            }
            Kind::Concat { .. }
            | Kind::Scan(_)
            | Kind::Select(_)
            | Kind::Scatter(_)
            | Kind::Group(_)
            | Kind::Call(_) => {
                return None;
            }
        }
        Some(())
    }

    fn source(&mut self, source: &'a Arc<dyn Source>) -> Option<()> {
        let Access::Memory(_) = source.access() else { return None };
        let layout = source.layout();
        self.key.word(u64::from(source.is_swapped())).word(layout.offset as u64);
        for &stride in &layout.strides {
            self.key.word(stride as u64);
        }
        self.sources.push(source);
        Some(())
    }
}

fn lengths(key: &mut Hasher128, lengths: &[usize]) {
    key.word(lengths.len() as u64);
    for &length in lengths {
        key.word(length as u64);
    }
}

impl Plan {
    /// The plan for any arrays that lie as these do, which it does not keep; `None` where it is more than that. Scratch
    /// belongs to one evaluation.
    pub fn unbound(mut self, sources: &[&Arc<dyn Source>]) -> Option<Plan> {
        if self.held.iter().any(|held| held.spill.is_some()) {
            return None;
        }
        for operand in self.passes.iter_mut().flat_map(|pass| &mut pass.operands) {
            unbind(operand, sources)?;
        }
        self.outputs.clear();
        self.sources.clear();
        Some(self)
    }

    /// True where it names the arrays that it reads and the results, false where it serves for any like them.
    pub fn is_bound(&self) -> bool {
        self.outputs.len() == self.layouts.len()
    }

    /// Elements that are computed, passes one after the other; an upper bound for expressions of little work.
    pub fn elements(&self) -> usize {
        let elements = self.passes.iter().map(|pass| pass.shape.iter().fold(1, |n: usize, &len| n.saturating_mul(len)));
        elements.fold(0, usize::saturating_add)
    }
}

fn unbind(operand: &mut Operand, sources: &[&Arc<dyn Source>]) -> Option<()> {
    match &mut operand.kind {
        OperandKind::Strided { base, .. } => unbind_base(base, sources),
        OperandKind::Gather(gather) => unbind_base(&mut gather.base, sources),
        OperandKind::Sequence { .. } | OperandKind::Nested { .. } => Some(()),
        OperandKind::Records { .. }
        | OperandKind::Field { .. }
        | OperandKind::Block { .. }
        | OperandKind::Sibling { .. } => None,
    }
}

fn unbind_base(base: &mut Base, sources: &[&Arc<dyn Source>]) -> Option<()> {
    match base {
        Base::Held(_) | Base::Given { .. } => Some(()),
        Base::File(_) => None,
        Base::Memory(source) => {
            let number = sources.iter().position(|other| other.identity() == source.identity())?;
            *base = Base::Given { number, swapped: source.is_swapped() };
            Some(())
        }
    }
}
