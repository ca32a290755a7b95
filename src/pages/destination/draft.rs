//! Which requests a destination gets, as it stands in the form: from the rules, or as it was typed, right or wrong.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::destination::selection::{
    AlwaysKeep, Beyond, Field, Group, Logic, MOST_GROUPS, MOST_RULES, Operator, Rule, Rules,
};
use crate::pages::form::Values;
use crate::store::api_keys::RuledKey;
use crate::token::TokenHash;

/// The option of the list of fields that stands for all keys of metadata. Its value is typed as `key=value`.
pub(super) const METADATA: &str = "metadata";
const METADATA_PREFIX: &str = "metadata.";

/// What the form holds.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Draft {
    /// Hashes of the keys that are ticked.
    pub(super) ticked: BTreeSet<String>,
    /// Whether keys that are made later are ticked, too.
    pub(super) later: bool,
    pub(super) groups: Vec<DraftGroup>,
    /// In per cent.
    pub(super) share: String,
    pub(super) failed: bool,
    /// Ticked, and the seconds.
    pub(super) slow: (bool, String),
    /// Ticked, and the US dollars.
    pub(super) dear: (bool, String),
    /// Requests a day; empty for no limit.
    pub(super) budget: String,
    /// What becomes of those beyond, by the API's name.
    pub(super) beyond: String,
}

/// Rules that belong together.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct DraftGroup {
    pub(super) is_any: bool,
    pub(super) rules: Vec<DraftRule>,
}

/// A rule by the API's names.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct DraftRule {
    pub(super) field: String,
    pub(super) operator: String,
    pub(super) value: String,
}

impl Draft {
    pub(super) fn of(rules: &Rules, keys: &[RuledKey]) -> Self {
        let is_in = |list: &[TokenHash], key: &RuledKey| list.iter().any(|hash| hash.as_bytes() == key.hash);
        let included = rules.keys.included.as_deref();
        let is_ticked =
            |key: &&RuledKey| included.is_none_or(|list| is_in(list, key)) && !is_in(&rules.keys.excluded, key);
        let AlwaysKeep { failed, slower_than_ms, dearer_than } = rules.sampling.always;
        let optional =
            |number: Option<f64>| (number.is_some(), number.map(|number| number.to_string()).unwrap_or_default());
        Self {
            ticked: keys.iter().filter(is_ticked).map(|key| hex::encode(&key.hash)).collect(),
            later: included.is_none(),
            groups: rules.filter.iter().flat_map(|filter| &filter.groups).map(DraftGroup::of).collect(),
            // Tenths of a thousandth of a per cent are finer than any rate.
            share: ((rules.sampling.rate.get() * 1e6).round() / 1e4).to_string(),
            failed,
            slow: optional(slower_than_ms.map(|ms| ms / 1_000.0)),
            dear: optional(dearer_than),
            budget: rules.budget.map(|budget| budget.requests.to_string()).unwrap_or_default(),
            beyond: rules.budget.map_or(Beyond::LeaveOut, |budget| budget.beyond).name().to_owned(),
        }
    }

    /// As it was typed.
    pub(super) fn typed(values: &Values, keys: &[RuledKey]) -> Self {
        let text = |name: String| values.text(&name).to_owned();
        let rule = |group: usize, rule: usize| {
            let name = |part: &str| format!("rule-{group}-{rule}-{part}");
            values.has(&name("field")).then(|| DraftRule {
                field: text(name("field")),
                operator: text(name("operator")),
                value: text(name("value")),
            })
        };
        let group = |number: usize| DraftGroup {
            is_any: values.text(&format!("group-{number}")) == "any",
            rules: (1..=MOST_RULES).map_while(|place| rule(number, place)).collect(),
        };
        let is_ticked = |key: &&RuledKey| values.is_on(&format!("key-{}", key.id));
        let optional = |tick: &str, value: &str| (values.is_on(tick), values.text(value).to_owned());
        Self {
            ticked: keys.iter().filter(is_ticked).map(|key| hex::encode(&key.hash)).collect(),
            later: values.is_on("keys-later"),
            groups: (1..=MOST_GROUPS).map(group).take_while(|group| !group.rules.is_empty()).collect(),
            share: values.text("share").to_owned(),
            failed: values.is_on("keep-failed"),
            slow: optional("keep-slow", "keep-slow-seconds"),
            dear: optional("keep-dear", "keep-dear-usd"),
            budget: values.text("budget").to_owned(),
            beyond: values.text("beyond").to_owned(),
        }
    }

