//! Spans and their attributes, borrowing from the recorded event.

use std::borrow::Cow;
use std::fmt;

use super::ids::SpanId;
use super::times::Period;
use crate::clock::UnixNanos;

/// One span. Its attributes are, in this order: its own, those that the trace's spans share, those that were added to
/// it for the sake of a dialect or product, and those that were added to all. The first two are the same for all
/// receivers but Sentry.
#[derive(Debug, Clone, PartialEq)]
pub struct Span<'a> {
    /// Unique within the trace.
    pub id: SpanId,
    /// None for a root without remote parent.
    pub parent: Option<SpanId>,
    /// OTLP's span flags: 0x100 says that 0x200 (the parent is remote) is meaningful, 0x001 sampled.
    pub flags: u32,
    /// Which side of a call it is.
    pub kind: SpanKind,
    /// Never empty.
    pub name: Phrase<'a>,
    /// Never zero.
    pub start: UnixNanos,
    /// Never before `start`.
    pub end: UnixNanos,
    pub attributes: Vec<Attribute<'a>>,
    /// For the sake of one dialect or product.
    pub added: Vec<Attribute<'a>>,
    /// For receivers that read errors from an event.
    pub exception: Option<Exception<'a>>,
    /// The message of the status ERROR; none for a span without error.
    pub error: Option<Cow<'a, str>>,
}

impl Span<'_> {
    pub(super) fn period(&self) -> Period {
        Period { start: self.start, end: self.end }
    }
}

/// OpenTelemetry's event `exception`, at the end of the span.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exception<'a> {
    /// `exception.type`
    pub kind: Cow<'a, str>,
    /// `exception.message`
    pub message: Cow<'a, str>,
}

impl Exception<'_> {
    /// The event's name.
    pub const NAME: &'static str = "exception";

    /// The event's attributes.
    pub fn attributes(&self) -> [Attribute<'_>; 2] {
        let attribute =
            |key: &'static str, value| Attribute { key: key.into(), value: Value::Text(Phrase::from(value)) };
        [attribute("exception.type", &*self.kind), attribute("exception.message", &*self.message)]
    }
}

/// OTLP's span kinds, with its numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpanKind {
    /// Within the gateway.
    Internal = 1,
    /// Answers the caller.
    Server = 2,
    /// Asks the upstream.
    Client = 3,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Attribute<'a> {
    /// Unique within the span.
    pub key: Phrase<'a>,
    /// Never null.
    pub value: Value<'a>,
}

/// The types of OTLP that every receiver keeps.
#[derive(Debug, Clone, PartialEq)]
pub enum Value<'a> {
    /// A text, perhaps JSON.
    Text(Phrase<'a>),
    Bool(bool),
    Int(i64),
    /// A finite number.
    Double(f64),
    Texts(Vec<Cow<'a, str>>),
}

/// A text in two pieces, so that a prefix (`trace.metadata.`, `chat `) costs no allocation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Phrase<'a> {
    /// The prefix; empty for most texts.
    pub head: &'static str,
    /// The rest.
    pub tail: Cow<'a, str>,
}

impl<'a> Phrase<'a> {
    /// `head` and `tail` in one.
    pub fn joined(head: &'static str, tail: impl Into<Cow<'a, str>>) -> Self {
        Self { head, tail: tail.into() }
    }

    /// Bytes of the whole.
    pub fn len(&self) -> usize {
        self.head.len() + self.tail.len()
    }

    /// Whether there is no text at all.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The same text, borrowing what `self` owns.
    pub fn borrowed(&self) -> Phrase<'_> {
        Phrase { head: self.head, tail: Cow::Borrowed(&self.tail) }
    }
}

impl fmt::Display for Phrase<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.head)?;
        f.write_str(&self.tail)
    }
}

impl<'a> From<&'a str> for Phrase<'a> {
    fn from(text: &'a str) -> Self {
        Self::joined("", text)
    }
}

impl From<String> for Phrase<'_> {
    fn from(text: String) -> Self {
        Self::joined("", text)
    }
}

impl<'a> From<Cow<'a, str>> for Phrase<'a> {
    fn from(text: Cow<'a, str>) -> Self {
        Self::joined("", text)
    }
}
