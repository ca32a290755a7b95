//! Whether a request is sent, and why not.

/// A request that is sent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Kept {
    /// The part of its like that is kept: the rate, or 1 for what is kept whatever the rate. None: there is no sampling.
    pub weight: Option<f64>,
    /// Whether it is kept whatever the rate.
    pub always: bool,
}

impl Kept {
    /// There is no sampling.
    pub(super) const ALWAYS: Self = Self { weight: None, always: false };
}

/// Why a request is not sent: the first rule that says no.
/// Ordered as it is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LeftOut {
    KeyExcluded,
    KeyNotIncluded,
    /// A filter rule, or all rules of a group of which one must hold. They are counted from 1 through all groups.
    Rules {
        first: usize,
        last: usize,
        /// Whether one of them is about content that is not there.
        without_content: bool,
    },
    /// Its session is not among those that are kept.
    Sampled,
    /// The budget of the day was used up. [`Rules`](super::Rules) do not say it: they know no other requests.
    Budget,
}
