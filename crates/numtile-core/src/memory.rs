//! The memory budget: the only allocator of bulk data.
//!
//! A [`MemoryPool`] has a limit. A [`Reservation`] charges bytes against it before anything is allocated, and a
//! [`Buffer`] exists only inside a reservation (or as a result on its way to the user), so the sum of all buffers never
//! exceeds the limit. Freed buffers are kept for reuse by size class while the limit has room for them.
//!
//! What is not counted here: code, thread stacks, expressions and plans, and whatever the host process holds.

use std::collections::BTreeMap;
use std::fmt;
use std::ptr::NonNull;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::error::{Error, Result};

/// The granularity of buffers, and their least alignment.
pub const PAGE: usize = 4096;
/// Buffers of at least this size are aligned to it and ask for huge pages.
pub const HUGE_PAGE: usize = 2 << 20;

/// Who holds memory, for the table that `nt.memory()` shows.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Owner {
    /// Everything an evaluation holds: tiles being read, computed and written, accumulators, kernels' scratch and
    /// intermediate results kept between passes. Reserved in one step when the evaluation is admitted.
    Evaluation,
    /// What evaluations take outside the pool: thread stacks and heaps, queues, plans. No buffer comes from it.
    Overhead,
}

impl Owner {
    /// The name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Owner::Evaluation => "evaluation",
            Owner::Overhead => "overhead",
        }
    }
}

/// A memory budget shared by all who hold a clone of it.
#[derive(Clone)]
pub struct MemoryPool {
    inner: Arc<Inner>,
}

struct Inner {
    state: Mutex<State>,
    freed: Condvar,
    /// Bytes that the machine could still give this process.
    available: Box<dyn Fn() -> u64 + Send + Sync>,
}

#[derive(Default)]
struct State {
    limit: u64,
    reserved: u64,
    peak_reserved: u64,
    by_owner: BTreeMap<Owner, u64>,
    /// Bytes of live buffers inside reservations.
    live: u64,
    peak_live: u64,
    delivered: u64,
    delivered_buffers: u64,
    cached: u64,
    free: BTreeMap<usize, Vec<Block>>,
}

/// A mapped range of memory that nobody uses.
struct Block {
    start: NonNull<u8>,
    capacity: usize,
}

// SAFETY: a block is plain memory; whoever holds the value is its only user.
unsafe impl Send for Block {}

/// A snapshot of who holds what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Usage {
    /// The limit.
    pub limit: u64,
    /// Bytes reserved inside the limit.
    pub reserved: u64,
    /// The greatest value of `reserved` so far.
    pub peak_reserved: u64,
    /// The most bytes of buffers that were alive inside reservations at once.
    pub peak_live: u64,
    /// `reserved` by owner.
    pub by_owner: Vec<(&'static str, u64)>,
    /// Bytes of freed buffers kept for reuse.
    pub cached: u64,
    /// Bytes of results handed to the user and still alive; outside the limit.
    pub delivered: u64,
    /// How many such results there are.
    pub delivered_buffers: u64,
}

impl MemoryPool {
    /// A pool with a limit in bytes. `available` tells how many bytes the machine could still give the process; it is
    /// asked before a result outside the limit is allocated.
    pub fn new(limit: u64, available: impl Fn() -> u64 + Send + Sync + 'static) -> MemoryPool {
        let state = State { limit, ..State::default() };
        MemoryPool {
            inner: Arc::new(Inner { state: Mutex::new(state), freed: Condvar::new(), available: Box::new(available) }),
        }
    }

    /// The limit in bytes.
    pub fn limit(&self) -> u64 {
        self.inner.lock().limit
    }

    /// Changes the limit. Reservations that exist already keep their bytes.
    pub fn set_limit(&self, limit: u64) {
        let mut state = self.inner.lock();
        state.limit = limit;
        let evicted = state.shrink_cache(limit);
        drop(state);
        evicted.into_iter().for_each(Block::unmap);
        self.inner.freed.notify_all();
    }

    /// Bytes that could be reserved now.
    pub fn unreserved(&self) -> u64 {
        let state = self.inner.lock();
        state.limit.saturating_sub(state.reserved)
    }

    /// Who holds what.
    pub fn usage(&self) -> Usage {
        let state = self.inner.lock();
        Usage {
            limit: state.limit,
            reserved: state.reserved,
            peak_reserved: state.peak_reserved,
            peak_live: state.peak_live,
            by_owner: state.by_owner.iter().map(|(owner, &bytes)| (owner.name(), bytes)).collect(),
            cached: state.cached,
            delivered: state.delivered,
            delivered_buffers: state.delivered_buffers,
        }
    }

