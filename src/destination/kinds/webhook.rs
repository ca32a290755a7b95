//! Webhook: OTLP as JSON to an address of one's own, signed by Standard Webhooks (spec 7.4).

mod secrets;
mod signed;

use std::sync::Arc;

pub use self::secrets::Secrets;
use self::signed::SignedMessage;
use super::super::reading::Reading;
use super::super::row::{Address, Row, Step, Values, fields};
use super::super::{
    Connection, Encoding, Field, FieldError, Group, Input, Kind, Limits, Manifest, Method, masking, reading,
};
use crate::delivery::Attention;

/// The kind's name.
pub const SLUG: &str = "webhook";

/// The field of the secret.
pub const SECRET: &str = "secret";

pub(super) const KIND: Kind = Kind::row(
    Manifest {
        slug: SLUG,
        label: "Webhook",
        sign: "Wh",
        group: Group::Webhooks,
        needs: "Address",
        fields: fields![
            Field::join(true);
            Field {
                name: "url",
                label: "Address",
                hint: "Where your program takes requests. Only a status of 200 to 299 counts as taken.",
                required: true,
                example: "https://hooks.example.com/traces",
                ..Field::URL
            },
            Field {
                name: "method",
                label: "Method",
                hint: "What your program expects.",
                input: Input::Choice(&[("POST", "POST"), ("PUT", "PUT")]),
                ..Field::TEXT
            },
            Field {
                name: SECRET,
                label: "Signing secret",
                hint: "Your program checks with it that a request comes from here (whsec_…). Leave it empty to have one made once \
                       the destination is there. Without one, your program cannot know the sender.",
                required: false,
                max_length: 400,
                example: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
                ..Field::SECRET
            },
        ],
        preset: false,
    },
    &Row {
        address: Address::typed("url", ""),
        encoding: Encoding::OtlpJson,
        limits: Limits { bytes: 1024 * 1024, ..Limits::USUAL },
        steps: &[Step::Empty, Step::Trace],
        readings: &[
            Reading {
                status: 410,
                words: "",
                meaning: reading::Meaning::NeedsAttention(Attention::Gone),
                sentence: "The receiver wants no more requests",
                field: "url",
            },
            Reading::words(401, SECRET, "The receiver did not accept the signature. Give it this destination's secret"),
            Reading::words(403, SECRET, "The receiver did not accept the signature. Give it this destination's secret"),
            Reading::words(
                400,
                "url",
                "The receiver refused this request. Answer with a status of 200 to 299 to take it",
            ),
        ],
        finish,
        ..Row::PLAIN
    },
);

fn finish(values: &Values<'_>, connection: &mut Connection) -> Result<(), FieldError> {
    connection.wire.method = if values.get("method") == "PUT" { Method::Put } else { Method::Post };
    let text = values.get(SECRET);
    let secrets = Secrets::parse(text).ok_or_else(|| FieldError {
        field: SECRET,
        sentence: "The signing secret must begin with whsec_ and be copied whole.".to_owned(),
    })?;
    for word in secrets.words() {
        let shown = masking::end(&word);
        let key = word.trim_start_matches("whsec_").to_owned();
        connection.masked.insert(SECRET, shown.clone());
        connection.redactions.extend([(word.into(), shown), (key.into(), "****".to_owned())]);
    }
    connection.wire.arrival = None;
    connection.wire.sign = Some(Arc::new(SignedMessage { secrets }));
    Ok(())
}

#[cfg(test)]
mod tests;
