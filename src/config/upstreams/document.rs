//! Reads the operator's table of model servers. All mistakes are found in one reading, and none repeats a value, because a
//! key may have been pasted into the wrong place.

use std::collections::BTreeMap;

use secrecy::SecretString;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use super::{Address, Api, MOST_MODELS, Pattern, Upstream, Upstreams};
use crate::json::{Members, Text};

const DOCUMENT_KEYS: [&str; 2] = ["upstreams", "fallbacks"];
const UPSTREAM_KEYS: [&str; 6] = ["name", "base_url", "api_key_env", "models", "strip", "speaks"];

/// Characters of a server's name.
const NAME_CHARS: usize = 64;

/// Reads the JSON of spec 8.5, given directly or as the path of a file. `variable` gives an environment variable.
///
/// # Errors
/// A sentence for each mistake, without anything that may be secret.
pub fn read(text: &str, variable: impl Fn(&str) -> Option<String>) -> Result<Upstreams, Vec<String>> {
    let json = if text.trim_start().starts_with('{') {
        text.to_owned()
    } else {
        std::fs::read_to_string(text.trim())
            .map_err(|error| vec![format!("the file that it names cannot be read: {error}")])?
    };
    serde_json::from_str::<IgnoredAny>(&json).map_err(|error| vec![format!("it is not JSON: {error}")])?;
    let mut reading = Reading { variable: &variable, mistakes: Vec::new(), patterns: Vec::new() };
    let document = reading.document(&json);
    match document {
        Some(upstreams) if reading.mistakes.is_empty() => Ok(upstreams),
        _ => Err(reading.mistakes),
    }
}

struct Reading<'v> {
    variable: &'v dyn Fn(&str) -> Option<String>,
    mistakes: Vec<String>,
    /// Those of all servers, also of such that have a mistake elsewhere.
    patterns: Vec<Pattern>,
}