    /// Does what a button of the form says: `add-group`, `add-rule-1`, `remove-rule-1-2`. False: it is the button of something else.
    pub(super) fn step(&mut self, button: &str) -> bool {
        let empty = || DraftRule { field: "model".to_owned(), operator: "equals".to_owned(), value: String::new() };
        let group = |number: &str| number.parse::<usize>().ok()?.checked_sub(1);
        if button == "add-group" {
            if self.groups.len() < MOST_GROUPS {
                self.groups.push(DraftGroup { is_any: false, rules: vec![empty()] });
            }
        } else if let Some(number) = button.strip_prefix("add-rule-") {
            let group = group(number).and_then(|at| self.groups.get_mut(at));
            if let Some(group) = group.filter(|group| group.rules.len() < MOST_RULES) {
                group.rules.push(empty());
            }
        } else if let Some((at, place)) = button.strip_prefix("remove-rule-").and_then(|rest| rest.split_once('-')) {
            let rules = group(at).and_then(|at| self.groups.get_mut(at)).map(|group| &mut group.rules);
            if let (Some(rules), Some(place)) = (rules, group(place))
                && place < rules.len()
            {
                rules.remove(place);
            }
            self.groups.retain(|group| !group.rules.is_empty());
        } else {
            return false;
        }
        true
    }

    /// The members of the rules. What cannot be read is left as it is, so that its mistake is found.
    pub(super) fn members(&self, keys: &[RuledKey]) -> Map<String, Value> {
        let of = |is_ticked: bool| {
            let hashes = keys.iter().filter(|key| !key.is_revoked).map(|key| hex::encode(&key.hash));
            hashes.filter(move |hash| self.ticked.contains(hash) == is_ticked).collect::<Vec<_>>()
        };
        let (included, excluded) = if self.later { (None, of(false)) } else { (Some(of(true)), Vec::new()) };
        let groups: Vec<_> = self.groups.iter().map(DraftGroup::to_json).collect();
        let optional = |(is_on, text): &(bool, String), scale: f64| is_on.then(|| scaled(text, scale));
        let members = json!({
            "api_key_hashes": included,
            "excluded_api_key_hashes": excluded,
            "filter_rules": if groups.is_empty() { Value::Null } else { json!({ "groups": groups }) },
            "sampling_rate": scaled(self.share.trim_end_matches(['%', ' ']), 0.01),
            "always_keep": {
                "failed": self.failed,
                "slower_than_ms": optional(&self.slow, 1_000.0),
                "dearer_than_usd": optional(&self.dear, 1.0),
            },
            "daily_budget": self.daily_budget(),
        });
        match members {
            Value::Object(members) => members,
            _ => Map::new(),
        }
    }

    fn daily_budget(&self) -> Value {
        if self.budget.is_empty() {
            return Value::Null;
        }
        // People group digits.
        let digits: String = self.budget.chars().filter(|it| !matches!(it, ' ' | ',' | '.')).collect();
        let requests = digits.parse::<u32>().map_or_else(|_| Value::from(self.budget.as_str()), Value::from);
        let beyond = if self.beyond.is_empty() { Beyond::LeaveOut.name() } else { self.beyond.as_str() };
        json!({ "requests": requests, "beyond": beyond })
    }
}

impl DraftGroup {
    fn of(group: &Group) -> Self {
        Self { is_any: group.logic == Logic::Or, rules: group.rules.iter().map(DraftRule::of).collect() }
    }

    fn to_json(&self) -> Value {
        let logic = if self.is_any { Logic::Or } else { Logic::And };
        json!({ "logic": logic.name(), "rules": self.rules.iter().map(DraftRule::to_json).collect::<Vec<_>>() })
    }
}

impl DraftRule {
    fn of(rule: &Rule) -> Self {
        let value = rule.operand.to_json().map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
        let (field, value) = match &rule.field {
            Field::Metadata(key) => {
                (METADATA.to_owned(), value.map_or_else(|| key.clone(), |value| format!("{key}={value}")))
            }
            field => (field.name().into_owned(), value.unwrap_or_default()),
        };
        Self { field, operator: rule.operator.name().to_owned(), value }
    }

    fn to_json(&self) -> Value {
        if self.field != METADATA {
            return json!({ "field": self.field, "operator": self.operator, "value": self.value });
        }
        let needs_none = matches!(Operator::from_name(&self.operator), Some(Operator::Exists | Operator::NotExists));
        let (key, value) = match self.value.split_once('=') {
            Some((key, value)) if !needs_none => (key, value),
            _ => (self.value.as_str(), ""),
        };
        json!({ "field": format!("{METADATA_PREFIX}{key}"), "operator": self.operator, "value": value })
    }
}

