//! The section *What is sent* of a destination's form: what detectors take out, and which fields go at all.

use serde_json::{Map, Value, json};

use super::patterns::{self, ACTIONS, PatternRow, Patterns};
use super::preview::PreviewPanel;
use crate::destination::redaction::{Detector, Metadata, Redaction};
use crate::destination::selection::{Mistake, Mistakes, Place};
use crate::pages::components::control::Control;
use crate::pages::form::Values;
use crate::pages::shell::Problem;
use crate::store::destinations::Destination;
use crate::trace::Group;

/// How a name goes, by the API's names.
const SHOWN: &[(&str, &str)] = &[("as_is", "As it is"), ("hashed", "Hashed"), ("left_out", "Left out")];

const METADATA: &[(&str, &str)] = &[("all", "All keys"), ("only", "Only these"), ("all_but", "All but these")];

/// Detectors with the names of their controls and their words. No kind has fields of these names.
const DETECTORS: [(Detector, &str, &str); 6] = [
    (Detector::Email, "sent-email", "Email addresses"),
    (Detector::Phone, "sent-phone", "Phone numbers"),
    (Detector::Card, "sent-card", "Card numbers"),
    (Detector::Iban, "sent-iban", "IBANs"),
    (Detector::Ip, "sent-ip", "IP addresses"),
    (Detector::Token, "sent-token", "Keys and tokens"),
];

/// Fields by the API's names, with those of their controls and their words.
const FIELDS: [(&str, &str, &str); 3] = [
    ("system_prompt", "sent-system-prompt", "System prompt"),
    ("tool_definitions", "sent-tool-definitions", "Tool definitions"),
    ("tool_content", "sent-tool-content", "Tool arguments and results"),
];

/// Names that tell people and sessions apart, in the same way.
const NAMES: [(&str, &str, &str); 2] = [("user", "sent-user", "User"), ("session", "sent-session", "Session")];

/// What is sent only where it is asked for: the names of the controls, their words, and what it holds.
const GROUPS: [(Group, &str, &str, &str); 4] = [
    (Group::Cost, "sent-cost", "Cost", "The cost and the price of each part of the tokens"),
    (
        Group::Identity,
        "sent-identity",
        "Identity",
        "The account's id, the API key's id and name, and the id of the member who made it",
    ),
    (
        Group::RequestContext,
        "sent-request-context",
        "Request context",
        "The program that asked, streaming, region, number of attempts",
    ),
    (
        Group::CostAllocation,
        "sent-cost-allocation",
        "Cost allocation",
        "The caller's tags, and tokens and cost of each part",
    ),
];

const METADATA_CHOICE: &str = "sent-metadata";
const METADATA_KEYS: &str = "sent-metadata-keys";

/// The section, as it is drawn.
#[derive(Debug)]
pub struct Sent {
    pub controls: Vec<Control>,
    pub patterns: Vec<PatternRow>,
    /// What is sent only where it is asked for.
    pub groups: Vec<Control>,
    /// What that would send of one request. None: not asked.
    pub preview: Option<PreviewPanel>,
    /// Whether the person may see what it would send.
    pub can_preview: bool,
    /// A newer version of the program stored what is sent, which is not shown.
    pub is_newer: bool,
}

impl Sent {
    /// `typed`: what was sent of it.
    pub(super) fn new(stored: &Destination, typed: Option<&Values>, problems: &[Problem]) -> Self {
        let is_newer = stored.sent().is_err();
        let redaction = stored.sent().unwrap_or_default();
        let patterns = typed.map_or_else(|| Patterns::of(&redaction), Patterns::typed);
        let (controls, patterns) = (controls(&redaction, typed, problems), patterns.rows(problems));
        Self { controls, patterns, groups: groups(&redaction, typed), preview: None, can_preview: false, is_newer }
    }
}

fn groups(stored: &Redaction, typed: Option<&Values>) -> Vec<Control> {
    let control = |(group, name, label, hint): (Group, _, _, &str)| {
        let is_on = typed.map_or(stored.groups.has(group), |typed| typed.is_on(name));
        Control::check(name, label, is_on).hint(hint)
    };
    GROUPS.map(control).into()
}

