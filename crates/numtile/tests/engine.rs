//! The whole engine through its front door: the same answers from memory and files, at every tiling.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use std::path::PathBuf;
use std::sync::Arc;

use numtile::expr::{self, Operand};
use numtile::view::{self, Index};
use numtile::{Config, Context, DType, Error, Expr, Layout, Op, OpenOptions, Purpose, ReduceOp, Run, Scalar};

fn context() -> Context {
    Context::new(Config { memory: Some(64 << 20), threads: Some(2), ..Config::default() })
}

/// A float64 array in memory.
fn array(values: Vec<f64>, shape: &[usize]) -> Expr {
    let layout = Layout::c_order(0, shape, 8);
    let values = Arc::new(values);
    // SAFETY: the vector lives as long as the source, which keeps it.
    let source = unsafe {
        numtile::memory_source(values.as_ptr().cast(), layout, DType::F64, false, Box::new(values.clone()), "test")
    };
    expr::source(source)
}

fn counting(shape: &[usize]) -> Expr {
    array((0..shape.iter().product::<usize>()).map(|i| (i as f64 * 0.7).sin() * 100.0).collect(), shape)
}

fn values(context: &Context, expr: &Expr) -> Vec<f64> {
    let results = context.compute(&[expr::cast(expr, DType::F64)], &Run::default()).unwrap();
    // SAFETY: the evaluation is over.
    let bytes = unsafe { results[0].buffer.as_slice() };
    bytes[..expr.size() * 8].chunks_exact(8).map(|b| f64::from_le_bytes(b.try_into().unwrap())).collect()
}

fn apply(op: Op, operands: &[&Expr]) -> Expr {
    let operands: Vec<Operand> = operands.iter().map(|e| Operand::Array((*e).clone())).collect();
    expr::map(op, &operands).unwrap()
}

fn all(expr: &Expr, op: ReduceOp, axes: Option<&[i64]>) -> Expr {
    expr::reduce(expr, op, axes, false, None, 0.0).unwrap()
}

struct TemporaryFile(PathBuf);

impl TemporaryFile {
    fn new(name: &str) -> TemporaryFile {
        TemporaryFile(std::env::temp_dir().join(format!("numtile-engine-{}-{name}.npy", std::process::id())))
    }
}

impl Drop for TemporaryFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// The same expression from a file.
fn filed(context: &Context, expr: &Expr, name: &str) -> (Expr, TemporaryFile) {
    let file = TemporaryFile::new(name);
    context.save(&[(file.0.clone(), expr.clone())], &Run::default()).unwrap();
    (expr::source(numtile::open(&file.0, &OpenOptions::default()).unwrap()), file)
}

#[test]
fn elementwise_with_broadcasting() {
    let c = context();
    let (a, b) = (counting(&[300, 1]), counting(&[70]));
    let sum = apply(Op::Add, &[&a, &b]);
    assert_eq!(sum.shape(), [300, 70]);
    let (x, y) = (values(&c, &a), values(&c, &b));
    let want: Vec<f64> = x.iter().flat_map(|x| y.iter().map(move |y| x + y)).collect();
    assert_eq!(values(&c, &sum), want);
}

#[test]
fn views_of_views() {
    let c = context();
    let x = counting(&[40, 50, 6]);
    let t = view::transpose(&x, &[2, 0, 1]).unwrap();
    let s = view::index(&t, &[Index::Ellipsis, Index::Range { start: None, stop: None, step: -3 }]).unwrap();
    let f = view::reshape(&s, &[-1, 17]).unwrap();
    let doubled = apply(Op::Add, &[&f, &f]);
    let raw = values(&c, &x);
    let mut want = Vec::new();
    for k in 0..6 {
        for i in 0..40 {
            for j in (0..50).rev().step_by(3) {
                want.push(2.0 * raw[(i * 50 + j) * 6 + k]);
            }
        }
    }
    assert_eq!(values(&c, &doubled), want);
    let (file, _keep) = filed(&c, &x, "views");
    let t = view::transpose(&file, &[2, 0, 1]).unwrap();
    let s = view::index(&t, &[Index::Ellipsis, Index::Range { start: None, stop: None, step: -3 }]).unwrap();
    assert_eq!(values(&c, &apply(Op::Add, &[&s, &s])), want);
    assert_eq!(values(&c, &apply(Op::Add, &[&view::reshape(&s, &[-1, 17]).unwrap(), &f])), want);
}

