//! Values that stand elsewhere: `${NAME}` is one of the environment, `${file:/run/secrets/name}` what a file holds. `$${` is `${` itself.

use std::{env, fs};

use serde_json::{Map, Value};

/// Gives what a name stands for.
pub(super) type LookUp<'a> = &'a dyn Fn(&str) -> Result<String, String>;

/// In the environment or the files of this process. The error is a sentence.
pub(super) fn of_process(name: &str) -> Result<String, String> {
    if let Some(path) = name.strip_prefix("file:") {
        let read = fs::read_to_string(path).map_err(|error| format!("{path} cannot be read: {error}."))?;
        return Ok(read.trim_end_matches(['\r', '\n']).to_owned());
    }
    let value = env::var_os(name).and_then(|value| value.into_string().ok());
    value.ok_or_else(|| format!("The environment variable {name} is not set."))
}

/// `value` with everything filled in. `wrong` is told the path and the sentence of what is not there.
pub(super) fn filled(value: &Value, path: &str, look_up: LookUp<'_>, wrong: &mut dyn FnMut(&str, String)) -> Value {
    match value {
        Value::String(text) => text_filled(text, look_up).map_or_else(
            |sentence| {
                wrong(path, sentence);
                Value::Null
            },
            Value::String,
        ),
        Value::Array(list) => {
            let all = list.iter().enumerate();
            all.map(|(place, value)| filled(value, &format!("{path}[{place}]"), look_up, wrong)).collect()
        }
        Value::Object(members) => {
            let all = members.iter();
            let filled = all
                .map(|(name, value)| (name.clone(), filled(value, &format!("{path}.{name}"), look_up, wrong)))
                .collect::<Map<_, _>>();
            Value::Object(filled)
        }
        other => other.clone(),
    }
}

fn text_filled(text: &str, look_up: LookUp<'_>) -> Result<String, String> {
    let mut filled = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        let (before, behind) = (&rest[..at], &rest[at + 2..]);
        if let Some(before) = before.strip_suffix('$') {
            filled.push_str(before);
            filled.push_str("${");
            rest = behind;
            continue;
        }
        let (name, behind) =
            behind.split_once('}').ok_or("`${` is not closed. Write `$${` for the characters themselves.")?;
        filled.push_str(before);
        filled.push_str(&look_up(name.trim())?);
        rest = behind;
    }
    Ok(filled + rest)
}

/// A text that stands for itself.
pub(super) fn escaped(text: &str) -> String {
    text.replace("${", "$${")
}

/// What stands for a secret that is not written down.
pub(super) fn placeholder(name: &str) -> String {
    format!("${{{name}}}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_filled_in_and_what_is_not_there_is_a_sentence() {
        let known = |name: &str| if name == "A" { Ok("1".to_owned()) } else { Err(format!("no {name}")) };
        for (text, expected) in [
            ("${A}", Ok("1")),
            ("x${A}y${ A }z", Ok("x1y1z")),
            ("$${A}", Ok("${A}")),
            ("$A {A} $", Ok("$A {A} $")),
            ("${B}", Err("no B")),
            ("${A", Err("`${` is not closed. Write `$${` for the characters themselves.")),
        ] {
            assert_eq!(text_filled(text, &known), expected.map(str::to_owned).map_err(str::to_owned), "{text}");
        }
        for text in ["${A}", "a$${b", "$"] {
            assert_eq!(text_filled(&escaped(text), &known).as_deref(), Ok(text));
        }
    }
}
