//! Times of the spans: whatever the clocks said, an end is never before its start, a child never outside its parent,
//! and nothing is zero. Some receivers drop other spans without a word (spec 2.1, fact 3).

use crate::clock::UnixNanos;
use crate::completed_request::{FailedAttempt, Times};

/// From start to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Period {
    pub(super) start: UnixNanos,
    pub(super) end: UnixNanos,
}

impl Period {
    /// Request received to response sent.
    pub(super) fn root(times: &Times) -> Self {
        let start = times.received.max(UnixNanos(1));
        Self { start, end: times.answered.max(start) }
    }

    /// Upstream request begun to last byte; the whole request where that is not known.
    pub(super) fn generation(self, times: &Times) -> Self {
        match times.upstream_begun {
            Some(begun) => self.inside(begun, times.upstream_ended.unwrap_or(self.end)),
            None => self,
        }
    }

    pub(super) fn attempt(self, attempt: &FailedAttempt<'_>) -> Self {
        self.inside(attempt.begun, attempt.ended)
    }

    /// The shortest period that covers both.
    pub(super) fn covering(self, other: Self) -> Self {
        Self { start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// The part of `begun..ended` that lies in this one.
    fn inside(self, begun: UnixNanos, ended: UnixNanos) -> Self {
        let start = begun.clamp(self.start, self.end);
        Self { start, end: ended.clamp(start, self.end) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn generation_without_times_of_its_own_has_the_whole_length() {
        let times = Times {
            received: UnixNanos(5),
            answered: UnixNanos(9),
            upstream_begun: None,
            first_chunk: None,
            upstream_ended: None,
        };
        assert_eq!(Period::root(&times).generation(&times), Period { start: UnixNanos(5), end: UnixNanos(9) });
    }

    proptest! {
        #[test]
        fn children_lie_inside_their_parent(received: u64, answered: u64, begun: u64, ended: Option<u64>) {
            let times = Times {
                received: UnixNanos(received),
                answered: UnixNanos(answered),
                upstream_begun: Some(UnixNanos(begun)),
                first_chunk: None,
                upstream_ended: ended.map(UnixNanos),
            };
            let root = Period::root(&times);
            let generation = root.generation(&times);
            prop_assert!(root.start.0 > 0 && root.start <= root.end);
            prop_assert!(root.start <= generation.start && generation.start <= generation.end);
            prop_assert!(generation.end <= root.end);
        }
    }
}
