//! What holds for every kind of destination. The tests name what a new kind has forgotten.

use proptest::prelude::*;
use secrecy::ExposeSecret as _;

use super::{Connection, Field, Kind, Manifest, Parse, Settings, kinds};
use crate::delivery::Outcome;
use crate::otlp::Compression;
use crate::otlp::answer::Response;
use crate::trace::Parent;

fn example(kind: &Kind) -> Settings {
    kind.manifest.fields.iter().map(|field| (field.name, field.example)).collect()
}

fn connected(kind: &Kind) -> Connection {
    kind.connect(&example(kind)).unwrap_or_else(|errors| panic!("{}: {errors}", kind.manifest.slug))
}

/// The secret texts of a connection, whole, and their longest runs of letters and digits.
fn secrets(connection: &Connection) -> Vec<String> {
    let stored = connection.stored().secret.values().map(|value| value.expose_secret().to_owned());
    let sent = connection.wire().headers(Compression::Gzip);
    let sent = sent.iter().filter(|header| header.is_secret()).map(|header| header.expose().to_owned());
    let all: Vec<String> = stored.chain(sent).collect();
    let parts = all.iter().flat_map(|text| text.split(|c: char| !c.is_ascii_alphanumeric()));
    let long: Vec<String> = parts.filter(|part| part.len() >= 24).map(str::to_owned).collect();
    assert!(!long.is_empty(), "the example of a kind has a secret of 24 characters at least");
    long
}

fn assert_shows_none(shown: &str, secrets: &[String], what: &str) {
    for secret in secrets {
        assert!(!shown.contains(secret.as_str()), "{what} shows a secret: {shown}");
    }
}

#[test]
fn the_example_of_a_kind_connects_and_comes_back_from_what_is_stored() {
    for kind in kinds::all() {
        let connection = connected(kind);
        let again = kind.connect(&Settings::from(connection.stored())).unwrap();
        assert_eq!(again.wire().url(), connection.wire().url(), "{}", kind.manifest.slug);
        assert_eq!(again.stored().open, connection.stored().open);
        assert_eq!(again.traces(), connection.traces());
        let exposed = |connection: &Connection| -> Vec<_> {
            let headers = connection.wire().headers(Compression::Gzip);
            headers.iter().map(|header| (header.name.to_string(), header.expose().to_owned())).collect()
        };
        assert_eq!(exposed(&again), exposed(&connection));
    }
}

#[test]
fn what_nobody_sees_is_passed_over_around_a_value_and_named_within() {
    for kind in kinds::all() {
        for field in kind.manifest.fields.iter().filter(|field| !field.example.is_empty()) {
            let with = |value: String| {
                let mut settings = example(kind);
                settings.insert(field.name, value);
                kind.connect(&settings)
            };
            let pasted = with(format!("\u{feff} {}\u{200b}\n", field.example)).unwrap();
            assert_eq!(pasted.stored().open, connected(kind).stored().open, "{}", field.name);
            let (start, end) = field.example.split_at(1);
            let errors = with(format!("{start}\u{200b}{end}")).unwrap_err();
            assert!(
                errors.on(field.name).is_some_and(|sentence| sentence.contains("U+200B")),
                "{}: {errors}",
                field.name
            );
        }
    }
}

/// Fields that are required where another one is empty. SigNoz' key: a server of one's own has an address, and no key.
const REQUIRED_IN_PLACE_OF_ANOTHER: [(&str, &str); 1] = [("signoz", "ingestionKey")];

#[test]
fn empty_settings_of_a_kind_are_errors_at_its_required_fields_and_nowhere_else() {
    for kind in kinds::all() {
        let Manifest { slug, fields, .. } = kind.manifest;
        let Err(errors) = kind.connect(&Settings::default()) else {
            panic!("{slug} connects without its required fields")
        };
        for field in fields {
            let is_required = field.required || REQUIRED_IN_PLACE_OF_ANOTHER.contains(&(slug, field.name));
            assert_eq!(errors.on(field.name).is_some(), is_required, "{slug}: {}", field.name);
        }
        assert!(errors.iter().all(|error| kind.manifest.field(error.field).is_some()), "{errors}");
    }
}

