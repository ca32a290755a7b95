//! What an entry changed, in the words of the pages: names of fields become labels, and secrets are not compared by eye.

use serde_json::{Map, Value};

use crate::destination::kinds;

/// Characters of a value that are shown.
const SHOWN: usize = 200;

/// Names that the log holds, with their labels. Any other name is a field of a kind of destination.
const LABELS: &[(&str, &str)] = &[
    ("api_key_hashes", "API keys, only these"),
    ("beyond", "Beyond the limit"),
    ("broadcast_generation_cost", "Cost of each part"),
    ("broadcast_generation_cost_allocation", "Cost allocation"),
    ("broadcast_generation_identity", "Identity"),
    ("broadcast_generation_request_context", "Request context"),
    ("dearer_than_usd", "Always send requests dearer than (USD)"),
    ("excluded_api_key_hashes", "API keys, never these"),
    ("failed", "Always send failed requests"),
    ("filter_rules", "Filter rules"),
    ("patterns", "Expressions of your own"),
    ("requests", "Requests a day"),
    ("sampling_rate", "Share of the sessions"),
    ("slower_than_ms", "Always send requests slower than (ms)"),
    ("card", "Card numbers"),
    ("email", "Email addresses"),
    ("iban", "IBANs"),
    ("ip", "IP addresses"),
    ("metadata", "Metadata"),
    ("phone", "Phone numbers"),
    ("session", "Session"),
    ("system_prompt", "System prompt"),
    ("token", "Keys and tokens"),
    ("tool_content", "Tool arguments and results"),
    ("tool_definitions", "Tool definitions"),
    ("user", "User"),
    ("dropped", "Dead letters"),
    ("content_readers", "Who may read content"),
    ("enabled", "Broadcast"),
    ("key", "Key"),
    ("kind", "Kind"),
    ("name", "Name"),
    ("privacy_mode", "Privacy Mode"),
    ("required", "Second factor for every member"),
    ("role", "Role"),
    ("target", "Sends to"),
    ("type", "Type"),
];

/// Members that hold fields of a kind of destination. Secrets are there in their masked form.
const SETTINGS: &str = "settings";
const SECRETS: &str = "secrets";

/// Members that hold which requests a destination gets, and what of them. The version of their form is no choice.
const CHOICES: [&str; 2] = ["redaction", "selection"];

/// Members of a choice whose members are choices of their own.
const OBJECTS: [&str; 4] = ["always_keep", "daily_budget", "fields", "redaction"];

/// What holds of a choice that is not stored.
const UNLESS_STORED: [(&str, bool); 4] =
    [("failed", false), ("system_prompt", true), ("tool_content", true), ("tool_definitions", true)];

#[derive(Debug, PartialEq, Eq)]
pub struct ChangeRow {
    pub label: String,
    pub before: Option<String>,
    pub after: Option<String>,
}

/// The changes between two objects, in the order of their names.
pub(in crate::pages) fn changes(before: Option<&Value>, after: Option<&Value>) -> Vec<ChangeRow> {
    let (before, after) = (members(before), members(after));
    let mut rows = Vec::new();
    for name in names(before, after) {
        let (before, after) = (member(before, name), member(after, name));
        match name {
            SETTINGS => rows.extend(fields(before, after)),
            _ if CHOICES.contains(&name) => rows.extend(choices(before, after)),
            SECRETS => rows.extend(secrets(before, after)),
            _ => rows.push(ChangeRow { label: label(name), before: before.map(words), after: after.map(words) }),
        }
    }
    rows
}

fn fields(before: Option<&Value>, after: Option<&Value>) -> Vec<ChangeRow> {
    let (before, after) = (members(before), members(after));
    let row = |name| {
        let (before, after) = (member(before, name), member(after, name));
        differ(name, before, after).then(|| ChangeRow {
            label: label(name),
            before: before.map(words),
            after: after.map(words),
        })
    };
    names(before, after).filter_map(row).collect()
}