impl Reading<'_> {
    fn document(&mut self, json: &str) -> Option<Upstreams> {
        let document = self.object("it", json, &DOCUMENT_KEYS)?;
        let servers = self.array("`upstreams`", document.get("upstreams")).unwrap_or_default();
        let servers: Vec<Upstream> =
            servers.into_iter().enumerate().filter_map(|(index, server)| self.upstream(index, server.get())).collect();
        for (index, server) in servers.iter().enumerate() {
            if servers[..index].iter().any(|other| other.name == server.name) {
                self.mistake(format!("two upstreams are named `{}`; give each a name of its own", server.name));
            }
        }
        let fallbacks = match document.get("fallbacks") {
            Some(fallbacks) => self.fallbacks(fallbacks.get()),
            None => BTreeMap::new(),
        };
        Some(Upstreams { servers, fallbacks })
    }

    fn upstream(&mut self, index: usize, json: &str) -> Option<Upstream> {
        let place = |key: &str| format!("`upstreams[{index}]{key}`");
        let members = self.object(&place(""), json, &UPSTREAM_KEYS)?;
        let models = self.patterns(&place(".models"), members.get("models"));
        self.patterns.extend(models.iter().cloned());
        let speaks = match members.get("speaks") {
            Some(speaks) => self.families(&place(".speaks"), speaks),
            None => vec![Api::OpenAi],
        };
        let strip = members.get("strip").and_then(|strip| self.text(&place(".strip"), Some(strip)));
        let api_key = members.get("api_key_env").and_then(|name| self.api_key(&place(".api_key_env"), name));
        let base_url = self.text(&place(".base_url"), members.get("base_url"));
        let base_url = base_url.and_then(|text| self.kept(&place(".base_url"), Address::parse(&text)));
        let name = self.text(&place(".name"), members.get("name"));
        let name = name.and_then(|text| self.kept(&place(".name"), name_of_server(text)));
        Some(Upstream { name: name?, base_url: base_url?, api_key, models, strip, speaks })
    }

    fn patterns(&mut self, place: &str, value: Option<&RawValue>) -> Vec<Pattern> {
        let texts = self.texts(place, value);
        texts.iter().filter_map(|text| Pattern::parse(text)).collect()
    }

    fn families(&mut self, place: &str, value: &RawValue) -> Vec<Api> {
        let texts = self.texts(place, Some(value));
        let families = texts.iter().map(|text| Api::NAMES.iter().find(|(name, _)| name == text));
        let families: Option<Vec<Api>> = families.map(|found| found.map(|(_, family)| *family)).collect();
        if families.is_none() {
            self.mistake(format!("{place} may hold `openai` and `anthropic` only"));
        }
        families.unwrap_or_default()
    }

    fn api_key(&mut self, place: &str, value: &RawValue) -> Option<SecretString> {
        let name = self.text(place, Some(value))?;
        let key = (self.variable)(&name).filter(|key| !key.trim().is_empty());
        if key.is_none() {
            let what = "must name an environment variable that holds the key, and no such variable is set";
            self.mistake(format!("{place} {what}"));
        }
        key.map(|key| SecretString::from(key.trim()))
    }

    fn fallbacks(&mut self, json: &str) -> BTreeMap<String, Vec<String>> {
        let Some(members) = Members::of(json) else {
            self.mistake("`fallbacks` must be an object like {\"model\": [\"model to ask instead\"]}".to_owned());
            return BTreeMap::new();
        };
        let mut table = BTreeMap::new();
        for (model, instead) in members.iter() {
            let place = format!("`fallbacks.{model}`");
            let instead = self.targets(&place, model, instead);
            if table.insert(model.to_owned(), instead).is_some() {
                self.mistake(format!("{place} stands there twice"));
            }
        }
        table
    }

    fn targets(&mut self, place: &str, model: &str, json: &str) -> Vec<String> {
        let value = serde_json::from_str::<&RawValue>(json).ok();
        let targets = self.texts(place, value);
        if targets.len() >= MOST_MODELS {
            self.mistake(format!("{place} may name {} models at most", MOST_MODELS - 1));
        }
        let mut named = vec![model];
        for target in &targets {
            if named.contains(&target.as_str()) {
                self.mistake(format!("{place} names `{target}` a second time"));
            }
            named.push(target);
        }
        for name in named {
            if !self.patterns.iter().any(|pattern| pattern.fits(name)) {
                self.mistake(format!("{place}: no upstream has a pattern that fits `{name}`"));
            }
        }
        targets
    }

    fn object<'j>(&mut self, place: &str, json: &'j str, known: &[&str]) -> Option<Members<'j>> {
        let Some(members) = Members::of(json) else {
            self.mistake(format!("{place} must be an object with {}", listed(known)));
            return None;
        };
        let mut seen = Vec::new();
        for (key, _) in members.iter() {
            if !known.contains(&key) {
                self.mistake(format!("{place} has `{key}`, which is not known; known are {}", listed(known)));
            } else if seen.contains(&key) {
                self.mistake(format!("{place} has `{key}` twice"));
            }
            seen.push(key);
        }
        Some(members)
    }

    fn array<'j>(&mut self, place: &str, value: Option<&'j RawValue>) -> Option<Vec<&'j RawValue>> {
        let array = value.and_then(|value| serde_json::from_str::<Vec<&RawValue>>(value.get()).ok());
        let array = array.filter(|array| !array.is_empty());
        if array.is_none() {
            self.mistake(format!("{place} must be an array with one entry at least"));
        }
        array
    }

    fn texts(&mut self, place: &str, value: Option<&RawValue>) -> Vec<String> {
        let values = self.array(place, value).unwrap_or_default();
        values.into_iter().filter_map(|value| self.text(&format!("each entry of {place}"), Some(value))).collect()
    }

    fn text(&mut self, place: &str, value: Option<&RawValue>) -> Option<String> {
        let text = value.and_then(|value| serde_json::from_str::<Text<'_>>(value.get()).ok());
        let text = text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        if text.is_none() {
            self.mistake(format!("{place} must be a text that is not empty"));
        }
        text
    }

    fn kept<T>(&mut self, place: &str, value: Result<T, String>) -> Option<T> {
        value.map_err(|advice| self.mistake(format!("{place}: {advice}"))).ok()
    }

    fn mistake(&mut self, sentence: String) {
        if !self.mistakes.contains(&sentence) {
            self.mistakes.push(sentence);
        }
    }
}

fn name_of_server(name: String) -> Result<String, String> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if name.chars().all(fits) && name.len() <= NAME_CHARS {
        return Ok(name);
    }
    Err(format!("it may hold letters, digits, `-`, `_` and `.`, at most {NAME_CHARS}; write for example `openai`"))
}

