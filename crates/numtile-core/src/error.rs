//! One error type for the whole engine; each variant knows which NumPy exception it becomes.

use std::path::PathBuf;
use std::sync::Arc;

use thiserror::Error;

/// The result of anything in the engine that can fail.
pub type Result<T> = std::result::Result<T, Error>;

/// What went wrong, in a sentence for the user.
#[derive(Debug, Error, Clone)]
pub enum Error {
    /// A value or shape that does not fit (`ValueError`).
    #[error("{0}")]
    Value(String),
    /// An operation that the element types do not have (`TypeError`).
    #[error("{0}")]
    Type(String),
    /// An index outside its axis (`IndexError`).
    #[error("{0}")]
    Index(String),
    /// An axis that does not exist (`numpy.exceptions.AxisError`).
    #[error("axis {axis} is out of bounds for array of dimension {ndim}")]
    Axis {
        /// The axis asked for.
        axis: i64,
        /// The number of dimensions there are.
        ndim: usize,
    },
    /// A Python integer that does not fit its element type (`OverflowError`).
    #[error("{0}")]
    Overflow(String),
    /// A plan whose smallest form exceeds the budget (`MemoryError`).
    #[error("{operator} needs at least {need} bytes, but the memory budget allows {allowance} bytes. {advice}")]
    Budget {
        /// The operator with the greatest need.
        operator: String,
        /// Bytes needed by the smallest plan.
        need: u64,
        /// Bytes the budget allows.
        allowance: u64,
        /// What would help.
        advice: String,
    },
    /// A result that does not fit what the machine has left (`MemoryError`).
    #[error("{0}")]
    Memory(String),
    /// A file that cannot be opened, read or written (`OSError` with its errno).
    #[error("{}: {message}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The operating system's error number, if there is one.
        errno: Option<i32>,
        /// What was being done and how it failed.
        message: String,
    },
    /// A file whose contents are not what its format says (`ValueError`).
    #[error("{}: {message}", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        message: String,
    },
    /// A source that changed between planning and reading (`SourceChangedError`).
    #[error("{}: {message}", path.display())]
    SourceChanged {
        /// The file.
        path: PathBuf,
        /// What changed.
        message: String,
    },
    /// Something that needs a number where a shape has a symbol: whoever asked counts the masks and asks again.
    #[error("a length is not known before its mask is counted")]
    Uncounted,
    /// The evaluation was cancelled (`KeyboardInterrupt` or `CancelledError`).
    #[error("the evaluation was cancelled")]
    Cancelled,
    /// What a function of the user's raised, to be raised again as it is.
    #[error("{0}")]
    Raised(Arc<dyn std::error::Error + Send + Sync>),
    /// Something that numtile does not do yet (`NotImplementedError`).
    #[error("{0}")]
    NotImplemented(String),
    /// A broken invariant of the engine itself (`RuntimeError`); never the user's fault.
    #[error("internal error, please report it: {0}")]
    Internal(String),
}

impl Error {
    /// A `ValueError`.
    pub fn value(message: impl Into<String>) -> Error {
        Error::Value(message.into())
    }

    /// A `TypeError`.
    pub fn type_(message: impl Into<String>) -> Error {
        Error::Type(message.into())
    }

    /// An `OSError` about `path`.
    pub fn io(path: impl Into<PathBuf>, doing: &str, error: &std::io::Error) -> Error {
        Error::Io { path: path.into(), errno: error.raw_os_error(), message: format!("{doing}: {error}") }
    }

    /// A `ValueError` about the contents of `path`.
    pub fn format(path: impl Into<PathBuf>, message: impl Into<String>) -> Error {
        Error::Format { path: path.into(), message: message.into() }
    }

    /// A `SourceChangedError` about a mask that no longer selects what was counted.
    pub fn mask_changed() -> Error {
        Error::SourceChanged {
            path: "mask".into(),
            message: "selects other elements than when they were counted: memory that it reads was written to".into(),
        }
    }

    /// A broken invariant.
    pub fn internal(message: impl Into<String>) -> Error {
        Error::Internal(message.into())
    }
}
