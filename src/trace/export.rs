//! One completed request on its way into a body: what encoders write from.

use std::collections::HashMap;

use super::Trace;
use crate::completed_request::CompletedRequest;
use crate::id::{AccountId, ApiKeyId};

/// Names of an account's API keys, those of revoked ones among them.
pub type KeyNames = HashMap<ApiKeyId, String>;

/// Whose requests are exported.
#[derive(Debug, Clone, Copy)]
pub struct Owner<'a> {
    pub account: AccountId,
    /// Empty where the encoding names no keys.
    pub key_names: &'a KeyNames,
}

/// A completed request and its trace.
#[derive(Debug, Clone, Copy)]
pub struct Export<'a> {
    pub request: &'a CompletedRequest<'a>,
    pub trace: &'a Trace<'a>,
    pub owner: Owner<'a>,
}

impl<'a> Export<'a> {
    /// The name of the API key that the request came with.
    pub fn key_name(&self) -> Option<&'a str> {
        self.owner.key_names.get(&self.request.api_key?).map(String::as_str)
    }
}
