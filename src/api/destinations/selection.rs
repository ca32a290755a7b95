//! Which requests go to a destination. What is stored so far is all of them, whole: other choices are refused rather than ignored.

use serde_json::{Value, json};

use crate::api::error::Error;
use crate::api::input::{Input, wrong_type};

/// Of which all requests are sent.
const NULL_ONLY: [&str; 2] = ["api_key_hashes", "filter_rules"];

/// Further groups of attributes that are not sent.
const FALSE_ONLY: [&str; 4] = [
    "broadcast_generation_cost",
    "broadcast_generation_identity",
    "broadcast_generation_request_context",
    "broadcast_generation_cost_allocation",
];

/// # Errors
/// Something else is chosen than what there is.
pub(super) fn check(input: &Input) -> Result<(), Error> {
    let given = |field| input.get(field).filter(|value| !value.is_null());
    let not_yet = |field, only| {
        Err(Error::invalid(field, format!("`{field}` can not yet be other than {only} here. Leave it out.")))
    };
    if given("sampling_rate").is_some_and(|rate| rate.as_f64() != Some(1.0)) {
        return not_yet("sampling_rate", "1");
    }
    if let Some(field) = NULL_ONLY.into_iter().find(|field| given(field).is_some()) {
        return not_yet(field, "null");
    }
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
