//! A pass: one walk over an iteration space that reads each of its sources once.

use std::sync::Arc;

use numtile_core::region::Grid;
use numtile_core::shape::PerAxis;
use numtile_core::{DType, Error, Result, Shape};
use numtile_kernel::builtin::reduce::Reducer;

use super::fragment::{HeldResults, Lowering};
use super::operand::{Base, Block, BlockKind, Fragment, Operand, OperandKind, Space};
use super::scan::ScanBlock;
use super::stages::{Stage, Target, Task};
use super::tiling::{Constraints, Tiling, Traffic, choose, smallest};
use super::tree::{Direction, direction, leaf_edges};
use super::{Limits, Output, description, memory};
use crate::expr::view::View;
use crate::expr::{Expr, Kind, Part};

/// Tiles beyond this size gain nothing: reads are long enough, and more tiles balance better.
const TILE_BYTES: u64 = 8 << 20;
/// Tiles of passes that only touch memory: small enough to balance, large enough to hide what a task costs.
const MEMORY_TILE_BYTES: u64 = 1 << 20;

/// One walk over an iteration space.
#[derive(Clone, Debug)]
pub struct Pass {
    /// The iteration space.
    pub shape: Shape,
    /// What is read.
    pub operands: Vec<Operand>,
    /// What is computed from it.
    pub groups: Vec<Group>,
    /// How the space is cut.
    pub tiling: Tiling,
    /// Tiles that may be in flight at once.
    pub slots: usize,
    /// Threads that may compute at once.
    pub workers: usize,
    /// Bytes held by the pass itself at most: tiles, scratch and accumulators.
    pub peak: u64,
    /// Bytes that reading the sources takes.
    pub bytes_read: u64,
    /// Bytes written to files.
    pub bytes_written: u64,
    /// What moving those bytes costs, in bytes: every run of them as much as some more.
    pub cost: u64,
    /// True when files are read or written, so that tiles go through the I/O threads.
    pub streams: bool,
}

/// Ends that walk over a tile in the same way, fed by one program.
#[derive(Clone, Debug)]
pub struct Group {
    /// The way.
    pub walk: Walk,
    /// The program.
    pub fragment: Fragment,
    /// The element types of the program's outputs.
    pub output_types: Vec<DType>,
    /// What happens to them.
    pub ends: Vec<End>,
    /// Elements of a strip at most.
    pub strip: usize,
}

/// How a group walks over a tile.
#[derive(Clone, Debug, PartialEq)]
pub enum Walk {
    /// In any order.
    Elementwise,
    /// Leaf by leaf.
    Reduce(ReduceWalk),
}

/// A walk leaf by leaf.
#[derive(Clone, Debug, PartialEq)]
pub struct ReduceWalk {
    /// Whether the last axis is reduced.
    pub direction: Direction,
    /// The reduced axes, ascending.
    pub axes: PerAxis<usize>,
    /// The kept axes, ascending.
    pub kept: PerAxis<usize>,
    /// Leaf lengths along the reduced axes.
    pub edges: PerAxis<usize>,
}

/// What happens to one output of a program.
#[derive(Clone, Debug)]
pub enum End {
    /// Its values go somewhere.
    Store(StoreEnd),
    /// Its values are reduced.
    Reduce(ReduceEnd),
}

/// Values that go somewhere.
#[derive(Clone, Debug)]
pub struct StoreEnd {
    /// The number of the program's output.
    pub value: usize,
    /// Where they go.
    pub targets: Vec<Target>,
    /// Their type.
    pub dtype: DType,
}

/// Values that are reduced.
#[derive(Clone, Debug)]
pub struct ReduceEnd {
    /// The number of the program's output.
    pub value: usize,
    /// The operation.
    pub reducer: Arc<Reducer>,
    /// Its name.
    pub name: &'static str,
    /// Where the results go.
    pub targets: Vec<Target>,
    /// The type of the results.
    pub dtype: DType,
}

