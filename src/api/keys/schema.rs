//! Keys in the shape of OpenRouter's, whose SDKs raise where a member is missing.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::timestamp::timestamp;
use crate::auth::api_keys::spent_with;
use crate::id::AccountId;
use crate::store::api_keys::ListedKey;
use crate::store::log::SpentByKey;

#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct KeyList {
    pub(super) data: Vec<Key>,
    /// How many there are in all.
    pub(super) total_count: usize,
}

#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct ListedKeyAnswer {
    pub(super) data: Key,
}

#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct NewKeyAnswer {
    pub(super) data: Key,
    /// The whole key, shown this once.
    #[schema(example = "tck-inf-…")]
    pub(super) key: String,
}

/// Members without a comment have always the same value here.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct Key {
    /// SHA-256 of the whole key.
    hash: String,
    name: String,
    /// Its ends.
    #[schema(example = "tck-inf-…9xYz")]
    label: String,
    /// `inference` or `management`.
    #[serde(rename = "type")]
    kind: &'static str,
    /// Whether it lets nobody in at the moment.
    disabled: bool,
    limit: Option<f64>,
    limit_remaining: Option<f64>,
    limit_reset: Option<String>,
    include_byok_in_limit: bool,
    /// USD.
    usage: f64,
    /// USD of this day, by UTC.
    usage_daily: f64,
    /// USD since Monday.
    usage_weekly: f64,
    /// USD of this month.
    usage_monthly: f64,
    byok_usage: f64,
    byok_usage_daily: f64,
    byok_usage_weekly: f64,
    byok_usage_monthly: f64,
    #[schema(format = "date-time")]
    created_at: String,
    /// When it was renamed, disabled or enabled last.
    updated_at: Option<String>,
    /// From then on it lets nobody in.
    expires_at: Option<String>,
    /// Null: an operator, or a program.
    creator_user_id: Option<String>,
    /// The account's id.
    workspace_id: String,
    external_user: Option<String>,
    /// To the minute.
    last_used_at: Option<String>,
}

impl Key {
    pub(super) fn of(account: AccountId, key: &ListedKey, spent: &[SpentByKey]) -> Self {
        let spent = spent_with(spent, key.id);
        Self {
            hash: hex::encode(&key.hash),
            name: key.name.clone(),
            label: key.key_type.masked(&key.last_four),
            kind: key.key_type.name(),
            disabled: key.disabled_at.is_some(),
            limit: None,
            limit_remaining: None,
            limit_reset: None,
            include_byok_in_limit: false,
            usage: spent.total,
            usage_daily: spent.today,
            usage_weekly: spent.this_week,
            usage_monthly: spent.this_month,
            byok_usage: 0.0,
            byok_usage_daily: 0.0,
            byok_usage_weekly: 0.0,
            byok_usage_monthly: 0.0,
            created_at: timestamp(key.created_at),
            updated_at: key.updated_at.map(timestamp),
            expires_at: key.expires_at.map(timestamp),
            creator_user_id: key.created_by.map(|user| user.to_string()),
            workspace_id: account.to_string(),
            external_user: None,
            last_used_at: key.last_used_at.map(timestamp),
        }
    }
}

#[derive(Deserialize, ToSchema)]
#[schema(example = json!({ "name": "Support bot", "expires_at": "2027-12-31T23:59:59Z" }))]
#[expect(dead_code, reason = "read by the derive of the OpenAPI document only")]
pub(in crate::api) struct CreateKey {
    name: String,
    /// From then on it lets nobody in.
    expires_at: Option<String>,
    workspace_id: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[schema(example = json!({ "disabled": true }))]
#[expect(dead_code, reason = "read by the derive of the OpenAPI document only")]
pub(in crate::api) struct UpdateKey {
    name: Option<String>,
    disabled: Option<bool>,
}
