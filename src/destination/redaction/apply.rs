//! Makes of a request what is sent of it.

use super::counts::Counts;
use super::fields::Fields;
use super::scan::{Detectors, Scanned};
use crate::completed_request::content::{Arguments, Content, ContentRef, Conversation, Message, Part};
use crate::completed_request::{CompletedRequest, Ending, MetadataValue};
use crate::json::Text;

/// What of a request is sent to a destination. The default lets everything pass.
#[derive(Debug, Clone, Default)]
pub struct Redaction {
    pub(super) detectors: Detectors,
    pub fields: Fields,
}

/// What stands in place of an error's words that are left out: errors have some.
const LEFT_OUT: &str = "[left out]";

impl Redaction {
    /// Whether everything is sent as it is.
    pub fn is_nothing(&self) -> bool {
        self.detectors.is_empty() && self.fields == Fields::default()
    }

    /// Takes out of a request what is not sent. Gives the content without it, or None where nothing of that was to be changed.
    pub fn apply(
        &self,
        request: &mut CompletedRequest<'_>,
        content: Option<&ContentRef<'_>>,
    ) -> (Option<Content>, Counts) {
        let mut counts = Counts::default();
        self.context(request, &mut counts);
        self.errors(request, &mut counts);
        let content = content.and_then(|content| self.conversation(Conversation::read(content), &mut counts));
        (content, counts)
    }

    fn context(&self, request: &mut CompletedRequest<'_>, counts: &mut Counts) {
        let context = &mut request.context;
        if !self.fields.user {
            context.user = None;
        }
        if !self.fields.session {
            context.session_id = None;
        }
        self.optional(&mut context.user, counts);
        context.metadata.retain_mut(|(key, value)| self.fields.metadata.keeps(key) && self.metadata(value, counts));
    }

    /// False: it is left out.
    fn metadata(&self, value: &mut MetadataValue<'_>, counts: &mut Counts) -> bool {
        let scanned = match value {
            MetadataValue::Bool(_) => Scanned::Same,
            MetadataValue::Int(number) => self.detectors.scan(&number.to_string(), counts),
            MetadataValue::Double(number) => self.detectors.scan(&number.to_string(), counts),
            // Nested values were recorded as JSON.
            MetadataValue::Text(text) if text.starts_with(['{', '[']) => self.detectors.scan_json(text, counts),
            MetadataValue::Text(text) => self.detectors.scan(text, counts),
        };
        match scanned {
            Scanned::Same => true,
            Scanned::Changed(changed) => {
                *value = MetadataValue::Text(changed.into());
                true
            }
            Scanned::Dropped => false,
        }
    }

    fn errors(&self, request: &mut CompletedRequest<'_>, counts: &mut Counts) {
        let mut words: Vec<&mut Text<'_>> = Vec::new();
        if let Ending::Failed { message, detail, .. } = &mut request.ending {
            words.push(message);
            words.extend(detail);
        }
        words.extend(request.failed_attempts.iter_mut().map(|attempt| &mut attempt.message));
        for words in words {
            if !self.text(words, counts) {
                *words = LEFT_OUT.into();
            }
        }
    }

    /// None: nothing changed.
    fn conversation(&self, mut conversation: Conversation<'_>, counts: &mut Counts) -> Option<Content> {
        let before = (counts.clone(), self.leave_out_fields(&mut conversation));
        conversation.system_instructions.retain_mut(|part| self.part(part, counts));
        for messages in [&mut conversation.input, &mut conversation.output] {
            messages.retain_mut(|message| self.message(message, counts));
        }
        let is_changed = before.1 || before.0 != *counts;
        is_changed.then(|| conversation.fit(usize::MAX))
    }

    /// Whether there was anything to leave out.
    fn leave_out_fields(&self, conversation: &mut Conversation<'_>) -> bool {
        let Fields { system_prompt, tool_definitions, tool_content, .. } = self.fields;
        let mut is_changed = false;
        if !system_prompt {
            is_changed |= !conversation.system_instructions.is_empty();
            conversation.system_instructions.clear();
        }
        if !tool_definitions {
            is_changed |= !conversation.tools.is_empty();
            conversation.tools.clear();
        }
        if !tool_content {
            let messages = conversation.input.iter_mut().chain(&mut conversation.output);
            for part in messages.flat_map(|message| &mut message.parts) {
                let is_left_out =
                    [part.arguments.take().is_some(), part.response.take().is_some(), part.result.take().is_some()];
                is_changed |= is_left_out.contains(&true);
            }
        }
        is_changed
    }

    /// False: it is left out.
    fn message(&self, message: &mut Message<'_>, counts: &mut Counts) -> bool {
        self.optional(&mut message.name, counts);
        message.parts.iter_mut().all(|part| self.part(part, counts))
    }

    /// False: it is left out, with its message.
    fn part(&self, part: &mut Part<'_>, counts: &mut Counts) -> bool {
        let texts = [&mut part.content, &mut part.response, &mut part.result, &mut part.uri];
        let texts = texts.into_iter().flatten().all(|text| self.text(text, counts));
        texts && part.arguments.as_mut().is_none_or(|arguments| self.arguments(arguments, counts))
    }

    fn arguments(&self, arguments: &mut Arguments<'_>, counts: &mut Counts) -> bool {
        match self.detectors.scan_json(&arguments.text(), counts) {
            Scanned::Same => true,
            Scanned::Changed(changed) => {
                *arguments = Arguments::of(changed.into());
                true
            }
            Scanned::Dropped => false,
        }
    }

    /// A text that is left out alone.
    fn optional(&self, text: &mut Option<Text<'_>>, counts: &mut Counts) {
        if text.as_mut().is_some_and(|text| !self.text(text, counts)) {
            *text = None;
        }
    }

    /// False: it is left out.
    fn text(&self, text: &mut Text<'_>, counts: &mut Counts) -> bool {
        match self.detectors.scan(text, counts) {
            Scanned::Same => true,
            Scanned::Changed(changed) => {
                *text = changed.into();
                true
            }
            Scanned::Dropped => false,
        }
    }
}