/// Lowers a stage. Tiles are chosen by [`fit`] afterwards.
pub fn lower(stage: &Stage, held: &HeldResults, outputs: &[Output], limits: &Limits) -> Result<Pass> {
    // A stage must not read what it computes itself.
    let mut readable = held.clone();
    for task in &stage.tasks {
        readable.remove(&task.expr.hash128());
    }
    let mut lowering = Lowering::new(&stage.shape, &readable, limits.isa);
    let mut groups = Vec::new();
    let (reductions, elementwise): (Vec<&Task>, Vec<&Task>) =
        stage.tasks.iter().partition(|task| matches!(task.expr.kind(), Kind::Reduce(_)));
    if !elementwise.is_empty() {
        groups.push(store_group(&mut lowering, &elementwise)?);
    }
    for walk in walks(&reductions, stage.shape.len()) {
        let members: Vec<&Task> = reductions
            .iter()
            .copied()
            .filter(|task| walk_of(task, stage.shape.len()).as_ref() == Some(&walk))
            .collect();
        groups.push(reduce_group(&mut lowering, walk, &members, limits)?);
    }
    let operands = lowering.into_operands();
    for group in &mut groups {
        group.strip = strip(&operands, group);
    }
    let streams = operands.iter().any(reads_files)
        || groups.iter().flat_map(|group| &group.ends).any(|end| match end {
            End::Store(store) => memory::is_file(&store.targets, outputs),
            End::Reduce(reduce) => memory::is_file(&reduce.targets, outputs),
        });
    let ndim = stage.shape.len();
    Ok(Pass {
        shape: stage.shape.clone(),
        operands,
        groups,
        tiling: Tiling { tile: stage.shape.clone(), order: (0..ndim).collect() },
        slots: 1,
        workers: 1,
        peak: 0,
        bytes_read: 0,
        bytes_written: 0,
        cost: 0,
        streams,
    })
}

/// True when an operand is read from files, be it in part.
pub fn reads_files(operand: &Operand) -> bool {
    match &operand.kind {
        OperandKind::Strided { base, .. } => matches!(base, Base::File(_)),
        OperandKind::Records { .. } => true,
        OperandKind::Block { block, .. } => {
            let own = match &block.kind {
                BlockKind::GatherFile { .. } => true,
                BlockKind::Scan(scan) => {
                    scan.carries.as_ref().is_some_and(|carries| matches!(carries.base, Base::File(_)))
                }
                _ => false,
            };
            own || block.spaces().iter().any(|space| space.operands.iter().any(reads_files))
        }
        _ => false,
    }
}

fn store_group(lowering: &mut Lowering<'_>, tasks: &[&Task]) -> Result<Group> {
    let roots: Vec<Expr> = tasks.iter().map(|task| task.expr.clone()).collect();
    let fragment = lowering.fragment(&roots)?;
    let ends = tasks
        .iter()
        .enumerate()
        .map(|(value, task)| End::Store(StoreEnd { value, targets: task.targets.clone(), dtype: task.expr.dtype() }))
        .collect();
    let output_types = roots.iter().map(Expr::dtype).collect();
    Ok(Group { walk: Walk::Elementwise, fragment, output_types, ends, strip: 0 })
}

fn walk_of(task: &Task, ndim: usize) -> Option<ReduceWalk> {
    let Kind::Reduce(reduction) = task.expr.kind() else { return None };
    let direction = direction(&reduction.axes, ndim);
    Some(ReduceWalk {
        direction,
        axes: reduction.axes.clone(),
        kept: (0..ndim).filter(|axis| !reduction.axes.contains(axis)).collect(),
        edges: leaf_edges(direction, reduction.axes.len()),
    })
}

fn walks(tasks: &[&Task], ndim: usize) -> Vec<ReduceWalk> {
    let mut out: Vec<ReduceWalk> = Vec::new();
    for walk in tasks.iter().filter_map(|task| walk_of(task, ndim)) {
        if !out.contains(&walk) {
            out.push(walk);
        }
    }
    out
}

