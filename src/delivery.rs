//! What becomes of a batch at a destination, and how long to wait after a failure. Pure.

mod back_off;
pub mod confirmation;
mod dead_letter;
mod decide;
mod health;
mod outcome;
pub mod poison;

pub use self::back_off::{ATTENTION, Pauses, backoff, unit};
pub use self::dead_letter::DeadLetterReason;
pub use self::decide::{MOST_DEAD_LETTERS, MOST_SERVER_ERRORS, Part, Step, decide};
pub use self::health::Health;
pub use self::outcome::{Attention, Outcome, Refusal, WaitReason};
