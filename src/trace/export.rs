//! One completed request on its way into a body: what encoders write from.

use super::Trace;
use crate::completed_request::CompletedRequest;
use crate::id::AccountId;

/// A completed request, its trace, and whose it is.
#[derive(Debug, Clone, Copy)]
pub struct Export<'a> {
    pub request: &'a CompletedRequest<'a>,
    pub trace: &'a Trace<'a>,
    pub account: AccountId,
}

impl Export<'_> {
    /// The API key that the request came with, by its id: names of keys are not recorded, and the worker reaches no keys.
    pub fn api_key(&self) -> Option<String> {
        self.request.api_key.map(|key| key.to_string())
    }
}
