//! Sampling: sessions and traces go whole or not at all.

use sha2::{Digest as _, Sha256};

use super::candidate::Candidate;
use super::decision::{Kept, LeftOut};
use crate::completed_request::{CompletedRequest, Ending};
use crate::id::DestinationId;

/// The part of all sessions that is kept: 0.0001 to 1.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Rate(f64);

impl Rate {
    pub const ALL: Self = Self(1.0);
    const LEAST: f64 = 0.0001;

    /// None: out of its bounds.
    pub fn new(rate: f64) -> Option<Self> {
        (Self::LEAST..=1.0).contains(&rate).then_some(Self(rate))
    }

    pub fn get(self) -> f64 {
        self.0
    }
}

impl Default for Rate {
    fn default() -> Self {
        Self::ALL
    }
}

/// What is kept whatever the rate. Nothing is, unless it is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct AlwaysKeep {
    /// Requests that failed or were refused.
    pub failed: bool,
    pub slower_than_ms: Option<f64>,
    /// In US dollars.
    pub dearer_than: Option<f64>,
}

/// The last of the rules.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Sampling {
    pub rate: Rate,
    pub always: AlwaysKeep,
}

impl Sampling {
    pub(super) fn judge(&self, destination: DestinationId, candidate: &Candidate<'_>) -> Result<Kept, LeftOut> {
        if self.rate == Rate::ALL {
            Ok(Kept::ALWAYS)
        } else if self.always.keeps(candidate) {
            Ok(Kept { weight: Some(1.0), always: true })
        } else if draw(destination, candidate.request) < self.rate.get() {
            Ok(Kept { weight: Some(self.rate.get()), always: false })
        } else {
            Err(LeftOut::Sampled)
        }
    }
}

impl AlwaysKeep {
    fn keeps(&self, candidate: &Candidate<'_>) -> bool {
        self.failed && matches!(candidate.request.ending, Ending::Failed { .. })
            || self.slower_than_ms.is_some_and(|most| candidate.latency_ms() > most)
            || self.dearer_than.is_some_and(|most| candidate.total_cost().is_some_and(|cost| cost > most))
    }
}

/// A number from 0 up to 1 that is the same for all requests of a session, or of a trace where there is no session.
pub fn draw(destination: DestinationId, request: &CompletedRequest<'_>) -> f64 {
    let context = &request.context;
    let whole = context.session_id.as_deref().or(context.trace_id.as_deref()).unwrap_or(request.id.as_str());
    let hash = Sha256::new_with_prefix(destination.0).chain_update(whole).finalize();
    let number = u64::from_be_bytes(hash.first_chunk().copied().unwrap_or_default());
    // Both are rounded the same way on every machine: the draw is part of the product.
    #[expect(clippy::cast_precision_loss, reason = "2⁻⁵³ is finer than any rate")]
    let fraction = number as f64 / 2f64.powi(64);
    fraction
}
