//! Headers that a person types for a destination, as a JSON object. All their values are secrets.

use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};

use super::{Header, masking};

/// Most headers of one destination, and most characters of a value (spec 7.1).
const MOST: usize = 20;
const MOST_CHARACTERS: usize = 4 * 1024;

/// Headers that belong to HTTP itself, or to the kind.
const REFUSED: [&str; 9] =
    ["host", "transfer-encoding", "connection", "te", "upgrade", "trailer", "expect", "keep-alive", "accept-encoding"];
const REFUSED_PREFIXES: [&str; 2] = ["content-", "proxy-"];

/// Parsed headers, in the order of their names.
#[derive(Debug, Clone, Default)]
pub(super) struct OwnHeaders(Vec<(String, SecretString)>);

/// Parses a JSON object of names and values; an empty text means no headers.
///
/// # Errors
/// A sentence that quotes no value.
pub(super) fn parse(text: &str) -> Result<OwnHeaders, String> {
    if text.is_empty() {
        return Ok(OwnHeaders::default());
    }
    let object: Map<String, Value> = serde_json::from_str(text)
        .map_err(|_| r#"Headers must be a JSON object, as {"Authorization": "Bearer …"}."#.to_owned())?;
    if object.len() > MOST {
        return Err(format!("Headers must be {MOST} or fewer."));
    }
    let mut headers = Vec::new();
    for (name, value) in object {
        let name = name.to_ascii_lowercase();
        check_name(&name)?;
        if headers.iter().any(|(known, _)| *known == name) {
            return Err(format!("The header {name} stands there twice."));
        }
        let value = match value {
            Value::String(value) if is_value(&value) => value,
            Value::String(_) => {
                return Err(format!("The value of {name} must be plain text of at most 4,096 characters."));
            }
            _ => return Err(format!("The value of {name} must stand in quotation marks.")),
        };
        headers.push((name, SecretString::from(value)));
    }
    headers.sort_by(|one, other| one.0.cmp(&other.0));
    Ok(OwnHeaders(headers))
}

/// A token (RFC 9110, 5.6.2) that is not HTTP's own.
fn check_name(name: &str) -> Result<(), String> {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if name.is_empty() || name.len() > 128 || !name.bytes().all(is_token) {
        return Err("The name of a header must be made of letters, digits and hyphens.".to_owned());
    }
    if REFUSED.contains(&name) || REFUSED_PREFIXES.iter().any(|prefix| name.starts_with(prefix)) {
        return Err(format!("The header {name} is set by Tracecast. Leave it out."));
    }
    Ok(())
}

fn is_value(value: &str) -> bool {
    let is_visible = |byte: u8| byte == b' ' || byte.is_ascii_graphic();
    value.len() <= MOST_CHARACTERS && value.bytes().all(is_visible) && value.trim() == value && !value.is_empty()
}

/// `typed` with the stored values of those headers that hold their masked form. None: there are none.
pub(super) fn kept(typed: &str, stored: &str) -> Option<String> {
    let stored: Map<String, Value> = serde_json::from_str(stored).ok()?;
    let mut typed: Map<String, Value> = serde_json::from_str(typed).ok()?;
    let mut any = false;
    for (name, value) in &mut typed {
        let known = stored.get(&name.to_ascii_lowercase());
        if let Some(known) = known.filter(|known| {
            known.as_str().zip(value.as_str()).is_some_and(|(known, value)| masking::stands_for(value, known))
        }) {
            *value = known.clone();
            any = true;
        }
    }
    any.then(|| Value::Object(typed).to_string())
}

/// Whether a header's value looks like the mask of one.
pub(super) fn hold_mask(typed: &str) -> bool {
    let headers: Map<String, Value> = serde_json::from_str(typed).unwrap_or_default();
    headers.values().filter_map(Value::as_str).any(masking::is_mask)
}

impl OwnHeaders {
    /// As they are sent.
    fn headers(&self) -> impl Iterator<Item = Header> {
        let header = |(name, value): &(String, SecretString)| {
            Header::secret(name.clone(), value.clone(), masking::end(value.expose_secret()))
        };
        self.0.iter().map(header)
    }

    /// Those of the kind, and these behind them. The kind's win.
    pub(super) fn behind(&self, mut of_kind: Vec<Header>) -> Vec<Header> {
        let own: Vec<_> = self.headers().filter(|own| of_kind.iter().all(|header| header.name != own.name)).collect();
        of_kind.extend(own);
        of_kind
    }

    /// As they are stored.
    pub(super) fn to_json(&self) -> String {
        self.json(|value| value.expose_secret().to_owned())
    }

    /// As they may be shown. None: there are none.
    pub(super) fn masked(&self) -> Option<String> {
        (!self.0.is_empty()).then(|| self.json(|value| masking::end(value.expose_secret())))
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(own, _)| own == name)
    }

    /// Their values.
    pub(super) fn secrets(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(_, value)| value.expose_secret())
    }

    fn json(&self, shown: impl Fn(&SecretString) -> String) -> String {
        let values = self.0.iter().map(|(name, value)| (name.clone(), Value::String(shown(value))));
        Value::Object(values.collect()).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_come_back_from_their_json_and_are_masked() {
        let headers = parse(r#"{"X-Team":"core","Authorization":"Bearer 0123456789abcdef"}"#).unwrap();
        assert_eq!(headers.to_json(), r#"{"authorization":"Bearer 0123456789abcdef","x-team":"core"}"#);
        assert_eq!(parse(&headers.to_json()).unwrap().to_json(), headers.to_json());
        assert_eq!(headers.masked().unwrap(), r#"{"authorization":"****...cdef","x-team":"****"}"#);
        assert_eq!(parse("").unwrap().masked(), None);
    }

    #[test]
    fn masked_values_stand_for_the_stored_ones_and_others_for_themselves() {
        let stored = r#"{"authorization":"Bearer 0123456789abcdef","x-team":"core"}"#;
        for mask in ["****...cdef", "Bear...cdef"] {
            let typed = format!(r#"{{"Authorization":"{mask}","x-new":"{mask}","x-team":"other"}}"#);
            let kept = kept(&typed, stored).unwrap();
            assert_eq!(
                kept,
                format!(r#"{{"Authorization":"Bearer 0123456789abcdef","x-new":"{mask}","x-team":"other"}}"#)
            );
            assert!(hold_mask(&kept), "of a header that is not stored");
        }
        assert_eq!(kept(r#"{"x-team":"other"}"#, stored), None);
        assert_eq!(kept("nonsense", stored), None);
    }

    #[test]
    fn header_that_is_none_or_belongs_to_http_is_refused_without_its_value() {
        for text in [
            "canary",
            "[\"canary\"]",
            r#"{"a b":"canary"}"#,
            r#"{"":"canary"}"#,
            r#"{"Host":"canary"}"#,
            r#"{"Content-Type":"canary"}"#,
            r#"{"Proxy-Authorization":"canary"}"#,
            r#"{"X":"canary","x":"canary"}"#,
            r#"{"x":{"canary":1}}"#,
            r#"{"x":"canary\r\nevil: 1"}"#,
            r#"{"x":"canary é"}"#,
            r#"{"x":""}"#,
        ] {
            let sentence = parse(text).unwrap_err();
            assert!(!sentence.contains("canary") && sentence.ends_with('.'), "{text}: {sentence}");
        }
        let many: Map<String, Value> = (0..21).map(|number| (format!("x{number}"), "v".into())).collect();
        assert!(parse(&Value::Object(many).to_string()).is_err());
    }
}
