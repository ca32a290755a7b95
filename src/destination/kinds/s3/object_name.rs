//! Names of objects: pure functions of what an object holds, so that sending it again replaces it (spec 7.8).

use chrono::{DateTime, Utc};
use sha2::{Digest as _, Sha256};

use crate::clock::UnixNanos;
use crate::destination::Carried;

/// Characters of one value in a name.
const MOST_CHARACTERS: usize = 128;

/// Stands for a value that a request has not.
const NONE: &str = "none";

/// The object of a connection test.
const TEST: &str = "tracecast-connection-test.json";

const VARIABLES: [&str; 7] = ["prefix", "date", "year", "month", "day", "hour", "apiKeyName"];

/// `{prefix}/{date}`, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PathTemplate {
    text: String,
    prefix: String,
}

impl PathTemplate {
    /// # Errors
    /// The rest of a sentence that begins with the template's name and "must".
    pub(super) fn parse(template: &str, prefix: &str) -> Result<Self, String> {
        let text = template.trim_matches('/').to_owned();
        let mut rest = text.as_str();
        let mut plain = String::new();
        while let Some((before, behind)) = rest.split_once('{') {
            let Some((name, behind)) = behind.split_once('}') else {
                return Err("close each { with }".to_owned());
            };
            if !VARIABLES.contains(&name) {
                let known = VARIABLES.map(|known| format!("{{{known}}}")).join(" ");
                return Err(format!("name only these variables: {known}"));
            }
            plain.push_str(before);
            plain.push('v');
            rest = behind;
        }
        plain.push_str(rest);
        check_path(&plain)?;
        Ok(Self { text, prefix: parse_prefix(prefix)? })
    }

    /// The name of a request's object.
    pub(super) fn object(&self, carried: &Carried) -> String {
        let path = self.path(carried.received, carried.api_key.as_deref());
        let file = format!("{}-{}.json", carried.trace, unique(&carried.generation));
        join(&path, &file)
    }

    /// The name of the object that a connection test writes, under the path of today.
    pub(super) fn test(&self, at: UnixNanos) -> String {
        join(&self.path(at, None), TEST)
    }

    fn path(&self, at: UnixNanos, key_name: Option<&str>) -> String {
        let at = DateTime::<Utc>::from_timestamp_nanos(i64::try_from(at.0).unwrap_or(i64::MAX));
        let date = |format| at.format(format).to_string();
        let key_name = clean(key_name.unwrap_or_default());
        let values = [self.prefix.clone(), date("%Y-%m-%d"), date("%Y"), date("%m"), date("%d"), date("%H"), key_name];
        let mut path = self.text.clone();
        for (name, value) in VARIABLES.iter().zip(values) {
            path = path.replace(&format!("{{{name}}}"), &value);
        }
        path.split('/').filter(|part| !part.is_empty()).map(visible).collect::<Vec<_>>().join("/")
    }
}

/// The prefix may hold slashes, and nothing that would have to be cleaned.
///
/// # Errors
/// As [`PathTemplate::parse`].
pub(super) fn parse_prefix(prefix: &str) -> Result<String, String> {
    let prefix = prefix.trim_matches('/');
    check_path(prefix)?;
    Ok(prefix.to_owned())
}

fn check_path(path: &str) -> Result<(), String> {
    if !path.chars().all(|character| is_plain(character) || character == '/') {
        return Err("be made of letters, digits and . _ = - /".to_owned());
    }
    let is_bad = |part: &str| part.is_empty() || part.chars().all(|character| character == '.');
    if !path.is_empty() && path.split('/').any(is_bad) {
        return Err("have a name between two slashes, and none of dots alone".to_owned());
    }
    Ok(())
}

fn is_plain(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '.' | '_' | '=' | '-')
}

/// A value as a part of a name: other characters become `-`.
fn clean(value: &str) -> String {
    let plain = |character| if is_plain(character) { character } else { '-' };
    let cleaned: String = value.chars().take(MOST_CHARACTERS).map(plain).collect();
    if cleaned.is_empty() { NONE.to_owned() } else { cleaned }
}

