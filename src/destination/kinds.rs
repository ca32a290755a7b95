//! The kinds of destination that there are. A new one is a file here, or a row of [`presets`], and a line below.

mod arize;
mod braintrust;
mod datadog;
mod grafana;
mod langfuse;
mod langsmith;
mod newrelic;
mod opik;
mod otel_collector;
mod posthog;
mod presets;
pub mod sentry;
mod weave;

use super::Kind;

/// By their groups, and by their names within.
static ALL: [Kind; 27] = [
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
];

pub fn all() -> &'static [Kind] {
    &ALL
}

pub fn find(slug: &str) -> Option<&'static Kind> {
    ALL.iter().find(|kind| kind.manifest.slug == slug)
}