#[test]
fn a_kind_shows_its_secrets_to_nobody_but_the_receiver() {
    for kind in kinds::all() {
        let (connection, slug) = (connected(kind), kind.manifest.slug);
        let secrets = secrets(&connection);
        assert_shows_none(&format!("{connection:?} {:?}", example(kind)), &secrets, slug);
        assert_shows_none(&format!("{:?} {}", connection.all_masked(), connection.target()), &secrets, slug);
        assert_shows_none(&format!("{:?}", connection.stored().open), &secrets, slug);
        for header in connection.wire().headers(Compression::Gzip) {
            assert_shows_none(header.shown(), &secrets, slug);
        }
        for (secret, status) in secrets.iter().flat_map(|secret| [200, 302, 400, 401, 403, 500].map(|s| (secret, s))) {
            let body = format!("{{\"message\":\"no such key: {secret}\"}}").into();
            let response = Response { status, body, ..Response::default() };
            let shown = format!("{:?} {:?}", connection.outcome(&response), connection.words(&response));
            assert_shows_none(&shown, &secrets, slug);
        }
        // Errors about one field must not repeat the values of the others.
        for field in kind.manifest.fields {
            let mut settings = example(kind);
            settings.insert(field.name, format!("{}\u{7f}", field.example));
            if let Err(errors) = kind.connect(&settings) {
                assert_shows_none(&errors.to_string(), &secrets, slug);
            }
        }
    }
}

#[test]
fn a_kind_sends_legal_headers_each_once() {
    for kind in kinds::all() {
        let headers = connected(kind).wire().headers(Compression::Gzip);
        for header in &headers {
            assert_eq!(headers.iter().filter(|other| other.name == header.name).count(), 1, "{}", header.name);
            assert!(header.name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'));
            assert!(header.expose().bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic()), "{}", header.name);
        }
    }
}

#[test]
fn address_of_a_kind_is_one_however_much_of_its_path_is_typed() {
    for kind in kinds::all() {
        let Parse::Row(row) = kind.parse else { continue };
        if row.address.field.is_empty() || row.address.path.is_empty() {
            continue;
        }
        let at = |typed: &str| {
            let mut settings = example(kind);
            settings.insert(row.address.field, typed);
            kind.connect(&settings)
        };
        let base = "https://gateway.example.com:4318/prefix/of/ours";
        let whole = at(base).unwrap();
        let path = whole.wire().url().path().strip_prefix("/prefix/of/ours/").unwrap().to_owned();
        let parts: Vec<_> = path.split('/').collect();
        for typed in (0..=parts.len()).map(|length| format!("{base}/{}", parts[..length].join("/"))) {
            for typed in
                [typed.clone(), typed.trim_end_matches('/').to_owned(), format!("{typed}/"), format!("{typed}//")]
            {
                let connection = at(&typed).unwrap_or_else(|errors| panic!("{typed}: {errors}"));
                assert_eq!(connection.wire().url(), whole.wire().url(), "{}: {typed}", kind.manifest.slug);
                assert_eq!(connection.stored().open, whole.stored().open, "{}: {typed}", kind.manifest.slug);
            }
        }
        for refused in
            [format!("{base}?key=1"), format!("{base}#here"), format!("{base}/?"), "https://a:b@x.example".to_owned()]
        {
            let errors = at(&refused).unwrap_err();
            assert!(errors.on(row.address.field).is_some(), "{}: {refused}", kind.manifest.slug);
        }
    }
}

