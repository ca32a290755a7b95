//! Langfuse (spec 7.2). It looks a key up by its secret half alone, so the project's name is what proves the keys.

use super::super::reading::{AN_HOUR, Meaning, Reading};
use super::super::row::{Address, CheckRow, HeaderRow, Row, Step, basic, fields, header};
use super::super::{Field, Format, Group, Kind, Manifest, MixUp, Shape, Shown};
use crate::trace::Dialect;

const HEADERS: &[HeaderRow] = &[
    basic("{publicKey}:{secretKey}"),
    // Without it, traces show up to ten minutes late.
    header("x-langfuse-ingestion-version", "4"),
];

pub(super) const KIND: Kind = Kind::row(
    Manifest {
        slug: "langfuse",
        label: "Langfuse",
        sign: "Lf",
        group: Group::LlmObservability,
        needs: "Public and secret key",
        fields: fields![
            Field::join(true);
            Field {
                name: "publicKey",
                label: "Public key",
                hint: "In Langfuse: the project's Settings > API Keys. It begins with pk-lf-.",
                required: true,
                format: Format::WithoutColon,
                mix_ups: &[MixUp { shape: Shape::Begins("sk-lf-"), sentence: "This is the secret key." }],
                example: "pk-lf-1234567890",
                ..Field::TEXT
            },
            Field {
                name: "secretKey",
                label: "Secret key",
                hint: "Beside the public key. Langfuse shows it only once.",
                mix_ups: &[MixUp { shape: Shape::Begins("pk-lf-"), sentence: "This is the public key." }],
                example: "sk-lf-0123456789abcdef0123456789abcdef",
                ..Field::SECRET
            },
            Field {
                name: "baseUrl",
                label: "Address",
                hint: "The address of your region, or of your own server (version 3.22 or newer).",
                default: "https://us.cloud.langfuse.com",
                suggestions: &[
                    "https://cloud.langfuse.com",
                    "https://jp.cloud.langfuse.com",
                    "https://hipaa.cloud.langfuse.com",
                ],
                ..Field::URL
            },
        ],
        preset: false,
    },
    &Row {
        address: Address::typed("baseUrl", "/api/public/otel/v1/traces"),
        headers: HEADERS,
        dialect: Dialect::Langfuse,
        steps: &[
            Step::Check(CheckRow {
                path: "/api/public/projects",
                headers: HEADERS,
                shown: &[Shown { what: "project", pointer: "/data/0/name" }],
                ..CheckRow::GET
            }),
            Step::Empty,
            Step::Trace,
        ],
        readings: &[
            quota("suspended"),
            quota("threshold"),
            Reading::words(
                401,
                "secretKey",
                "Langfuse does not know these keys. Copy both again, and check that the address is that of the project's region",
            ),
            Reading::words(403, "secretKey", "This is a key of the organisation. Create one in the project's settings"),
            Reading::words(
                404,
                "baseUrl",
                "No Langfuse takes traces at this address. Check it; a server of your own needs version 3.22 or newer",
            ),
        ],
        ..Row::PLAIN
    },
);

const fn quota(words: &'static str) -> Reading {
    let sentence = "Langfuse takes no more at the moment, because the plan's limit is reached";
    Reading { status: 403, words, meaning: Meaning::Quota(AN_HOUR), sentence, field: "" }
}