    /// Gives freed buffers back to the operating system.
    pub fn trim(&self) {
        let blocks = std::mem::take(&mut self.inner.lock().free);
        let bytes: u64 = blocks.values().flatten().map(|b| b.capacity as u64).sum();
        self.inner.lock().cached -= bytes;
        blocks.into_values().flatten().for_each(Block::unmap);
    }

    /// Charges `bytes` at once or not at all: `None` when the limit has no room now.
    pub fn try_reserve(&self, owner: Owner, bytes: u64) -> Option<Reservation> {
        let mut state = self.inner.lock();
        if state.reserved.checked_add(bytes)? > state.limit {
            return None;
        }
        state.reserved += bytes;
        state.peak_reserved = state.peak_reserved.max(state.reserved);
        *state.by_owner.entry(owner).or_default() += bytes;
        drop(state);
        let charge = Charge { pool: self.inner.clone(), owner, bytes, used: Mutex::default() };
        Some(Reservation { charge: Arc::new(charge) })
    }

    /// Waits up to `patience` for room to appear; true when something was freed meanwhile.
    pub fn wait_for_room(&self, patience: Duration) -> bool {
        let state = self.inner.lock();
        let (_state, timeout) = self.inner.freed.wait_timeout(state, patience).unwrap_or_else(PoisonError::into_inner);
        !timeout.timed_out()
    }

    /// A buffer for a result that will be handed to the user. It is charged to the account *delivered*, outside the
    /// limit; its memory comes back to the pool when the last owner drops it.
    ///
    /// # Errors
    /// [`Error::Memory`] when the machine has not that much left.
    pub fn allocate_result(&self, bytes: usize) -> Result<Buffer> {
        let capacity = rounded(bytes);
        self.check_result(bytes as u64)?;
        let block = self.inner.take_block(capacity, false)?;
        Ok(Buffer { block, length: bytes, home: Home::Delivered(self.inner.clone()) })
    }

    /// Whether the machine has room for results of this many bytes in all. It is not asked for small ones, nor where
    /// freed blocks hold as much: the answer takes as long as computing a few hundred thousand elements.
    ///
    /// # Errors
    /// [`Error::Memory`] when it has not.
    pub fn check_result(&self, bytes: u64) -> Result<()> {
        if bytes <= HUGE_PAGE as u64 {
            return Ok(());
        }
        let cached = self.inner.lock().cached;
        if bytes <= cached {
            return Ok(());
        }
        let available = (self.inner.available)() + cached;
        if bytes <= available {
            return Ok(());
        }
        Err(Error::Memory(format!(
            "the result needs {bytes} bytes, but the machine has only {available} bytes left. \
             Write it to a file with nt.save(path, x), or ask for a part of it"
        )))
    }

    /// Forgets the peaks seen so far, so that those of the next evaluation can be told.
    pub fn reset_peaks(&self) {
        let mut state = self.inner.lock();
        state.peak_reserved = state.reserved;
        state.peak_live = state.live;
    }
}

impl fmt::Debug for MemoryPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.usage().fmt(f)
    }
}

/// The bytes that a buffer of this length really takes; planners add these up.
pub const fn rounded(bytes: usize) -> usize {
    let step = if bytes >= HUGE_PAGE { 16 * PAGE } else { PAGE };
    let bytes = if bytes == 0 { 1 } else { bytes };
    bytes.div_ceil(step) * step
}

impl Inner {
    fn lock(&self) -> MutexGuard<'_, State> {
        // The state is a set of counters that every critical section leaves consistent, so poison is harmless.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A block of exactly `capacity` bytes, recycled if possible. With `counted`, its bytes join the live ones, and
    /// freed blocks make room so that live and cached together stay inside the limit; else it is delivered.
    fn take_block(&self, capacity: usize, counted: bool) -> Result<Block> {
        let mut state = self.lock();
        if counted {
            state.live += capacity as u64;
            state.peak_live = state.peak_live.max(state.live);
        } else {
            state.delivered += capacity as u64;
            state.delivered_buffers += 1;
        }
        let recycled = state.free.get_mut(&capacity).and_then(Vec::pop);
        if recycled.is_some() {
            state.cached -= capacity as u64;
        }
        // While something is reserved, that is all there may be: what is kept for reuse must not raise the peak.
        let overhead = state.by_owner.get(&Owner::Overhead).copied().unwrap_or(0);
        let most = if counted { state.reserved - overhead } else { state.limit };
        let evicted = state.shrink_cache(most);
        drop(state);
        evicted.into_iter().for_each(Block::unmap);
        if let Some(block) = recycled {
            return Ok(block);
        }
        Block::map(capacity).inspect_err(|_| self.lock().forget(capacity, counted))
    }

