//! What one dialect or product reads beside the plain attributes (spec 7.3). All of it comes behind them, and none changes
//! them.

use std::borrow::Cow;

use super::attributes::List;
use super::dialogue::Dialogue;
use super::facts::{Facts, Place};
use super::failure::Failure;
use super::span::{Attribute, Exception, Phrase};
use super::{Dialect, Extras, TraceSettings, dialects, extras};
use crate::completed_request::content::ContentTexts;

/// What is added to all spans.
pub(super) fn to_all<'a>(facts: &Facts<'a, '_>) -> Vec<Attribute<'a>> {
    let mut list = List::default();
    if facts.settings.dialect == Dialect::Langfuse {
        dialects::langfuse::to_all(&mut list, facts);
    }
    match facts.settings.extras {
        Extras::None | Extras::Mlflow | Extras::Weave | Extras::Braintrust | Extras::SigNoz => {}
        Extras::LangSmith => extras::langsmith::to_all(&mut list, facts),
        Extras::Datadog => extras::datadog::to_all(&mut list, facts),
        Extras::PostHog => extras::posthog::to_all(&mut list, facts),
        Extras::Opik => extras::opik::to_all(&mut list, facts),
    }
    list.0
}

/// What is added to one span called `name`.
pub(super) fn to_one<'a>(
    facts: &Facts<'a, '_>,
    dialogue: &Dialogue<'a>,
    place: Place,
    name: &Phrase<'a>,
) -> Vec<Attribute<'a>> {
    let mut list = List::default();
    match facts.settings.dialect {
        Dialect::Sentry | Dialect::Plain => {}
        Dialect::OpenInference => dialects::openinference::to_one(&mut list, facts, dialogue, place),
        Dialect::Langfuse => dialects::langfuse::to_one(&mut list, facts, dialogue, place),
    }
    match facts.settings.extras {
        Extras::None => {}
        Extras::Mlflow => extras::mlflow::to_one(&mut list, facts, place),
        Extras::Weave => extras::weave::to_one(&mut list, facts, place),
        Extras::LangSmith => extras::langsmith::to_one(&mut list, facts, dialogue, place, name),
        Extras::Datadog => extras::datadog::to_one(&mut list, facts, place),
        Extras::Braintrust => extras::braintrust::to_one(&mut list, facts, dialogue, place),
        Extras::PostHog => extras::posthog::to_one(&mut list, facts, place),
        Extras::Opik => extras::opik::to_one(&mut list, facts, place),
        Extras::SigNoz => extras::signoz::to_one(&mut list, facts, place),
    }
    list.0
}

/// The error once more as an event, for those that read it there.
pub(super) fn exception<'a>(settings: &TraceSettings, failure: Option<&Failure<'a>>) -> Option<Exception<'a>> {
    let failure = failure.filter(|_| settings.dialect == Dialect::OpenInference)?;
    Some(Exception { kind: Cow::Borrowed(failure.kind), message: failure.message.clone() })
}

/// What of prompt and completion is said once more.
pub(super) fn dialogue<'a>(settings: &TraceSettings, texts: &ContentTexts<'a>) -> Dialogue<'a> {
    match (settings.dialect, settings.extras) {
        (Dialect::OpenInference, _) | (_, Extras::LangSmith) => Dialogue::parsed(texts),
        (Dialect::Langfuse, _) | (_, Extras::Braintrust) => Dialogue::unparsed(texts),
        _ => Dialogue::default(),
    }
}

/// How often prompt and completion stand on the span that repeats them most.
pub(super) fn copies(settings: &TraceSettings) -> usize {
    match settings.dialect {
        Dialect::Sentry | Dialect::Plain => 1,
        Dialect::Langfuse => 2,
        Dialect::OpenInference => 3,
    }
}
