//! A destination's `config`: the fields of its kind under the API's names, secrets masked. Presets are `otel-collector`s with
//! `config.preset` (spec 7.1).

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{Field, FieldError, Input, Kind, Settings, kinds, masking, own_headers};

/// Why a configuration cannot be read: a sentence about a member, `config.dsn` or `type`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{sentence}")]
pub struct ConfigError {
    pub field: String,
    pub sentence: String,
}

impl ConfigError {
    fn new(field: impl Into<String>, sentence: impl Into<String>) -> Self {
        Self { field: field.into(), sentence: sentence.into() }
    }
}

/// What is known of a stored destination: its secrets are masked.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    pub open: &'a BTreeMap<String, String>,
    pub masked: &'a BTreeMap<String, String>,
}

/// The type of every preset.
const COLLECTOR: &str = "otel-collector";

/// The kind of a new destination.
///
/// # Errors
/// There is no such type or preset.
pub fn kind(of_type: &str, config: &Map<String, Value>) -> Result<&'static Kind, ConfigError> {
    let preset = config.get("preset").filter(|preset| !preset.is_null() && of_type == COLLECTOR);
    let (field, named) = match preset {
        None => ("type", of_type),
        Some(preset) => ("config.preset", preset.as_str().unwrap_or_default()),
    };
    let is_known = |kind: &&Kind| kind.manifest.slug == named && kind.manifest.preset == preset.is_some();
    kinds::all().iter().find(is_known).ok_or_else(|| {
        let kinds = kinds::all().iter().filter(|kind| kind.manifest.preset == preset.is_some());
        let known: Vec<_> = kinds.map(|kind| kind.manifest.slug).collect();
        ConfigError::new(field, format!("`{field}` must be one of these: {}.", known.join(", ")))
    })
}

/// The type of a kind.
pub fn type_of(kind: &Kind) -> &'static str {
    if kind.manifest.preset { COLLECTOR } else { kind.manifest.slug }
}

/// A field's name in `config`: `otlp_endpoint` is `otlpEndpoint`.
pub fn name_of(field: &str) -> String {
    let mut words = field.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |name, word| {
        let (initial, rest) = word.split_at(word.len().min(1));
        name + &initial.to_ascii_uppercase() + rest
    })
}

/// The kind's fields, with the stored values of those that are not given. A secret that is empty means the stored one.
///
/// # Errors
/// A value is of another type.
pub fn read(kind: &Kind, config: &Map<String, Value>, stored: Option<Known<'_>>) -> Result<Settings, ConfigError> {
    let mut settings = Settings::default();
    for field in kind.manifest.fields {
        let name = name_of(field.name);
        let kept = stored.and_then(|stored| stored.open.get(field.name)).map(String::as_str);
        let value = match (config.get(&name), kept) {
            (None, None) => continue,
            (None, Some(kept)) => kept.to_owned(),
            (Some(Value::Null), _) => String::new(),
            (Some(given), kept) => text(field, &name, given, kept)?,
        };
        settings.insert(field.name, value);
    }
    Ok(settings)
}

/// A given value as a person would type it.
fn text(field: &Field, name: &str, given: &Value, kept: Option<&str>) -> Result<String, ConfigError> {
    let wrong = |expected| {
        let sentence = format!("`config.{name}` must be {expected}. Correct it and send it again.");
        Err(ConfigError::new(format!("config.{name}"), sentence))
    };
    match (field.input, given) {
        (Input::Checkbox, Value::Bool(ticked)) => Ok(match kept {
            Some(kept) if (kept == Field::TICKED) == *ticked => kept.to_owned(),
            None if !ticked => String::new(),
            _ => if *ticked { Field::TICKED } else { "off" }.to_owned(),
        }),
        (Input::Checkbox, _) => wrong("true or false"),
        (_, Value::Object(headers)) if field.holds_headers() => Ok(Value::Object(lower_case(headers)).to_string()),
        (_, Value::String(text)) if !field.holds_headers() => Ok(text.clone()),
        _ if field.holds_headers() => wrong("an object of texts"),
        _ => wrong("a text"),
    }
}

/// Headers by their names in lower case, as they are stored. Two of the same name stay as they are, to be refused.
fn lower_case(headers: &Map<String, Value>) -> Map<String, Value> {
    let lower: Map<_, _> = headers.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.clone())).collect();
    if lower.len() == headers.len() { lower } else { headers.clone() }
}

