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
    /// The name of the API key that the request came with; its id, where the name is not recorded.
    pub fn api_key(&self) -> Option<String> {
        let CompletedRequest { api_key_name, api_key, .. } = self.request;
        api_key_name.as_deref().map(str::to_owned).or_else(|| api_key.map(|key| key.to_string()))
    }
}
