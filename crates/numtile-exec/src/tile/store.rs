//! Elementwise walks: every value of a tile goes to its place.

use numtile_core::region::Grid;
use numtile_core::shape::PerAxis;
use numtile_core::{Region, Result};
use numtile_kernel::Writing;
use numtile_kernel::builtin::copy::unpack;
use numtile_plan::physical::memory::{space_scratch, strip_elements};
use numtile_plan::physical::operand::{Fragment, Space};
use numtile_plan::physical::tiling::storage_order;

use super::Env;
use super::frame::Frame;
use super::load::load;
use super::strips::{Arena, batches, is_contiguous, offset};

/// Bytes of a square at most, so that what is read across stays in the first cache.
const SQUARE: usize = 8 << 10;

/// Where one output of a program goes: the tile's first point, and strides over the tile's axes.
#[derive(Clone, Debug)]
pub struct Outlet {
    /// Where the tile's first point goes.
    pub start: *mut u8,
    /// Bytes per step along each axis.
    pub strides: PerAxis<i64>,
    /// Bytes per element.
    pub item: usize,
    /// Whether it is part of something that no cache holds.
    pub is_large: bool,
}

/// A part of a tile being stored strip by strip.
struct Walker<'a, 'p> {
    frame: Frame<'p>,
    fragment: &'a Fragment,
    outlets: Vec<Outlet>,
    strip: usize,
}

/// Runs a program over the whole of a tile and stores its outputs, one outlet each.
///
/// # Safety
/// The outlets' places for this tile are writable, aligned to one component of their type or to nothing, and nobody
/// else touches them meanwhile.
pub unsafe fn store(
    frame: Frame<'_>,
    fragment: &Fragment,
    outlets: Vec<Outlet>,
    strip: usize,
    arena: &mut Arena,
    env: Env<'_>,
) -> Result<()> {
    let order = walk_order(&frame, &outlets);
    let mut frame = frame.permuted(&order);
    let mut strides: Vec<PerAxis<i64>> =
        outlets.iter().map(|outlet| order.iter().map(|&axis| outlet.strides[axis]).collect()).collect();
    frame.collapse(&mut strides);
    let outlets = outlets.into_iter().zip(strides).map(|(outlet, strides)| Outlet { strides, ..outlet }).collect();
    // SAFETY: the outlets' places are the same, with their axes in another order.
    unsafe { Walker { frame, fragment, outlets, strip }.walk(arena, env) }
}

/// The order in which the first output lies in memory: writing in order matters most.
fn walk_order(frame: &Frame<'_>, outlets: &[Outlet]) -> PerAxis<usize> {
    match outlets.first() {
        Some(outlet) => storage_order(&outlet.strides),
        None => (0..frame.lengths.len()).collect(),
    }
}

impl Walker<'_, '_> {
    /// # Safety
    /// As [`store`].
    unsafe fn walk(&self, arena: &mut Arena, env: Env<'_>) -> Result<()> {
        let grid = self.strips();
        for number in 0..grid.len() {
            if number % 64 == 0 {
                env.check()?;
            }
            let mark = arena.mark();
            // SAFETY: the box lies inside the tile.
            unsafe { self.strip(&grid.region(number), arena)? };
            arena.reset(mark);
        }
        Ok(())
    }

    /// Strips in C order, or squares where an operand lies across the walk, so that it is read in short runs at least.
    fn strips(&self) -> Grid {
        let last = self.frame.lengths.len().saturating_sub(1);
        let across = self.frame.placed.iter().find_map(|placed| {
            let order = storage_order(&placed.strides);
            let inner = *order.last()?;
            (inner != last && placed.strides[inner] != 0 && placed.strides[last] != 0).then_some(inner)
        });
        let Some(axis) = across else { return batches(&self.frame.lengths, self.strip) };
        let widest = self.frame.placed.iter().map(|placed| placed.item).max().unwrap_or(1);
        let mut tile = PerAxis::from_elem(1, self.frame.lengths.len());
        tile[last] = self.frame.lengths[last].min(32);
        tile[axis] = self.frame.lengths[axis].min(self.strip.min(SQUARE / widest) / tile[last]);
        let order: PerAxis<usize> = (0..tile.len()).collect();
        Grid::new(&self.frame.lengths, &tile, &order)
    }

    /// # Safety
    /// As [`store`], for a box inside the tile.
    unsafe fn strip(&self, bx: &Region, arena: &mut Arena) -> Result<()> {
        let count = bx.count();
        let mut direct: smallvec::SmallVec<[(*mut u8, bool); 4]> = smallvec::SmallVec::new();
        for outlet in &self.outlets {
            let place = outlet.start.wrapping_offset(offset(&bx.start, &outlet.strides));
            let lies_well = is_contiguous(&bx.shape, &outlet.strides, outlet.item)
                && (place as usize).is_multiple_of(outlet.item.min(8));
            direct.push(if lies_well { (place, true) } else { (arena.take(count * outlet.item)?, false) });
        }
        let outputs: smallvec::SmallVec<[*mut u8; 4]> = direct.iter().map(|(place, _)| *place).collect();
        let past_caches =
            self.outlets.iter().zip(&direct).all(|(outlet, (_, lies_well))| outlet.is_large && *lies_well);
        let writing = if past_caches { Writing::PastCaches } else { Writing::Cached };
        // SAFETY: every output is a place of this strip or scratch of its size.
        unsafe { self.frame.run(self.fragment, bx, &outputs, writing, arena)? };
        for (outlet, &(values, lies_well)) in self.outlets.iter().zip(&direct) {
            if !lies_well {
                let place = outlet.start.wrapping_offset(offset(&bx.start, &outlet.strides));
                // SAFETY: the strip's places in the outlet are ours, and `values` holds its elements.
                unsafe { unpack(place, &outlet.strides, values, outlet.item, None, &bx.shape) };
            }
        }
        Ok(())
    }
}

/// Evaluates a box of a space of its own into an outlet.
///
/// # Safety
/// As [`store`], for the box.
pub unsafe fn evaluate_space(space: &Space, region: &Region, outlet: Outlet, env: Env<'_>) -> Result<()> {
    // SAFETY: passed on to the caller.
    unsafe { evaluate_outputs(space, region, vec![outlet], env) }
}

/// Evaluates a box of a space with several values per point, each into an outlet of its own.
///
/// # Safety
/// As [`store`], for the box.
pub unsafe fn evaluate_outputs(space: &Space, region: &Region, outlets: Vec<Outlet>, env: Env<'_>) -> Result<()> {
    let loaded = load(&space.operands, region, env)?;
    let strip = strip_elements(&space.operands, &space.fragment);
    let mut arena = Arena::new(space_scratch(space), env.reservation)?;
    let frame = Frame::new(&space.operands, &loaded, region, env)?;
    // SAFETY: passed on to the caller.
    unsafe { store(frame, &space.fragment, outlets, strip, &mut arena, env) }
}
