//! An account as a file for `apply`.

use std::collections::BTreeSet;

use serde::ser::{Serialize, SerializeMap as _, Serializer};
use serde_json::Value;

use super::super::failure::Failure;
use super::entry::{SWITCHES, fields};
use super::members;
use super::server::{Account, Found};
use super::variables::{escaped, placeholder};
use crate::destination::kinds;

/// Members in their order.
struct Ordered(Vec<(String, Item)>);

enum Item {
    Value(Value),
    Members(Ordered),
    List(Vec<Ordered>),
}

/// # Errors
/// The server is of a newer version.
pub(super) fn written(account: &Account) -> Result<String, Failure> {
    let mut taken = BTreeSet::new();
    let mut file = Ordered(Vec::new());
    for (name, member) in SWITCHES {
        file.add(name, account.workspace.get(member).cloned().unwrap_or_default());
    }
    let list = account.destinations.iter().map(|found| destination(found, &mut taken)).collect::<Result<_, _>>()?;
    file.0.push(("destinations".to_owned(), Item::List(list)));
    let yaml = serde_saphyr::to_string(&file).map_err(|error| Failure::Said(error.to_string()))?;
    Ok(format!("{}\n{yaml}", about(&account.name)))
}

fn about(account: &str) -> String {
    let account = account.replace(char::is_control, " ");
    format!(
        "# Destinations of {account}, for `tracecast apply`. Secrets are not in here: set the variables that the file names, or take a\n\
         # line with one out, which leaves a stored secret as it is. Everything else that is not in here has its usual value."
    )
}

fn destination(found: &Found, taken: &mut BTreeSet<String>) -> Result<Ordered, Failure> {
    let (name, slug) = (&found.identity.name, &found.identity.kind);
    let unknown = || Failure::Said(format!("`{name}` is of a kind that this version does not know: {slug}"));
    let kind = kinds::find(slug).ok_or_else(unknown)?;
    let preset = kind.manifest.preset;
    let mut written = Ordered(Vec::new());
    written.add("name", name.as_str().into());
    written.add("type", if preset { "otel-collector" } else { slug }.into());
    let mut config = Ordered(Vec::new());
    if preset {
        config.add("preset", slug.as_str().into());
    }
    for (field, is_secret) in fields(kind) {
        let Some(value) = found.config.get(&field) else { continue };
        match value {
            Value::Object(headers) => {
                let secret = |header: &String| (header.clone(), variable(&[name, &field, header], taken));
                config.0.push((field.clone(), Item::Members(Ordered(headers.keys().map(secret).collect()))));
            }
            _ if is_secret => config.0.push((field.clone(), variable(&[name, &field], taken))),
            Value::String(text) => config.add(&field, escaped(text).into()),
            other => config.add(&field, other.clone()),
        }
    }
    written.0.push(("config".to_owned(), Item::Members(config)));
    let usual = members::usual();
    let members = found.members.iter().filter(|(name, value)| usual.get(*name).is_some_and(|usual| usual != *value));
    members.for_each(|(name, value)| written.add(name, value.clone()));
    Ok(written)
}

/// The variable of a secret, which no other one has.
fn variable(words: &[&str], taken: &mut BTreeSet<String>) -> Item {
    let letter = |letter: char| if letter.is_ascii_alphanumeric() { letter.to_ascii_uppercase() } else { '_' };
    let name = words.join("_").chars().map(letter).collect::<String>();
    let name = if name.starts_with(|first: char| first.is_ascii_digit()) { format!("_{name}") } else { name };
    let free = (1..).map(|number| if number == 1 { name.clone() } else { format!("{name}_{number}") });
    let name = free.into_iter().find(|name| !taken.contains(name)).unwrap_or_default();
    taken.insert(name.clone());
    Item::Value(placeholder(&name).into())
}

impl Ordered {
    fn add(&mut self, name: &str, value: Value) {
        self.0.push((name.to_owned(), Item::Value(value)));
    }
}

impl Serialize for Ordered {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, item) in &self.0 {
            map.serialize_entry(name, item)?;
        }
        map.end()
    }
}

impl Serialize for Item {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Value(value) => value.serialize(serializer),
            Self::Members(members) => members.serialize(serializer),
            Self::List(list) => list.serialize(serializer),
        }
    }
}
