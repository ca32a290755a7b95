//! Kinds that OpenRouter does not have: rows like the others, which the API calls `otel-collector` with a
//! `config.preset` (spec 7.1).

mod collectors;
mod errors_and_performance;
mod llm_observability;

pub(super) use self::collectors::{AXIOM, JAEGER, TEMPO};
pub(super) use self::errors_and_performance::{DYNATRACE, ELASTIC, HONEYCOMB, LOGFIRE, OPENOBSERVE, SIGNOZ};
pub(super) use self::llm_observability::{GALILEO, HONEYHIVE, LAMINAR, MLFLOW, PHOENIX, TRACELOOP};
