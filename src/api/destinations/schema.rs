//! Destinations as they are sent and answered, in the shape of OpenRouter's, whose SDKs take one without all of its members for a type
//! that they do not know.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct DestinationList {
    pub(super) data: Vec<Destination>,
    /// How many there are in all.
    pub(super) total_count: usize,
}

#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct DestinationAnswer {
    pub(super) data: Destination,
}

#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct Deleted {
    pub(in crate::api) deleted: bool,
}

#[expect(clippy::struct_excessive_bools, reason = "OpenRouter has so many")]
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct Destination {
    #[schema(format = "uuid")]
    pub(super) id: String,
    /// The account's id: it has one workspace.
    #[schema(format = "uuid")]
    pub(super) workspace_id: String,
    pub(super) name: Option<String>,
    /// False: paused. Its requests wait.
    pub(super) enabled: bool,
    /// Whether prompts and completions are kept from it.
    pub(super) privacy_mode: bool,
    /// Whether the cost and the price of each part of the tokens go with a trace.
    pub(super) broadcast_generation_cost: bool,
    /// Whether the account's id, the API key's id and name, and the id of the member who made it go with it. Privacy Mode does not keep them back.
    pub(super) broadcast_generation_identity: bool,
    /// Whether it says with which program a request was made, and in how many attempts.
    pub(super) broadcast_generation_request_context: bool,
    /// Whether the caller's tags go with it, and tokens and cost of each part where these add up to what was charged.
    pub(super) broadcast_generation_cost_allocation: bool,
    /// The part of all requests that is sent.
    pub(super) sampling_rate: f64,
    /// Only requests with these keys are sent. Null: with any.
    #[schema(value_type = Option<Vec<String>>)]
    pub(super) api_key_hashes: Value,
    /// Requests with these keys are not sent.
    #[schema(value_type = Option<Vec<String>>)]
    pub(super) excluded_api_key_hashes: Value,
    /// Only requests that these rules let through are sent.
    #[schema(value_type = Option<Object>)]
    pub(super) filter_rules: Value,
    /// Requests that are sent though sampling would leave them out: `failed`, `slower_than_ms`, `dearer_than_usd`.
    #[schema(value_type = Option<Object>)]
    pub(super) always_keep: Value,
    /// The most `requests` that are sent on one day (UTC), and what becomes of those `beyond`: `leave_out`, or `hold` until the next day. Null:
    /// no limit.
    #[schema(value_type = Option<Object>)]
    pub(super) daily_budget: Value,
    /// What is looked for in texts, and what becomes of it.
    #[schema(value_type = Detectors)]
    pub(super) redaction: Value,
    /// What of a request is sent at all.
    #[schema(value_type = SentFields)]
    pub(super) fields: Value,
    pub(super) regions: Vec<String>,
    #[schema(format = "date-time")]
    pub(super) created_at: String,
    #[schema(format = "date-time")]
    pub(super) updated_at: String,
    /// For example `sentry`. What OpenRouter does not know is an `otel-collector` with `config.preset`.
    #[serde(rename = "type")]
    pub(super) kind: String,
    /// The kind's fields. Secrets are masked.
    #[schema(value_type = Object)]
    pub(super) config: Map<String, Value>,
    /// Counts its changes; also in the header `ETag`.
    pub(super) revision: i32,
    pub(super) status: Status,
    /// The connection test that the stored values passed: its steps, what was sent, what was answered.
    #[schema(value_type = Object)]
    pub(super) last_test: Value,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DestinationStatus)]