fn controls(stored: &Redaction, typed: Option<&Values>, problems: &[Problem]) -> Vec<Control> {
    let members = stored.to_json();
    let text = |name: &str, otherwise: &str| typed.map_or(otherwise, |typed| typed.text(name)).to_owned();
    let detectors = DETECTORS.map(|(detector, name, label)| {
        let action = members["redaction"][detector.name()].as_str().unwrap_or("keep");
        Control { input: "select", ..Control::choice(name, label, ACTIONS) }.value(text(name, action)).problem(problems)
    });
    let fields = FIELDS.map(|(field, name, label)| {
        let stored = members["fields"][field] != Value::Bool(false);
        Control::check(name, label, typed.map_or(stored, |typed| typed.is_on(name))).problem(problems)
    });
    let shown = NAMES.map(|(field, name, label)| {
        let stored = members["fields"][field].as_str().unwrap_or_default();
        Control { input: "select", ..Control::choice(name, label, SHOWN) }.value(text(name, stored)).problem(problems)
    });
    let (choice, names) = match &stored.fields.metadata {
        Metadata::All => ("all", ""),
        Metadata::Only(_) => ("only", "only"),
        Metadata::AllBut(_) => ("all_but", "all_but"),
    };
    let names = members["fields"]["metadata"][names].as_array().into_iter().flatten().filter_map(Value::as_str);
    let names = names.collect::<Vec<_>>().join(", ");
    let metadata = [
        Control { input: "select", ..Control::choice(METADATA_CHOICE, "Metadata", METADATA) }
            .value(text(METADATA_CHOICE, choice)),
        Control::text(METADATA_KEYS, "Keys of metadata")
            .optional()
            .hint("Separated by commas. An asterisk stands for any characters: internal_*")
            .value(text(METADATA_KEYS, &names))
            .problem(problems),
    ];
    detectors.into_iter().chain(fields).chain(shown).chain(metadata).collect()
}

/// The members of what was typed.
pub(super) fn members(values: &Values) -> Map<String, Value> {
    let actions = DETECTORS.map(|(detector, name, _)| {
        let action = values.text(name);
        (detector.name().to_owned(), if action == "keep" { Value::Null } else { Value::from(action) })
    });
    let mut redaction: Map<String, Value> = actions.into_iter().collect();
    redaction.insert("patterns".to_owned(), Patterns::typed(values).to_json());
    let mut fields: Map<String, Value> =
        FIELDS.map(|(field, name, _)| (field.to_owned(), Value::Bool(values.is_on(name)))).into_iter().collect();
    fields.extend(NAMES.map(|(field, name, _)| (field.to_owned(), Value::from(values.text(name)))));
    let names = values.text(METADATA_KEYS).split(',').map(str::trim).filter(|name| !name.is_empty());
    let names: Vec<_> = names.collect();
    fields.insert(
        "metadata".to_owned(),
        match values.text(METADATA_CHOICE) {
            "only" => json!({ "only": names }),
            "all_but" => json!({ "all_but": names }),
            _ => Value::Null,
        },
    );
    let groups = GROUPS.map(|(group, name, ..)| (group.name().to_owned(), Value::Bool(values.is_on(name))));
    let mut members = Map::from_iter(groups);
    members.insert("redaction".to_owned(), Value::Object(redaction));
    members.insert("fields".to_owned(), Value::Object(fields));
    members
}

pub(super) fn problems(mistakes: &Mistakes) -> Vec<Problem> {
    let problem = |mistake: &Mistake| {
        let sentence = mistake.sentence.as_str();
        let (field, sentence) = match mistake.place {
            Place::Member("fields.metadata") => {
                (METADATA_KEYS.into(), "Use at most 50 names of at most 200 characters.")
            }
            Place::Member("fields.user") => ("sent-user".into(), "Choose how users go."),
            Place::Member("fields.session") => ("sent-session".into(), "Choose how sessions go."),
            Place::Pattern(number) => (patterns::name(number + 1).into(), sentence),
            _ => ("sent".into(), sentence),
        };
        Problem { field: Some(field), message: sentence.to_owned() }
    };
    mistakes.iter().map(problem).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sent_comes_back_from_the_form_that_shows_it() {
        let chosen = json!({
            "redaction": { "email": "mask", "card": "drop", "patterns": [{ "pattern": "CUST-[0-9]{6}", "action": "hash" }] },
            "fields": { "system_prompt": false, "user": "left_out", "session": "hashed", "metadata": { "all_but": ["internal_*", "cost"] } },
            "broadcast_generation_identity": true,
        });
        let mut stored = Redaction::default();
        stored.replace(chosen.as_object().unwrap()).unwrap();
        let mut body = url::form_urlencoded::Serializer::new(String::new());
        for control in controls(&stored, None, &[]).into_iter().chain(groups(&stored, None)) {
            if control.input != "checkbox" || control.is_on() {
                body.append_pair(control.name, &control.value);
            }
        }
        for row in Patterns::of(&stored).rows(&[]) {
            let chosen = row.actions.iter().find(|action| action.2).unwrap();
            body.append_pair(&row.name, &row.expression).append_pair(&format!("{}-action", row.name), chosen.0);
        }
        let values = Values::parse(body.finish().as_bytes());
        let mut saved = Redaction::default();
        saved.replace(&members(&values)).unwrap();
        assert_eq!(saved.to_json(), stored.to_json());
    }
}