fn reduce_group(lowering: &mut Lowering<'_>, walk: ReduceWalk, tasks: &[&Task], limits: &Limits) -> Result<Group> {
    let mut roots: Vec<Expr> = Vec::new();
    let mut ends = Vec::new();
    for task in tasks {
        let Kind::Reduce(reduction) = task.expr.kind() else { continue };
        let input = &task.expr.inputs()[0];
        let value = roots.iter().position(|root| root.hash128() == input.hash128()).unwrap_or_else(|| {
            roots.push(input.clone());
            roots.len() - 1
        });
        let reducer = Reducer::new(reduction.op, input.dtype(), task.expr.dtype(), reduction.ddof, limits.isa)?;
        ends.push(End::Reduce(ReduceEnd {
            value,
            reducer: Arc::new(reducer),
            name: reduction.op.name(),
            targets: task.targets.clone(),
            dtype: task.expr.dtype(),
        }));
    }
    let fragment = lowering.fragment(&roots)?;
    let output_types = roots.iter().map(Expr::dtype).collect();
    Ok(Group { walk: Walk::Reduce(walk), fragment, output_types, ends, strip: 0 })
}

/// Elements of a group's strips: a whole leaf where leaves are walked.
fn strip(operands: &[Operand], group: &Group) -> usize {
    match &group.walk {
        Walk::Elementwise => memory::strip_elements(operands, &group.fragment),
        Walk::Reduce(walk) => match walk.direction {
            Direction::Across => 4096,
            // 256 rows of as many columns as keep a value in the second cache.
            Direction::Down => 256 * (memory::strip_elements(operands, &group.fragment) / 16).clamp(8, 64),
        },
    }
}

/// Chooses tiles, tiles in flight and threads so that the pass fits; returns the projected peak with what is held.
///
/// # Errors
/// `Budget` when the smallest tile with one thread does not fit.
pub fn fit(pass: &mut Pass, held: u64, limits: &Limits, outputs: &[Output]) -> Result<u64> {
    let needed = alignment(pass);
    let mut align = if limits.forced_tile.is_none() { scan_alignment(pass, &needed) } else { needed.clone() };
    let traffic = traffic(pass, outputs);
    let scratch = memory::worker_need(&pass.operands, &pass.groups);
    let mut least = u64::MAX;
    loop {
        for (workers, slots) in crews(pass.streams, limits) {
            let fixed = memory::OVERHEAD + held + scratch * workers as u64 + reader_scratch(pass, limits);
            let tiling = tile_for(pass, limits, &align, &traffic, fixed, slots, outputs);
            pass.tiling = tiling;
            let peak = fixed + moving(pass, &pass.tiling.tile.clone(), slots, outputs);
            least = least.min(peak);
            if peak <= limits.memory {
                pass.slots = slots;
                pass.workers = workers;
                pass.peak = peak - held - memory::OVERHEAD;
                (pass.bytes_read, pass.bytes_written) = transfer(pass, outputs);
                pass.cost = super::tiling::cost(&pass.shape, &file_traffic(pass, outputs), &pass.tiling.tile);
                return Ok(peak);
            }
        }
        if !relax(&mut align, &needed) {
            let (operator, allowance) = (describe(pass), limits.memory);
            return Err(Error::Budget { operator, need: least, allowance, advice: String::new() });
        }
    }
}

/// Numbers of computing threads and tiles in flight to try, best first.
fn crews(streams: bool, limits: &Limits) -> Vec<(usize, usize)> {
    let ahead = if streams { limits.io_threads } else { 0 };
    let mut crews = vec![(limits.threads, limits.threads + ahead)];
    let mut workers = limits.threads;
    while workers > 1 {
        workers = workers.div_ceil(2);
        crews.push((workers, workers + ahead.min(1)));
        if workers == 1 {
            break;
        }
    }
    crews.push((1, 1));
    crews
}

fn reader_scratch(pass: &Pass, limits: &Limits) -> u64 {
    if pass.operands.iter().any(reads_files) { (memory::READ_SCRATCH * limits.io_threads) as u64 } else { 0 }
}

/// Bytes of tiles in flight and accumulators for tiles of this shape.
fn moving(pass: &Pass, tile: &[usize], slots: usize, outputs: &[Output]) -> u64 {
    let grid = Grid::new(&pass.shape, tile, &pass.tiling.order);
    memory::tile_need(&pass.operands, &pass.groups, outputs, tile)
        .saturating_mul(slots as u64)
        .saturating_add(memory::accumulators(pass, &grid, slots))
}