pub(in crate::api) struct Status {
    /// `healthy`, `behind`, `paused`, `failing`, `needs_attention` or `switched_off`.
    pub(super) state: &'static str,
    /// Since when it is not healthy.
    pub(super) since: Option<String>,
    /// The receiver's answer or the failure, in a sentence.
    pub(super) reason: Option<String>,
    /// When waiting requests are tried again.
    pub(super) next_attempt_at: Option<String>,
    pub(super) last_success_at: Option<String>,
    /// Requests delivered so far.
    pub(super) delivered: i64,
    /// Requests that wait, counted up to 10,000.
    pub(super) waiting: i64,
    /// Requests that the receiver refused for good, counted up to 10,000.
    pub(super) dead_letters: i64,
    /// Requests that today's budget (UTC) has counted. Null: there is no budget.
    pub(super) requests_today: Option<u64>,
    /// The budget is used up, and what waits is sent from then on.
    pub(super) held_until: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[schema(example = json!({
    "type": "sentry",
    "name": "Production",
    "config": {
        "dsn": "https://0123456789abcdef0123456789abcdef@o123.ingest.us.sentry.io/456",
        "otlpEndpoint": "https://o123.ingest.us.sentry.io/api/456/integration/otlp/v1/traces"
    }
}))]
#[expect(dead_code, reason = "read by the derive of the OpenAPI document only")]
pub(in crate::api) struct CreateDestination {
    #[serde(rename = "type")]
    kind: String,
    name: String,
    /// The kind's fields; for a preset also `preset`.
    #[schema(value_type = Object)]
    config: Value,
    /// True where it is missing.
    enabled: Option<bool>,
    privacy_mode: Option<bool>,
    /// From 0.0001 to 1. Whole sessions stay together.
    sampling_rate: Option<f64>,
    /// Only requests with these keys are sent. Null: with any.
    api_key_hashes: Option<Vec<String>>,
    /// Requests with these keys are not sent.
    excluded_api_key_hashes: Option<Vec<String>>,
    /// `{"groups":[{"logic":"and","rules":[{"field","operator","value"}]}]}`. Null: everything passes.
    #[schema(value_type = Option<Object>)]
    filter_rules: Option<Value>,
    /// What sampling never leaves out: `failed`, `slower_than_ms`, `dearer_than_usd`.
    #[schema(value_type = Option<Object>)]
    always_keep: Option<Value>,
    /// `{"requests":5000,"beyond":"leave_out"}`: the most requests that are sent on one day (UTC), and what becomes of those beyond, `leave_out`
    /// or `hold` until the next day. Null: no limit.
    #[schema(value_type = Option<Object>)]
    daily_budget: Option<Value>,
    /// What is looked for in texts, and what becomes of it. Null: nothing is looked for.
    redaction: Option<Detectors>,
    /// What of a request is sent at all. Null: everything.
    fields: Option<SentFields>,
    /// Whether the cost and the price of each part of the tokens go with a trace.
    broadcast_generation_cost: Option<bool>,
    /// Whether the account's id, the API key's id and name, and the id of the member who made it go with it. Privacy Mode does not keep them back.
    broadcast_generation_identity: Option<bool>,
    /// Whether it says with which program a request was made, and in how many attempts.
    broadcast_generation_request_context: Option<bool>,
    /// Whether the caller's tags go with it, and tokens and cost of each part where these add up to what was charged.
    broadcast_generation_cost_allocation: Option<bool>,
    /// Not yet: `["global"]` only.
    regions: Option<Vec<String>>,
    workspace_id: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[schema(example = json!({
    "type": "otel-collector",
    "config": { "endpoint": "https://collector.example.com/v1/traces", "headers": { "Authorization": "Bearer 0123456789abcdef" } }
}))]
#[expect(dead_code, reason = "read by the derive of the OpenAPI document only")]
pub(in crate::api) struct TestDestination {
    #[serde(rename = "type")]
    kind: String,
    /// The kind's fields; for a preset also `preset`.
    #[schema(value_type = Object)]
    config: Value,
}

#[derive(Deserialize, ToSchema)]
#[schema(example = json!({ "name": "Production", "enabled": false }))]
#[expect(dead_code, reason = "read by the derive of the OpenAPI document only")]
pub(in crate::api) struct UpdateDestination {
    name: Option<String>,
    /// Merged into the stored one. A masked value means "unchanged".
    #[schema(value_type = Option<Object>)]
    config: Option<Value>,
    enabled: Option<bool>,
    privacy_mode: Option<bool>,
    /// From 0.0001 to 1. Whole sessions stay together.
    sampling_rate: Option<f64>,
    /// Only requests with these keys are sent. Null: with any.
    api_key_hashes: Option<Vec<String>>,
    /// Requests with these keys are not sent.
    excluded_api_key_hashes: Option<Vec<String>>,
    /// `{"groups":[{"logic":"and","rules":[{"field","operator","value"}]}]}`. Null: everything passes.
    #[schema(value_type = Option<Object>)]
    filter_rules: Option<Value>,
    /// What sampling never leaves out: `failed`, `slower_than_ms`, `dearer_than_usd`.
    #[schema(value_type = Option<Object>)]
    always_keep: Option<Value>,
    /// `{"requests":5000,"beyond":"leave_out"}`: the most requests that are sent on one day (UTC), and what becomes of those beyond, `leave_out`
    /// or `hold` until the next day. Null: no limit.
    #[schema(value_type = Option<Object>)]
    daily_budget: Option<Value>,
    /// What is looked for in texts, and what becomes of it. Null: nothing is looked for.
    redaction: Option<Detectors>,
    /// What of a request is sent at all. Null: everything.
    fields: Option<SentFields>,
    /// Whether the cost and the price of each part of the tokens go with a trace.
    broadcast_generation_cost: Option<bool>,
    /// Whether the account's id, the API key's id and name, and the id of the member who made it go with it. Privacy Mode does not keep them back.
    broadcast_generation_identity: Option<bool>,
    /// Whether it says with which program a request was made, and in how many attempts.
    broadcast_generation_request_context: Option<bool>,
    /// Whether the caller's tags go with it, and tokens and cost of each part where these add up to what was charged.
    broadcast_generation_cost_allocation: Option<bool>,
    /// Not yet: `["global"]` only.
    regions: Option<Vec<String>>,
}

/// What becomes of a value that is found: `mask` writes its name in its place, `hash` a digest that is the same for the same value, `drop`
/// leaves out the message that it is part of. Null: it is not looked for.
#[derive(Deserialize, ToSchema)]
#[schema(example = json!({ "email": "mask", "card": "drop", "patterns": [{ "pattern": "CUST-[0-9]{6}", "action": "hash" }] }))]
#[expect(dead_code, reason = "read by the derive of the OpenAPI document only")]
pub(in crate::api) struct Detectors {
    #[schema(inline)]
    email: Option<Action>,
    #[schema(inline)]
    phone: Option<Action>,
    /// With a valid checksum.
    #[schema(inline)]
    card: Option<Action>,
    /// With a valid checksum.
    #[schema(inline)]
    iban: Option<Action>,
    #[schema(inline)]
    ip: Option<Action>,
    /// What looks like a key: known prefixes, JSON Web Tokens, private keys in PEM.
    #[schema(inline)]
    token: Option<Action>,
    #[schema(max_items = 20)]
    patterns: Option<Vec<OwnPattern>>,
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::api) enum Action {
    Mask,
    Hash,
    Drop,
}

#[derive(Deserialize, ToSchema)]
#[schema(as = DetectorPattern)]
#[expect(dead_code, reason = "read by the derive of the OpenAPI document only")]
pub(in crate::api) struct OwnPattern {
    /// A regular expression of at most 1,000 characters.
    pattern: String,
    #[schema(inline)]
    action: Action,
}

/// Names, tokens, cost and timing always go. What is missing here goes, too.
#[derive(Deserialize, ToSchema)]
#[schema(example = json!({ "system_prompt": false, "user": "hashed", "metadata": { "all_but": ["internal_*"] } }))]
#[expect(dead_code, reason = "read by the derive of the OpenAPI document only")]
pub(in crate::api) struct SentFields {
    system_prompt: Option<bool>,
    tool_definitions: Option<bool>,
    /// Arguments and results of tool calls.
    tool_content: Option<bool>,
    #[schema(inline)]
    user: Option<Name>,
    #[schema(inline)]
    session: Option<Name>,
    metadata: Option<SentMetadata>,
}

/// How the name of a user or a session goes.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::api) enum Name {
    AsIs,
    Hashed,
    LeftOut,
}

/// Either of both, with at most 50 names, in which `*` stands for any characters.
#[derive(Deserialize, ToSchema)]
#[expect(dead_code, reason = "read by the derive of the OpenAPI document only")]
pub(in crate::api) struct SentMetadata {
    #[schema(max_items = 50)]
    only: Option<Vec<String>>,
    #[schema(max_items = 50)]
    all_but: Option<Vec<String>>,
}
