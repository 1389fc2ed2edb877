//! Selection and replacement through the front door: what is counted when, and that tiles and changes do not matter.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use std::cell::UnsafeCell;
use std::sync::Arc;

use numtile::expr::{self, Operand};
use numtile::view::{self, Index};
use numtile::{Config, Context, DType, Error, Expr, Layout, Op, ReduceOp, Run, Scalar, Source, shape};

fn context() -> Context {
    Context::new(Config { memory: Some(64 << 20), threads: Some(2), ..Config::default() })
}

/// Memory that is written to while an expression refers to it.
struct Shared<T>(UnsafeCell<Vec<T>>);

// SAFETY: the tests write between evaluations only.
unsafe impl<T: Send> Sync for Shared<T> {}

fn memory<T: Send + 'static>(values: &Arc<Shared<T>>, shape: &[usize], dtype: DType) -> Arc<dyn Source> {
    let layout = Layout::c_order(0, shape, dtype.size());
    // SAFETY: the vector lives as long as the source, which keeps it.
    unsafe {
        let start = (*values.0.get()).as_ptr().cast();
        numtile::memory_source(start, layout, dtype, false, Box::new(values.clone()), "test")
    }
}

fn array<T: Send + 'static>(values: Vec<T>, shape: &[usize], dtype: DType) -> Expr {
    expr::source(memory(&Arc::new(Shared(UnsafeCell::new(values))), shape, dtype))
}

fn floats(count: usize) -> Vec<f64> {
    (0..count).map(|i| (i as f64 * 0.7).sin() * 100.0).collect()
}

fn computed(context: &Context, expr: &Expr) -> numtile::Result<Vec<f64>> {
    let results = context.compute(&[expr::cast(expr, DType::F64)], &Run::default())?;
    // SAFETY: the evaluation is over.
    let bytes = unsafe { results[0].buffer.as_slice() };
    let count = results[0].layout.count();
    Ok(bytes[..count * 8].chunks_exact(8).map(|b| f64::from_le_bytes(b.try_into().unwrap())).collect())
}

fn values(context: &Context, expr: &Expr) -> Vec<f64> {
    computed(context, expr).unwrap()
}

fn apply(op: Op, operands: &[&Expr]) -> Expr {
    let operands: Vec<Operand> = operands.iter().map(|e| Operand::Array((*e).clone())).collect();
    expr::map(op, &operands).unwrap()
}

fn above(x: &Expr, limit: f64) -> Expr {
    expr::map(Op::Greater, &[Operand::Array(x.clone()), Operand::Float(limit)]).unwrap()
}

fn sum(x: &Expr) -> Expr {
    expr::reduce(x, ReduceOp::Sum, None, false, None, 0.0).unwrap()
}

#[test]
fn equal_masks_meet_without_counting() {
    let c = context();
    let all = floats(20_011);
    let x = array(all.clone(), &[20_011], DType::F64);
    let selected = expr::select(&x, &above(&x, 40.0), 0, false).unwrap();
    let again = expr::select(&apply(Op::Negative, &[&x]), &above(&x, 40.0), 0, false).unwrap();
    assert!(!selected.is_known() && selected.shape() == again.shape());
    let zeros = apply(Op::Add, &[&selected, &again]);
    assert!(c.last_run().is_none());
    let want: Vec<f64> = all.iter().copied().filter(|&v| v > 40.0).collect();
    assert_eq!(values(&c, &selected), want);
    assert_eq!(values(&c, &zeros), vec![0.0; want.len()]);
    let resolved = c.resolve(&[selected], &Run::default()).unwrap();
    assert_eq!(resolved[0].shape(), [want.len()]);
    let other = expr::select(&x, &above(&x, 50.0), 0, false).unwrap();
    let both = [Operand::Array(other), Operand::Array(again)];
    assert!(matches!(expr::map(Op::Add, &both), Err(Error::Uncounted)));
}

#[test]
fn tiles_do_not_matter() {
    let c = context();
    let all = floats(37 * 311 * 3);
    let x = array(all.clone(), &[37, 311, 3], DType::F64);
    let first = view::index(&x, &[Index::Ellipsis, Index::At(0)]).unwrap();
    for limit in [-200.0, -99.0, 0.0, 99.0, 200.0] {
        let rows = expr::select(&x, &above(&first, limit), 0, false).unwrap();
        let want: Vec<f64> = all.chunks(3).filter(|row| row[0] > limit).flatten().copied().collect();
        let single = expr::select(&x, &above(&x, limit), 0, false).unwrap();
        let want_single: Vec<f64> = all.iter().copied().filter(|&v| v > limit).collect();
        for tile in [None, Some(vec![1000, 2]), Some(vec![4096, 1]), Some(vec![77, 3])] {
            c.force_tile(tile);
            assert_eq!(values(&c, &rows), want, "{limit}");
            assert_eq!(values(&c, &single), want_single, "{limit}");
        }
        c.force_tile(None);
        assert_eq!(values(&c, &sum(&single)).len(), 1);
    }
}

