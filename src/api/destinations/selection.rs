//! Which requests go to a destination (spec 10.1). Regions and the further groups of attributes have one value so far: others are
//! refused rather than ignored.

use serde_json::{Map, Value, json};

use super::refusal::misruled;
use crate::api::error::Error;
use crate::api::input::{Input, wrong_type};
use crate::destination::selection::{Rules, Unreadable};
use crate::store::destinations::Destination;

/// The members by which a request chooses.
const CHOSEN: [&str; 5] = ["sampling_rate", "api_key_hashes", "excluded_api_key_hashes", "filter_rules", "always_keep"];

/// Further groups of attributes that are not sent.
const FALSE_ONLY: [&str; 4] = [
    "broadcast_generation_cost",
    "broadcast_generation_identity",
    "broadcast_generation_request_context",
    "broadcast_generation_cost_allocation",
];

/// The rules of a request, over those that are stored. None: it chooses nothing.
///
/// # Errors
/// A mistake in them, or a choice that there is not.
pub(in crate::api) fn read(input: &Input, stored: Option<&Destination>) -> Result<Option<Rules>, Error> {
    refuse_others(input)?;
    if CHOSEN.into_iter().all(|member| input.get(member).is_none()) {
        return Ok(None);
    }
    let rules = stored.map(Destination::rules).transpose().map_err(|unreadable| newer(&unreadable))?;
    let mut rules = rules.unwrap_or_default();
    rules.replace(input.members()).map_err(|mistakes| misruled(&mistakes))?;
    Ok(Some(rules))
}

/// This version cannot judge by the stored rules.
pub(in crate::api) fn newer(unreadable: &Unreadable) -> Error {
    Error::conflict(format!("Nothing was done with this destination: {unreadable}. Use that version, or delete it."))
}

/// What a destination chose, in the members of its description.
pub(super) fn describe(stored: &Destination) -> Map<String, Value> {
    match (stored.rules(), &stored.selection) {
        (Ok(rules), _) => rules.to_json(),
        (Err(_), Some(Value::Object(newer))) => newer.clone(),
        (Err(_), _) => Map::new(),
    }
}

fn refuse_others(input: &Input) -> Result<(), Error> {
    let given = |field| input.get(field).filter(|value| !value.is_null());
    let not_yet = |field, only| {
        Err(Error::invalid(field, format!("`{field}` can not yet be other than {only} here. Leave it out.")))
    };
    if let Some(field) = FALSE_ONLY.into_iter().find(|field| given(field).is_some_and(|value| *value != json!(false))) {
        return not_yet(field, "false");
    }
    let Some(regions) = given("regions") else { return Ok(()) };
    if !regions.as_array().is_some_and(|regions| !regions.is_empty() && regions.iter().all(Value::is_string)) {
        return Err(wrong_type("regions", "an array of at least one text"));
    }
    if *regions != json!(["global"]) {
        return not_yet("regions", r#"["global"]"#);
    }
    Ok(())
}
