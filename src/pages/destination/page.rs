//! The page of a destination: its form, drawn from the fields of its kind.

use std::collections::BTreeMap;

use askama::Template;

use super::backfill::Backfill;
use super::choosing::Choosing;
use super::dry_run::DryRunPanel;
use super::preview::PreviewPanel;
use super::sent_form::Sent;
use crate::broadcast;
use crate::broadcast::listing::Listed;
use crate::connection_test::Verdict;
use crate::destination::kinds::{clickhouse, webhook};
use crate::destination::{Field, Input, Kind, Settings};
use crate::pages::components::control::Control;
use crate::pages::components::form_of_arrival::FormOfArrival;
use crate::pages::components::health::HealthPanel;
use crate::pages::components::verdict::{Purpose, VerdictPanel, panel};
use crate::pages::components::when::When;
use crate::pages::documentation;
use crate::pages::form::Values;
use crate::pages::shell::{Problem, Section, Shell};
use crate::pages::visit::Visitor;
use crate::store::destinations::Destination;

/// A destination, new or existing.
#[derive(Debug, Template)]
#[template(path = "pages/destination.html")]
pub struct DestinationPage {
    pub shell: Shell,
    /// "Add" with the kind's label, or the destination's name.
    pub heading: String,
    /// The kind's label.
    pub kind: &'static str,
    /// The kind's two letters.
    pub sign: &'static str,
    /// What requests become there.
    pub arrival: FormOfArrival,
    /// Where the form of the connection goes.
    pub action: String,
    /// The fields of the connection.
    pub connection: Vec<Control>,
    /// Those that few people need.
    pub further: Vec<Control>,
    /// Where requests go, as far as the fields say something else.
    pub address: Option<String>,
    /// What makes the place that traces go to, for people to copy, if it has to be made.
    pub statement: Option<String>,
    /// Where the document about the kind is.
    pub documentation: String,
    /// Name, Privacy Mode and defaults: they need no test.
    pub defaults: Vec<Control>,
    /// Which requests it gets. None: a new one gets all.
    pub choosing: Option<Choosing>,
    /// What that would have done. None: not asked.
    pub dry_run: Option<DryRunPanel>,
    /// What is sent of them. None: a new one gets all of it.
    pub sent: Option<Sent>,
    /// What a stored destination has. None for a new one.
    pub existing: Option<Existing>,
    /// The last test, or the one that was just made.
    pub verdict: Option<VerdictPanel>,
    /// What else it could be sent. None: nothing, or it is not new.
    pub backfill: Option<Backfill>,
    /// Whether the person may change anything.
    pub can_edit: bool,
}

impl DestinationPage {
    /// Whether one of these controls has to be seen: it holds something, or is wrong.
    pub fn is_open(&self, controls: &[Control]) -> bool {
        controls.iter().any(|control| control.error.is_some())
    }
}

/// What a stored destination has beyond a new one.
#[derive(Debug)]
pub struct Existing {
    /// Its address, to which `/defaults`, `/pause`, … are added.
    pub path: String,
    /// Counts its changes, so that an outdated tab is noticed.
    pub revision: i64,
    pub health: HealthPanel,
    pub is_paused: bool,
    /// Since when the program has given up on it: only a passed test switches it on again.
    pub switched_off: Option<When>,
    /// None: it signs nothing.
    pub signing: Option<Signing>,
}

/// The signing of requests.
#[derive(Debug)]
pub struct Signing {
    pub has_secret: bool,
    /// Whether the person may make or replace the secret.
    pub can_edit: bool,
}

/// A part of the form that is sent by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FormPart {
    Connection,
    Requests,
    Sent,
    Defaults,
}

/// Everything that one drawing of the form depends on.
pub(super) struct Drawing<'a> {
    pub(super) visitor: &'a Visitor,
    pub(super) kind: &'static Kind,
    /// None: a new one.
    pub(super) listed: Option<&'a Listed>,
    /// Whether the person may read content.
    pub(super) may_read: bool,
    /// What was typed. None: as stored.
    pub(super) typed: Option<&'a Values>,
    /// The part of the form that was sent.
    pub(super) part: FormPart,
    /// Which requests it gets. None: a new one gets all.
    pub(super) choosing: Option<Choosing>,
    /// What that would have done. None: not asked.
    pub(super) dry_run: Option<DryRunPanel>,
    /// What would be sent of one request. None: not asked.
    pub(super) preview: Option<PreviewPanel>,
    /// What else it could be sent. None: nothing, or it is not new.
    pub(super) backfill: Option<Backfill>,
    pub(super) problems: Vec<Problem>,
    /// What was just tried.
    pub(super) verdict: Option<(Purpose, Verdict)>,
}

