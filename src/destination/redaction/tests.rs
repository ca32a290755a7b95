//! What redaction takes out, and that nothing of it is left.

use proptest::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;

use super::*;
use crate::completed_request::content::{Content, ContentRef};
use crate::completed_request::sample::{answer, content, context, request};
use crate::completed_request::{CompletedRequest, Ending};
use crate::id::AccountId;
use crate::json::arbitrary::near;
use crate::seal::{HashKey, Keyring};
use crate::trace::Group;

fn redaction(members: &Value) -> Redaction {
    let mut redaction = Redaction::default();
    redaction.replace(members.as_object().unwrap()).unwrap();
    redaction
}

fn key() -> HashKey {
    let secret = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
    Keyring::parse(secret).unwrap().hash_key(AccountId(Uuid::from_u128(1)))
}

fn apply(
    redaction: &Redaction,
    request: &mut CompletedRequest<'_>,
    content: Option<&ContentRef<'_>>,
) -> (Option<Content>, Counts) {
    Redactor::new(redaction.clone(), key()).apply(request, content)
}

fn all(action: &str) -> Redaction {
    let actions: Value =
        Detector::BUILT_IN.iter().map(|detector| (detector.name().to_owned(), json!(action))).collect();
    redaction(&json!({ "redaction": actions }))
}

/// A user message with this text, as it is sent: the whole content as JSON.
fn sent(redaction: &Redaction, text: &str) -> (String, String) {
    let content = content(&json!([{ "role": "user", "content": text }]), &Value::Null, &[answer("Yes.")]);
    let (changed, counts) = apply(redaction, &mut request(), Some(&content.as_borrowed()));
    let content = changed.unwrap_or(content);
    (content.as_borrowed().input_words().unwrap_or_default(), counts.to_string())
}

#[test]
fn detectors_find_their_values_and_leave_what_only_looks_like_them() {
    let cases = [
        ("Write to ada.l+x@northwind.example, please.", "Write to [email], please.", "email 1"),
        ("a@b and @home", "a@b and @home", ""),
        ("Call +49 (0)30 901820 or (030) 901-8203 or 555-123-4567.", "Call [phone] or [phone] or [phone].", "phone 3"),
        ("Order 20261130 has 12345678 parts", "Order 20261130 has 12345678 parts", ""),
        ("4111 1111 1111 1111 is a card", "[card] is a card", "card 1"),
        (
            "4111111111111112 is none, 0000000000000000 neither",
            "4111111111111112 is none, 0000000000000000 neither",
            "",
        ),
        ("IBAN DE89 3704 0044 0532 0130 00 OK", "IBAN [iban] OK", "iban 1"),
        ("IBAN DE88 3704 1144 0532 0130 00", "IBAN DE88 3704 1144 0532 0130 00", ""),
        ("from 192.0.2.7 and 2001:db8::7", "from [ip] and [ip]", "ip 2"),
        ("std::vec 1.2.3 at 12:30:05, 999.1.1.1", "std::vec 1.2.3 at 12:30:05, 999.1.1.1", ""),
        ("key sk-live-4242424242424242abcd", "key [token]", "token 1"),
        ("-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----", "[token]", "token 1"),
        ("task-force and skills", "task-force and skills", ""),
    ];
    for (text, expected, counts) in cases {
        assert_eq!(sent(&all("mask"), text), (expected.to_owned(), counts.to_owned()), "{text}");
    }
}

#[test]
fn hash_stands_for_a_value_however_it_is_written_and_is_another_for_another_value() {
    let hashed = |text: &str| sent(&all("hash"), text).0;
    let one = hashed("ada@b.example");
    assert!(one.len() == 12 && one.bytes().all(|byte| byte.is_ascii_hexdigit()), "{one}");
    assert_eq!(hashed("Ada@B.example and ada@b.example"), format!("{one} and {one}"));
    assert_eq!(hashed("4111 1111 1111 1111"), hashed("4111111111111111"));
    assert_eq!(hashed("DE89 3704 0044 0532 0130 00"), hashed("DE89370400440532013000"));
    assert_ne!(hashed("eve@b.example"), one);
}

