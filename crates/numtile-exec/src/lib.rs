//! When, and with what.
//!
//! [`executor`] runs the passes of a plan; [`flow`] moves the tiles of one pass through reading, computing and writing;
//! [`tile`] is what happens to one tile; [`join`] combines partial reductions in the fixed tree; [`scheduler`] owns the
//! threads; [`team`] shares work with the calling thread; [`admission`] waits for memory; [`plans`] remembers plans;
//! [`rehearsal`] shows that memory suffices; [`nested`] knows of evaluations inside functions of the user's.

pub mod admission;
pub mod direct;
pub mod executor;
pub mod flow;
pub mod join;
pub mod metrics;
pub mod nested;
pub mod plans;
pub mod rehearsal;
pub mod scheduler;
pub mod team;
pub mod tile;

pub use admission::{Admitted, admit, try_admit};
pub use executor::{Control, Destination, Place, execute};
pub use metrics::{Progress, Report};
pub use rehearsal::rehearse;
pub use scheduler::Scheduler;