#[test]
fn selections_of_selections() {
    let c = context();
    let all = floats(9_000);
    let x = array(all.clone(), &[9_000], DType::F64);
    let once = expr::select(&x, &above(&x, 0.0), 0, false).unwrap();
    let twice = expr::select(&once, &above(&apply(Op::Sqrt, &[&once]), 5.0), 0, false).unwrap();
    let want: Vec<f64> = all.iter().copied().filter(|v| v.sqrt() > 5.0).collect();
    assert_eq!(values(&c, &twice), want);
    let mut long = twice.clone();
    for _ in 0..50_000 {
        long = apply(Op::Negative, &[&long]);
    }
    assert_eq!(values(&c, &long), want);
    let none = expr::select(&x, &above(&x, 1e9), 0, false).unwrap();
    let least = expr::reduce(&none, ReduceOp::Min, None, false, None, 0.0).unwrap();
    assert!(matches!(computed(&c, &least), Err(Error::Value(_))));
    assert_eq!(values(&c, &sum(&none)), [0.0]);
}

#[test]
fn rows_replace_rows() {
    let c = context();
    let x = array(floats(5_000 * 2), &[5_000, 2], DType::F64);
    let positions = Arc::new(Shared(UnsafeCell::new(vec![0i64, 3, 4, 1_000, 4_999])));
    let rows = array((0..10).map(f64::from).collect(), &[5, 2], DType::F64);
    let put = expr::scatter(&x, memory(&positions, &[5], DType::I64), &rows).unwrap();
    let mut want = floats(5_000 * 2);
    for (number, &at) in [0, 3, 4, 1_000, 4_999].iter().enumerate() {
        want[2 * at] = 2.0 * number as f64;
        want[2 * at + 1] = 2.0 * number as f64 + 1.0;
    }
    for tile in [None, Some(vec![7, 1]), Some(vec![999, 2])] {
        c.force_tile(tile);
        assert_eq!(values(&c, &put), want);
    }
}

#[test]
fn a_mask_places_rows_in_its_order() {
    let c = context();
    let all = floats(10_000);
    let x = array(all.clone(), &[100, 100], DType::F64);
    let mask = above(&x, 60.0);
    let selected = all.iter().filter(|&&v| v > 60.0).count();
    let rows = expr::arange(Scalar::new(0.0), Scalar::new(1.0), selected);
    let placed = expr::place(&x, &mask, &rows, false).unwrap();
    let mut rank = -1.0;
    let mut next = |v: f64| {
        rank += 1.0;
        let _ = v;
        rank
    };
    let want: Vec<f64> = all.iter().map(|&v| if v > 60.0 { next(v) } else { v }).collect();
    for tile in [None, Some(vec![3, 7]), Some(vec![41, 100])] {
        c.force_tile(tile);
        assert_eq!(values(&c, &placed), want);
    }
    let short = expr::arange(Scalar::new(0.0), Scalar::new(1.0), selected - 1);
    let wrong = expr::place(&x, &mask, &short, false).unwrap();
    assert!(matches!(computed(&c, &wrong), Err(Error::Value(_))));
}

#[test]
fn arithmetic_on_what_is_replaced_needs_no_count() {
    let c = context();
    let all = floats(10_000);
    let x = array(all.clone(), &[100, 100], DType::F64);
    let mask = above(&x, 60.0);
    let doubled =
        apply(Op::Add, &[&expr::select(&x, &mask, 0, true).unwrap(), &expr::select(&x, &mask, 0, true).unwrap()]);
    let after = expr::place(&x, &mask, &doubled, true).unwrap();
    assert!(!after.counts());
    assert_eq!(values(&c, &after), all.iter().map(|&v| if v > 60.0 { v + v } else { v }).collect::<Vec<_>>());
}

#[test]
fn memory_that_changes_is_counted_again() {
    let c = context();
    let shared = Arc::new(Shared(UnsafeCell::new(floats(6_000))));
    let x = expr::source(memory(&shared, &[6_000], DType::F64));
    let selected = expr::select(&x, &above(&x, 0.0), 0, true).unwrap();
    let before = values(&c, &selected).len();
    let resolved = c.resolve(std::slice::from_ref(&selected), &Run::default()).unwrap().remove(0);
    assert!(shape::is_known(resolved.shape()));
    assert_eq!(values(&c, &resolved).len(), before);
    // SAFETY: nothing is being computed.
    unsafe { (&mut *shared.0.get())[5] = 1000.0 };
    assert_eq!(values(&c, &selected).len(), before + usize::from(floats(6)[5] <= 0.0));
    // SAFETY: nothing is being computed.
    unsafe { (&mut *shared.0.get()).fill(-1.0) };
    assert!(values(&c, &selected).is_empty());
    assert!(matches!(computed(&c, &resolved), Err(Error::SourceChanged { .. })));
}

#[test]
fn private_memory_is_counted_once() {
    let c = context();
    let x = array(floats(4 << 20), &[4 << 20], DType::F64);
    let selected = expr::select(&x, &above(&x, 0.0), 0, false).unwrap();
    let one = values(&c, &sum(&selected));
    let first = c.resolve(std::slice::from_ref(&selected), &Run::default()).unwrap().remove(0);
    let second = c.resolve(&[apply(Op::Negative, &[&selected])], &Run::default()).unwrap().remove(0);
    assert_eq!(first.shape(), second.shape());
    assert!(!first.counts() && !second.counts());
    assert_eq!(values(&c, &sum(&first)), one);
}
