//! What `GET /models` gives, for the OpenAPI document. Entries pass with the model server's own bytes: no value of these types is ever
//! made.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
pub(in crate::api) struct ModelList {
    /// `list`
    object: String,
    data: Vec<Model>,
    total_count: u64,
    #[schema(inline)]
    links: ListLinks,
}

#[derive(Deserialize, ToSchema)]
struct ListLinks {
    /// Always null: the list is whole.
    next: Option<String>,
}

#[derive(Deserialize, ToSchema)]
pub(in crate::api) struct Model {
    #[schema(example = "openai/gpt-4o")]
    id: String,
    /// `model`
    object: String,
    /// Seconds since 1970; 0 where the model server does not say.
    created: i64,
    owned_by: String,
    canonical_slug: String,
    name: String,
    /// In tokens, where known.
    context_length: Option<u64>,
    #[schema(value_type = Object)]
    architecture: Value,
    #[schema(inline)]
    pricing: Pricing,
    #[schema(value_type = Object)]
    top_provider: Value,
    supported_parameters: Vec<String>,
    #[schema(value_type = Object)]
    links: Value,
    #[serde(flatten)]
    others: HashMap<String, Value>,
}

/// USD for a token, as texts.
#[derive(Deserialize, ToSchema)]
struct Pricing {
    #[schema(example = "0.0000025")]
    prompt: String,
    #[schema(example = "0.00001")]
    completion: String,
}

#[derive(Deserialize, ToSchema)]
pub(in crate::api) struct ModelCount {
    #[schema(inline)]
    data: Count,
}

#[derive(Deserialize, ToSchema)]
struct Count {
    count: u64,
}
