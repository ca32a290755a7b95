//! What the gateway writes into an answer (spec 3.4): the name of the request and the cost. All else stays as it came.

use super::protocol::Additions;
use crate::json::{Members, ObjectWriter, quoted};
use crate::state::bodies::capacity;

/// The answer or chunk with our id, the cost in its `usage` where the upstream gives none, and the provider where one is
/// expected and missing. What lacks `member` is no answer, and gets neither id nor provider.
pub(super) fn answer(answer: &Members<'_>, member: &str, additions: &Additions<'_>) -> String {
    let (id, is_answer) = (quoted(additions.id.as_str()), answer.contains(member));
    let length: usize = answer.iter().map(|(key, value)| key.len() + value.len() + 4).sum();
    let mut writer = ObjectWriter::with_capacity(capacity(length + 128));
    if is_answer && !answer.contains("id") {
        writer.raw("id", &id);
    }
    let provider = additions.provider.filter(|_| is_answer && answer.get("provider").is_none());
    for (key, value) in answer.iter() {
        match (key, additions.cost) {
            ("id", _) => writer.raw("id", &id),
            ("usage", _) if value == "null" && additions.hides_null_usage => {}
            ("usage", Some(cost)) => writer.raw("usage", &with_cost(value, cost)),
            ("provider", _) if provider.is_some() => {}
            _ => writer.raw(key, value),
        }
    }
    if let Some(provider) = provider {
        writer.raw("provider", &quoted(provider));
    }
    writer.finish()
}

/// A `usage` object with the cost, where it has none.
pub(super) fn with_cost(usage: &str, cost: f64) -> String {
    let Some(members) = Members::of(usage).filter(|members| members.get("cost").is_none()) else {
        return usage.to_owned();
    };
    let mut writer = ObjectWriter::with_capacity(capacity(usage.len() + 32));
    for (key, value) in members.iter().filter(|(key, _)| *key != "cost") {
        writer.raw(key, value);
    }
    writer.raw("cost", &serde_json::Value::from(cost).to_string());
    writer.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::completed_request::GenerationId;

    fn rewritten(text: &str, cost: Option<f64>) -> String {
        let id = GenerationId::given("gen-1");
        written(text, &Additions { id: &id, cost, provider: None, hides_null_usage: false })
    }

    fn written(text: &str, additions: &Additions<'_>) -> String {
        answer(&Members::of(text).unwrap(), "choices", additions)
    }

    #[test]
    fn the_provider_is_added_to_answers_that_name_none() {
        let id = GenerationId::given("gen-1");
        let additions = Additions { id: &id, cost: None, provider: Some("openai"), hides_null_usage: true };
        let expected = r#"{"id":"gen-1","choices":[],"provider":"openai"}"#;
        assert_eq!(written(r#"{"id":"x","choices":[]}"#, &additions), expected);
        assert_eq!(written(r#"{"id":"x","provider":null,"choices":[],"usage":null}"#, &additions), expected);
        let named = r#"{"id":"gen-1","provider":"P","choices":[]}"#;
        assert_eq!(written(named, &additions), named);
        assert_eq!(written(r#"{"error":"x"}"#, &additions), r#"{"error":"x"}"#);
    }

    #[test]
    fn the_id_is_ours_and_everything_else_stays() {
        let text = r#"{"object":"x","id":"chatcmpl-1","choices":[ {"a" : 1.50} ],"caf\u00e9":null}"#;
        assert_eq!(rewritten(text, None), r#"{"object":"x","id":"gen-1","choices":[ {"a" : 1.50} ],"café":null}"#);
        assert_eq!(rewritten(r#"{"choices":[]}"#, None), r#"{"id":"gen-1","choices":[]}"#);
        assert_eq!(rewritten(r#"{"error":"x"}"#, None), r#"{"error":"x"}"#);
    }

    #[test]
    fn the_cost_is_added_only_where_the_upstream_gives_none() {
        let cost = Some(0.25);
        assert_eq!(rewritten(r#"{"usage":{"n":1}}"#, cost), r#"{"usage":{"n":1,"cost":0.25}}"#);
        assert_eq!(rewritten(r#"{"usage":{"cost":null,"n":1}}"#, cost), r#"{"usage":{"n":1,"cost":0.25}}"#);
        assert_eq!(rewritten(r#"{"usage":{"cost":0}}"#, cost), r#"{"usage":{"cost":0}}"#);
        assert_eq!(rewritten(r#"{"usage":null}"#, cost), r#"{"usage":null}"#);
        assert_eq!(rewritten(r#"{"usage":{"n":1}}"#, None), r#"{"usage":{"n":1}}"#);
    }
}
