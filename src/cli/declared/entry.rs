//! What a file says: the account's switches, and its destinations, checked one by one.

use serde_json::{Map, Value};

use super::members;
use super::variables::{LookUp, filled};
use super::yaml::{Document, Mistake};
use crate::destination::{Kind, config};

/// The switches of an account, by the names in the file, with those in the API.
pub(super) const SWITCHES: [(&str, &str); 2] =
    [("enabled", "is_observability_broadcast_enabled"), ("privacy_mode", "privacy_mode")];

/// What is not compared member by member.
const CONNECTION: [&str; 3] = ["name", "type", "config"];

/// A whole file.
#[derive(Debug)]
pub(super) struct Declared {
    /// Those that the file names, by their names in the API. The others stay as they are.
    pub(super) switches: Map<String, Value>,
    pub(super) destinations: Vec<Entry>,
}

/// One destination of a file.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) identity: Identity,
    /// Its place in the file, for mistakes.
    pub(super) path: String,
    pub(super) line: u64,
    pub(super) kind: &'static Kind,
    /// As the file gives it, with all variables filled in.
    pub(super) given: Map<String, Value>,
    /// As the server would show it.
    pub(super) config: Map<String, Value>,
    pub(super) members: Map<String, Value>,
}

/// By what a destination of the file is found on the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Identity {
    pub(super) name: String,
    /// The kind's slug.
    pub(super) kind: String,
}

impl Declared {
    /// # Errors
    /// All mistakes of the file.
    pub(super) fn read(document: &Document, look_up: LookUp<'_>) -> Result<Self, Vec<Mistake>> {
        let Some(members) = document.value.as_object() else {
            return Err(vec![document.mistake("", "Begin with `destinations:`, and list them below.")]);
        };
        let mut mistakes = Vec::new();
        let mut switches = Map::new();
        for (name, value) in members.iter().filter(|(name, _)| *name != "destinations") {
            match (SWITCHES.iter().find(|(known, _)| known == name), value) {
                (Some((_, member)), Value::Bool(_)) => drop(switches.insert((*member).to_owned(), value.clone())),
                (Some(_), _) => mistakes.push(document.mistake(name, "Give true or false.")),
                (None, _) => mistakes.push(document.mistake(name, UNKNOWN)),
            }
        }
        let none = Vec::new();
        let list = match members.get("destinations") {
            None | Some(Value::Null) => &none,
            Some(Value::Array(list)) => list,
            Some(_) => {
                mistakes.push(document.mistake("destinations", "Give a list of destinations."));
                &none
            }
        };
        let mut destinations: Vec<Entry> = Vec::new();
        for (place, value) in list.iter().enumerate() {
            let reader = Reader { document, path: format!("destinations[{place}]") };
            match reader.read(value, look_up) {
                Ok(entry) => match destinations.iter().find(|other| other.identity == entry.identity) {
                    Some(other) => mistakes.push(reader.mistake("name", TWICE.replace("{}", &other.line.to_string()))),
                    None => destinations.push(entry),
                },
                Err(wrong) => mistakes.extend(wrong),
            }
        }
        if mistakes.is_empty() { Ok(Self { switches, destinations }) } else { Err(mistakes) }
    }
}

const UNKNOWN: &str = "There is no such member. Look at the spelling.";
const TWICE: &str = "Another destination of this kind has this name, in line {}. Choose another one.";

struct Reader<'a> {
    document: &'a Document,
    path: String,
}

impl Reader<'_> {
    fn mistake(&self, member: &str, sentence: impl Into<String>) -> Mistake {
        self.document.mistake(format!("{}.{member}", self.path), sentence)
    }

    fn read(&self, value: &Value, look_up: LookUp<'_>) -> Result<Entry, Vec<Mistake>> {
        let Some(given) = value.as_object() else {
            return Err(vec![self.document.mistake(self.path.clone(), "Give `name`, `type` and `config`.")]);
        };
        let text = |member: &str| {
            let value = given.get(member).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty());
            value.ok_or_else(|| vec![self.mistake(member, "Give a text.")])
        };
        let name = text("name")?;
        let kind_name = text("type")?;
        let mut mistakes = Vec::new();
        let none = Value::Object(Map::new());
        let raw = given.get("config").filter(|config| !config.is_null()).unwrap_or(&none);
        let path = format!("{}.config", self.path);
        let mut wrong = |path: &str, sentence: String| mistakes.push(self.document.mistake(path, sentence));
        let Value::Object(config) = filled(raw, &path, look_up, &mut wrong) else {
            return Err(vec![self.mistake("config", "Give the kind's fields by their names.")]);
        };
        let at = |field: &str, sentence: &str| self.mistake(field, sentence);
        let kind = config::kind(kind_name, &config).map_err(|error| vec![at(&error.field, &error.sentence)])?;
        mistakes.extend(self.unknown(given, kind, &config));
        // A variable that is not set is no value: what follows from that is no mistake of its own.
        let shown = if mistakes.is_empty() { config::preview(kind, &config) } else { Ok(Map::new()) };
        let shown = shown.unwrap_or_else(|errors| {
            mistakes.extend(errors.iter().map(|error| at(&error.field, &error.sentence)));
            Map::new()
        });
        let members = members::canonical(given).unwrap_or_else(|wrong| {
            mistakes.extend(wrong.iter().map(|(path, sentence)| at(path, sentence)));
            Map::new()
        });
        let identity = Identity { name: name.to_owned(), kind: kind.manifest.slug.to_owned() };
        let (path, line) = (self.path.clone(), self.document.line(&self.path));
        let entry = Entry { identity, path, line, kind, given: config, config: shown, members };
        if mistakes.is_empty() { Ok(entry) } else { Err(mistakes) }
    }

    /// Members that nobody knows are misspelt: they would be ignored.
    fn unknown(&self, given: &Map<String, Value>, kind: &Kind, config: &Map<String, Value>) -> Vec<Mistake> {
        let known = members::usual();
        let is_known = |name: &str| CONNECTION.contains(&name) || known.contains_key(name);
        let is_field = |name: &str| name == "preset" || fields(kind).any(|(field, _)| field == name);
        let members = given.keys().filter(|name| !is_known(name)).cloned();
        let fields = config.keys().filter(|name| !is_field(name)).map(|name| format!("config.{name}"));
        members.chain(fields).map(|path| self.mistake(&path, UNKNOWN)).collect()
    }
}

/// A kind's fields by their names in the API, and whether they are secret.
pub(super) fn fields(kind: &Kind) -> impl Iterator<Item = (String, bool)> {
    kind.manifest.fields.iter().map(|field| (config::name_of(field.name), field.is_secret()))
}