/// What may be shown of a destination's values.
pub fn describe(kind: &Kind, stored: Known<'_>) -> Map<String, Value> {
    let value = |field: &Field| match field.input {
        Input::Secret if field.holds_headers() => serde_json::from_str(stored.masked.get(field.name)?).ok(),
        Input::Secret => Some(Value::from(stored.masked.get(field.name)?.as_str())),
        Input::Checkbox => Some(stored.open.get(field.name).is_some_and(|value| value == Field::TICKED).into()),
        _ => Some(Value::from(stored.open.get(field.name)?.as_str())),
    };
    let fields = kind.manifest.fields.iter();
    let mut config: Map<_, _> = fields.filter_map(|field| Some((name_of(field.name), value(field)?))).collect();
    if kind.manifest.preset {
        config.insert("preset".to_owned(), kind.manifest.slug.into());
        let address = kind.address(stored.open).map(|address| address.to_string()).unwrap_or_default();
        config.entry("endpoint").or_insert_with(|| address.into());
    }
    config
}

/// What would be shown of a new destination's values. Secrets that are left out are taken for good ones, and are not shown.
///
/// # Errors
/// All that is wrong with them.
pub fn preview(kind: &Kind, config: &Map<String, Value>) -> Result<Map<String, Value>, Vec<ConfigError>> {
    let given = read(kind, config, None).map_err(|error| vec![error])?;
    let mut settings = given.clone();
    let left_out: Vec<_> = kind.manifest.secrets().filter(|field| given.get(field.name).is_empty()).collect();
    for field in left_out.iter().filter(|field| field.required) {
        settings.insert(field.name, field.example);
    }
    match kind.create(&settings) {
        Ok(connection) => {
            let is_given = |name: &&str| left_out.iter().all(|field| field.name != *name);
            let masked = connection.all_masked().iter().filter(|(name, _)| is_given(name));
            let masked = masked.map(|(name, mask)| ((*name).to_owned(), mask.clone())).collect();
            Ok(describe(kind, Known { open: &connection.stored().open, masked: &masked }))
        }
        // An example does not agree with the values that are there.
        Err(_) if left_out.iter().any(|field| field.required) => {
            Ok(describe(kind, Known { open: &with_defaults(kind, &given), masked: &masks(kind, &given) }))
        }
        Err(errors) => {
            let error = |error: &FieldError| ConfigError::new(path_of(error.field), error.sentence.as_str());
            Err(errors.iter().map(error).collect())
        }
    }
}

/// What is open of the values, as they were given.
fn with_defaults(kind: &Kind, given: &Settings) -> BTreeMap<String, String> {
    let fields = kind.manifest.fields.iter().filter(|field| !field.is_secret());
    let value = |field: &Field| if given.has(field.name) { given.get(field.name) } else { field.default }.to_owned();
    fields.map(|field| (field.name.to_owned(), value(field))).filter(|(_, value)| !value.is_empty()).collect()
}

/// Masks of the secrets that were given.
fn masks(kind: &Kind, given: &Settings) -> BTreeMap<String, String> {
    let masked = |field: &Field| match given.get(field.name) {
        "" => None,
        headers if field.holds_headers() => own_headers::parse(headers).ok()?.masked(),
        secret => Some(masking::end(secret)),
    };
    kind.manifest.secrets().filter_map(|field| Some((field.name.to_owned(), masked(field)?))).collect()
}

/// The path of a field in the API.
fn path_of(field: &str) -> String {
    format!("config.{}", name_of(field))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_fields_are_in_camel_case_and_differ() {
        assert_eq!(name_of("otlp_endpoint"), "otlpEndpoint");
        assert_eq!(name_of("mlApp"), "mlApp");
        for kind in kinds::all() {
            let fields = kind.manifest.fields;
            let names: std::collections::BTreeSet<_> = fields.iter().map(|field| name_of(field.name)).collect();
            assert!(names.len() == fields.len() && !names.contains("preset"), "{}", kind.manifest.slug);
        }
    }

    #[test]
    fn presets_are_collectors_and_are_named_only_as_presets() {
        let preset = |name: &str| Map::from_iter([("preset".to_owned(), Value::from(name))]);
        assert_eq!(kind("otel-collector", &Map::new()).unwrap().manifest.slug, "otel-collector");
        assert_eq!(kind("otel-collector", &preset("tempo")).unwrap().manifest.slug, "tempo");
        assert_eq!(kind("sentry", &preset("tempo")).unwrap().manifest.slug, "sentry");
        for (of_type, config) in [
            ("tempo", Map::new()),
            ("otel-collector", preset("sentry")),
            ("otel-collector", preset("otel-collector")),
            ("nonsense", Map::new()),
        ] {
            assert!(kind(of_type, &config).is_err(), "{of_type} {config:?}");
        }
    }
}