/// The members of a choice, and of the objects in it.
fn choices(before: Option<&Value>, after: Option<&Value>) -> Vec<ChangeRow> {
    let (before, after) = (members(before), members(after));
    let rows = names(before, after).filter(|name| *name != "version").flat_map(|name| {
        let (before, after) = (member(before, name), member(after, name));
        let is_object = before.or(after).is_some_and(|value| OBJECTS.contains(&name) && value.is_object());
        match (differ(name, before, after), is_object) {
            (false, _) => Vec::new(),
            (true, true) => fields(before, after),
            (true, false) => {
                vec![ChangeRow { label: label(name), before: before.map(words), after: after.map(words) }]
            }
        }
    });
    rows.collect()
}

/// Secrets are set, replaced or erased. The ends that are known of them say no more.
fn secrets(before: Option<&Value>, after: Option<&Value>) -> Vec<ChangeRow> {
    let (before, after) = (members(before), members(after));
    let row = |name| {
        let done = match (member(before, name), member(after, name)) {
            (before, after) if before == after => return None,
            (Some(_), Some(_)) => "replaced",
            (None, _) => "set",
            (_, None) => "erased",
        };
        Some(ChangeRow { label: label(name), before: None, after: Some(done.to_owned()) })
    };
    names(before, after).filter_map(row).collect()
}

/// Whether two values of a member are not the same. Null and an empty list are as good as missing, and so is a value that holds where
/// nothing is stored.
fn differ(name: &str, before: Option<&Value>, after: Option<&Value>) -> bool {
    let unless_stored = UNLESS_STORED.iter().find(|row| row.0 == name).map(|row| Value::Bool(row.1));
    let told = |value: &&Value| !is_empty(value) && unless_stored.as_ref() != Some(*value);
    before.filter(told) != after.filter(told)
}

fn is_empty(value: &Value) -> bool {
    value.is_null() || value.as_array().is_some_and(Vec::is_empty)
}

fn members(value: Option<&Value>) -> Option<&Map<String, Value>> {
    value.and_then(Value::as_object)
}

fn member<'a>(members: Option<&'a Map<String, Value>>, name: &str) -> Option<&'a Value> {
    members.and_then(|members| members.get(name))
}

/// The names of both, each once.
fn names<'a>(
    before: Option<&'a Map<String, Value>>,
    after: Option<&'a Map<String, Value>>,
) -> impl Iterator<Item = &'a str> {
    let names: std::collections::BTreeSet<_> =
        [before, after].into_iter().flatten().flat_map(Map::keys).map(String::as_str).collect();
    names.into_iter()
}

fn label(name: &str) -> String {
    let known = LABELS.iter().find(|row| row.0 == name).map(|row| row.1);
    let field = || kinds::all().iter().find_map(|kind| kind.manifest.field(name)).map(|field| field.label);
    known.or_else(field).map_or_else(|| name.replace('_', " "), str::to_owned)
}

fn words(value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Bool(true) => "on".to_owned(),
        Value::Bool(false) => "off".to_owned(),
        empty if is_empty(empty) => "none".to_owned(),
        other => rules(other).unwrap_or_else(|| other.to_string()),
    };
    text.chars().take(SHOWN).collect()
}

/// Filter rules in words: "(model equals openai/gpt-4o or status gte 500) and (user exists)". None: these are no rules.
fn rules(value: &Value) -> Option<String> {
    let group = |group: &Value| {
        let joint = format!(" {} ", group.get("logic")?.as_str()?);
        let rules: Option<Vec<String>> = group.get("rules")?.as_array()?.iter().map(rule).collect();
        Some(rules?.join(&joint))
    };
    let groups: Option<Vec<String>> = value.get("groups")?.as_array()?.iter().map(group).collect();
    let is_on = value.get("enabled").and_then(Value::as_bool).unwrap_or(true);
    let groups = groups?;
    let groups = if groups.len() > 1 { format!("({})", groups.join(") and (")) } else { groups.concat() };
    Some(format!("{}{groups}", if is_on { "" } else { "switched off: " }))
}