fn listed(keys: &[&str]) -> String {
    keys.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mistakes(json: &str) -> Vec<String> {
        let variable = |name: &str| match name {
            "KEY" => Some("sk-1".to_owned()),
            "EMPTY" => Some(" ".to_owned()),
            _ => None,
        };
        read(json, variable).err().unwrap_or_default()
    }

    /// One server, with `members` in place of what is right.
    fn server(members: &str) -> String {
        format!(r#"{{"upstreams":[{{{members}}}]}}"#)
    }

    const RIGHT: &str = r#""name":"a","base_url":"http://a/v1","models":["a/*"]"#;

    #[test]
    fn every_mistake_of_a_table_is_named() {
        for (members, mistake) in [
            (r#""base_url":"http://a","models":["*"]"#, "`upstreams[0].name` must be a text"),
            (r#""name":"a b","base_url":"http://a","models":["*"]"#, "`upstreams[0].name`: it may hold letters"),
            (r#""name":"a","base_url":"ftp://a","models":["*"]"#, "`upstreams[0].base_url`: `ftp://a` is not an http"),
            (r#""name":"a","base_url":"http://a/?q=1","models":["*"]"#, "must end with its path"),
            (r#""name":"a","base_url":"http://a","models":[]"#, "`upstreams[0].models` must be an array with one"),
            (r#""name":"a","base_url":"http://a","models":"*""#, "`upstreams[0].models` must be an array"),
            (r#""name":"a","base_url":"http://a","models":["*", " "]"#, "each entry of `upstreams[0].models` must be"),
            (
                &format!(r#"{RIGHT},"api_key":"sk""#),
                "`upstreams[0]` has `api_key`, which is not known; known are `name`",
            ),
            (&format!(r#"{RIGHT},"name":"b""#), "`upstreams[0]` has `name` twice"),
            (&format!(r#"{RIGHT},"api_key_env":"NONE""#), "`upstreams[0].api_key_env` must name"),
            (&format!(r#"{RIGHT},"api_key_env":"EMPTY""#), "no such variable is set"),
            (&format!(r#"{RIGHT},"strip":"""#), "`upstreams[0].strip` must be a text"),
            (&format!(r#"{RIGHT},"speaks":["gemini"]"#), "`upstreams[0].speaks` may hold"),
            (&format!(r#"{RIGHT},"speaks":[]"#), "`upstreams[0].speaks` must be an array with one"),
        ] {
            let found = mistakes(&server(members));
            assert!(found.len() == 1 && found[0].contains(mistake), "{members}: {found:?}");
        }
        for (fallbacks, mistake) in [
            (r#"["a"]"#, "`fallbacks` must be an object"),
            (r#"{"a/1":"a/2"}"#, "`fallbacks.a/1` must be an array"),
            (r#"{"a/1":[""]}"#, "each entry of `fallbacks.a/1` must be a text"),
            (r#"{"a/1":["a/1"]}"#, "`fallbacks.a/1` names `a/1` a second time"),
            (r#"{"a/1":["a/2","a/2"]}"#, "`fallbacks.a/1` names `a/2` a second time"),
            (r#"{"a/1":["b/2"]}"#, "no upstream has a pattern that fits `b/2`"),
            (r#"{"b/1":["a/2"]}"#, "no upstream has a pattern that fits `b/1`"),
            (r#"{"a/1":["a/2","a/3","a/4","a/5","a/6"]}"#, "may name 4 models at most"),
            (r#"{"a/1":["a/2"],"a/1":["a/3"]}"#, "`fallbacks.a/1` stands there twice"),
        ] {
            let found = mistakes(&format!(r#"{{"upstreams":[{{{RIGHT}}}],"fallbacks":{fallbacks}}}"#));
            assert!(found.len() == 1 && found[0].contains(mistake), "{fallbacks}: {found:?}");
        }
        for (json, mistake) in [
            ("{", "it is not JSON: EOF"),
            ("{}", "`upstreams` must be an array"),
            (r#"{"upstreams":[1]}"#, "`upstreams[0]` must be an object with `name`"),
            (r#"{"upstreams":[],"servers":1}"#, "it has `servers`, which is not known"),
            ("no/such/file", "the file that it names cannot be read"),
        ] {
            assert!(mistakes(json)[0].contains(mistake), "{json}: {:?}", mistakes(json));
        }
    }

    #[test]
    fn all_mistakes_are_found_in_one_reading() {
        let json = format!(
            r#"{{"upstreams":[{{{RIGHT}}},{{{RIGHT}}},{{"name":"b","base_url":"b","models":["b"],"key":1}}],
                "fallbacks":{{"a/1":["c"]}},"more":1}}"#
        );
        let found = mistakes(&json);
        assert_eq!(found.len(), 5, "{found:#?}");
    }

    #[test]
    fn a_key_in_the_wrong_place_is_not_repeated() {
        for members in [
            r#""name":"sk-canary ","base_url":"sk-canary","models":["a"],"api_key_env":"sk-canary""#,
            r#""name":"sk canary","base_url":"https://ada:canary@","models":"sk-canary","strip":["sk-canary"]"#,
            r#""name":"a","base_url":"https://a?key=canary","models":["a"],"speaks":["sk-canary"],"api_key":"canary""#,
        ] {
            let found = mistakes(&server(members));
            assert!(!found.is_empty() && !found.concat().contains("canary"), "{found:?}");
        }
        assert!(!mistakes("sk-canary").concat().contains("canary"));
    }
}