    /// Takes a block back: kept for reuse while the limit has room, unmapped otherwise.
    fn give_back(&self, block: Block, counted: bool) {
        let mut state = self.lock();
        state.forget(block.capacity, counted);
        if state.live.max(state.reserved) + state.cached + block.capacity as u64 <= state.limit {
            state.cached += block.capacity as u64;
            state.free.entry(block.capacity).or_default().push(block);
        } else {
            drop(state);
            block.unmap();
        }
    }
}

impl State {
    /// A block of this capacity is nobody's any more.
    fn forget(&mut self, capacity: usize, counted: bool) {
        if counted {
            self.live -= capacity as u64;
        } else {
            self.delivered -= capacity as u64;
            self.delivered_buffers -= 1;
        }
    }

    /// Removes cached blocks until live and cached bytes are at most `most`; the caller unmaps them.
    fn shrink_cache(&mut self, most: u64) -> Vec<Block> {
        let mut out = Vec::new();
        while self.cached > 0 && self.live + self.cached > most {
            let Some(mut entry) = self.free.last_entry() else { break };
            if let Some(block) = entry.get_mut().pop() {
                self.cached -= block.capacity as u64;
                out.push(block);
            }
            if entry.get().is_empty() {
                entry.remove();
            }
        }
        out
    }
}

/// Bytes charged against a pool, to allocate buffers from. Dropped when the reservation and all its buffers are.
#[derive(Clone)]
pub struct Reservation {
    charge: Arc<Charge>,
}

struct Charge {
    pool: Arc<Inner>,
    owner: Owner,
    bytes: u64,
    used: Mutex<Used>,
}

/// Bytes of buffers inside a reservation.
#[derive(Clone, Copy, Default)]
struct Used {
    /// Those that are alive.
    now: u64,
    /// The most that were alive at once.
    peak: u64,
}

impl Charge {
    fn used(&self) -> MutexGuard<'_, Used> {
        self.used.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Charge {
    fn drop(&mut self) {
        let mut state = self.pool.lock();
        state.reserved -= self.bytes;
        if let Some(owned) = state.by_owner.get_mut(&self.owner) {
            *owned -= self.bytes;
        }
        drop(state);
        self.pool.freed.notify_all();
    }
}

impl Reservation {
    /// The bytes charged.
    pub fn bytes(&self) -> u64 {
        self.charge.bytes
    }

    /// The most bytes of its buffers that were alive at once since this was asked last.
    pub fn take_peak(&self) -> u64 {
        let mut used = self.charge.used();
        let peak = used.peak;
        used.peak = used.now;
        peak
    }

    /// A buffer of `length` bytes inside the reservation, page-aligned, its contents unspecified.
    ///
    /// # Errors
    /// [`Error::Internal`] when the reservation is exhausted: the plan's arithmetic was wrong.
    pub fn allocate(&self, length: usize) -> Result<Buffer> {
        let capacity = rounded(length);
        let mut used = self.charge.used();
        if used.now + capacity as u64 > self.charge.bytes {
            return Err(Error::internal(format!(
                "a buffer of {length} bytes exceeds its reservation ({} of {} bytes used)",
                used.now, self.charge.bytes
            )));
        }
        used.now += capacity as u64;
        used.peak = used.peak.max(used.now);
        drop(used);
        let block = self.charge.pool.take_block(capacity, true).inspect_err(|_| {
            self.charge.used().now -= capacity as u64;
        })?;
        Ok(Buffer { block, length, home: Home::Reserved(self.charge.clone()) })
    }
}

/// A range of memory from a pool.
///
/// Its bytes are always initialised (fresh pages are zero, recycled ones hold old data) and are reached through raw
/// pointers by the parts of the engine that share it, or as slices by an exclusive owner.
pub struct Buffer {
    block: Block,
    length: usize,
    home: Home,
}

enum Home {
    Reserved(Arc<Charge>),
    Delivered(Arc<Inner>),
}

// SAFETY: shared references to a buffer give out raw pointers only; whoever writes through them coordinates that.
unsafe impl Sync for Buffer {}

impl Buffer {
    /// The first byte.
    pub fn as_ptr(&self) -> *mut u8 {
        self.block.start.as_ptr()
    }

