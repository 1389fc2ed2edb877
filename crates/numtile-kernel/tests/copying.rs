//! Copies between layouts against element-by-element copies.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use numtile_kernel::builtin::copy::{pack, unpack};
use proptest::prelude::*;

/// A layout inside a buffer: shape, strides in bytes, and where element 0 lies.
#[derive(Clone, Debug)]
struct Case {
    item: usize,
    swap: Option<usize>,
    shape: Vec<usize>,
    strides: Vec<i64>,
    origin: usize,
    bytes: usize,
}

/// Axes in any order, some reversed, with gaps; some repeated (stride 0) unless `distinct`.
fn cases(distinct: bool) -> impl Strategy<Value = Case> {
    let kinds = prop::sample::select(vec![
        (1, None),
        (2, None),
        (4, None),
        (8, None),
        (16, None),
        (2, Some(2)),
        (4, Some(4)),
        (8, Some(8)),
        (8, Some(4)),
        (16, Some(8)),
        (3, None),
        (1, Some(1)),
    ]);
    let axis =
        (0usize..4, prop_oneof![Just(0usize), Just(1), 1usize..6, 30usize..70], any::<bool>(), 0usize..3, 0usize..8);
    (kinds, prop::collection::vec(axis, 0..5), 0usize..8).prop_map(move |((item, swap), mut axes, offset)| {
        while axes.iter().map(|a| a.1.max(1)).product::<usize>() > 60_000 {
            axes.pop();
        }
        let mut order: Vec<usize> = (0..axes.len()).collect();
        order.sort_by_key(|&i| axes[i].0);
        let mut strides = vec![0i64; axes.len()];
        let (mut step, mut low) = (item, 0usize);
        for &i in order.iter().rev() {
            let (_, len, reversed, gap, repeat) = axes[i];
            if repeat == 0 && !distinct {
                continue;
            }
            strides[i] = if reversed { -(step as i64) } else { step as i64 };
            let extent = step * len.saturating_sub(1);
            low += if reversed { extent } else { 0 };
            step = step * len.max(1) + gap * item;
        }
        let shape = axes.iter().map(|a| a.1).collect();
        Case { item, swap, shape, strides, origin: low + offset, bytes: step + offset + item }
    })
}

/// Offsets of all elements in C order.
fn offsets(case: &Case) -> Vec<usize> {
    let total: usize = case.shape.iter().product();
    (0..total)
        .map(|mut flat| {
            let mut at = case.origin as i64;
            for (len, stride) in case.shape.iter().zip(&case.strides).rev() {
                at += (flat % len) as i64 * stride;
                flat /= len;
            }
            at as usize
        })
        .collect()
}

fn swapped(bytes: &[u8], swap: Option<usize>) -> Vec<u8> {
    bytes.chunks(swap.unwrap_or(1)).flat_map(|part| part.iter().rev().copied()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn packing_gathers_every_element(case in cases(false)) {
        let source: Vec<u8> = (0..case.bytes).map(|i| (i * 131 + i / 251) as u8).collect();
        let offsets = offsets(&case);
        let mut packed = vec![0xa5u8; offsets.len() * case.item + 1];
        // SAFETY: the layout lies inside the source, and there is room for every element.
        unsafe {
            pack(packed.as_mut_ptr(), source.as_ptr().add(case.origin), case.item, case.swap, &case.shape, &case.strides);
        }
        for (i, &at) in offsets.iter().enumerate() {
            prop_assert_eq!(&packed[i * case.item..(i + 1) * case.item], &swapped(&source[at..at + case.item], case.swap)[..]);
        }
        prop_assert_eq!(packed[offsets.len() * case.item], 0xa5);
    }

    #[test]
    fn unpacking_scatters_every_element(case in cases(true)) {
        let offsets = offsets(&case);
        let source: Vec<u8> = (0..offsets.len() * case.item).map(|i| (i * 131 + i / 251) as u8).collect();
        let mut target = vec![0xa5u8; case.bytes];
        let mut want = target.clone();
        for (i, &at) in offsets.iter().enumerate() {
            want[at..at + case.item].copy_from_slice(&swapped(&source[i * case.item..(i + 1) * case.item], case.swap));
        }
        // SAFETY: the layout lies inside the target, and no two elements share bytes.
        unsafe {
            unpack(target.as_mut_ptr().add(case.origin), &case.strides, source.as_ptr(), case.item, case.swap, &case.shape);
        }
        prop_assert_eq!(target, want);
    }
}