#[test]
fn user_and_session_go_hashed_where_it_is_chosen_and_to_the_same_digits_as_in_texts() {
    let hashed = redaction(&json!({ "fields": { "user": "hashed", "session": "hashed" } }));
    let mut asked = CompletedRequest { context: context("ada@b.example", "session", &json!({})), ..request() };
    apply(&hashed, &mut asked, None);
    assert_eq!(asked.context.user.as_deref(), Some(key().digits("ada@b.example").as_str()));
    assert_eq!(asked.context.user.as_deref(), Some(sent(&all("hash"), "ada@b.example").0.as_str()));
    assert_eq!(asked.context.session_id.as_deref(), Some(key().digits("session").as_str()));
    let mut nobody = request();
    (nobody.context.user, nobody.context.session_id) = (None, None);
    apply(&hashed, &mut nobody, None);
    assert_eq!((nobody.context.user, nobody.context.session_id), (None, None));
}

#[test]
fn nothing_is_made_anew_where_nothing_is_found() {
    let content = content(&json!([{ "role": "user", "content": "Hello" }]), &Value::Null, &[answer("Hi.")]);
    let (changed, counts) = apply(&all("mask"), &mut request(), Some(&content.as_borrowed()));
    assert!(changed.is_none() && counts.is_empty());
    assert!(Redaction::default().is_nothing() && Redaction::default().to_stored().is_none());
}

#[test]
fn groups_are_stored_where_they_are_asked_for_and_take_nothing_out() {
    let mut asked_for = redaction(&json!({ "broadcast_generation_cost": true, "broadcast_generation_identity": true }));
    let stored = asked_for.to_stored().unwrap();
    assert!(
        stored.get("broadcast_generation_cost").is_some()
            && stored.get("broadcast_generation_cost_allocation").is_none()
    );
    let read = Redaction::from_stored(Some(&stored)).unwrap();
    assert_eq!(read.groups, asked_for.groups);
    assert!(read.groups.has(Group::Identity) && !read.groups.has(Group::RequestContext));
    assert_eq!(sent(&read, "ada@b.example"), ("ada@b.example".to_owned(), String::new()));
    asked_for.replace(json!({ "broadcast_generation_cost": null }).as_object().unwrap()).unwrap();
    assert!(!asked_for.groups.has(Group::Cost) && asked_for.groups.has(Group::Identity));
    let mistakes = asked_for.replace(json!({ "broadcast_generation_cost": "yes" }).as_object().unwrap()).unwrap_err();
    assert_eq!(mistakes.iter().next().unwrap().place.to_string(), "broadcast_generation_cost");
}

#[test]
fn message_with_a_dropped_value_is_left_out_and_the_others_stay() {
    let messages = json!([{ "role": "user", "content": "I am ada@b.example" }, { "role": "user", "content": "Hello" }]);
    let content = content(&messages, &Value::Null, &[answer("Hi.")]);
    let (changed, counts) = apply(&all("drop"), &mut request(), Some(&content.as_borrowed()));
    assert_eq!(changed.unwrap().as_borrowed().input_words().unwrap(), "Hello");
    assert_eq!(counts.to_string(), "email 1");
}

#[test]
fn values_are_found_in_arguments_metadata_user_and_words_of_errors() {
    let trace = json!({ "contact": "ada@b.example", "nested": { "card": 4_111_111_111_111_111_u64 }, "plain": "x" });
    let mut asked = CompletedRequest { context: context("ada@b.example", "session", &trace), ..request() };
    let message = "No such user: ada@b.example".into();
    asked.ending = Ending::Failed { kind: "404".into(), message, detail: Some("ada@b.example".into()) };
    let call = json!([{ "role": "assistant", "content": null, "tool_calls": [
        { "id": "1", "type": "function", "function": { "name": "mail", "arguments": "{\"to\":[\"ada@b.example\"]}" } }] }]);
    let content = content(&call, &Value::Null, &[]);
    let (changed, counts) = apply(&all("mask"), &mut asked, Some(&content.as_borrowed()));
    let text = format!("{:?} {:?}", asked.context, asked.ending);
    assert!(!text.contains('@') && !text.contains("4111") && text.contains("[card]"), "{text}");
    assert_eq!(changed.unwrap().as_borrowed().input_words().unwrap(), "{\"to\":[\"[email]\"]}");
    assert_eq!(counts.to_string(), "email 5, card 1");
}

