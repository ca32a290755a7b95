//! Workspaces in the shape of OpenRouter's, whose SDKs raise where a member is missing.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::api::timestamp::timestamp;
use crate::store::accounts::{Account, ContentReaders};

#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct WorkspaceList {
    pub(super) data: Vec<Workspace>,
    pub(super) total_count: usize,
}

#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct WorkspaceAnswer {
    pub(super) data: Workspace,
}

/// Members without a comment have always the same value here.
#[expect(clippy::struct_excessive_bools, reason = "OpenRouter has so many")]
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct Workspace {
    /// The account's.
    #[schema(format = "uuid")]
    id: String,
    /// The account's.
    pub(super) name: String,
    slug: &'static str,
    description: Option<String>,
    default_guardrail_id: String,
    default_text_model: Option<String>,
    default_image_model: Option<String>,
    default_provider_sort: Option<String>,
    is_observability_io_logging_enabled: bool,
    /// The Enable Broadcast switch.
    is_observability_broadcast_enabled: bool,
    is_data_discount_logging_enabled: bool,
    io_logging_sampling_rate: f64,
    io_logging_api_key_ids: Option<Vec<i64>>,
    #[schema(format = "date-time")]
    created_at: String,
    updated_at: Option<String>,
    created_by: Option<String>,
    /// Whether no destination receives content, whatever its own setting says.
    privacy_mode: bool,
    /// Who may read prompts and completions on the pages.
    content_readers: Readers,
    /// Whether only members with a second factor see the account. Changed on its page only.
    second_factor_required: bool,
}

impl Workspace {
    /// In the place of its id.
    pub(super) const SLUG: &str = "default";

    pub(super) fn of(account: Account) -> Self {
        Self {
            id: account.id.to_string(),
            name: account.name,
            slug: Self::SLUG,
            description: None,
            default_guardrail_id: Uuid::nil().to_string(),
            default_text_model: None,
            default_image_model: None,
            default_provider_sort: None,
            is_observability_io_logging_enabled: false,
            is_observability_broadcast_enabled: account.broadcast_enabled,
            is_data_discount_logging_enabled: false,
            io_logging_sampling_rate: 1.0,
            io_logging_api_key_ids: None,
            created_at: timestamp(account.created_at),
            updated_at: None,
            created_by: None,
            privacy_mode: account.privacy_mode,
            content_readers: Readers::of(account.content_readers),
            second_factor_required: account.second_factor_required,
        }
    }
}

#[derive(Deserialize, ToSchema)]
#[schema(example = json!({ "is_observability_broadcast_enabled": true }))]
#[expect(dead_code, reason = "read by the derive of the OpenAPI document only")]
pub(in crate::api) struct UpdateWorkspace {
    name: Option<String>,
    /// The Enable Broadcast switch.
    is_observability_broadcast_enabled: Option<bool>,
    /// Whether no destination receives content, whatever its own setting says.
    privacy_mode: Option<bool>,
    /// Who may read prompts and completions on the pages.
    content_readers: Option<Readers>,
}

/// Who may read content.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::api) enum Readers {
    Nobody,
    Admins,
    Members,
}

impl Readers {
    fn of(readers: ContentReaders) -> Self {
        match readers {
            ContentReaders::Nobody => Self::Nobody,
            ContentReaders::Admins => Self::Admins,
            ContentReaders::Members => Self::Members,
        }
    }
}
