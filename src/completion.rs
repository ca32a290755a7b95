//! What a model answered, in whichever protocol: whole answers and streams come together here.
//!
//! The reader of a protocol takes an answer or an event apart and drives a [`Completion`]: [`Completion::choice`] for
//! content, `note_…` for everything else. Rules that hold for every dialect stand here, such as which piece belongs to
//! which tool call, or which counts lie inside which. The words of one protocol stand in its reader.

mod choice;
mod error_words;
mod finish_reason;
mod growing_text;
mod messages;
mod short;
mod tool_calls;
mod unread;
mod usage;

pub use self::choice::{Choice, ChoiceWriter};
pub use self::error_words::ErrorWords;
pub use self::finish_reason::FinishReason;
pub use self::growing_text::GrowingText;
use self::growing_text::Room;
pub(crate) use self::messages::messages;
use self::short::short;
pub use self::tool_calls::{ToolCall, ToolCallPiece, ToolCalls};
use self::unread::Unread;
pub use self::usage::Counts;
use crate::completed_request::{ResponseFacts, Usage};
use crate::json::Text;

/// Choices of one answer that are recorded; OpenAI allows 128.
const CHOICES: usize = 128;

/// An answer as far as it has come.
#[derive(Debug, Default)]
pub struct Completion {
    /// The upstream's id of the answer.
    pub id: Option<String>,
    /// The model that answered.
    pub model: Option<String>,
    /// The `provider` that the answer names.
    pub provider: Option<String>,
    /// The cost that the upstream reports, in USD.
    pub cost: Option<f64>,
    /// Numbers in a vector of an answer with embeddings.
    pub dimensions: Option<u64>,
    /// An error that came in place of an answer or in the middle of one.
    pub error: Option<ErrorWords>,
    /// The alternatives, their content up to what is recorded of one request.
    pub choices: Vec<Choice>,
    counts: Counts,
    unread: Unread,
    /// Room for content in `choices`.
    room: Room,
}

impl Completion {
    /// The upstream's id of the answer. The first one stays; the same for [`note_model`](Self::note_model) and
    /// [`note_provider`](Self::note_provider).
    pub fn note_id(&mut self, id: &str) {
        note(&mut self.id, id);
    }

    pub fn note_model(&mut self, model: &str) {
        note(&mut self.model, model);
    }

    pub fn note_provider(&mut self, provider: &str) {
        note(&mut self.provider, provider);
    }

    /// One report of tokens. What it does not say stays as an earlier report said it.
    pub fn note_usage(&mut self, counts: &Counts) {
        self.counts.merge(counts);
    }

    /// A cost in USD. A negative one means that it is unknown.
    pub fn note_cost(&mut self, usd: f64) {
        if usd.is_finite() && usd >= 0.0 {
            self.cost = Some(usd);
        }
    }

    /// An error. The first that has words stays: what follows is its consequence.
    pub fn note_error(&mut self, words: ErrorWords) {
        if self.error.as_ref().is_none_or(|known| known.message.is_none()) {
            self.error = Some(words);
        }
    }

    /// The answer held a member that no reader knows.
    pub fn note_unread(&mut self, name: &str) {
        self.unread.add(name);
    }

    /// The choice with this index, made with those before it; None beyond what is recorded.
    pub fn choice(&mut self, index: usize) -> Option<ChoiceWriter<'_>> {
        if index >= CHOICES {
            return None;
        }
        if index >= self.choices.len() {
            self.choices.resize_with(index + 1, Choice::default);
        }
        self.choices.get_mut(index).map(|choice| ChoiceWriter::new(choice, &mut self.room, &mut self.unread))
    }

    /// Forgets the content so far: what follows is the whole answer again.
    pub fn forget_choices(&mut self) {
        self.choices.clear();
        self.room = Room::default();
    }

    /// Tokens, as far as they are known.
    pub fn usage(&self) -> Usage {
        self.counts.usage()
    }

    /// Whether every choice has come to its end.
    pub fn is_finished(&self) -> bool {
        !self.choices.is_empty() && self.choices.iter().all(|choice| choice.finish_reason.is_some())
    }

    /// Whether an error came, or a choice ended with one.
    pub fn has_failed(&self) -> bool {
        self.error.is_some() || self.choices.iter().any(|choice| choice.finish_reason == Some(FinishReason::Error))
    }

    /// Who answered and with what, for the record. `upstream` is the name of the provider, as it is where it fails.
    pub fn facts(&self, upstream: &str) -> ResponseFacts<'static> {
        let reasons = self.choices.iter().filter_map(|choice| choice.finish_reason);
        let native = self.choices.iter().rev().find_map(|choice| choice.native_finish_reason.clone());
        let routed_to = self.provider.clone().filter(|named| !named.eq_ignore_ascii_case(upstream));
        ResponseFacts {
            provider: Some(Text::from(upstream.to_owned())),
            routed_to: routed_to.map(Text::from),
            model: self.model.clone().map(Text::from),
            id: self.id.clone().map(Text::from),
            finish_reasons: reasons.map(|reason| Text::from(reason.word())).collect(),
            native_finish_reason: native.map(Text::from),
            dimensions: self.dimensions,
            unread: self.unread.names().iter().cloned().map(Text::from).collect(),
        }
    }
}

fn note(place: &mut Option<String>, text: &str) {
    if place.is_none() {
        *place = Some(short(text)).filter(|text| !text.is_empty());
    }
}
