//! When, and with what.
//!
//! [`executor`] runs the passes of a plan; [`flow`] moves the tiles of one pass through reading, computing and writing;
//! [`tile`] is what happens to one tile; [`join`] combines partial reductions in the fixed tree; [`scheduler`] owns the
//! threads; [`admission`] waits for memory, and [`rehearsal`] shows that it suffices; [`nested`] knows of evaluations inside
//! functions of the user's.

pub mod admission;
pub mod direct;
pub mod executor;
pub mod flow;
pub mod join;
pub mod metrics;
pub mod nested;
pub mod rehearsal;
pub mod scheduler;
pub mod tile;

pub use admission::{Admitted, admit};
pub use executor::{Control, Destination, Place, execute};
pub use metrics::{Progress, Report};
pub use rehearsal::rehearse;
pub use scheduler::Scheduler;
