//! A plan in words and numbers.

use std::fmt::{self, Write};

use numtile_core::region::Grid;
use numtile_core::shape;

use super::call::CallBlock;
use super::operand::{Base, Block, BlockKind, Operand, OperandKind};
use super::pass::{End, Group, Pass, Walk};
use super::scan::ScanBlock;
use super::stages::Target;
use super::{Limits, Plan};
use crate::expr::Part;

/// Bytes in decimal units, as budgets are written.
pub fn bytes(n: u64) -> String {
    const UNITS: [&str; 6] = ["B", "kB", "MB", "GB", "TB", "PB"];
    let mut value = n as f64;
    let mut unit = 0;
    while value >= 999.95 && unit + 1 < UNITS.len() {
        value /= 1000.0;
        unit += 1;
    }
    if unit == 0 { format!("{n} B") } else { format!("{value:.1} {}", UNITS[unit]) }
}

/// The text that `nt.explain` shows.
pub fn explain(plan: &Plan, limits: &Limits) -> String {
    let mut text = String::new();
    // Writing to a String cannot fail.
    let _ = write_plan(&mut text, plan, limits);
    text
}

fn write_plan(out: &mut String, plan: &Plan, limits: &Limits) -> fmt::Result {
    let read: u64 = plan.passes.iter().map(|pass| pass.bytes_read).sum();
    let written: u64 = plan.passes.iter().map(|pass| pass.bytes_written).sum();
    let passes = if plan.passes.len() == 1 { "1 pass".to_string() } else { format!("{} passes", plan.passes.len()) };
    writeln!(
        out,
        "{passes}, reads {}, writes {}, projected peak {} of {} budget",
        bytes(read),
        bytes(written),
        bytes(plan.projected_peak),
        bytes(limits.memory)
    )?;
    for (number, pass) in plan.passes.iter().enumerate() {
        write_pass(out, plan, number, pass)?;
    }
    for (number, output) in plan.outputs.iter().enumerate() {
        let place =
            if output.file.is_some() { "written to its file" } else { "delivered in memory, outside the budget" };
        let (dtype, dims) = (output.expr.dtype(), shape::display(output.expr.shape()));
        writeln!(out, "result {number}: {dtype} {dims}, {}, {place}", bytes(output.expr.nbytes()))?;
    }
    Ok(())
}

fn write_pass(out: &mut String, plan: &Plan, number: usize, pass: &Pass) -> fmt::Result {
    let grid = Grid::new(&pass.shape, &pass.tiling.tile, &pass.tiling.order);
    writeln!(
        out,
        "pass {}: over {} in {} tiles of {}, {} in flight on {} threads, {}",
        number + 1,
        shape::display(&pass.shape),
        grid.len(),
        shape::display(&pass.tiling.tile),
        pass.slots,
        pass.workers,
        bytes(pass.peak)
    )?;
    for operand in &pass.operands {
        write_operand(out, plan, operand)?;
    }
    for group in &pass.groups {
        write_group(out, plan, group)?;
    }
    Ok(())
}

fn write_operand(out: &mut String, plan: &Plan, operand: &Operand) -> fmt::Result {
    match &operand.kind {
        OperandKind::Strided { base: Base::Memory(source), .. } => {
            writeln!(out, "  read   {} {}, in place", operand.dtype, source.name())
        }
        OperandKind::Strided { base: Base::File(source), .. } => {
            writeln!(out, "  read   {} {}", operand.dtype, source.name())
        }
        OperandKind::Strided { base: Base::Held(id), .. } => {
            writeln!(out, "  use    {} {} held from before", operand.dtype, plan.held[*id].name)
        }
        OperandKind::Records { source, bytes, extra, .. } => {
            writeln!(out, "  read   records of {bytes} bytes of {}{}", source.name(), fringe(extra))
        }
        OperandKind::Field { start, by, .. } if by.iter().all(|&by| by == 0) => {
            writeln!(out, "  pick   {} at byte {start} of each record", operand.dtype)
        }
        OperandKind::Field { by, .. } => writeln!(out, "  shift  {} by {}", operand.dtype, shape::display(by)),
        OperandKind::Sequence { .. } => writeln!(out, "  count  {} sequence, not stored", operand.dtype),
        OperandKind::Nested { fragment, .. } => {
            writeln!(out, "  repeat {} of {} steps along broadcast axes", operand.dtype, fragment.program.steps.len())
        }
        OperandKind::Gather(gather) => writeln!(
            out,
            "  take   {} from a table of {} positions, {} steps to index",
            operand.dtype,
            gather.length,
            gather.index.program.steps.len()
        ),
        OperandKind::Sibling { .. } => writeln!(out, "  call   the same for another result, {}", operand.dtype),
        OperandKind::Block { block, extra, .. } => {
            let how = match &block.kind {
                BlockKind::Call(call) => return writeln!(out, "  call   {}", called(call, block)),
                BlockKind::Concat { parts, .. } => format!("{} parts joined", parts.len()),
                BlockKind::Reshape(_) => "reshaped".to_string(),
                BlockKind::GatherFile { source, .. } => format!("positions taken from {}", source.name()),
                BlockKind::Scan(scan) => scanned(scan),
                BlockKind::GatherComputed { .. } => "computed at selected positions".to_string(),
                BlockKind::Select(select) => {
                    format!("selected by a mask of {}, {} of them true", select.counts.length(), select.counts.total())
                }
                BlockKind::Scatter(scatter) => format!("{} rows put in place", scatter.rows.shape[0]),
            };
            let (dtype, dims) = (operand.dtype, shape::display(&block.shape));
            writeln!(out, "  build  {dtype} {dims} in tiles, {how}{}", fringe(extra))
        }
    }
}

