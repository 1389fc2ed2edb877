//! A pass: one walk over an iteration space that reads each of its sources once.

use std::sync::Arc;

use numtile_core::region::Grid;
use numtile_core::shape::PerAxis;
use numtile_core::{DType, Error, Region, Result, Shape};
use numtile_kernel::builtin::reduce::Reducer;
use numtile_kernel::builtin::reduce::grouped::{GroupOp, Grouper};

use super::call::CallBlock;
use super::fragment::{HeldResults, Lowering};
use super::memory::Crew;
use super::operand::{Base, Block, BlockKind, Fragment, Operand, OperandKind, Space};
use super::scan::ScanBlock;
use super::stages::{Stage, Target, Task};
use super::tiling::{Constraints, Tiling, Traffic, choose, smallest};
use super::tree::{Direction, direction, grouped_leaf_edges, leaf_edges};
use super::{Limits, Output, description, memory};
use crate::expr::view::{Move, View};
use crate::expr::{Along, Expr, Grouping, Kind, Part, Reduction};

/// Tiles beyond this size seldom gain anything: reads are long enough, and more tiles balance better.
const TILE_BYTES: u64 = 8 << 20;
/// So many times as large they may be where that moves longer runs: a square of a transpose has sides as long as the root of
/// its size.
const LARGER_TILES: [u64; 2] = [4, 16];
/// Tiles of passes that only touch memory: small enough to balance, large enough to hide what a task costs.
const MEMORY_TILE_BYTES: u64 = 1 << 20;

/// One walk over an iteration space.
#[derive(Clone, Debug)]
pub struct Pass {
    /// After how many others it comes at least. Those of one level over one space read different parts of files.
    pub level: usize,
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
    /// True when functions of the user's are called, so that tiles are read by the threads that compute: a function must
    /// not keep those from work that read for others.
    pub calls: bool,
    /// The axis along which tiles hand over the running values of scans, one after the other.
    pub relay: Option<usize>,
}

/// Ends that walk over a tile in the same way, fed by one program.
#[derive(Clone, Debug)]
pub struct Group {
    /// The way.
    pub walk: Walk,
    /// The program.
    pub fragment: Fragment,
    /// What says to which group elements belong, int64 over the reduced axes, where they are reduced by groups.
    pub labels: Option<Fragment>,
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
    Reduce(Box<ReduceWalk>),
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
    /// How elements are grouped, if they are.
    pub grouped: Option<Grouped>,
}

/// How elements are grouped.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Grouped {
    /// Groups.
    pub groups: usize,
    /// The hash of the labels' expression.
    pub labels: u128,
}

impl ReduceWalk {
    /// The box of the results of a box of kept elements.
    pub fn results(&self, kept: &Region) -> Region {
        let mut results = kept.clone();
        if let Some(grouped) = self.grouped {
            // All axes before the first reduced one are kept.
            results.start.insert(self.axes[0], 0);
            results.shape.insert(self.axes[0], grouped.groups);
        }
        results
    }