impl Drawing<'_> {
    pub(super) fn page(self) -> DestinationPage {
        let manifest = &self.kind.manifest;
        let (title, heading) = match self.stored() {
            Some(stored) => (format!("Settings of {}", stored.name), stored.name.clone()),
            None => (format!("Add {}", manifest.label), format!("Add {}", manifest.label)),
        };
        let path = self.stored().map(|stored| format!("/settings/observability/destinations/{}", stored.id));
        let is_new_test = self.verdict.is_some();
        let kept =
            self.stored().filter(|_| !is_new_test).and_then(broadcast::last_test).map(|kept| (Purpose::Test, kept));
        let (defaults, connection): (Vec<&'static Field>, Vec<&'static Field>) =
            manifest.fields.iter().partition(|field| field.is_default());
        let few = connection.iter().position(|field| field.input == Input::Checkbox).unwrap_or(connection.len());
        let (connection, further) = connection.split_at(few);
        let arrival = FormOfArrival::of(self.kind);
        let controls = |fields: &[&'static Field]| fields.iter().map(|field| self.control(field)).collect::<Vec<_>>();
        DestinationPage {
            connection: controls(connection),
            further: controls(further),
            defaults: [vec![self.name()], controls(&defaults), vec![self.privacy()]].concat(),
            address: self.address(),
            statement: self.statement(),
            documentation: documentation::path(self.kind),
            existing: self.listed.map(|listed| Existing {
                path: path.clone().unwrap_or_default(),
                revision: self.revision(&listed.destination).into(),
                health: HealthPanel::of(listed, self.visitor.now),
                is_paused: !listed.destination.enabled,
                switched_off: listed.destination.switched_off_at.map(|at| When::new(at, self.visitor.now)),
                signing: self.signing(&listed.destination),
            }),
            sent: self.sent().map(|sent| Sent { preview: self.preview, can_preview: self.may_read, ..sent }),
            choosing: self.choosing,
            backfill: self.backfill,
            dry_run: self.dry_run,
            heading,
            kind: manifest.label,
            sign: manifest.sign,
            action: path.clone().unwrap_or_else(|| format!("/settings/observability/{}", manifest.slug)),
            can_edit: self.visitor.can_edit(),
            verdict: self
                .verdict
                .or(kept)
                .map(|(purpose, verdict)| panel(verdict, purpose, arrival.look_up.clone(), self.visitor.now)),
            arrival,
            shell: Shell { problems: self.problems, ..self.visitor.shell(Section::Observability, title) },
        }
    }

    fn stored(&self) -> Option<&Destination> {
        self.listed.map(|listed| &listed.destination)
    }

    /// The revision with which the person began. After a conflict it stays, so that pressing the button again
    /// overwrites nothing.
    fn revision(&self, stored: &Destination) -> i32 {
        self.typed.map_or(stored.revision, |typed| typed.text("revision").parse().unwrap_or_default())
    }

    /// What was typed, if a control of this part was sent. A box that is not ticked is not sent.
    fn typed(&self, name: &str, part: FormPart) -> Option<&Values> {
        self.typed.filter(|typed| self.part == part || self.listed.is_none() || typed.has(name))
    }

    fn control(&self, field: &'static Field) -> Control {
        let part = if field.is_default() { FormPart::Defaults } else { FormPart::Connection };
        let stored = self.stored().map(|stored| &stored.settings.0);
        let typed = self.typed(field.name, part);
        let value = match typed {
            Some(typed) => Some(sent(field, typed, stored)),
            None => stored.map(|stored| stored.get(field.name).cloned().unwrap_or_default()),
        };
        match field.input {
            Input::Checkbox => {
                let value = value.filter(|value| typed.is_some() || !value.is_empty());
                let value = value.unwrap_or_else(|| field.default.to_owned());
                let check = Control::check(field.name, field.label, matches!(value.as_str(), "on" | "true" | "1"));
                Control { unticked: if field.is_usually_on() { Field::UNTICKED } else { "" }, ..check }
            }
            Input::Choice(choices) => {
                Control::choice(field.name, field.label, choices).value(value.unwrap_or_default())
            }
            Input::Text | Input::Url | Input::Secret => self.line(field).value(value.unwrap_or_default()),
        }
        .hint(self.hint(field))
        .problem(&self.problems)
    }

    fn line(&self, field: &'static Field) -> Control {
        let is_kept = field.is_secret() && self.stored().is_some();
        Control {
            autocomplete: field.autocomplete,
            placeholder: match field.default {
                _ if self.masked(field).is_some() => "Not shown again",
                "" => field.example,
                default => default,
            },
            code: matches!(field.input, Input::Secret | Input::Url),
            required: field.required && !is_kept,
            is_explained: self.masked(field).is_some() || self.hint(field).contains("Leave it empty"),
            suggestions: field.suggestions,
            ..Control::text(field.name, field.label)
        }
    }

    /// For a stored secret: when it was set, and its ends. The secret itself is not shown.
    fn hint(&self, field: &Field) -> String {
        match self.masked(field) {
            Some((day, masked)) => format!("Set on {day}: {masked}. Leave it empty to keep it."),
            None if !field.default.is_empty() && field.input == Input::Url => {
                format!("{} Leave it empty for {}.", field.hint, field.default)
            }
            None => field.hint.to_owned(),
        }
    }

    /// The day on which a stored secret was set, and its ends.
    fn masked(&self, field: &Field) -> Option<(String, &str)> {
        let stored = self.stored().filter(|_| field.is_secret())?;
        let masked = stored.masked.0.get(field.name)?;
        Some((stored.secrets_set_at.format("%-d %B %Y").to_string(), masked))
    }

    /// Where traces go by the fields as they stand, if no field says it. The secrets do not change that: those that are not typed
    /// are replaced by examples.
    fn address(&self) -> Option<String> {
        let fields = self.kind.manifest.fields;
        let values: Vec<_> = fields.iter().map(|field| (field, self.control(field).value)).collect();
        let settings = values.iter().map(|(field, value)| {
            let value = if field.is_secret() && value.is_empty() { field.example } else { value.as_str() };
            (field.name, value.to_owned())
        });
        let connection = self.kind.connect(&settings.collect::<Settings>()).ok()?;
        let address = connection.wire().url().to_string();
        values.iter().all(|(_, value)| *value != address).then_some(address)
    }

    /// The statement that makes the table of the fields as they stand.
    fn statement(&self) -> Option<String> {
        let value = |name| {
            let field = self.kind.manifest.field(name)?;
            let value = self.control(field).value;
            let usual = if field.default.is_empty() { field.example } else { field.default };
            Some(if value.is_empty() { usual.to_owned() } else { value })
        };
        let is_table = self.kind.manifest.slug == clickhouse::SLUG;
        let names = value(clickhouse::DATABASE).zip(value(clickhouse::TABLE)).filter(|_| is_table);
        names.map(|(database, table)| clickhouse::create_table(&database, &table))
    }

    fn signing(&self, stored: &Destination) -> Option<Signing> {
        let has_secret = stored.masked.0.contains_key(webhook::SECRET);
        (stored.kind == webhook::SLUG).then(|| Signing { has_secret, can_edit: self.visitor.can_edit() })
    }

    fn sent(&self) -> Option<Sent> {
        let typed = self.typed.filter(|_| self.part == FormPart::Sent);
        self.stored().map(|stored| Sent::new(stored, typed, &self.problems))
    }

    fn name(&self) -> Control {
        let stored = self.stored().map_or(self.kind.manifest.label, |stored| stored.name.as_str());
        let value = self.typed("name", FormPart::Defaults).map_or(stored, |typed| typed.text("name"));
        Control::text("name", "Name").hint("In Tracecast only.").value(value).problem(&self.problems)
    }

    fn privacy(&self) -> Control {
        let stored = self.stored().is_some_and(|stored| stored.privacy_mode);
        let typed = self.typed("privacy_mode", FormPart::Defaults);
        Control::check("privacy_mode", "Privacy Mode", typed.map_or(stored, |typed| typed.is_on("privacy_mode")))
            .hint("Prompts and completions are never sent. Tokens, cost, timing, model and metadata still are.")
    }
}

/// The kind's fields as they were typed. Defaults that were not sent stay as they are stored.
pub(super) fn settings(kind: &Kind, values: &Values, stored: Option<&Destination>) -> Settings {
    let stored = stored.map(|stored| &stored.settings.0);
    kind.manifest.fields.iter().map(|field| (field.name, sent(field, values, stored))).collect()
}

/// What a form says of a field. Of a default, and of a box that is usually ticked, silence changes nothing.
fn sent(field: &Field, values: &Values, stored: Option<&BTreeMap<String, String>>) -> String {
    if values.has(field.name) || !(field.is_default() || field.is_usually_on()) {
        return values.raw(field.name).to_owned();
    }
    let kept = stored.and_then(|stored| stored.get(field.name)).map(String::as_str);
    let usual = if field.is_usually_on() { field.default } else { "" };
    kept.unwrap_or(usual).to_owned()
}
