//! From what was typed for a kind that is a row, to the connection.

use std::collections::BTreeMap;

use bytes::Bytes;
use secrecy::SecretString;
use serde_json::Value;

use super::super::own_headers::{self, OwnHeaders};
use super::super::web_address::{check_length, host_and_port};
use super::super::{
    Arrival, Check, Connection, Field, FieldError, FieldErrors, Header, Manifest, Mended, Method, Settings, Stored,
    TestStep, Wire, masking, reading,
};
use super::address::Base;
use super::template::fill;
use super::values::Values;
use super::{CheckRow, HeaderRow, Row, Step};
use crate::trace::{Parent, TraceSettings};

impl Row {
    /// Parses settings whose fields are checked one by one already, or are reported anyway.
    ///
    /// # Errors
    /// One sentence for each field that has to be corrected.
    pub(in crate::destination) fn connect(
        &'static self,
        manifest: &Manifest,
        settings: &Settings,
    ) -> Result<Connection, FieldErrors> {
        let values = Values { settings, fields: manifest.fields };
        let mut errors = FieldErrors::default();
        let base = self.address.base(&values).map_err(|error| add(&mut errors, error)).ok();
        let own = own_headers::parse(settings.get(Field::HEADERS.name));
        let own = own.map_err(|sentence| errors.add(Field::HEADERS.name, sentence)).ok();
        self.headers.iter().for_each(|header| header.check(&values, &mut errors));
        let is_complete = manifest.fields.iter().all(|field| field.complaint(settings.get(field.name)).is_none());
        if let Some(error) = (self.agree)(&values).filter(|_| is_complete) {
            errors.add(error.field, error.sentence);
        }
        match (base, own) {
            (Some(base), Some(own)) if errors.is_empty() => {
                let mut connection = Filled { row: self, manifest, values, own }.connection(&base);
                if is_complete {
                    (self.finish)(&values, &mut connection)
                        .map_err(|error| FieldErrors::one(error.field, error.sentence))?;
                }
                check_length(connection.wire.url())
                    .map_err(|must| FieldErrors::one(base.field, format!("The address must {must}.")))?;
                Ok(connection)
            }
            _ => Err(errors),
        }
    }

    /// How traces are built. Secrets do not matter.
    pub(in crate::destination) fn traces(&self, values: &Values<'_>) -> TraceSettings {
        TraceSettings {
            environment: values.settings.given(Field::ENVIRONMENT),
            release: values.settings.given(Field::RELEASE),
            dialect: self.dialect,
            extras: self.extras,
            parent: if values.is_ticked(Field::JOIN) { Parent::Link } else { Parent::Attribute },
            value_chars: self.limits.value_chars,
            span_attributes: self.limits.span_attributes,
            ..TraceSettings::default()
        }
    }
}

fn add(errors: &mut FieldErrors, error: Option<FieldError>) {
    if let Some(error) = error {
        errors.add(error.field, error.sentence);
    }
}

/// A row with the values of one destination.
struct Filled<'a> {
    row: &'static Row,
    manifest: &'a Manifest,
    values: Values<'a>,
    own: OwnHeaders,
}