fn tile_for(
    pass: &Pass,
    limits: &Limits,
    align: &[usize],
    traffic: &[Traffic],
    fixed: u64,
    slots: usize,
    outputs: &[Output],
) -> Tiling {
    if let Some(forced) = &limits.forced_tile {
        return forced_tiling(pass, forced, align);
    }
    let room = limits.memory.saturating_sub(fixed);
    let total: u64 = traffic.iter().map(|t| super::tiling::tile_bytes(t, &pass.shape)).sum();
    let most = if pass.streams { TILE_BYTES } else { MEMORY_TILE_BYTES };
    let least = if pass.streams { most / 8 } else { most / 16 };
    let target = (total / (4 * limits.threads as u64)).clamp(least, most);
    let need = |tile: &[usize]| {
        let touched: u64 = traffic.iter().map(|t| super::tiling::tile_bytes(t, tile)).sum();
        // A tile must fit the budget `slots` times, and should not exceed the target.
        if touched > target || moving(pass, tile, slots, outputs) > room { u64::MAX } else { 0 }
    };
    let mut tiling = choose(&Constraints { shape: &pass.shape, align, traffic, allowance: 0, need: &need });
    tiling.order = tile_order(pass, tiling.order);
    tiling
}

/// With one reduction, kept axes go outside, so that one block of accumulators is finished before the next begins.
fn tile_order(pass: &Pass, storage: PerAxis<usize>) -> PerAxis<usize> {
    match pass.groups.as_slice() {
        [Group { walk: Walk::Reduce(walk), .. }] => {
            let (kept, reduced): (Vec<usize>, Vec<usize>) = storage.iter().partition(|axis| walk.kept.contains(axis));
            kept.into_iter().chain(reduced).collect()
        }
        _ => storage,
    }
}

fn forced_tiling(pass: &Pass, forced: &[usize], align: &[usize]) -> Tiling {
    let least = smallest(&pass.shape, align);
    let tile = (0..pass.shape.len())
        .map(|axis| {
            let wanted = forced.get(axis).copied().unwrap_or(1).max(least[axis]);
            wanted.div_ceil(align[axis]).saturating_mul(align[axis]).min(pass.shape[axis].max(1))
        })
        .collect();
    Tiling { tile, order: tile_order(pass, (0..pass.shape.len()).collect()) }
}

/// Tile lengths must be whole leaves of every reduction, and the axis that is walked along for carries.
fn alignment(pass: &Pass) -> PerAxis<usize> {
    let mut align = PerAxis::from_elem(1, pass.shape.len());
    for group in &pass.groups {
        if let Walk::Reduce(walk) = &group.walk {
            for (&axis, &edge) in walk.axes.iter().zip(&walk.edges) {
                align[axis] = align[axis].max(edge);
            }
        }
    }
    for_each_scan(&pass.operands, None, &mut |axis, scan, _| {
        if scan.part == Part::LeafEnds {
            align[axis] = align[axis].max(pass.shape[axis]);
        }
    });
    align
}

/// Tile lengths that are whole leaves of scans too, so that nothing is computed twice.
fn scan_alignment(pass: &Pass, needed: &[usize]) -> PerAxis<usize> {
    let mut align: PerAxis<usize> = needed.into();
    for_each_scan(&pass.operands, None, &mut |axis, scan, step| {
        // Leaves are powers of two.
        let leaf = scan.leaf >> step.trailing_zeros().min(scan.leaf.trailing_zeros());
        align[axis] = align[axis].max(leaf.min(pass.shape[axis].next_power_of_two()));
    });
    align
}

/// Computing something twice is better than not at all: the longest leaf is halved. False when none is left.
fn relax(align: &mut [usize], needed: &[usize]) -> bool {
    let longest = (0..align.len()).filter(|&axis| align[axis] > needed[axis]).max_by_key(|&axis| align[axis]);
    let Some(axis) = longest else { return false };
    align[axis] = (align[axis] / 2).max(needed[axis]);
    true
}

