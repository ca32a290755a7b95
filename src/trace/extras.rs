//! Attributes of one product, one file each (spec 7.3).

pub(super) mod braintrust;
pub(super) mod datadog;
pub(super) mod langsmith;
pub(super) mod mlflow;
pub(super) mod opik;
pub(super) mod posthog;
pub(super) mod signoz;
pub(super) mod weave;
