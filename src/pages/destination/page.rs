//! The page of a destination: its form, drawn from the fields of its kind.

use askama::Template;

use crate::broadcast;
use crate::connection_test::Verdict;
use crate::destination::{Field, Input, Kind, Settings};
use crate::pages::components::control::Control;
use crate::pages::components::verdict::{VerdictPanel, panel};
use crate::pages::components::when::When;
use crate::pages::form::Values;
use crate::pages::shell::{Problem, Section, Shell};
use crate::pages::visit::Visitor;
use crate::store::destinations::Destination;

/// A destination, new or existing.
#[derive(Debug, Template)]
#[template(path = "pages/destination.html")]
pub struct DestinationPage {
    pub shell: Shell,
    /// The kind's label, or the destination's name.
    pub heading: String,
    /// One sentence below it; empty for none.
    pub lead: String,
    pub kind: &'static str,
    /// Where the form goes.
    pub action: String,
    /// The fields of the connection.
    pub connection: Vec<Control>,
    /// The other controls that are tested and saved with the connection.
    pub options: Vec<Control>,
    /// What can be done without a test. None for a new destination.
    pub existing: Option<Existing>,
    /// The last test, or the one that was just made.
    pub verdict: Option<VerdictPanel>,
    /// Whether the person may change anything.
    pub can_edit: bool,
}

/// What a stored destination has beyond a new one.
#[derive(Debug)]
pub struct Existing {
    /// Its address, to which `/rename`, `/pause`, … are added.
    pub path: String,
    /// Counts its changes, so that an outdated tab is noticed.
    pub revision: i64,
    /// The control with its name.
    pub name: Control,
    pub is_paused: bool,
    /// Since when the program has given up on it: only a passed test switches it on again.
    pub switched_off: Option<When>,
}

/// Everything that one drawing of the form depends on.
pub(super) struct Drawing<'a> {
    pub(super) visitor: &'a Visitor,
    pub(super) kind: &'static Kind,
    /// None: a new one.
    pub(super) destination: Option<&'a Destination>,
    /// What was typed. None: as stored.
    pub(super) typed: Option<&'a Values>,
    pub(super) problems: Vec<Problem>,
    /// The test that was just made.
    pub(super) verdict: Option<Verdict>,
}

impl Drawing<'_> {
    pub(super) fn page(self) -> DestinationPage {
        let manifest = &self.kind.manifest;
        let heading = self.destination.map_or_else(|| manifest.label.to_owned(), |found| found.name.clone());
        let path = self.destination.map(|found| format!("/settings/observability/destinations/{}", found.id));
        let kept = self.destination.filter(|_| self.verdict.is_none()).and_then(broadcast::last_test);
        let fresh = self.verdict.is_some();
        let connection = manifest.fields.iter().map(|field| self.control(field)).collect();
        DestinationPage {
            connection,
            options: vec![self.name(), self.privacy()],
            existing: self.destination.map(|found| Existing {
                path: path.clone().unwrap_or_default(),
                revision: self.revision(found).into(),
                name: Control::text("new_name", "Name").value(found.name.clone()),
                is_paused: !found.enabled,
                switched_off: found.switched_off_at.map(|at| When::new(at, self.visitor.now)),
            }),
            shell: Shell { problems: self.problems, ..self.visitor.shell(Section::Observability, heading.clone()) },
            heading,
            lead: format!("Every completed request becomes a trace in {}.", manifest.label),
            kind: manifest.label,
            action: path.unwrap_or_else(|| format!("/settings/observability/{}", manifest.slug)),
            verdict: self.verdict.or(kept).map(|verdict| panel(verdict, manifest.label, fresh)),
            can_edit: self.visitor.can_edit(),
        }
    }

    /// The revision with which the person began. After a conflict it stays, so that pressing the button again
    /// overwrites nothing.
    fn revision(&self, found: &Destination) -> i32 {
        self.typed.map_or(found.revision, |typed| typed.text("revision").parse().unwrap_or_default())
    }

    fn control(&self, field: &'static Field) -> Control {
        let stored = self.destination.and_then(|found| found.settings.0.get(field.name)).cloned().unwrap_or_default();
        let value = self.typed.map_or(stored, |typed| typed.raw(field.name).to_owned());
        if field.input == Input::Checkbox {
            let is_on = matches!(value.as_str(), "on" | "true" | "1");
            return Control::check(field.name, field.label, is_on).hint(field.hint).problem(&self.problems);
        }
        let control = Control {
            autocomplete: field.autocomplete,
            placeholder: field.example,
            code: matches!(field.input, Input::Secret | Input::Url),
            required: field.required && !(field.is_secret() && self.destination.is_some()),
            ..Control::text(field.name, field.label)
        };
        control.hint(self.hint(field)).value(value).problem(&self.problems)
    }

    /// For a stored secret: when it was set, and its ends. The secret itself is not shown.
    fn hint(&self, field: &Field) -> String {
        let masked = self.destination.and_then(|found| Some((found, found.masked.0.get(field.name)?)));
        match masked {
            Some((found, masked)) if field.is_secret() => {
                let day = found.secrets_set_at.format("%-d %B %Y");
                format!("Set on {day}: {masked}. Leave it empty to keep it.")
            }
            _ => field.hint.to_owned(),
        }
    }

    fn name(&self) -> Control {
        let stored = self.destination.map_or(self.kind.manifest.label, |found| found.name.as_str());
        let value = self.typed.map_or(stored, |typed| typed.text("name"));
        Control::text("name", "Name")
            .hint("How this destination is called in Tracecast.")
            .value(value)
            .problem(&self.problems)
    }

    fn privacy(&self) -> Control {
        let stored = self.destination.is_some_and(|found| found.privacy_mode);
        let is_on = self.typed.map_or(stored, |typed| typed.is_on("privacy_mode"));
        Control::check("privacy_mode", "Privacy Mode", is_on)
            .hint("Prompts and completions are never sent. Tokens, cost, timing, model and metadata still are.")
    }
}

/// The kind's fields as they were typed.
pub(super) fn settings(kind: &Kind, values: &Values) -> Settings {
    kind.manifest.fields.iter().map(|field| (field.name, values.raw(field.name).to_owned())).collect()
}
