//! Which tasks share a pass, of those of one level over one iteration space.
//!
//! Tasks that read the same part of a file, or need the same values computed, are computed together. Others gain nothing by
//! that: their tiles, held at the same time, would be smaller. Only small files are read together, for a pass has its price.

use numtile_core::hash::{QuickMap, QuickSet};
use numtile_core::{Access, Region};

use super::stages::Task;
use crate::expr::{Expr, Kind};

/// Beyond so many parts of a file it is not looked at which of them overlap.
const MOST_PARTS: usize = 512;
/// What is held and smaller than this is no reason to share a pass.
const LEAST_HELD: u64 = 1 << 20;

/// Nodes that it pays to read or compute once for several tasks: files, and what is computed from them or by functions.
pub fn worth_sharing(order: &[Expr]) -> QuickSet<u128> {
    let mut worth = QuickSet::default();
    for expr in order {
        let own = match expr.kind() {
            Kind::Source(source) => matches!(source.access(), Access::Bytes(_)),
            Kind::Call(_) => true,
            _ => false,
        };
        if own || expr.inputs().iter().any(|input| worth.contains(&input.hash128())) {
            worth.insert(expr.hash128());
        }
    }
    worth
}

/// Tasks in as few passes as pays: those that read no more than `small` bytes share one, whatever they read. `is_held` says of
/// which nodes the values are there already.
pub fn passes(tasks: Vec<Task>, worth: &QuickSet<u128>, small: u64, is_held: impl Fn(&Expr) -> bool) -> Vec<Vec<Task>> {
    if tasks.len() < 2 || worth.is_empty() {
        return vec![tasks];
    }
    let mut sharing = Sharing::new(&tasks, worth);
    for (number, task) in tasks.iter().enumerate() {
        sharing.look_below(number, &task.expr, &is_held);
    }
    sharing.join_overlapping_parts();
    let (owners, bytes) = sharing.into_owners();
    in_passes(tasks, &owners, &bytes, small)
}

/// Tasks by their owners, in the order of these; those that read little share a pass with the ones before.
fn in_passes(tasks: Vec<Task>, owners: &[usize], bytes: &[u64], small: u64) -> Vec<Vec<Task>> {
    let mut pass_of: QuickMap<usize, usize> = QuickMap::default();
    let mut passes: Vec<Vec<Task>> = Vec::new();
    let mut read = u64::MAX;
    for (task, &owner) in tasks.into_iter().zip(owners) {
        let pass = *pass_of.entry(owner).or_insert_with(|| {
            read = read.saturating_add(bytes[owner]);
            if read > small {
                read = bytes[owner];
                passes.push(Vec::new());
            }
            passes.len() - 1
        });
        passes[pass].push(task);
    }
    passes
}

/// A part of a file that a task reads.
struct FilePart {
    region: Region,
    bytes: u64,
    task: usize,
}

/// What tasks have in common. Each has an owner, the first of the tasks with which it must share a pass.
struct Sharing<'a> {
    worth: &'a QuickSet<u128>,
    owners: Vec<usize>,
    /// For each node that has been met, a task that needs it; the tasks themselves from the start.
    needed_by: QuickMap<u128, usize>,
    files: QuickMap<u128, Vec<FilePart>>,
}

impl<'a> Sharing<'a> {
    fn new(tasks: &[Task], worth: &'a QuickSet<u128>) -> Sharing<'a> {
        let needed_by = tasks.iter().enumerate().map(|(number, task)| (task.expr.hash128(), number)).collect();
        Sharing { worth, owners: (0..tasks.len()).collect(), needed_by, files: QuickMap::default() }
    }

    fn owner(&mut self, task: usize) -> usize {
        let mut owner = task;
        while self.owners[owner] != owner {
            self.owners[owner] = self.owners[self.owners[owner]];
            owner = self.owners[owner];
        }
        owner
    }

    fn join(&mut self, one: usize, other: usize) {
        let (one, other) = (self.owner(one), self.owner(other));
        self.owners[one.max(other)] = one.min(other);
    }

    /// Notes what a task reads, and joins it with those that need the same.
    fn look_below(&mut self, task: usize, expr: &Expr, is_held: &impl Fn(&Expr) -> bool) {
        let mut stack = self.enter(task, expr);
        while let Some(node) = stack.pop() {
            if !self.worth.contains(&node.hash128()) {
                continue;
            }
            match self.needed_by.get(&node.hash128()) {
                Some(&other) => self.join(task, other),
                None if is_held(&node) && node.nbytes() < LEAST_HELD => {}
                None => {
                    self.needed_by.insert(node.hash128(), task);
                    if !is_held(&node) {
                        stack.extend(self.enter(task, &node));
                    }
                }
            }
        }
    }

    /// What must be looked at below a node. Parts of files are noted instead.
    fn enter(&mut self, task: usize, node: &Expr) -> Vec<Expr> {
        match (node.kind(), node.inputs()) {
            (Kind::Source(_), _) => self.note(task, node, Region::whole(node.shape())),
            (Kind::View(view), [file]) if matches!(file.kind(), Kind::Source(_)) => {
                self.note(task, file, view.image(&Region::whole(node.shape())));
            }
            (_, inputs) => return inputs.to_vec(),
        }
        Vec::new()
    }

    fn note(&mut self, task: usize, file: &Expr, region: Region) {
        let bytes = (region.count() as u64).saturating_mul(file.dtype().size() as u64);
        self.files.entry(file.hash128()).or_default().push(FilePart { region, bytes, task });
    }

    fn join_overlapping_parts(&mut self) {
        let files = std::mem::take(&mut self.files);
        for parts in files.values() {
            let is_looked_at = parts.len() <= MOST_PARTS;
            for (number, part) in parts.iter().enumerate() {
                let before = &parts[if is_looked_at { 0 } else { number.saturating_sub(1) }..number];
                let overlaps = |other: &&FilePart| !is_looked_at || part.region.intersect(&other.region).is_some();
                before.iter().filter(overlaps).for_each(|other| self.join(part.task, other.task));
            }
        }
        self.files = files;
    }

    /// The owner of each task, and the bytes of files that it and those it owns read.
    fn into_owners(mut self) -> (Vec<usize>, Vec<u64>) {
        let owners: Vec<usize> = (0..self.owners.len()).map(|task| self.owner(task)).collect();
        let mut bytes = vec![0u64; owners.len()];
        for part in self.files.values().flatten() {
            let read = &mut bytes[owners[part.task]];
            *read = read.saturating_add(part.bytes);
        }
        (owners, bytes)
    }
}