#[test]
fn fields_that_are_switched_off_are_not_sent() {
    let messages = json!([
        { "role": "system", "content": "Be brief." }, { "role": "user", "content": "Hello" },
        { "role": "tool", "tool_call_id": "1", "content": "18 degrees" } ]);
    let tools = json!([{ "type": "function", "function": { "name": "weather" } }]);
    let content = content(&messages, &tools, &[answer("Hi.")]);
    let fields = json!({
        "system_prompt": false, "tool_definitions": false, "tool_content": false, "user": false, "session": false,
        "metadata": { "all_but": ["internal_*"] } });
    let trace = json!({ "internal_cost": 3, "team": "core" });
    let mut asked = CompletedRequest { context: context("ada", "session", &trace), ..request() };
    let (changed, _) = apply(&redaction(&json!({ "fields": fields })), &mut asked, Some(&content.as_borrowed()));
    let changed = changed.unwrap();
    assert_eq!(changed.as_borrowed().input_words().unwrap(), "Hello");
    let json: Value = serde_json::from_slice(&changed.to_bytes()).unwrap();
    assert!(json.get("tools").is_none() && json.get("system_instructions").is_none(), "{json}");
    assert_eq!((asked.context.user, asked.context.session_id), (None, None));
    let keys: Vec<_> = asked.context.metadata.iter().map(|(key, _)| key.to_string()).collect();
    assert_eq!(keys, ["team"]);
}

#[test]
fn mistakes_name_their_place_and_a_newer_version_is_left_alone() {
    let mistakes = |members: Value| {
        let mistakes = Redaction::default().replace(members.as_object().unwrap()).unwrap_err();
        mistakes.iter().map(|mistake| mistake.place.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(mistakes(json!({ "redaction": { "email": "hide" } })), ["redaction"]);
    assert_eq!(
        mistakes(json!({ "redaction": { "patterns": [{ "pattern": "(", "action": "mask" }] } })),
        ["redaction.patterns[0]"]
    );
    assert_eq!(
        mistakes(json!({ "fields": { "user": 3, "session": "hash", "metadata": { "only": [" "] } } })),
        ["fields.user", "fields.session", "fields.metadata"]
    );
    let mut stored = all("mask").to_stored().unwrap();
    assert_eq!(Redaction::from_stored(Some(&stored)).unwrap().to_json(), all("mask").to_json());
    stored["version"] = json!(2);
    assert_eq!(Redaction::from_stored(Some(&stored)).unwrap_err(), UnreadableRedaction::Newer);
}

/// What texts are made of that come close to values.
const WORDS: [&str; 24] = [
    "ada@b.example",
    "@",
    ".",
    "+49",
    "30",
    "901820",
    "4111111111111111",
    "4111",
    " ",
    "-",
    "DE89370400440532013000",
    "DE89",
    "192.0.2.7",
    "2001:db8::7",
    ":",
    "::",
    "sk-live-4242424242424242abcd",
    "sk-",
    "x",
    "[email]",
    "1",
    "\"",
    "role",
    "content",
];

proptest! {
    #[test]
    fn no_value_is_left_that_a_detector_finds(words in prop::collection::vec(prop::sample::select(WORDS.to_vec()), 0..12)) {
        let text = words.concat();
        let redaction = all("mask");
        let (once, _) = sent(&redaction, &text);
        prop_assert_eq!(sent(&redaction, &once), (once.clone(), String::new()));
        let hashing = all("hash");
        let (once, _) = sent(&hashing, &text);
        prop_assert_eq!(sent(&hashing, &once), (once.clone(), String::new()));
    }

    #[test]
    fn any_content_stays_json_without_a_value_that_a_detector_finds(messages in near(&WORDS), text in "\\PC{0,60}") {
        let messages = json!([{ "role": "user", "content": text }, { "role": "user", "content": [messages] }]);
        let content = content(&messages, &Value::Null, &[answer("+49 30 901820")]);
        let redaction = all("mask");
        let (changed, _) = apply(&redaction, &mut request(), Some(&content.as_borrowed()));
        let changed = changed.unwrap_or(content);
        prop_assert!(serde_json::from_slice::<Value>(&changed.to_bytes()).is_ok());
        prop_assert!(apply(&redaction, &mut request(), Some(&changed.as_borrowed())).1.is_empty());
    }

    #[test]
    fn redaction_read_from_any_json_is_refused_or_comes_back_from_what_is_stored(value in near(&["redaction", "fields", "email", "mask", "patterns", "pattern", "action", "metadata", "only", "user"])) {
        let mut redaction = Redaction::default();
        if redaction.replace(value.as_object().unwrap()).is_ok() {
            let again = Redaction::from_stored(redaction.to_stored().as_ref()).unwrap();
            prop_assert_eq!(again.to_json(), redaction.to_json());
        }
    }
}
