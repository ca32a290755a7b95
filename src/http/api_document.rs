//! The OpenAPI document of the API, for the page that is drawn from it: pages and API do not know each other.

use serde_json::Value;

/// The whole document, parsed.
#[derive(Debug)]
pub struct ApiDocument(pub Value);
