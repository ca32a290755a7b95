//! The steps of a connection test that belong to a kind (spec 7.6).

use std::fmt;
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

/// A question to the receiver, and how its answer is read. Its Debug form shows no secret.
#[derive(Clone)]
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

impl fmt::Debug for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Check").field(&self.request()).finish()
    }
}

impl Check {
    /// What the answer shows, each with what has this name.
    pub fn names(&self, body: &[u8]) -> Vec<(&'static str, String)> {
        let Ok(answer) = serde_json::from_slice::<serde_json::Value>(body) else { return Vec::new() };
        let name = |shown: &Shown| {
            let name = answer.pointer(shown.pointer)?.as_str().filter(|name| !name.is_empty())?;
            Some((shown.what, name.to_owned()))
        };
        self.shown.iter().filter_map(name).collect()
    }

    pub fn request(&self) -> Request {
        Request { method: self.method, url: self.url.clone(), headers: self.headers.clone(), body: self.body.clone() }
    }
}
