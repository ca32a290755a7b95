//! The steps of a connection test that belong to a kind (spec 7.6).

use std::ops::RangeInclusive;

use bytes::Bytes;
use url::Url;

use super::{Header, Method, Request};

/// One step, done once the receiver is reached. The first that fails ends the test.
#[derive(Debug, Clone)]
pub enum TestStep {
    /// Sends a request without traces. A receiver that must be asked several times gets the next one after each pause of
    /// [`crate::connection_test::PAUSES`].
    Empty { times: usize },
    /// Asks the receiver something that only the right settings can answer.
    Check(Check),
    /// Sends one real trace.
    Trace,
}

/// A question to the receiver, and how its answer is read.
#[derive(Debug, Clone)]
pub struct Check {
    pub method: Method,
    pub url: Url,
    pub headers: Vec<Header>,
    pub body: Bytes,
    /// The statuses that pass.
    pub expected: RangeInclusive<u16>,
    /// What the answer says about where traces go.
    pub shown: &'static [Shown],
}

/// A name in the answer to a [`Check`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shown {
    /// What has this name, for example `project`.
    pub what: &'static str,
    /// Where it stands in the answer, as a JSON pointer.
    pub pointer: &'static str,
}

impl Check {
    pub fn request(&self) -> Request {
        Request { method: self.method, url: self.url.clone(), headers: self.headers.clone(), body: self.body.clone() }
    }
}
