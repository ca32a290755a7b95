//! A kind of destination: what its form looks like, and how to connect.

use std::time::Duration;

use super::row::{Row, Values};
use super::{Connection, Encoding, Field, FieldErrors, Settings};
use crate::delivery::Outcome;
use crate::trace::TraceSettings;

/// A kind, described as data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Manifest {
    /// Its name in addresses, in the API and in the database.
    pub slug: &'static str,
    /// Its name for people.
    pub label: &'static str,
    /// Two letters that stand for it in lists. Logos belong to their owners.
    pub sign: &'static str,
    /// Where lists show it.
    pub group: Group,
    /// What a person must have at hand, in a few words.
    pub needs: &'static str,
    /// What a person fills in, in the form's order.
    pub fields: &'static [Field],
    /// Whether the API names it `otel-collector` with a `config.preset` (spec 7.1).
    pub preset: bool,
}

/// The groups in which kinds are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    LlmObservability,
    ErrorsAndPerformance,
    AnyOtlp,
    Webhooks,
    Warehouses,
}

impl Group {
    /// In the order in which pages list them.
    pub const ALL: [Self; 5] =
        [Self::LlmObservability, Self::ErrorsAndPerformance, Self::AnyOtlp, Self::Webhooks, Self::Warehouses];

    pub fn label(self) -> &'static str {
        match self {
            Self::LlmObservability => "LLM observability",
            Self::ErrorsAndPerformance => "Errors and performance",
            Self::AnyOtlp => "Any OTLP receiver",
            Self::Webhooks => "Webhooks",
            Self::Warehouses => "Warehouses",
        }
    }

    /// What its kinds are for, in a sentence.
    pub fn summary(self) -> &'static str {
        match self {
            Self::LlmObservability => "Conversations, tokens, cost and evaluations.",
            Self::ErrorsAndPerformance => "LLM requests beside the rest of your application.",
            Self::AnyOtlp => "Whatever takes OTLP over HTTP.",
            Self::Webhooks => "JSON to an address of yours, signed.",
            Self::Warehouses => "Rows and files to keep, and to query with SQL.",
        }
    }
}

impl Manifest {
    pub fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// The fields whose values are sealed.
    pub fn secrets(&self) -> impl Iterator<Item = &'static Field> {
        self.fields.iter().filter(|field| field.is_secret())
    }
}

#[derive(Debug, Clone, Copy)]
pub struct Kind {
    pub manifest: Manifest,
    /// What to do when the connection test comes to this. None: what the outcome itself says.
    pub(super) advice: fn(&Outcome) -> Option<&'static str>,
    pub(super) parse: Parse,
}

/// How settings become a connection. They are checked field by field already, or are reported anyway.
#[derive(Debug, Clone, Copy)]
pub(super) enum Parse {
    /// By functions of the kind's own.
    Own {
        connect: fn(&Settings) -> Result<Connection, FieldErrors>,
        traces: fn(&Settings) -> TraceSettings,
    },
    Row(&'static Row),
}

impl Kind {
    /// A kind that is a row of data.
    pub(super) const fn row(manifest: Manifest, row: &'static Row) -> Self {
        Self { manifest, advice: |_| None, parse: Parse::Row(row) }
    }

    /// What an acceptance does not mean here, in sentences.
    pub fn caveats(&self) -> &'static [&'static str] {
        match self.parse {
            Parse::Own { .. } => &[],
            Parse::Row(row) => row.caveats,
        }
    }

    /// How long ago a request may have completed for the receiver to take it. None: it takes requests of any age.
    pub fn oldest(&self) -> Option<Duration> {
        match self.parse {
            Parse::Own { .. } => None,
            Parse::Row(row) => row.limits.oldest,
        }
    }

    /// What its destinations get, unless a field chooses otherwise.
    pub fn encoding(&self) -> Encoding {
        match self.parse {
            Parse::Own { .. } => Encoding::OtlpProtobuf,
            Parse::Row(row) => row.encoding,
        }
    }

    /// What to do when the connection test comes to this. None: what the outcome itself says.
    pub fn advice(&self, outcome: &Outcome) -> Option<&'static str> {
        (self.advice)(outcome)
    }

    /// Whether the sentence of an attempt says that the receiver wants no more requests.
    pub fn is_farewell(&self, sentence: &str) -> bool {
        let Parse::Row(row) = self.parse else { return false };
        row.readings.iter().any(|reading| reading.is_farewell() && sentence.starts_with(reading.sentence))
    }

    /// How traces are built with these settings, of which the secrets may be missing.
    pub fn traces(&self, settings: &Settings) -> TraceSettings {
        match self.parse {
            Parse::Own { traces, .. } => traces(settings),
            Parse::Row(row) => row.traces(&Values { settings, fields: self.manifest.fields }),
        }
    }

    /// Parses what was typed for a new destination, or what is stored for an old one.
    ///
    /// # Errors
    /// One sentence for each field that has to be corrected.
    pub fn connect(&self, settings: &Settings) -> Result<Connection, FieldErrors> {
        let mut errors = FieldErrors::default();
        for field in self.manifest.fields {
            if let Some(sentence) = field.complaint(settings.get(field.name)) {
                errors.add(field.name, sentence);
            }
        }
        let parsed = match self.parse {
            Parse::Own { connect, .. } => connect(settings),
            Parse::Row(row) => row.connect(&self.manifest, settings),
        };
        match parsed {
            Ok(connection) if errors.is_empty() => Ok(connection),
            Ok(_) => Err(errors),
            Err(others) => {
                errors.add_all(others);
                Err(errors)
            }
        }
    }
}