#[test]
fn reductions_do_not_depend_on_tiles() {
    let c = context();
    let x = counting(&[300, 71, 9]);
    let (file, _keep) = filed(&c, &x, "reductions");
    for op in [ReduceOp::Sum, ReduceOp::Mean, ReduceOp::Var, ReduceOp::Min, ReduceOp::ArgMax] {
        for axes in [None, Some(&[0][..]), Some(&[1]), Some(&[2]), Some(&[0, 2]), Some(&[0, 1]), Some(&[1, 2])] {
            if op == ReduceOp::ArgMax && axes.is_some_and(|a| a.len() > 1) {
                continue;
            }
            c.force_tile(None);
            let want = values(&c, &all(&x, op, axes));
            for tile in [vec![40, 5, 1], vec![300, 1, 9], vec![64, 71, 1], vec![17, 17, 17]] {
                c.force_tile(Some(tile.clone()));
                assert_eq!(values(&c, &all(&x, op, axes)), want, "{op:?} {axes:?} {tile:?}");
                assert_eq!(values(&c, &all(&file, op, axes)), want, "{op:?} {axes:?} {tile:?} from a file");
            }
        }
    }
}

#[test]
fn sums_are_right() {
    let c = context();
    let x = counting(&[300, 71, 9]);
    let raw = values(&c, &x);
    let total: f64 = raw.iter().sum();
    assert!((values(&c, &all(&x, ReduceOp::Sum, None))[0] - total).abs() < 1e-6);
    let middle = values(&c, &all(&x, ReduceOp::Sum, Some(&[1])));
    for i in 0..300 {
        for k in 0..9 {
            let want: f64 = (0..71).map(|j| raw[(i * 71 + j) * 9 + k]).sum();
            assert!((middle[i * 9 + k] - want).abs() < 1e-9);
        }
    }
    let largest = values(&c, &all(&x, ReduceOp::ArgMax, None))[0] as usize;
    assert!(raw.iter().all(|&v| v <= raw[largest]));
}

#[test]
fn standardisation_in_two_passes() {
    let c = context();
    let x = counting(&[2000, 33]);
    let (file, _keep) = filed(&c, &x, "standard");
    let standard = |x: &Expr| {
        let centred = apply(Op::Subtract, &[x, &all(x, ReduceOp::Mean, Some(&[0]))]);
        apply(Op::Divide, &[&centred, &all(x, ReduceOp::Std, Some(&[0]))])
    };
    let from_memory = values(&c, &standard(&x));
    assert_eq!(values(&c, &standard(&file)), from_memory);
    assert!(c.last_run().unwrap().bytes_read >= 2 * 2000 * 33 * 8);
    let column: Vec<f64> = from_memory.iter().step_by(33).copied().collect();
    assert!((column.iter().sum::<f64>() / 2000.0).abs() < 1e-12);
    assert!((column.iter().map(|v| v * v).sum::<f64>() / 2000.0 - 1.0).abs() < 1e-12);
}

#[test]
fn joined_and_selected() {
    let c = context();
    let (a, b) = (counting(&[5, 4]), counting(&[7, 4]));
    let joined = expr::concatenate(&[a.clone(), apply(Op::Negative, &[&b])], 0).unwrap();
    let index = expr::cast(&array(vec![11.0, 0.0, -1.0, 5.0, 4.0, 5.0], &[3, 2]), DType::I64);
    let (x, y) = (values(&c, &a), values(&c, &b));
    let all_rows: Vec<f64> = x.iter().copied().chain(y.iter().map(|v| -v)).collect();
    assert_eq!(values(&c, &joined), all_rows);
    let want: Vec<f64> =
        [11, 0, 11, 5, 4, 5].iter().flat_map(|&r: &usize| all_rows[r * 4..r * 4 + 4].to_vec()).collect();
    let taken = expr::take(&joined, &index, 0).unwrap();
    assert_eq!(taken.shape(), [3, 2, 4]);
    assert_eq!(values(&c, &taken), want);
    let (file, _keep) = filed(&c, &joined, "taken");
    assert_eq!(values(&c, &expr::take(&file, &index, 0).unwrap()), want);
    let across = expr::take(&view::transpose(&file, &[1, 0]).unwrap(), &index, 1).unwrap();
    let back = view::transpose(&across, &[1, 2, 0]).unwrap();
    assert_eq!(values(&c, &back), want);
    let too_far = expr::take(&a, &expr::constant(Scalar::new(5i64)), 0).unwrap();
    let error = c.compute(&[too_far], &Run::default()).unwrap_err();
    assert_eq!(error.to_string(), "index 5 is out of bounds for axis 0 with size 5");
}