    /// Results of each kept element.
    pub fn groups(&self) -> usize {
        self.grouped.map_or(1, |grouped| grouped.groups)
    }
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

/// What accumulates the elements of a reduction.
#[derive(Clone, Debug)]
pub enum Accumulator {
    /// All of them together.
    Whole(Arc<Reducer>),
    /// Each group on its own.
    Grouped(Arc<Grouper>),
}

impl Accumulator {
    /// Bytes of the state of `kept` kept elements.
    pub fn state_bytes(&self, kept: u64) -> u64 {
        match self {
            Accumulator::Whole(reducer) => kept.saturating_mul(reducer.state_bytes() as u64),
            Accumulator::Grouped(grouper) => grouper.state_bytes(kept),
        }
    }
}

/// Values that are reduced.
#[derive(Clone, Debug)]
pub struct ReduceEnd {
    /// The number of the program's output; where elements are only counted there is none.
    pub value: Option<usize>,
    /// The operation.
    pub accumulator: Accumulator,
    /// Its name.
    pub name: &'static str,
    /// Where the results go.
    pub targets: Vec<Target>,
    /// The type of the results.
    pub dtype: DType,
}

/// Lowers a stage, sharing reads with fringes of at most so many elements. Tiles are chosen by [`fit`] afterwards.
pub fn lower(
    stage: &Stage,
    held: &HeldResults,
    outputs: &[Output],
    limits: &Limits,
    widest_fringe: usize,
) -> Result<Pass> {
    // A stage must not read what it computes itself.
    let mut readable = held.clone();
    for task in &stage.tasks {
        readable.remove(&task.expr.hash128());
    }
    let mut lowering = Lowering::new(&stage.shape, &readable, limits.isa).with_fringes(widest_fringe);
    let mut groups = Vec::new();
    let (reductions, elementwise): (Vec<&Task>, Vec<&Task>) =
        stage.tasks.iter().partition(|task| matches!(task.expr.kind(), Kind::Reduce(_) | Kind::Group(_)));
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
    let calls = operands.iter().any(calls_functions);
    let relay = relay_axis(&operands)?;
    let ndim = stage.shape.len();
    Ok(Pass {
        level: stage.level,
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
        calls,
        relay,
    })
}

/// The axis along which running values are handed from tile to tile: tiles cannot follow one another along two.
fn relay_axis(operands: &[Operand]) -> Result<Option<usize>> {
    let mut axes = operands.iter().filter_map(|operand| operand.relayed()).map(|(scan, _)| scan.axis);
    let axis = axes.next();
    if axes.all(|other| Some(other) == axis) {
        Ok(axis)
    } else {
        Err(Error::internal("scans along two axes in a pass"))
    }
}

fn calls_functions(operand: &Operand) -> bool {
    match &operand.kind {
        OperandKind::Block { block, .. } => {
            matches!(block.kind, BlockKind::Call(_))
                || block.spaces().iter().any(|space| space.operands.iter().any(calls_functions))
        }
        _ => false,
    }
}

/// True when tiles of an operand read more than their own elements.
pub fn has_fringe(operand: &Operand) -> bool {
    let is_long = |extra: &[usize]| extra.iter().any(|&extra| extra > 0);
    match &operand.kind {
        OperandKind::Records { extra, .. } => is_long(extra),
        OperandKind::Block { block, extra, .. } => {
            is_long(extra) || block.spaces().iter().any(|space| space.operands.iter().any(has_fringe))
        }
        _ => false,
    }
}

/// True when an operand is read from files, be it in part.
pub fn reads_files(operand: &Operand) -> bool {
    match &operand.kind {
        OperandKind::Strided { base, .. } => matches!(base, Base::File(_)),
        OperandKind::Records { .. } => true,
        OperandKind::Block { block, .. } => {
            let own = match &block.kind {
                BlockKind::GatherFile { .. } => true,
                BlockKind::Scan(scan) => matches!(scan.held(), Some(Base::File(_))),
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
    Ok(Group { walk: Walk::Elementwise, fragment, labels: None, output_types, ends, strip: 0 })
}

fn walk_of(task: &Task, ndim: usize) -> Option<ReduceWalk> {
    let (axes, groups) = match task.expr.kind() {
        Kind::Reduce(Reduction { axes, .. }) => (axes, None),
        Kind::Group(Grouping { axes, groups, .. }) => (axes, Some(*groups)),
        _ => return None,
    };
    let direction = direction(axes, ndim);
    let edges = match groups {
        None => leaf_edges(direction, axes.len()),
        Some(groups) => {
            let lengths: PerAxis<usize> = axes.iter().map(|&axis| task.expr.inputs()[0].shape()[axis]).collect();
            grouped_leaf_edges(direction, &lengths, groups)
        }
    };
    Some(ReduceWalk {
        direction,
        axes: axes.clone(),
        kept: (0..ndim).filter(|axis| !axes.contains(axis)).collect(),
        edges,
        grouped: groups.zip(labels_of(&task.expr)).map(|(groups, labels)| Grouped { groups, labels: labels.hash128() }),
    })
}

/// What a grouped reduction finds its groups by.
fn labels_of(expr: &Expr) -> Option<&Expr> {
    expr.inputs().last().filter(|_| matches!(expr.kind(), Kind::Group(_)))
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
    let labels = tasks.first().and_then(|task| labels_of(&task.expr));
    let labels = labels.map(|labels| lowering.fragment_along(labels, &walk.axes)).transpose()?;
    let mut roots: Vec<Expr> = Vec::new();
    let mut ends = Vec::new();
    for task in tasks {
        let (input, output) = (&task.expr.inputs()[0], task.expr.dtype());
        let by_group = walk.direction == Direction::Down;
        let (accumulator, name) = match task.expr.kind() {
            Kind::Reduce(Reduction { op, ddof, .. }) => {
                let reducer = Reducer::new(*op, input.dtype(), output, *ddof, limits.isa)?;
                (Accumulator::Whole(Arc::new(reducer)), op.name())
            }
            Kind::Group(Grouping { op, groups, ddof, .. }) => {
                let grouper = Grouper::new(*op, input.dtype(), output, *ddof, *groups, by_group, limits.isa)?;
                (Accumulator::Grouped(Arc::new(grouper)), op.name())
            }
            _ => continue,
        };
        let is_counted = matches!(task.expr.kind(), Kind::Group(Grouping { op: GroupOp::Count, .. }));
        let value = (!is_counted).then(|| number_of(input, &mut roots));
        ends.push(End::Reduce(ReduceEnd { value, accumulator, name, targets: task.targets.clone(), dtype: output }));
    }
    let output_types = roots.iter().map(Expr::dtype).collect();
    let fragment = match &labels {
        // Where nothing but labels is looked at, that is the program.
        Some(labels) if roots.is_empty() => labels.clone(),
        _ => lowering.fragment(&roots)?,
    };
    Ok(Group { walk: Walk::Reduce(Box::new(walk)), fragment, labels, output_types, ends, strip: 0 })
}

/// The number of an expression among the roots of a program, which it becomes if it is none yet.
fn number_of(expr: &Expr, roots: &mut Vec<Expr>) -> usize {
    roots.iter().position(|root| root.hash128() == expr.hash128()).unwrap_or_else(|| {
        roots.push(expr.clone());
        roots.len() - 1
    })
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
    let mut align = if limits.forced_tile.is_none() { wanted_alignment(pass, &needed) } else { needed.clone() };
    let traffic = traffic(pass, outputs);
    // The order decides how many blocks of accumulators are open, and so how large a tile can be.
    pass.tiling.order = tile_order(pass, (0..pass.shape.len()).collect());
    let scratch = memory::worker_need(&pass.operands, &pass.groups);
    let mut least = u64::MAX;
    loop {
        for crew in crews(pass, limits) {
            let fixed = memory::OVERHEAD + held + scratch * crew.workers as u64 + reader_scratch(pass, &crew);
            let tiling = tile_for(pass, limits, &align, &traffic, fixed, &crew, outputs);
            pass.tiling = tiling;
            let peak = fixed + moving(pass, &pass.tiling.tile.clone(), &crew, outputs);
            least = least.min(peak);
            if peak <= limits.memory {
                pass.slots = crew.on(&Grid::new(&pass.shape, &pass.tiling.tile, &pass.tiling.order)).slots;
                pass.workers = crew.workers;
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

/// Numbers of threads and tiles in flight to try, best first.
fn crews(pass: &Pass, limits: &Limits) -> Vec<Crew> {
    let ahead = if pass.streams { limits.io_threads } else { 0 };
    let crew = |workers: usize, slots: usize| Crew { slots, workers, readers: readers(pass, limits, workers, slots) };
    let mut crews = vec![crew(limits.threads, limits.threads + ahead)];
    let mut workers = limits.threads;
    while workers > 1 {
        workers = workers.div_ceil(2);
        crews.push(crew(workers, workers + ahead.min(1)));
        if workers == 1 {
            break;
        }
    }
    crews.push(crew(1, 1));
    crews
}

/// Threads that read and assemble: what only touches memory is assembled by those that compute.
pub fn readers(pass: &Pass, limits: &Limits, workers: usize, slots: usize) -> usize {
    match (pass.calls, pass.streams) {
        (true, _) => limits.threads.min(slots),
        (false, true) => limits.io_threads,
        (false, false) => workers,
    }
}

fn reader_scratch(pass: &Pass, crew: &Crew) -> u64 {
    if pass.operands.iter().any(reads_files) { (memory::READ_SCRATCH * crew.readers) as u64 } else { 0 }
}

/// Bytes of tiles in flight and accumulators for tiles of this shape.
fn moving(pass: &Pass, tile: &[usize], crew: &Crew, outputs: &[Output]) -> u64 {
    let grid = Grid::new(&pass.shape, tile, &pass.tiling.order);
    let crew = crew.on(&grid);
    memory::tile_need(&pass.operands, &pass.groups, outputs, tile)
        .in_flight(&crew)
        .saturating_add(memory::accumulators(pass, &grid, &crew))
        .saturating_add(memory::batons(&pass.operands, tile, crew.slots))
}

fn tile_for(
    pass: &Pass,
    limits: &Limits,
    align: &[usize],
    traffic: &[Traffic],
    fixed: u64,
    crew: &Crew,
    outputs: &[Output],
) -> Tiling {
    if let Some(forced) = &limits.forced_tile {
        return forced_tiling(pass, forced, align);
    }
    let room = limits.memory.saturating_sub(fixed);
    let total: u64 = traffic.iter().map(|t| super::tiling::tile_bytes(t, &pass.shape)).sum();
    let target = |least: u64, most: u64| (total / (4 * limits.threads as u64)).clamp(least, most);
    let chosen = |target: u64| {
        let need = |tile: &[usize]| {
            let touched: u64 = traffic.iter().map(|t| super::tiling::tile_bytes(t, tile)).sum();
            // All tiles in flight must fit the budget, and one should not exceed the target.
            if touched > target || moving(pass, tile, crew, outputs) > room { u64::MAX } else { 0 }
        };
        choose(&Constraints { shape: &pass.shape, align, traffic, allowance: 0, need: &need })
    };
    let mut tiling = match pass.streams {
        true => chosen(target(TILE_BYTES / 8, TILE_BYTES)),
        false => chosen(target(MEMORY_TILE_BYTES / 16, MEMORY_TILE_BYTES)),
    };
    if pass.streams {
        let cost = |tiling: &Tiling| super::tiling::cost(&pass.shape, traffic, &tiling.tile);
        for times in LARGER_TILES {
            let larger = chosen(times * TILE_BYTES);
            if cost(&larger) < cost(&tiling) / 10 * 9 {
                tiling = larger;
            }
        }
    }
    tiling.order = tile_order(pass, tiling.order);
    tiling
}

/// The axis along which running values are handed on goes inside. Axes that all reductions keep go outside, so that one block of accumulators is finished before the next begins. Where
/// values are written too, that order is worth less than theirs, unless the accumulators are those of many groups.
fn tile_order(pass: &Pass, mut storage: PerAxis<usize>) -> PerAxis<usize> {
    if let Some(axis) = pass.relay {
        storage.retain(|&mut other| other != axis);
        storage.push(axis);
        return storage;
    }
    let walks: Vec<&ReduceWalk> = pass
        .groups
        .iter()
        .filter_map(|group| match &group.walk {
            Walk::Reduce(walk) => Some(walk.as_ref()),
            Walk::Elementwise => None,
        })
        .collect();
    if walks.len() < pass.groups.len() && walks.iter().all(|walk| walk.grouped.is_none()) {
        return storage;
    }
    let (kept, reduced): (Vec<usize>, Vec<usize>) =
        storage.iter().partition(|axis| walks.iter().all(|walk| walk.kept.contains(axis)));
    kept.into_iter().chain(reduced).collect()
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

/// Tile lengths must be whole leaves of every reduction and of scans that are handed on, and the axis that is walked along for
/// carries.
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
        } else if scan.relay().is_some() {
            align[axis] = align[axis].max(scan.leaf);
        }
    });
    align
}

/// Tile lengths that are whole leaves of scans and blocks of calls too, so that nothing is computed twice.
fn wanted_alignment(pass: &Pass, needed: &[usize]) -> PerAxis<usize> {
    let mut align: PerAxis<usize> = needed.into();
    for_each_scan(&pass.operands, None, &mut |axis, scan, step| {
        // Leaves are powers of two.
        let leaf = scan.leaf >> step.trailing_zeros().min(scan.leaf.trailing_zeros());
        align[axis] = align[axis].max(leaf.min(pass.shape[axis].next_power_of_two()));
    });
    let own: Vec<Move> = (0..pass.shape.len()).map(|axis| Move { axis, along: axis, step: 1 }).collect();
    for_each_call(&pass.operands, &own, &mut |axis, block| {
        align[axis] = common_multiple(align[axis], block).min(pass.shape[axis].max(1));
    });
    align
}

/// Computing something twice is better than not at all: the longest leaf is halved. False when none is left.
fn relax(align: &mut [usize], needed: &[usize]) -> bool {
    let longest = (0..align.len()).filter(|&axis| align[axis] > needed[axis]).max_by_key(|&axis| align[axis]);
    let Some(axis) = longest else { return false };
    // Whole leaves of reductions, whatever else tiles are.
    align[axis] = (align[axis] / 2 / needed[axis] * needed[axis]).max(needed[axis]);
    true
}

fn common_multiple(a: usize, b: usize) -> usize {
    let (mut x, mut y) = (a, b);
    while y > 0 {
        (x, y) = (y, x % y);
    }
    (a / x.max(1)).saturating_mul(b)
}

/// Calls `met` for the axes of the iteration space along which calls are in blocks, with the length of a block there.
/// `seen` says how these axes move along those of the space in which the operands are.
fn for_each_call(operands: &[Operand], seen: &[Move], met: &mut impl FnMut(usize, usize)) {
    for operand in operands {
        let OperandKind::Block { block, view, .. } = &operand.kind else { continue };
        let BlockKind::Call(call) = &block.kind else { continue };
        let moves = view.moves.iter().flat_map(|inner| {
            let outer = seen.iter().filter(|outer| outer.along == inner.axis);
            outer.map(|outer| Move { axis: outer.axis, along: inner.along, step: outer.step * inner.step })
        });
        let moves: Vec<Move> = moves.collect();
        // Blocks that begin elsewhere than at a tile are met none the less.
        for m in moves.iter().filter(|m| call.block[m.along] > 0) {
            met(m.axis, call.block[m.along].div_ceil(m.step.unsigned_abs() as usize));
        }
        for argument in &call.arguments {
            let along = |&m: &Move| {
                let own = argument
                    .axes
                    .iter()
                    .position(|along| matches!(*along, Along::Output { axis, .. } if axis == m.along));
                own.map(|own| Move { along: own, ..m })
            };
            let inner: Vec<Move> = moves.iter().filter_map(along).collect();
            for_each_call(&argument.space.operands, &inner, met);
        }
    }
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
            BlockKind::Concat(_) => {}
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

/// What a block moves, over its own axes: a scan reads what it scans, a call its arguments; others count as arrays in C
/// order.
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
    if let BlockKind::Call(call) = &block.kind {
        let read = call_traffic(call, block.shape.len(), streams);
        if !read.is_empty() {
            return read;
        }
    }
    let item = block.dtype.size();
    vec![Traffic::read(numtile_core::Layout::c_order(0, &block.shape, item).strides, item)]
}

/// What the arguments of a call move, over the axes of its output: halos are left out, and what is needed whole is an
/// element as long as that.
fn call_traffic(call: &CallBlock, ndim: usize, streams: bool) -> Vec<Traffic> {
    let mut found = Vec::new();
    for argument in &call.arguments {
        for traffic in argument.space.operands.iter().flat_map(|operand| operand_traffic(operand, streams)) {
            let mut seen = Traffic::read(PerAxis::from_elem(0, ndim), traffic.item);
            for (own, along) in argument.axes.iter().enumerate().filter(|&(own, _)| traffic.strides[own] != 0) {
                match *along {
                    Along::Output { axis, .. } => seen.strides[axis] += traffic.strides[own],
                    Along::Whole => seen.item = seen.item.saturating_mul(argument.space.shape[own]),
                }
            }
            found.push(seen);
        }
    }
    found
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
    let written =
        pass.groups.iter().flat_map(|group| group.ends.iter().map(|end| (&group.walk, end))).map(
            |written| match written {
                (_, End::Store(store)) if memory::is_file(&store.targets, outputs) => count * store.dtype.size() as u64,
                (Walk::Reduce(walk), End::Reduce(reduce)) if memory::is_file(&reduce.targets, outputs) => {
                    let kept: u64 = walk.kept.iter().map(|&axis| pass.shape[axis] as u64).product();
                    kept * walk.groups() as u64 * reduce.dtype.size() as u64
                }
                _ => 0,
            },
        );
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