/// A value as a part of a name that stays another one where values differ: what cleaning changes gets a digest.
fn unique(value: &str) -> String {
    let cleaned = clean(value);
    if cleaned == value {
        return cleaned;
    }
    format!("{cleaned}-{}", &hex::encode(Sha256::digest(value))[..16])
}

/// A part of dots alone would be taken for a way up.
fn visible(part: &str) -> String {
    if part.chars().all(|character| character == '.') { part.replace('.', "_") } else { part.to_owned() }
}

fn join(path: &str, file: &str) -> String {
    if path.is_empty() { file.to_owned() } else { format!("{path}/{file}") }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::completed_request::GenerationId;
    use crate::completed_request::sample::RECEIVED;
    use crate::trace::TraceId;

    fn carried(generation: &str, key_name: Option<&str>) -> Carried {
        let id = GenerationId::given(generation);
        Carried {
            generation: generation.to_owned(),
            trace: TraceId::of(Some("0af7651916cd43dd8448eb211c80319c"), &id),
            received: RECEIVED,
            api_key: key_name.map(str::to_owned),
        }
    }

    fn named(template: &str, key_name: Option<&str>) -> String {
        PathTemplate::parse(template, "openrouter-traces").unwrap().object(&carried("gen-1", key_name))
    }

    #[test]
    fn name_follows_from_the_request_alone() {
        let file = "0af7651916cd43dd8448eb211c80319c-gen-1.json";
        assert_eq!(named("{prefix}/{date}", None), format!("openrouter-traces/2026-09-05/{file}"));
        assert_eq!(named("", None), file);
        assert_eq!(named("/y={year}/m={month}/{day}/{hour}/", None), format!("y=2026/m=09/05/08/{file}"));
        assert_eq!(named("{apiKeyName}/x", None), format!("none/x/{file}"));
    }

    #[test]
    fn name_of_a_key_makes_no_way_up_and_no_folder() {
        for (name, cleaned) in [
            ("..", "__"),
            ("../../etc", "..-..-etc"),
            ("a/b", "a-b"),
            ("Ünï cöde", "-n--c-de"),
            (".", "_"),
            ("", "none"),
        ] {
            let path = named("{apiKeyName}", Some(name));
            assert_eq!(path.split('/').next(), Some(cleaned), "{name}");
            assert_eq!(path.matches('/').count(), 1, "{path}");
        }
    }

    #[test]
    fn ids_that_look_alike_when_cleaned_have_objects_of_their_own() {
        let template = PathTemplate::parse("", "").unwrap();
        let names = ["a/b", "a-b", "a b", "a\u{fc}b"].map(|id| template.object(&carried(id, None)));
        let distinct: std::collections::BTreeSet<_> = names.iter().collect();
        assert_eq!(distinct.len(), names.len(), "{names:?}");
    }

    #[test]
    fn template_that_names_no_path_is_refused() {
        for (template, words) in [
            ("{prefix", "close"),
            ("{user}", "variables"),
            ("a//b", "between two slashes"),
            ("a/../b", "dots alone"),
            ("./a", "dots alone"),
            ("a b", "letters"),
            ("ü", "letters"),
            ("a\\b", "letters"),
            ("a}b", "letters"),
        ] {
            let must = PathTemplate::parse(template, "p").unwrap_err();
            assert!(must.contains(words), "{template}: {must}");
        }
        assert!(PathTemplate::parse("{prefix}", "../p").is_err());
        assert_eq!(parse_prefix("/team/llm/").unwrap(), "team/llm");
    }

    proptest! {
        #[test]
        fn name_of_anything_is_a_key_that_every_store_takes(id in "\\PC{0,300}", key in proptest::option::of("\\PC{0,300}")) {
            let template = PathTemplate::parse("{prefix}/{apiKeyName}/{date}", "p/q").unwrap();
            let name = template.object(&carried(&id, key.as_deref()));
            prop_assert!(name.len() <= 1024 && name.chars().all(|it| is_plain(it) || it == '/'));
            prop_assert!(name.split('/').all(|part| !part.is_empty() && part != "." && part != ".."));
        }
    }
}
