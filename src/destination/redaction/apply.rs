//! Makes of a request what is sent of it.

use super::counts::Counts;
use super::fields::{Fields, Shown};
use super::scan::{Detectors, Pass, Scanned};
use crate::completed_request::content::{Arguments, Content, ContentRef, Conversation, Message, Part};
use crate::completed_request::{CompletedRequest, Ending, MetadataValue};
use crate::json::Text;
use crate::seal::HashKey;
use crate::trace::Groups;

/// What of a request is sent to a destination. The default lets everything pass.
#[derive(Debug, Clone, Default)]
pub struct Redaction {
    pub(super) detectors: Detectors,
    pub fields: Fields,
    /// What is sent besides.
    pub groups: Groups,
}

/// A redaction with the key of the account, by which it hashes.
#[derive(Debug, Clone)]
pub struct Redactor {
    redaction: Redaction,
    key: HashKey,
}

/// What stands in place of an error's words that are left out: errors have some.
const LEFT_OUT: &str = "[left out]";

impl Redaction {
    /// Whether everything is sent as it is, and nothing besides.
    pub fn is_nothing(&self) -> bool {
        !self.takes_out() && self.groups.is_empty()
    }

    fn takes_out(&self) -> bool {
        !self.detectors.is_empty() || self.fields != Fields::default()
    }
}

impl Redactor {
    pub fn new(redaction: Redaction, key: HashKey) -> Self {
        Self { redaction, key }
    }

    /// What is sent besides.
    pub fn groups(&self) -> Groups {
        self.redaction.groups
    }

    /// Takes out of a request what is not sent. Gives the content without it, or None where nothing of that was to be changed.
    pub fn apply(
        &self,
        request: &mut CompletedRequest<'_>,
        content: Option<&ContentRef<'_>>,
    ) -> (Option<Content>, Counts) {
        let mut pass = Pass { key: &self.key, counts: Counts::default() };
        let redaction = &self.redaction;
        if !redaction.takes_out() {
            return (None, pass.counts);
        }
        redaction.context(request, &mut pass);
        redaction.errors(request, &mut pass);
        let content = content.and_then(|content| redaction.conversation(Conversation::read(content), &mut pass));
        (content, pass.counts)
    }
}

impl Redaction {
    fn context(&self, request: &mut CompletedRequest<'_>, pass: &mut Pass<'_>) {
        let context = &mut request.context;
        match self.fields.user {
            Shown::AsIs => self.optional(&mut context.user, pass),
            shown => show(shown, &mut context.user, pass.key),
        }
        show(self.fields.session, &mut context.session_id, pass.key);
        context.metadata.retain_mut(|(key, value)| self.fields.metadata.keeps(key) && self.metadata(value, pass));
    }

    /// False: it is left out.
    fn metadata(&self, value: &mut MetadataValue<'_>, pass: &mut Pass<'_>) -> bool {
        let scanned = match value {
            MetadataValue::Bool(_) => Scanned::Same,
            MetadataValue::Int(number) => self.detectors.scan(&number.to_string(), pass),
            MetadataValue::Double(number) => self.detectors.scan(&number.to_string(), pass),
            // Nested values were recorded as JSON.
            MetadataValue::Text(text) if text.starts_with(['{', '[']) => self.detectors.scan_json(text, pass),
            MetadataValue::Text(text) => self.detectors.scan(text, pass),
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

    fn errors(&self, request: &mut CompletedRequest<'_>, pass: &mut Pass<'_>) {
        let mut words: Vec<&mut Text<'_>> = Vec::new();
        if let Ending::Failed { message, detail, .. } = &mut request.ending {
            words.push(message);
            words.extend(detail);
        }
        words.extend(request.failed_attempts.iter_mut().map(|attempt| &mut attempt.message));
        for words in words {
            if !self.text(words, pass) {
                *words = LEFT_OUT.into();
            }
        }
    }

    /// None: nothing changed.
    fn conversation(&self, mut conversation: Conversation<'_>, pass: &mut Pass<'_>) -> Option<Content> {
        let before = (pass.counts.clone(), self.leave_out_fields(&mut conversation));
        conversation.system_instructions.retain_mut(|part| self.part(part, pass));
        for messages in [&mut conversation.input, &mut conversation.output] {
            messages.retain_mut(|message| self.message(message, pass));
        }
        let is_changed = before.1 || before.0 != pass.counts;
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
    fn message(&self, message: &mut Message<'_>, pass: &mut Pass<'_>) -> bool {
        self.optional(&mut message.name, pass);
        message.parts.iter_mut().all(|part| self.part(part, pass))
    }

    /// False: it is left out, with its message.
    fn part(&self, part: &mut Part<'_>, pass: &mut Pass<'_>) -> bool {
        let texts = [&mut part.content, &mut part.response, &mut part.result, &mut part.uri];
        let texts = texts.into_iter().flatten().all(|text| self.text(text, pass));
        texts && part.arguments.as_mut().is_none_or(|arguments| self.arguments(arguments, pass))
    }

    fn arguments(&self, arguments: &mut Arguments<'_>, pass: &mut Pass<'_>) -> bool {
        match self.detectors.scan_json(&arguments.text(), pass) {
            Scanned::Same => true,
            Scanned::Changed(changed) => {
                *arguments = Arguments::of(changed.into());
                true
            }
            Scanned::Dropped => false,
        }
    }

    /// A text that is left out alone.
    fn optional(&self, text: &mut Option<Text<'_>>, pass: &mut Pass<'_>) {
        if text.as_mut().is_some_and(|text| !self.text(text, pass)) {
            *text = None;
        }
    }

    /// False: it is left out.
    fn text(&self, text: &mut Text<'_>, pass: &mut Pass<'_>) -> bool {
        match self.detectors.scan(text, pass) {
            Scanned::Same => true,
            Scanned::Changed(changed) => {
                *text = changed.into();
                true
            }
            Scanned::Dropped => false,
        }
    }
}

/// A name that goes as it is, hashed, or not at all.
fn show(shown: Shown, name: &mut Option<Text<'_>>, key: &HashKey) {
    match shown {
        Shown::AsIs => {}
        Shown::Hashed => *name = name.take().map(|name| key.digits(&name).into()),
        Shown::LeftOut => *name = None,
    }
}
