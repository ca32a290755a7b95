//! The answers, in the shape of OpenRouter's, whose SDKs raise where a member is missing.

use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::api_keys::DescribedKey;
use crate::token::ApiKeyType;

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CurrentKey)]
pub(in crate::api) struct KeyAnswer {
    #[schema(inline)]
    pub(super) data: CurrentKey,
}

/// Members without a comment have always the same value here.
#[expect(clippy::struct_excessive_bools, reason = "OpenRouter has so many")]
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CurrentKey {
    /// Its ends.
    #[schema(example = "tck-inf-…9xYz")]
    label: String,
    limit: Option<f64>,
    limit_remaining: Option<f64>,
    limit_reset: Option<String>,
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
    include_byok_in_limit: bool,
    is_free_tier: bool,
    /// Whether it manages settings instead of asking models.
    is_management_key: bool,
    /// As `is_management_key`.
    is_provisioning_key: bool,
    creator_user_id: Option<String>,
    organization_id: Option<String>,
    workspace_id: Option<String>,
    expires_at: Option<String>,
    #[schema(inline)]
    rate_limit: RateLimit,
    allowed_data_regions: [&'static str; 1],
    budgets: [f64; 0],
    effective_budget: Option<f64>,
    #[schema(inline)]
    free_model_daily_requests: DailyRequests,
}

#[derive(Debug, Serialize, ToSchema)]
struct RateLimit {
    /// -1: clients cannot read the limit here.
    requests: i64,
    interval: &'static str,
    note: &'static str,
}

#[derive(Debug, Default, Serialize, ToSchema)]
struct DailyRequests {
    limit: u64,
    remaining: u64,
    used: u64,
}

impl CurrentKey {
    pub(super) fn of(DescribedKey { masked, spent }: DescribedKey, kind: ApiKeyType) -> Self {
        let is_management_key = kind == ApiKeyType::Management;
        Self {
            label: masked,
            limit: None,
            limit_remaining: None,
            limit_reset: None,
            usage: spent.total,
            usage_daily: spent.today,
            usage_weekly: spent.this_week,
            usage_monthly: spent.this_month,
            byok_usage: 0.0,
            byok_usage_daily: 0.0,
            byok_usage_weekly: 0.0,
            byok_usage_monthly: 0.0,
            include_byok_in_limit: false,
            is_free_tier: false,
            is_management_key,
            is_provisioning_key: is_management_key,
            creator_user_id: None,
            organization_id: None,
            workspace_id: None,
            expires_at: None,
            rate_limit: RateLimit { requests: -1, interval: "1s", note: "Wait as a 429's Retry-After says." },
            allowed_data_regions: ["global"],
            budgets: [],
            effective_budget: None,
            free_model_daily_requests: DailyRequests::default(),
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Credits)]
pub(in crate::api) struct CreditsAnswer {
    #[schema(inline)]
    pub(super) data: Credits,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Credits {
    /// Always 0.
    pub(super) total_credits: f64,
    /// USD.
    pub(super) total_usage: f64,
}

#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct ProviderList {
    #[schema(inline)]
    pub(super) data: Vec<Provider>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Provider {
    #[schema(example = "openai")]
    name: String,
    /// As `name`.
    slug: String,
    privacy_policy_url: Option<String>,
    terms_of_service_url: Option<String>,
    status_page_url: Option<String>,
}

impl Provider {
    pub(super) fn named(name: &str) -> Self {
        let (slug, name) = (name.to_owned(), name.to_owned());
        Self { name, slug, privacy_policy_url: None, terms_of_service_url: None, status_page_url: None }
    }
}
