//! A whole response: an answer, or what the last event of a stream carries.

use super::items;
use crate::completion::{Completion, ErrorWords, FinishReason};
use crate::json::{Members, Text};
use crate::openai::counts;

/// A response as it is at its end: its output is the whole of it.
pub(super) fn learn(completion: &mut Completion, response: &Members<'_>) {
    learn_head(completion, response);
    let output = response.read::<Vec<Members<'_>>>("output").unwrap_or_default();
    if !output.is_empty() {
        completion.forget_choices();
        for (position, item) in output.iter().enumerate() {
            items::learn(completion, item, position);
        }
    }
    if let Some(error) = ErrorWords::of_answer(response) {
        completion.note_error(error);
    }
    finish(completion, response, &output);
}

/// Who answers, and what it has used so far.
pub(super) fn learn_head(completion: &mut Completion, response: &Members<'_>) {
    let text = |key| response.read::<Text<'_>>(key).unwrap_or_default();
    completion.note_id(&text("id"));
    completion.note_model(&text("model"));
    completion.note_provider(&text("provider"));
    completion.note_service_tier(&text("service_tier"));
    let Some(usage) = response.read::<Members<'_>>("usage") else { return };
    completion.note_usage(&counts(&usage));
    if let Some(cost) = usage.number("cost") {
        completion.note_cost(cost);
    }
}

/// The finish reason by the response's `status`; one that is still at work has none.
fn finish(completion: &mut Completion, response: &Members<'_>, output: &[Members<'_>]) {
    let status = response.read::<Text<'_>>("status").unwrap_or_default();
    let details = response.read::<Members<'_>>("incomplete_details").unwrap_or_default();
    let Some(mut choice) = completion.choice(0) else { return };
    match &*status {
        "completed" if output.iter().any(items::is_call_of_caller) => {
            choice.finish_as(FinishReason::ToolCalls, &status);
        }
        "completed" => choice.finish_as(FinishReason::Stop, &status),
        "incomplete" => {
            let reason = details.read::<Text<'_>>("reason").unwrap_or_default();
            let filtered = &*reason == "content_filter";
            choice.finish_as(if filtered { FinishReason::ContentFilter } else { FinishReason::Length }, &reason);
        }
        "failed" => choice.finish_as(FinishReason::Error, &status),
        "cancelled" => choice.finish(&status),
        _ => {}
    }
}
