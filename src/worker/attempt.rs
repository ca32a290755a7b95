//! One request to a destination, and what came of it.

use std::time::Duration;

use crate::delivery::Outcome;
use crate::destination::Connection;
use crate::egress::Error;
use crate::otlp::answer::{Evidence, Response};

/// A request that was made.
#[derive(Debug)]
pub(super) struct Attempt {
    /// What it means.
    pub(super) outcome: Outcome,
    /// The HTTP status, if there was an answer.
    pub(super) status: Option<u16>,
    /// From looking up the name to the answer's last byte.
    pub(super) duration: Duration,
    /// What is kept of the answer.
    pub(super) evidence: Evidence,
}

impl Attempt {
    /// What an answer, or the lack of one, means where this connection leads.
    pub(super) fn of(connection: &Connection, answer: Result<Response, Error>, duration: Duration) -> Self {
        match answer {
            Ok(answer) => Self {
                outcome: connection.outcome(&answer),
                status: Some(answer.status),
                duration,
                evidence: connection.evidence(&answer),
            },
            Err(error) => Self { outcome: error.outcome(), status: None, duration, evidence: Evidence::default() },
        }
    }
}