#[test]
fn header_of_a_kind_wins_over_one_that_a_person_adds() {
    for kind in kinds::all().iter().filter(|kind| kind.manifest.field("headers").is_some()) {
        let of_kind = connected(kind);
        let Some(header) = of_kind.wire().headers.iter().find(|header| header.name != "x-gateway-token") else {
            continue;
        };
        let mut settings = example(kind);
        settings.insert("headers", format!(r#"{{"{}": "canary", "X-Added": "yes"}}"#, header.name));
        let connection = kind.connect(&settings).unwrap();
        let values = |name: &str| -> Vec<_> {
            let headers = connection.wire().headers.iter().filter(|header| header.name == name);
            headers.map(|header| header.expose().to_owned()).collect()
        };
        assert_eq!(values(&header.name), [header.expose()], "{}", kind.manifest.slug);
        assert_eq!(values("x-added"), ["yes"], "{}", kind.manifest.slug);
    }
}

#[test]
fn every_kind_takes_headers_and_lets_a_person_decide_whether_traces_join() {
    for kind in kinds::all() {
        let slug = kind.manifest.slug;
        assert!(kind.manifest.field(Field::HEADERS.name).is_some_and(Field::is_secret), "{slug}");
        let join = kind.manifest.field(Field::JOIN).unwrap_or_else(|| panic!("{slug} has no box to join"));
        let parent = |joins: Option<&str>| {
            let mut settings: Settings = kind
                .manifest
                .fields
                .iter()
                .filter(|field| field.name != Field::JOIN)
                .map(|field| (field.name, field.example))
                .collect();
            if let Some(joins) = joins {
                settings.insert(Field::JOIN, joins);
            }
            let connection = kind.connect(&settings).unwrap();
            assert_eq!(kind.traces(&Settings::from(connection.stored())), *connection.traces(), "{slug}");
            connection.traces().parent
        };
        let usual = if join.is_usually_on() { Parent::Link } else { Parent::Attribute };
        let found = [None, Some(Field::TICKED), Some(Field::UNTICKED), Some("")].map(parent);
        assert_eq!(found, [usual, Parent::Link, Parent::Attribute, Parent::Attribute], "{slug}");
    }
}

#[test]
fn a_kind_has_two_letters_a_few_words_and_sentences_for_its_fields() {
    for kind in kinds::all() {
        let Manifest { slug, sign, needs, fields, .. } = kind.manifest;
        assert_eq!(sign.chars().count(), 2, "{slug}");
        assert!(!needs.is_empty() && !needs.ends_with('.'), "{slug}");
        for field in fields {
            assert!(!field.label.is_empty() && field.hint.ends_with('.'), "{slug}: {}", field.name);
            assert_eq!(fields.iter().filter(|other| other.name == field.name).count(), 1, "{slug}: {}", field.name);
        }
    }
}

#[test]
fn every_field_that_a_kind_names_is_one_of_its_form() {
    for kind in kinds::all() {
        let connection = connected(kind);
        let of_rows = connection.wire().readings.iter().map(|row| row.field);
        for field in of_rows.chain([connection.mended.address, connection.mended.credentials]) {
            assert!(field.is_empty() || kind.manifest.field(field).is_some(), "{}: {field}", kind.manifest.slug);
        }
    }
}

#[test]
fn a_kind_is_named_once_and_every_secret_field_has_an_example() {
    for kind in kinds::all() {
        let slug = kind.manifest.slug;
        assert_eq!(kinds::all().iter().filter(|other| other.manifest.slug == slug).count(), 1);
        assert!(slug.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'), "{slug}");
        assert!(kind.manifest.secrets().all(|field| !field.example.is_empty()), "{slug}");
    }
}

#[test]
fn every_kind_takes_no_refusal_for_an_acceptance() {
    for kind in kinds::all() {
        let connection = connected(kind);
        for status in (300..600).chain([100, 101]) {
            let outcome = connection.outcome(&Response { status, ..Response::default() });
            assert!(!outcome.is_accepted(), "{}: {status}", kind.manifest.slug);
        }
        let page = Response { status: 200, body: "<!doctype html>".into(), ..Response::default() };
        assert!(matches!(connection.outcome(&page), Outcome::NeedsAttention { .. }), "{}", kind.manifest.slug);
    }
}

/// `UPDATE_DOCUMENTS=1 cargo test --lib documents_of` writes them.
#[test]
fn documents_of_all_kinds_say_what_the_kinds_are() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/destinations");
    for kind in kinds::all() {
        let (path, document) = (folder.join(format!("{}.md", kind.manifest.slug)), kind.document());
        if std::env::var_os("UPDATE_DOCUMENTS").is_some() {
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(&path, &document).unwrap();
        }
        let written = std::fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(
            written, document,
            "docs/destinations/{}.md is not what UPDATE_DOCUMENTS=1 gives",
            kind.manifest.slug
        );
    }
}

proptest! {
    #[test]
    fn no_input_makes_a_kind_panic(texts in proptest::collection::vec("\\PC{0,60}|https?://[a-z0-9.@:/{}?#-]{0,60}|\\{.{0,40}\\}", 8)) {
        for kind in kinds::all() {
            let fields = kind.manifest.fields.iter().zip(texts.iter().cycle());
            let settings: Settings = fields.map(|(field, text)| (field.name, text.as_str())).collect();
            if let Err(errors) = kind.connect(&settings) {
                prop_assert!(errors.iter().all(|error| kind.manifest.field(error.field).is_some()));
            }
        }
    }
}