#[test]
fn sequences_and_empty_arrays() {
    let c = context();
    let line = expr::arange(Scalar::new(3i64), Scalar::new(5i64), 20);
    let grid = view::transpose(&view::reshape(&line, &[4, 5]).unwrap(), &[1, 0]).unwrap();
    let got = values(&c, &grid);
    assert_eq!(&got[..5], [3.0, 13.0, 23.0, 33.0, 5.0]);
    let empty = counting(&[0, 3]);
    assert_eq!(values(&c, &all(&empty, ReduceOp::Sum, Some(&[0]))), [0.0; 3]);
    assert!(values(&c, &empty).is_empty());
    assert!(values(&c, &all(&empty, ReduceOp::Mean, None))[0].is_nan());
    assert!(matches!(expr::reduce(&empty, ReduceOp::Min, None, false, None, 0.0), Err(Error::Value(_))));
}

#[test]
fn long_chains() {
    let c = context();
    let mut x = counting(&[100]);
    let one = Operand::Float(1.0);
    for _ in 0..100_000 {
        x = expr::map(Op::Add, &[Operand::Array(x), one.clone()]).unwrap();
    }
    assert!((values(&c, &x)[0] - 100_000.0).abs() < 1e-6);
}

#[test]
fn the_budget_refuses_and_holds() {
    let c = Context::new(Config { memory: Some(8 << 20), threads: Some(2), ..Config::default() });
    let x = counting(&[3000, 800]);
    let (file, _keep) = filed(&context(), &x, "budget");
    let sum = all(&file, ReduceOp::Sum, Some(&[0]));
    assert_eq!(values(&c, &sum), values(&context(), &sum));
    let report = c.last_run().unwrap();
    assert!(report.measured_peak <= report.projected_peak && report.projected_peak <= 8 << 20, "{report:?}");
    let huge = expr::full(&[4096, 1 << 22], Scalar::new(1.0)).unwrap();
    let wide = all(&huge, ReduceOp::Sum, Some(&[0]));
    let needs_it = apply(Op::Add, &[&wide, &wide]);
    let explained = |exprs: &[Expr]| c.explain(exprs, Purpose::default(), &Run::default());
    assert!(explained(std::slice::from_ref(&needs_it)).is_ok(), "what does not fit waits in scratch");
    c.configure(&Config { scratch_limit: Some(1 << 20), ..Config::default() }).unwrap();
    assert!(matches!(explained(&[needs_it]), Err(Error::Io { .. })));
}

#[test]
fn channels_are_read_once() {
    let c = context();
    let x = counting(&[200, 300, 3]);
    let (file, _keep) = filed(&c, &x, "channels");
    let channel = |x: &Expr, n| view::index(x, &[Index::Ellipsis, Index::At(n)]).unwrap();
    let mixed =
        |x: &Expr| apply(Op::Subtract, &[&channel(x, 2), &apply(Op::Multiply, &[&channel(x, 0), &channel(x, 1)])]);
    assert_eq!(values(&c, &mixed(&file)), values(&c, &mixed(&x)));
    values(&c, &mixed(&file));
    assert_eq!(c.last_run().unwrap().bytes_read, 200 * 300 * 3 * 8);
}

#[test]
fn a_stopped_evaluation_leaves_nothing_reserved() {
    let c = context();
    let (file, _keep) = filed(&c, &counting(&[3000, 1000]), "stopped");
    let stop = || true;
    for _ in 0..3 {
        let outcome = c
            .compute(&[all(&apply(Op::Sin, &[&file]), ReduceOp::Sum, None)], &Run { cancelled: &stop, progress: None });
        assert!(matches!(outcome, Ok(_) | Err(Error::Cancelled)), "{outcome:?}");
        assert_eq!(c.memory().reserved, 0);
    }
}