/// Calls `met` for the scanned axes of all scans that are seen through views alone: the axis of the iteration space,
/// the scan, and how many of its positions lie between neighbours.
fn for_each_scan(operands: &[Operand], outer: Option<&View>, met: &mut impl FnMut(usize, &ScanBlock, i64)) {
    for operand in operands {
        let OperandKind::Block { block, view, .. } = &operand.kind else { continue };
        let mut view = outer.map_or_else(|| view.clone(), |outer| view.then(outer));
        match &block.kind {
            BlockKind::Scan(scan) => {
                for m in view.moves.iter_mut().filter(|m| m.along == scan.axis) {
                    met(m.axis, scan, m.step);
                    m.step *= scan.stride();
                }
            }
            // Parts that begin elsewhere than at a leaf are met none the less.
            BlockKind::Concat { .. } => {}
            _ => continue,
        }
        block.spaces().iter().for_each(|space| for_each_scan(&space.operands, Some(&view), met));
    }
}

/// The arrays that move, as the cost of cutting them sees them.
fn traffic(pass: &Pass, outputs: &[Output]) -> Vec<Traffic> {
    let reads = pass.operands.iter().flat_map(|operand| operand_traffic(operand, pass.streams));
    reads.chain(stored(pass, outputs).map(|(_, traffic)| traffic)).collect()
}

/// The same for those that are files alone.
fn file_traffic(pass: &Pass, outputs: &[Output]) -> Vec<Traffic> {
    let reads = pass.operands.iter().filter(|operand| reads_files(operand));
    let reads = reads.flat_map(|operand| operand_traffic(operand, true));
    let writes = stored(pass, outputs).filter(|(store, _)| memory::is_file(&store.targets, outputs));
    reads.chain(writes.map(|(_, traffic)| traffic)).collect()
}

/// What is stored, and how it lies.
fn stored<'a>(pass: &'a Pass, outputs: &'a [Output]) -> impl Iterator<Item = (&'a StoreEnd, Traffic)> {
    pass.groups.iter().flat_map(|group| &group.ends).filter_map(move |end| match end {
        End::Store(store) => Some((store, Traffic::write(store_strides(store, pass, outputs), store.dtype.size()))),
        End::Reduce(_) => None,
    })
}

fn operand_traffic(operand: &Operand, streams: bool) -> Vec<Traffic> {
    let item = operand.dtype.size();
    match &operand.kind {
        // Beside files, what lies in memory costs nothing to cut.
        OperandKind::Strided { base, layout } if !streams || matches!(base, Base::File(_)) => {
            vec![Traffic::read(layout.strides.clone(), item)]
        }
        OperandKind::Records { layout, bytes, extra, .. } => {
            vec![Traffic { extra: extra.clone(), ..Traffic::read(layout.strides.clone(), *bytes) }]
        }
        OperandKind::Block { block, view, extra } => {
            block_traffic(block, streams).into_iter().map(|traffic| traffic.seen(view, extra)).collect()
        }
        _ => Vec::new(),
    }
}

/// What a block moves, over its own axes: a scan reads what it scans; others count as arrays in C order.
fn block_traffic(block: &Block, streams: bool) -> Vec<Traffic> {
    if let BlockKind::Scan(scan) = &block.kind {
        let scanned = scan.space.operands.iter().flat_map(|operand| operand_traffic(operand, streams));
        let mut scanned: Vec<Traffic> = scanned.collect();
        scanned.iter_mut().for_each(|traffic| traffic.strides[scan.axis] *= scan.stride());
        if !scanned.is_empty() {
            return scanned;
        }
    }
    if let BlockKind::Reshape(space) = &block.kind {
        return space
            .operands
            .iter()
            .flat_map(|operand| operand_traffic(operand, streams))
            .map(|traffic| traffic.reshaped(&space.shape, &block.shape))
            .collect();
    }
    let item = block.dtype.size();
    vec![Traffic::read(numtile_core::Layout::c_order(0, &block.shape, item).strides, item)]
}