impl Filled<'_> {
    fn connection(&self, base: &Base) -> Connection {
        let url = self.row.address.traces(base, &self.values);
        let behind = fill(self.row.target, |name| self.values.get(name).to_owned());
        let behind = if behind.is_empty() { url.path().to_owned() } else { format!("/{behind}") };
        Connection {
            target: format!("{}{behind}", host_and_port(&url)),
            stored: self.stored(base),
            masked: self.masked(),
            redactions: self.redactions(),
            mix_ups: self.mix_ups(),
            mended: self.mended(base),
            traces: self.row.traces(&self.values),
            wire: Wire {
                method: Method::Post,
                url,
                headers: self.headers(self.row.headers),
                resource: self.row.resource.iter().map(|(name, text)| (*name, self.fill(text))).collect(),
                encoding: self.row.encoding,
                limits: self.row.limits,
                accepts_unseen: false,
                readings: self.row.readings,
                reading: reading::any_success,
                steps: self.row.steps.iter().map(|step| self.step(step, base)).collect(),
                arrival: self.arrival(),
                port: None,
                sign: None,
            },
        }
    }

    /// The values in canonical form: what an empty field means is written down, so that it stays when the kind changes.
    fn stored(&self, base: &Base) -> Stored {
        let mut stored = Stored::default();
        for field in self.manifest.fields {
            let value = match field.name {
                Field::JOIN => {
                    if self.values.is_ticked(Field::JOIN) { Field::TICKED } else { Field::UNTICKED }.to_owned()
                }
                name if name == self.row.address.field => base.stored.clone().unwrap_or_default(),
                name if name == Field::HEADERS.name => self.own.to_json(),
                name => self.values.get(name).to_owned(),
            };
            if field.is_secret() {
                stored.secret.insert(field.name.to_owned(), SecretString::from(value));
            } else if !value.is_empty() {
                stored.open.insert(field.name.to_owned(), value);
            }
        }
        stored
    }

    /// The kind's secrets that are filled in, each with its field.
    fn secrets(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let of_kind = self.manifest.secrets().filter(|field| field.name != Field::HEADERS.name);
        of_kind.map(|field| (field.name, self.values.get(field.name))).filter(|(_, value)| !value.is_empty())
    }

    fn masked(&self) -> BTreeMap<&'static str, String> {
        let own = self.own.masked().map(|masked| (Field::HEADERS.name, masked));
        self.secrets().map(|(name, value)| (name, masking::end(value))).chain(own).collect()
    }

    fn redactions(&self) -> Vec<(SecretString, String)> {
        let encoded: Vec<_> = self.row.headers.iter().filter_map(|header| header.encoded(&self.values)).collect();
        let typed = self.secrets().map(|(_, value)| value).chain(self.own.secrets());
        masking::redactions(encoded.iter().map(String::as_str).chain(typed))
    }

    fn mix_ups(&self) -> Vec<FieldError> {
        let of_fields = self.manifest.fields.iter().filter_map(|field| {
            let sentence = field.mix_up(self.values.get(field.name))?.to_owned();
            Some(FieldError { field: field.name, sentence })
        });
        of_fields.chain((self.row.mix_up)(&self.values)).collect()
    }

    fn mended(&self, base: &Base) -> Mended {
        let credentials = self.manifest.secrets().next().map_or("", |field| field.name);
        Mended { address: base.field, credentials }
    }

    /// The kind's headers, and behind them the person's own. The kind's win.
    fn headers(&self, of_kind: &'static [HeaderRow]) -> Vec<Header> {
        self.own.behind(of_kind.iter().filter_map(|header| header.fill(&self.values)).collect())
    }

    fn step(&self, step: &'static Step, base: &Base) -> TestStep {
        match step {
            Step::Empty => TestStep::Empty { times: 1 },
            Step::Trace => TestStep::Trace,
            Step::Check(check) => TestStep::Check(self.check(check, base)),
        }
    }

    fn check(&self, check: &'static CheckRow, base: &Base) -> Check {
        let mut headers = self.headers(check.headers);
        let body = match check.method {
            Method::Get => Bytes::new(),
            Method::Post | Method::Put => {
                headers.push(Header::open("content-type", "application/json"));
                let members =
                    check.body.iter().map(|(name, text)| ((*name).to_owned(), Value::String(self.fill(text))));
                Value::Object(members.collect()).to_string().into()
            }
        };
        let url = self.row.address.check(base, check.path, &self.values);
        Check {
            method: check.method,
            url,
            headers,
            body,
            expected: 200..=check.up_to,
            shown: check.shown,
            finding: None,
        }
    }

    fn arrival(&self) -> Option<Arrival> {
        let checked_by = (!self.row.is_proved()).then_some(self.manifest.label);
        match self.row.shown {
            "" => checked_by.map(|_| Arrival { checked_by, shown: "in about a minute" }),
            shown => Some(Arrival { checked_by, shown }),
        }
    }

    fn fill(&self, template: &str) -> String {
        fill(template, |name| self.values.get(name).to_owned())
    }
}
