//! What becomes of a batch at a destination, and how long to wait after a failure. Pure.

mod back_off;
mod outcome;

pub use self::back_off::{backoff, unit};
pub use self::outcome::{Attention, Outcome, Refusal, WaitReason};
