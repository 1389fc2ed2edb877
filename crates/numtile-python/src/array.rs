//! `numtile.Array`: a lazy value with NumPy's behaviour.
//!
//! The class holds an expression; each file of this folder gives it one side of NumPy's `ndarray`.

mod assign;
mod index;
mod look;
mod methods;
mod operators;
mod properties;
mod protocols;

use std::sync::{Mutex, MutexGuard, PoisonError};

use pyo3::prelude::*;

use crate::engine::Expr;

pub(crate) use look::compute_all;
pub(crate) use operators::apply;

/// A lazy array: what to compute, not the result of it.
///
/// Operators and NumPy's functions build larger expressions and compute nothing. Looking at it does: `np.asarray(x)`,
/// `float(x)`, `print(x)`, `x.compute()`.
#[pyclass(frozen, weakref, module = "numtile", name = "Array")]
pub(crate) struct Array {
    value: Mutex<Value>,
}

/// What an `Array` holds.
#[derive(Clone)]
pub(crate) struct Value {
    /// The expression.
    pub expr: Expr,
    /// True when memory that somebody may still write to is upstream, so that results must not be remembered.
    pub live: bool,
}

impl Value {
    /// The value of another expression of the same origin.
    pub(crate) fn with(&self, expr: Expr) -> Value {
        Value { expr, live: self.live }
    }
}

impl Array {
    /// A new Python object's worth of a value.
    pub(crate) fn of(value: Value) -> Array {
        Array { value: Mutex::new(value) }
    }

    /// What it holds now.
    pub(crate) fn value(&self) -> Value {
        self.lock().clone()
    }

    /// The expression it holds now.
    pub(crate) fn expr(&self) -> Expr {
        self.lock().expr.clone()
    }

    /// Puts another value in its place: all names of this Python object see it.
    pub(crate) fn replace(&self, value: Value) {
        let previous = std::mem::replace(&mut *self.lock(), value);
        // Dropped outside the lock: it may be a large graph.
        drop(previous);
    }

    fn lock(&self) -> MutexGuard<'_, Value> {
        // A value is replaced whole, so a poisoned lock guards a whole one too.
        self.value.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
