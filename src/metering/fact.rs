//! The facts of one request: what lists show and filters ask, without content.

use std::time::Duration;

use crate::clock::UnixNanos;
use crate::completed_request::limits::{SESSION_ID_CHARS, USER_CHARS};
use crate::completed_request::{CompletedRequest, Ending, clean};
use crate::json::Text;
use crate::trace::ids::TraceId;

/// Characters of a name of a model, an environment or a generation. The log has all of them.
const NAME_CHARS: usize = 128;

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    Succeeded,
    /// A model was asked, and the caller got no whole answer.
    Failed,
    /// No model was asked.
    Refused,
    /// The caller went away.
    Cancelled,
}

impl Outcome {
    pub const ALL: [Self; 4] = [Self::Succeeded, Self::Failed, Self::Refused, Self::Cancelled];

    /// As the database and addresses name it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Refused => "refused",
            Self::Cancelled => "cancelled",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.name() == name)
    }

    fn of(request: &CompletedRequest<'_>) -> Self {
        match request.ending {
            Ending::Completed => Self::Succeeded,
            Ending::Cancelled => Self::Cancelled,
            Ending::Failed { .. } if request.asked_a_model() => Self::Failed,
            Ending::Failed { .. } => Self::Refused,
        }
    }
}

/// What is kept of a request beside its place in the log and its times there.
#[derive(Debug, Clone, PartialEq)]
pub struct Fact {
    pub outcome: Outcome,
    /// The HTTP status that the caller got.
    pub status: i16,
    /// From the request's arrival to the end of its answer.
    pub latency: Option<Duration>,
    /// From the request's arrival to the first chunk of its answer.
    pub first_token: Option<Duration>,
    pub input_tokens: Option<u64>,
    pub output_tokens: Option<u64>,
    /// USD.
    pub cost: Option<f64>,
    pub trace: TraceId,
    /// The caller's name of the generation, else of the trace.
    pub name: Option<String>,
    /// As the caller asked; empty when it named none.
    pub model: String,
    /// The model that answered, where it is another.
    pub answered_by: Option<String>,
    pub environment: Option<String>,
    pub session: Option<String>,
    pub user: Option<String>,
}

impl Fact {
    pub fn of(request: &CompletedRequest<'_>) -> Self {
        let (times, context, usage) = (&request.times, &request.context, &request.usage);
        let since = |end: UnixNanos| Duration::from_nanos(end.0.saturating_sub(times.received.0));
        let model = clean::name(&request.request_model, NAME_CHARS).into_owned();
        Self {
            outcome: Outcome::of(request),
            status: i16::try_from(request.status).unwrap_or_default(),
            latency: Some(since(times.answered)),
            first_token: times.first_chunk.map(since),
            input_tokens: usage.input,
            output_tokens: usage.output,
            cost: request.cost.total,
            trace: TraceId::of(context.trace_id.as_deref(), &request.id),
            name: text(context.generation_name.as_ref().or(context.trace_name.as_ref()), NAME_CHARS),
            answered_by: text(request.response.model.as_ref(), NAME_CHARS).filter(|answered| *answered != model),
            model,
            environment: text(context.environment.as_ref(), NAME_CHARS),
            session: text(context.session_id.as_ref(), SESSION_ID_CHARS),
            user: text(context.user.as_ref(), USER_CHARS),
        }
    }
}

/// A text as Postgres takes it: without NUL, and none for an empty one.
fn text(text: Option<&Text<'_>>, max_chars: usize) -> Option<String> {
    Some(clean::name(text?, max_chars)).filter(|text| !text.is_empty()).map(std::borrow::Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::completed_request::sample::{after, request};

    #[test]
    fn refused_is_what_failed_before_a_model_was_asked() {
        let failed = Ending::Failed { kind: "429".into(), message: "Too many".into(), detail: None };
        let mut refused = request();
        refused.ending = failed;
        assert_eq!(Fact::of(&refused).outcome, Outcome::Failed);
        refused.times.upstream_begun = None;
        assert_eq!(Fact::of(&refused).outcome, Outcome::Refused);
        refused.ending = Ending::Cancelled;
        assert_eq!(Fact::of(&refused).outcome, Outcome::Cancelled);
        assert_eq!(Fact::of(&request()).outcome, Outcome::Succeeded);
    }

    #[test]
    fn fact_measures_from_the_arrival_and_survives_a_clock_that_went_back() {
        let mut streamed = request();
        streamed.times.first_chunk = Some(after(400));
        let fact = Fact::of(&streamed);
        assert_eq!(fact.latency, Some(Duration::from_millis(1_250)));
        assert_eq!(fact.first_token, Some(Duration::from_millis(400)));
        streamed.times.answered = UnixNanos(streamed.times.received.0 - 5);
        assert_eq!(Fact::of(&streamed).latency, Some(Duration::ZERO));
    }

    #[test]
    fn texts_of_a_fact_hold_no_nul_and_are_never_long() {
        let mut odd = request();
        odd.response.model = Some("gpt\0-4o".into());
        odd.context.environment = Some("  ".into());
        odd.context.generation_name = Some("n".repeat(1_000).into());
        let fact = Fact::of(&odd);
        assert_eq!(fact.answered_by.as_deref(), Some("gpt\u{fffd}-4o"));
        assert_eq!(fact.environment, None);
        assert_eq!(fact.name.map(|name| name.chars().count()), Some(NAME_CHARS));
    }
}