fn store_strides(store: &StoreEnd, pass: &Pass, outputs: &[Output]) -> PerAxis<i64> {
    let file = store.targets.iter().find_map(|target| match target {
        Target::Output(number) => outputs[*number].file.as_ref(),
        Target::Held(_) | Target::Spilled(_) => None,
    });
    match file {
        Some(layout) => layout.strides.clone(),
        None => {
            let item = store.dtype.size() as i64;
            numtile_core::shape::c_strides(&pass.shape).iter().map(|&s| s as i64 * item).collect()
        }
    }
}

/// Bytes read from and written to files by the whole pass.
fn transfer(pass: &Pass, outputs: &[Output]) -> (u64, u64) {
    let grid = Grid::new(&pass.shape, &pass.tiling.tile, &pass.tiling.order);
    if grid.is_empty() {
        return (0, 0);
    }
    let read = pass.operands.iter().filter(|operand| reads_files(operand)).map(|operand| read_bytes(operand, &grid));
    let count: u64 = pass.shape.iter().map(|&len| len as u64).product();
    let written = pass.groups.iter().flat_map(|group| &group.ends).map(|end| match end {
        End::Store(store) if memory::is_file(&store.targets, outputs) => count * store.dtype.size() as u64,
        End::Reduce(reduce) if memory::is_file(&reduce.targets, outputs) => {
            let Some(Walk::Reduce(walk)) = pass.groups.iter().map(|g| &g.walk).find(|w| matches!(w, Walk::Reduce(_)))
            else {
                return 0;
            };
            walk.kept.iter().map(|&axis| pass.shape[axis] as u64).product::<u64>() * reduce.dtype.size() as u64
        }
        _ => 0,
    });
    (read.fold(0, u64::saturating_add), written.sum())
}

/// Bytes read for an operand over the boxes of a grid.
pub(super) fn read_bytes(operand: &Operand, grid: &Grid) -> u64 {
    if let OperandKind::Block { block, .. } = &operand.kind {
        // What is selected or replaced does not tell how much is looked at.
        match &block.kind {
            BlockKind::Select(_) | BlockKind::Scatter(_) => {
                return block.spaces().into_iter().map(space_bytes).fold(0, u64::saturating_add);
            }
            _ => {}
        }
    }
    let touched = |t: Traffic| {
        let all = super::touched::count_all(&t.strides, grid, &t.extra).saturating_mul(t.item as u64);
        // What is read with it between its runs, by the share in a whole tile.
        let (moved, own) = (t.moved(grid.tile()).bytes, super::tiling::tile_bytes(&t, grid.tile()));
        if moved <= own { all } else { (all as f64 * (moved as f64 / own.max(1) as f64)) as u64 }
    };
    let touched = operand_traffic(operand, true).into_iter().map(touched).fold(0, u64::saturating_add);
    touched.saturating_mul(walked(operand))
}

/// Bytes read for the whole of a space.
fn space_bytes(space: &Space) -> u64 {
    let order: PerAxis<usize> = (0..space.shape.len()).collect();
    let whole = Grid::new(&space.shape, &space.shape, &order);
    if whole.is_empty() {
        return 0;
    }
    let read = space.operands.iter().filter(|operand| reads_files(operand)).map(|operand| read_bytes(operand, &whole));
    read.fold(0, u64::saturating_add)
}

/// How many elements are read for each one of an operand: a walk for carries reads whole leaves.
fn walked(operand: &Operand) -> u64 {
    match &operand.kind {
        OperandKind::Block { block, .. } => match &block.kind {
            BlockKind::Scan(scan) => scan.stride() as u64,
            _ => 1,
        },
        _ => 1,
    }
}

/// Names of operations in a message at most.
const MOST_NAMES: usize = 6;

/// The operators of a pass, for messages: `"the pass computing subtract, sum over (1000,1000)"`.
pub fn describe(pass: &Pass) -> String {
    let operators = description::operators(pass);
    let mut names: Vec<String> = operators.iter().take(MOST_NAMES).map(|(name, _)| name.clone()).collect();
    if operators.len() > MOST_NAMES {
        names.push(format!("{} more", operators.len() - MOST_NAMES));
    }
    format!("the pass computing {} over {}", names.join(", "), numtile_core::shape::display(&pass.shape))
}
