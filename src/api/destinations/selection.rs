//! Which requests go to a destination, and what of them (spec 10). Regions have one value so far: others are refused rather than ignored.

use std::fmt::Display;

use serde_json::{Map, Value, json};

use super::refusal::misruled;
use crate::api::error::Error;
use crate::api::input::{Input, wrong_type};
use crate::broadcast::Chosen;
use crate::destination::redaction::Redaction;
use crate::destination::selection::Rules;
use crate::store::destinations::Destination;
use crate::trace::Group;

/// The members by which a request chooses which requests a destination gets.
const RULES: [&str; 6] =
    ["sampling_rate", "api_key_hashes", "excluded_api_key_hashes", "filter_rules", "always_keep", "daily_budget"];

/// Those by which it chooses what is sent of them, with the groups.
const REDACTION: [&str; 2] = ["redaction", "fields"];

/// What a request chooses.
pub(in crate::api) struct Choice {
    pub(in crate::api) rules: Option<Rules>,
    pub(in crate::api) redaction: Option<Redaction>,
}

impl Choice {
    pub(super) fn borrowed(&self) -> Chosen<'_> {
        Chosen { rules: self.rules.as_ref(), redaction: self.redaction.as_ref() }
    }
}

/// What a request chooses, over what is stored.
///
/// # Errors
/// A mistake in it, or a choice that there is not.
pub(in crate::api) fn read(input: &Input, stored: Option<&Destination>) -> Result<Choice, Error> {
    refuse_others(input)?;
    let names = |members: &[&str]| members.iter().any(|member| input.get(member).is_some());
    let rules = names(&RULES).then(|| rules(input, stored)).transpose()?;
    let groups = Group::ALL.map(Group::name);
    let redaction = (names(&REDACTION) || names(&groups)).then(|| redaction(input, stored)).transpose()?;
    Ok(Choice { rules, redaction })
}

fn rules(input: &Input, stored: Option<&Destination>) -> Result<Rules, Error> {
    let rules = stored.map(Destination::rules).transpose().map_err(|unreadable| newer(&unreadable))?;
    let mut rules = rules.unwrap_or_default();
    rules.replace(input.members()).map_err(|mistakes| misruled(&mistakes))?;
    Ok(rules)
}

fn redaction(input: &Input, stored: Option<&Destination>) -> Result<Redaction, Error> {
    let redaction = stored.map(Destination::sent).transpose().map_err(|unreadable| newer(&unreadable))?;
    let mut redaction = redaction.unwrap_or_default();
    redaction.replace(input.members()).map_err(|mistakes| misruled(&mistakes))?;
    Ok(redaction)
}

/// This version cannot read what is stored.
pub(in crate::api) fn newer(unreadable: &impl Display) -> Error {
    Error::conflict(format!("Nothing was done with this destination: {unreadable}. Use that version, or delete it."))
}

/// What a destination chose, in the members of its description.
pub(super) fn describe(stored: &Destination) -> Map<String, Value> {
    let kept = |stored: &Option<Value>| stored.as_ref().and_then(Value::as_object).cloned().unwrap_or_default();
    let mut members = stored.rules().map_or_else(|_| kept(&stored.selection), |rules| rules.to_json());
    members.extend(stored.sent().map_or_else(|_| kept(&stored.redaction), |redaction| redaction.to_json()));
    members
}

/// There is one region.
fn refuse_others(input: &Input) -> Result<(), Error> {
    let Some(regions) = input.get("regions").filter(|value| !value.is_null()) else { return Ok(()) };
    if !regions.as_array().is_some_and(|regions| !regions.is_empty() && regions.iter().all(Value::is_string)) {
        return Err(wrong_type("regions", "an array of at least one text"));
    }
    if *regions != json!(["global"]) {
        let sentence = r#"`regions` can not yet be other than ["global"] here. Leave it out."#;
        return Err(Error::invalid("regions", sentence));
    }
    Ok(())
}
