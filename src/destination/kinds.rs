//! The kinds of destination that there are. A new one is a file here, or a row of `presets`, and a line below.

mod arize;
mod braintrust;
pub mod clickhouse;
mod datadog;
mod grafana;
mod langfuse;
mod langsmith;
mod newrelic;
mod opik;
mod otel_collector;
mod posthog;
mod presets;
mod s3;
pub mod sentry;
mod weave;
pub mod webhook;

use super::Kind;

/// By their groups, and by their names within.
static ALL: [Kind; 30] = [
    arize::KIND,
    braintrust::KIND,
    presets::GALILEO,
    presets::HONEYHIVE,
    presets::LAMINAR,
    langfuse::KIND,
    langsmith::KIND,
    presets::MLFLOW,
    opik::KIND,
    presets::PHOENIX,
    posthog::KIND,
    presets::TRACELOOP,
    weave::KIND,
    datadog::KIND,
    presets::DYNATRACE,
    presets::ELASTIC,
    grafana::KIND,
    presets::HONEYCOMB,
    presets::LOGFIRE,
    newrelic::KIND,
    presets::OPENOBSERVE,
    sentry::KIND,
    presets::SIGNOZ,
    presets::AXIOM,
    presets::JAEGER,
    otel_collector::KIND,
    presets::TEMPO,
    webhook::KIND,
    clickhouse::KIND,
    s3::KIND,
];

pub fn all() -> &'static [Kind] {
    &ALL
}

/// The kind that the five steps to the first trace speak of (spec 1).
pub fn guided() -> &'static Kind {
    &sentry::KIND
}

pub fn find(slug: &str) -> Option<&'static Kind> {
    ALL.iter().find(|kind| kind.manifest.slug == slug)
}
