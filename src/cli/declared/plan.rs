//! What a file would change of an account. Pure.

use serde_json::{Map, Value};

use super::entry::{Declared, Entry, Identity, fields};
use super::server::{Account, Found};
use super::yaml::Mistake;

#[derive(Debug)]
pub(super) struct Plan<'a> {
    /// The account's switches that change, by their names in the API.
    pub(super) switches: Vec<Difference>,
    pub(super) creates: Vec<&'a Entry>,
    pub(super) updates: Vec<Update<'a>>,
    pub(super) deletes: Vec<&'a Found>,
    /// Destinations that are not in the file, and stay.
    pub(super) others: Vec<&'a Found>,
    /// Destinations that are as the file says.
    pub(super) unchanged: usize,
}

#[derive(Debug)]
pub(super) struct Update<'a> {
    pub(super) found: &'a Found,
    /// The body of the request that makes the change.
    pub(super) body: Map<String, Value>,
    pub(super) differences: Vec<Difference>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Difference {
    pub(super) member: String,
    pub(super) before: Value,
    pub(super) after: Value,
}

impl<'a> Plan<'a> {
    /// # Errors
    /// A destination of the file is not clear, or cannot be made.
    pub(super) fn new(declared: &'a Declared, account: &'a Account, prune: bool) -> Result<Self, Vec<Mistake>> {
        let mut plan = Self {
            switches: Vec::new(),
            creates: Vec::new(),
            updates: Vec::new(),
            deletes: Vec::new(),
            others: Vec::new(),
            unchanged: 0,
        };
        for (name, wanted) in &declared.switches {
            differences(name, account.workspace.get(name).unwrap_or(&Value::Null), wanted, &mut plan.switches);
        }
        let mut mistakes = Vec::new();
        for entry in &declared.destinations {
            let mut named = account.destinations.iter().filter(|found| found.identity == entry.identity);
            match (named.next(), named.next()) {
                (Some(_), Some(_)) => mistakes.push(mistake(entry, "name", SEVERAL)),
                (Some(found), None) => plan.compare(entry, found),
                (None, _) => match missing(entry) {
                    Some(secret) => mistakes.push(mistake(entry, &format!("config.{secret}"), MISSING)),
                    None => plan.creates.push(entry),
                },
            }
        }
        let is_declared = |identity: &Identity| declared.destinations.iter().any(|entry| entry.identity == *identity);
        let others: Vec<_> = account.destinations.iter().filter(|found| !is_declared(&found.identity)).collect();
        *(if prune { &mut plan.deletes } else { &mut plan.others }) = others;
        if mistakes.is_empty() { Ok(plan) } else { Err(mistakes) }
    }

    pub(super) fn is_nothing(&self) -> bool {
        self.switches.is_empty() && self.creates.is_empty() && self.updates.is_empty() && self.deletes.is_empty()
    }

    fn compare(&mut self, entry: &Entry, found: &'a Found) {
        let (mut body, mut all) = (Map::new(), Vec::new());
        for (name, wanted) in &entry.members {
            let before = all.len();
            differences(name, found.members.get(name).unwrap_or(&Value::Null), wanted, &mut all);
            if all.len() > before {
                body.insert(name.clone(), wanted.clone());
            }
        }
        let mut config = Map::new();
        for (name, is_secret) in fields(entry.kind) {
            let (stored, wanted) = (found.config.get(&name), entry.config.get(&name));
            // A secret that the file leaves out stays as it is.
            if stored == wanted || (is_secret && !entry.given.contains_key(&name)) {
                continue;
            }
            let (stored, shown) = (stored.unwrap_or(&Value::Null), wanted.unwrap_or(&Value::Null));
            differences(&format!("config.{name}"), stored, shown, &mut all);
            let sent = if is_secret { entry.given.get(&name) } else { wanted };
            config.insert(name, sent.cloned().unwrap_or_default());
        }
        if !config.is_empty() {
            body.insert("config".to_owned(), Value::Object(config));
        }
        if all.is_empty() {
            self.unchanged += 1;
        } else {
            self.updates.push(Update { found, body, differences: all });
        }
    }
}

impl Entry {
    /// The body of the request that creates it.
    pub(super) fn body(&self) -> Map<String, Value> {
        let preset = self.kind.manifest.preset;
        let kind = if preset { "otel-collector" } else { self.kind.manifest.slug };
        let mut body = self.members.clone();
        body.insert("name".to_owned(), self.identity.name.as_str().into());
        body.insert("type".to_owned(), kind.into());
        body.insert("config".to_owned(), Value::Object(self.given.clone()));
        body
    }
}

const SEVERAL: &str =
    "The account has several destinations of this kind and name. Give each a name of its own there first.";
const MISSING: &str = "There is no such destination yet: a new one needs this.";

fn mistake(entry: &Entry, member: &str, sentence: &str) -> Mistake {
    Mistake { line: entry.line, field: format!("{}.{member}", entry.path), sentence: sentence.to_owned() }
}

/// A secret without which the destination cannot be made.
fn missing(entry: &Entry) -> Option<String> {
    let secrets = entry.kind.manifest.secrets().filter(|field| field.required);
    let mut names = secrets.map(|field| crate::destination::config::name_of(field.name));
    names.find(|name| entry.given.get(name).is_none_or(Value::is_null))
}

/// Members of objects are compared one by one.
fn differences(member: &str, before: &Value, after: &Value, all: &mut Vec<Difference>) {
    match (before, after) {
        (Value::Object(old), Value::Object(new)) => {
            let names = old.keys().chain(new.keys().filter(|name| !old.contains_key(*name)));
            for name in names {
                let of = |members: &Map<String, Value>| members.get(name).cloned().unwrap_or_default();
                differences(&format!("{member}.{name}"), &of(old), &of(new), all);
            }
        }
        _ if before == after => {}
        _ => all.push(Difference { member: member.to_owned(), before: before.clone(), after: after.clone() }),
    }
}