fn rule(rule: &Value) -> Option<String> {
    let text = |name| rule.get(name)?.as_str();
    let value = rule.get("value").filter(|value| !value.is_null()).map(|value| format!(" {}", words(value)));
    Some(format!("{} {}{}", text("field")?, text("operator")?.replace('_', " "), value.unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn row(label: &str, before: Option<&str>, after: Option<&str>) -> ChangeRow {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        ChangeRow { label: label.to_owned(), before: owned(before), after: owned(after) }
    }

    #[test]
    fn change_of_the_switch_is_named_by_what_is_switched() {
        let found = changes(Some(&json!({ "enabled": false })), Some(&json!({ "enabled": true })));
        assert_eq!(found, [row("Broadcast", Some("off"), Some("on"))]);
    }

    #[test]
    fn change_of_what_is_chosen_names_its_parts() {
        let before = json!({ "selection": null });
        let after = json!({ "selection": { "version": 1, "sampling_rate": 0.25 } });
        assert_eq!(changes(Some(&before), Some(&after)), [row("Share of the sessions", None, Some("0.25"))]);
        let redaction = |email: &str, user: &str| {
            json!({ "redaction": {
            "redaction": { "email": email, "ip": null }, "fields": { "user": user }, "version": 1 } })
        };
        let expected = [row("User", Some("as_is"), Some("hashed")), row("Email addresses", Some("mask"), Some("hash"))];
        assert_eq!(changes(Some(&redaction("mask", "as_is")), Some(&redaction("hash", "hashed"))), expected);
    }

    #[test]
    fn change_of_rules_is_told_in_words_and_what_is_not_chosen_is_no_change() {
        let before = json!({ "selection": { "version": 1 } });
        let rules = json!({ "enabled": true, "groups": [
            { "logic": "or", "rules": [
                { "field": "model", "operator": "equals", "value": "a/b" },
                { "field": "status", "operator": "gte", "value": 500 } ] },
            { "logic": "and", "rules": [{ "field": "user_id", "operator": "not_exists" }] } ] });
        let after = json!({ "selection": { "version": 1, "filter_rules": rules, "daily_budget": null, "api_key_hashes": null,
            "excluded_api_key_hashes": [], "always_keep": { "failed": false, "slower_than_ms": null } } });
        let told = "(model equals a/b or status gte 500) and (user_id not exists)";
        assert_eq!(changes(Some(&before), Some(&after)), [row("Filter rules", None, Some(told))]);
        assert_eq!(changes(Some(&after), Some(&before)), [row("Filter rules", Some(told), None)]);
    }

    #[test]
    fn change_from_nothing_stored_names_what_is_no_longer_sent() {
        let fields =
            json!({ "system_prompt": false, "tool_content": true, "tool_definitions": true, "metadata": "all" });
        let (nothing, chosen) =
            (json!({ "redaction": null }), json!({ "redaction": { "version": 1, "fields": fields } }));
        let told = [row("Metadata", None, Some("all")), row("System prompt", None, Some("off"))];
        assert_eq!(changes(Some(&nothing), Some(&chosen)), told);
        let back = [row("Metadata", Some("all"), None), row("System prompt", Some("off"), None)];
        assert_eq!(changes(Some(&chosen), Some(&nothing)), back);
    }

    #[test]
    fn change_of_a_destination_has_the_labels_of_its_form_and_shows_no_secret() {
        let before = json!({ "settings": { "environment": "a", "kept": "x" }, "secrets": { "dsn": "https://7c1f…943e@host/1" } });
        let after = json!({ "settings": { "environment": "b", "kept": "x" }, "secrets": { "dsn": "https://aaaa…bbbb@host/1" } });
        let expected = [row("Sentry DSN", None, Some("replaced")), row("Default environment", Some("a"), Some("b"))];
        assert_eq!(changes(Some(&before), Some(&after)), expected);
        assert_eq!(changes(None, Some(&before))[0], row("Sentry DSN", None, Some("set")));
        assert_eq!(changes(Some(&before), None)[0], row("Sentry DSN", None, Some("erased")));
    }
}