/// A number that was typed, times `scale`; the text itself where it is none.
fn scaled(text: &str, scale: f64) -> Value {
    let number = text.trim().replace(',', ".").parse::<f64>().ok().filter(|number| number.is_finite());
    // Both factors are decimal: what comes of rounding in binary goes.
    number.map_or_else(|| Value::from(text), |number| Value::from((number * scale * 1e9).round() / 1e9))
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::id::ApiKeyId;

    fn keys() -> Vec<RuledKey> {
        let key = |number: u128| RuledKey {
            id: ApiKeyId(Uuid::from_u128(number)),
            hash: TokenHash::of(&number.to_string()).as_bytes().to_vec(),
            name: format!("key {number}"),
            last_four: "abcd".to_owned(),
            is_revoked: false,
        };
        vec![key(1), key(2)]
    }

    fn saved(draft: &Draft) -> Rules {
        let mut rules = Rules::default();
        rules.replace(&draft.members(&keys())).unwrap();
        rules
    }

    /// The form as a browser would send it.
    fn sent(draft: &Draft) -> Values {
        let mut body = url::form_urlencoded::Serializer::new(String::new());
        for key in keys().iter().filter(|key| draft.ticked.contains(&hex::encode(&key.hash))) {
            body.append_pair(&format!("key-{}", key.id), "on");
        }
        for (at, group) in draft.groups.iter().enumerate() {
            body.append_pair(&format!("group-{}", at + 1), if group.is_any { "any" } else { "all" });
            for (place, rule) in group.rules.iter().enumerate() {
                let name = |part: &str| format!("rule-{}-{}-{part}", at + 1, place + 1);
                body.append_pair(&name("field"), &rule.field);
                body.append_pair(&name("operator"), &rule.operator).append_pair(&name("value"), &rule.value);
            }
        }
        let ticks = [
            ("keys-later", draft.later),
            ("keep-failed", draft.failed),
            ("keep-slow", draft.slow.0),
            ("keep-dear", draft.dear.0),
        ];
        for (name, _) in ticks.into_iter().filter(|(_, is_on)| *is_on) {
            body.append_pair(name, "on");
        }
        body.append_pair("share", &draft.share).append_pair("keep-slow-seconds", &draft.slow.1);
        body.append_pair("keep-dear-usd", &draft.dear.1);
        body.append_pair("budget", &draft.budget).append_pair("beyond", &draft.beyond);
        Values::parse(body.finish().as_bytes())
    }

    #[test]
    fn rules_come_back_from_the_form_that_shows_them() {
        let groups = json!([
            { "logic": "and", "rules": [
                { "field": "total_cost", "operator": "gt", "value": 0.05 }, { "field": "session_id", "operator": "exists" } ] },
            { "logic": "or", "rules": [
                { "field": "metadata.team", "operator": "equals", "value": "a=b" },
                { "field": "metadata.tries", "operator": "gte", "value": 3 },
                { "field": "metadata.draft", "operator": "not_exists" } ] },
        ]);
        let excluded = vec![hex::encode(&keys()[1].hash)];
        let members = json!({
            "sampling_rate": 0.0007, "excluded_api_key_hashes": excluded, "filter_rules": { "groups": groups },
            "always_keep": { "failed": true, "slower_than_ms": 2500, "dearer_than_usd": 0.07 },
            "daily_budget": { "requests": 5000, "beyond": "hold" },
        });
        let mut rules = Rules::default();
        rules.replace(members.as_object().unwrap()).unwrap();
        let draft = Draft::of(&rules, &keys());
        let typed = Draft::typed(&sent(&draft), &keys());
        assert_eq!(typed, draft);
        assert_eq!(saved(&typed).to_json(), rules.to_json());
    }

    #[test]
    fn untouched_form_chooses_everything() {
        assert!(saved(&Draft::of(&Rules::default(), &keys())).is_everything());
    }

    #[test]
    fn ticks_name_the_keys_unless_those_made_later_are_ticked_too() {
        let mut draft = Draft::of(&Rules::default(), &keys());
        let first = hex::encode(&keys()[0].hash);
        draft.ticked = [first.clone()].into();
        assert_eq!(saved(&draft).to_json()["api_key_hashes"], Value::Null);
        assert_eq!(saved(&draft).to_json()["excluded_api_key_hashes"], json!([hex::encode(&keys()[1].hash)]));
        draft.later = false;
        assert_eq!(saved(&draft).to_json()["api_key_hashes"], json!([first]));
    }

    #[test]
    fn buttons_add_and_remove_rows_and_an_empty_group_goes() {
        let mut draft = Draft::default();
        for button in ["add-group", "add-rule-1", "add-group", "remove-rule-1-1", "remove-rule-2-1", "remove-rule-7-7"]
        {
            assert!(draft.step(button));
        }
        assert_eq!(draft.groups.iter().map(|group| group.rules.len()).collect::<Vec<_>>(), [1]);
        assert!(!draft.step("save"));
        for _ in 0..30 {
            draft.step("add-group");
            draft.step("add-rule-1");
        }
        assert_eq!((draft.groups.len(), draft.groups[0].rules.len()), (MOST_GROUPS, MOST_RULES));
    }
}