/// How much more than a tile is read for shifted views.
fn fringe(extra: &[usize]) -> String {
    match extra.iter().all(|&extra| extra == 0) {
        true => String::new(),
        false => format!(", with a fringe of {}", shape::display(extra)),
    }
}

fn scanned(scan: &ScanBlock) -> String {
    let (op, axis, leaf) = (scan.scanner.op(), scan.axis, scan.leaf);
    match scan.part {
        Part::Elements => format!("{op} accumulated along axis {axis} in leaves of {leaf}"),
        Part::LeafEnds => format!("{op} accumulated along axis {axis}, one value per leaf of {leaf}"),
    }
}

/// A function and the boxes it is called for: `map_blocks(f) on tiles of (1000,1000), gives float64`.
fn called(call: &CallBlock, block: &Block) -> String {
    let (name, shape) = (call.function.name(), shape::display(&block.shape));
    let boxes = match call.block.iter().all(|&length| length == 0) {
        true => "tiles".to_string(),
        false => {
            let length = |&length: &usize| if length == 0 { "any".to_string() } else { length.to_string() };
            format!("blocks of ({})", call.block.iter().map(length).collect::<Vec<_>>().join(","))
        }
    };
    format!("{name} on {boxes} of {shape}, gives {}", block.dtype)
}

fn write_group(out: &mut String, plan: &Plan, group: &Group) -> fmt::Result {
    if !group.fragment.program.steps.is_empty() {
        let mut names: Vec<(&str, usize)> = Vec::new();
        for step in &group.fragment.program.steps {
            let name = step.op.name();
            match names.iter_mut().find(|(n, _)| *n == name) {
                Some((_, count)) => *count += 1,
                None => names.push((name, 1)),
            }
        }
        let list: Vec<String> =
            names.iter().map(|(name, n)| if *n == 1 { (*name).to_string() } else { format!("{name}×{n}") }).collect();
        writeln!(out, "  fuse   {} steps: {}", group.fragment.program.steps.len(), list.join(" "))?;
    }
    for end in &group.ends {
        match end {
            End::Store(store) => writeln!(out, "  write  {} to {}", store.dtype, places(plan, &store.targets))?,
            End::Reduce(end) => {
                let (axes, groups) = match &group.walk {
                    Walk::Reduce(walk) => (shape::display(&walk.axes), walk.grouped.map(|grouped| grouped.groups)),
                    Walk::Elementwise => (String::new(), None),
                };
                let into = groups.map_or(String::new(), |groups| format!(" into {groups} groups"));
                let to = places(plan, &end.targets);
                writeln!(out, "  reduce {} {} over axes {axes}{into} to {to}", end.dtype, end.name)?;
            }
        }
    }
    Ok(())
}

fn places(plan: &Plan, targets: &[Target]) -> String {
    let names: Vec<String> = targets
        .iter()
        .map(|target| match target {
            Target::Output(number) if plan.outputs[*number].file.is_some() => format!("result {number} (file)"),
            Target::Output(number) => format!("result {number}"),
            Target::Held(_) => "memory for the next pass".to_string(),
            Target::Spilled(_) => "scratch for the next pass".to_string(),
        })
        .collect();
    names.join(" and ")
}