    /// Its length in bytes.
    pub fn len(&self) -> usize {
        self.length
    }

    /// True when it has no bytes.
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Its bytes, for an exclusive owner.
    pub fn as_mut_slice(&mut self) -> &mut [u8] {
        // SAFETY: the block has at least `length` initialised bytes, and &mut self makes us their only user.
        unsafe { std::slice::from_raw_parts_mut(self.block.start.as_ptr(), self.length) }
    }

    /// Its bytes.
    ///
    /// # Safety
    /// Nobody writes to the buffer while the slice lives.
    pub unsafe fn as_slice(&self) -> &[u8] {
        // SAFETY: the block has at least `length` initialised bytes; the caller promises that nobody writes.
        unsafe { std::slice::from_raw_parts(self.block.start.as_ptr(), self.length) }
    }

    /// Makes the buffer the user's where it is: its bytes leave the reservation for the account *delivered*.
    pub fn deliver(&mut self) {
        let Home::Reserved(charge) = &self.home else { return };
        let (charge, capacity) = (charge.clone(), self.block.capacity as u64);
        let mut state = charge.pool.lock();
        state.live -= capacity;
        state.delivered += capacity;
        state.delivered_buffers += 1;
        drop(state);
        charge.used().now -= capacity;
        self.home = Home::Delivered(charge.pool.clone());
    }
}

impl fmt::Debug for Buffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Buffer").field("length", &self.length).finish()
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        let block = Block { start: self.block.start, capacity: self.block.capacity };
        match &self.home {
            Home::Reserved(charge) => {
                charge.used().now -= block.capacity as u64;
                charge.pool.give_back(block, true);
            }
            Home::Delivered(pool) => pool.give_back(block, false),
        }
    }
}

impl Block {
    #[cfg(unix)]
    #[allow(clippy::disallowed_methods, reason = "this is the pool")]
    fn map(capacity: usize) -> Result<Block> {
        let huge = capacity >= HUGE_PAGE;
        let length = if huge { capacity + HUGE_PAGE } else { capacity };
        // SAFETY: an anonymous private mapping at an address of the kernel's choice touches no existing memory.
        let start = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                length,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
                -1,
                0,
            )
        };
        if start == libc::MAP_FAILED {
            return Err(Error::Memory(format!("the operating system refused {capacity} bytes of memory")));
        }
        let mut start = start.cast::<u8>();
        if huge {
            start = Block::trim_to_alignment(start, length, capacity);
        }
        NonNull::new(start)
            .map(|start| Block { start, capacity })
            .ok_or_else(|| Error::Memory("the operating system mapped memory at address zero".into()))
    }

    /// Unmaps the ends of an over-long mapping so that a huge-page aligned block of `capacity` bytes is left.
    #[cfg(unix)]
    fn trim_to_alignment(start: *mut u8, length: usize, capacity: usize) -> *mut u8 {
        let head = start.align_offset(HUGE_PAGE);
        let tail = length - head - capacity;
        // SAFETY: head and tail are page-aligned parts of the mapping just made, which nobody uses yet; the advice
        // concerns only what is left of it.
        unsafe {
            if head > 0 {
                libc::munmap(start.cast(), head);
            }
            if tail > 0 {
                libc::munmap(start.add(head + capacity).cast(), tail);
            }
            #[cfg(target_os = "linux")]
            libc::madvise(start.add(head).cast(), capacity, libc::MADV_HUGEPAGE);
            start.add(head)
        }
    }

    #[cfg(unix)]
    fn unmap(self) {
        // SAFETY: the block was mapped with this capacity and its owner gives it up here.
        unsafe { libc::munmap(self.start.as_ptr().cast(), self.capacity) };
    }

    #[cfg(not(unix))]
    fn layout(capacity: usize) -> Result<std::alloc::Layout> {
        std::alloc::Layout::from_size_align(capacity, PAGE).map_err(|e| Error::Memory(e.to_string()))
    }

    #[cfg(not(unix))]
    fn map(capacity: usize) -> Result<Block> {
        // SAFETY: the capacity is never zero.
        let start = unsafe { std::alloc::alloc_zeroed(Block::layout(capacity)?) };
        NonNull::new(start)
            .map(|start| Block { start, capacity })
            .ok_or_else(|| Error::Memory(format!("the operating system refused {capacity} bytes of memory")))
    }

    #[cfg(not(unix))]
    fn unmap(self) {
        if let Ok(layout) = Block::layout(self.capacity) {
            // SAFETY: allocated in `map` with the same layout, and given up here.
            unsafe { std::alloc::dealloc(self.start.as_ptr(), layout) };
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        std::mem::take(&mut self.lock().free).into_values().flatten().for_each(Block::unmap);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    fn pool(limit: u64) -> MemoryPool {
        MemoryPool::new(limit, || 1 << 40)
    }

    #[test]
    fn the_limit_holds() {
        let pool = pool(64 << 10);
        let first = pool.try_reserve(Owner::Evaluation, 40 << 10).unwrap();
        assert!(pool.try_reserve(Owner::Evaluation, 30 << 10).is_none());
        assert!(first.allocate(40 << 10).is_ok());
        let buffer = first.allocate(36 << 10).unwrap();
        assert!(first.allocate(8 << 10).is_err(), "a reservation gives no more than it holds");
        drop(first);
        assert_eq!(pool.usage().reserved, 40 << 10, "a buffer keeps its reservation alive");
        drop(buffer);
        assert_eq!(pool.usage().reserved, 0);
        assert!(pool.usage().cached <= 64 << 10);
    }

    #[test]
    fn a_buffer_that_becomes_the_users_leaves_its_room() {
        let pool = pool(64 << 10);
        let reservation = pool.try_reserve(Owner::Evaluation, 16 << 10).unwrap();
        let mut kept = reservation.allocate(16 << 10).unwrap();
        assert!(reservation.allocate(1).is_err());
        kept.deliver();
        kept.deliver();
        assert_eq!((pool.usage().delivered, pool.usage().delivered_buffers), (16 << 10, 1));
        drop(reservation.allocate(16 << 10).unwrap());
        drop(reservation);
        assert_eq!(pool.usage().reserved, 0, "it does not keep the reservation alive");
        drop(kept);
        assert_eq!((pool.usage().delivered, pool.usage().delivered_buffers), (0, 0));
    }

    #[test]
    fn buffers_are_recycled_and_trimmed() {
        let pool = pool(1 << 20);
        let reservation = pool.try_reserve(Owner::Evaluation, 512 << 10).unwrap();
        let mut first = reservation.allocate(100_000).unwrap();
        first.as_mut_slice().fill(7);
        let address = first.as_ptr();
        drop(first);
        let second = reservation.allocate(100_000).unwrap();
        assert_eq!(second.as_ptr(), address);
        drop(second);
        drop(reservation);
        assert_eq!(pool.usage().cached, rounded(100_000) as u64);
        pool.trim();
        assert_eq!(pool.usage().cached, 0);
    }

    #[test]
    fn what_is_kept_for_reuse_does_not_raise_the_peak() {
        let pool = pool(1 << 20);
        let reservation = pool.try_reserve(Owner::Evaluation, 128 << 10).unwrap();
        drop(reservation.allocate(100 << 10).unwrap());
        assert_eq!(pool.usage().cached, 100 << 10);
        let other = reservation.allocate(64 << 10).unwrap();
        assert_eq!(pool.usage().cached, 0, "64 KB and 100 KB are more than was reserved");
        drop(other);
        assert_eq!(pool.usage().cached, 64 << 10);
    }

    #[test]
    fn results_are_outside_the_limit_but_inside_the_machine() {
        let pool = MemoryPool::new(PAGE as u64, || 16 << 20);
        let result = pool.allocate_result(8 << 20).unwrap();
        assert_eq!(pool.usage().delivered, 8 << 20);
        assert_eq!(result.as_ptr().align_offset(HUGE_PAGE), 0);
        drop(result);
        assert_eq!((pool.usage().delivered, pool.usage().cached), (0, 0), "too large for the limit's cache");
        let error = pool.allocate_result(32 << 20).unwrap_err().to_string();
        assert!(error.contains("nt.save"), "{error}");
    }

    #[test]
    fn the_machine_is_asked_only_for_memory_that_is_not_here_already() {
        static ASKED: AtomicUsize = AtomicUsize::new(0);
        let pool = MemoryPool::new(64 << 20, || {
            ASKED.fetch_add(1, Ordering::Relaxed);
            16 << 20
        });
        drop(pool.allocate_result(8 << 20).unwrap());
        assert_eq!(ASKED.load(Ordering::Relaxed), 1);
        drop(pool.allocate_result(8 << 20).unwrap());
        assert_eq!(ASKED.load(Ordering::Relaxed), 1, "the block of the first result is free");
        assert!(pool.check_result(25 << 20).is_err(), "more than the machine and the block together");
        assert!(pool.check_result(24 << 20).is_ok());
        assert_eq!(ASKED.load(Ordering::Relaxed), 3);
    }
}
