//! Stores of traces that take any OTLP.

use super::super::super::reading::Reading;
use super::super::super::row::{Address, Row, fields, header};
use super::super::super::{Field, Group, Kind, Manifest};

const TENANT: Field = Field {
    name: "tenant",
    label: "Tenant",
    hint: "Sent as X-Scope-OrgID. Leave it empty where there is only one.",
    ..Field::TEXT
};

/// The address of a server of one's own.
const fn endpoint(example: &'static str) -> Field {
    Field {
        name: "endpoint",
        label: "Address",
        hint: "Where it takes OTLP over HTTP, usually port 4318. Plain http must be allowed by the operator of this server.",
        required: true,
        example,
        ..Field::URL
    }
}

const WITH_TENANT: &Row = &Row { headers: &[header("x-scope-orgid", "{tenant}")], ..Row::PLAIN };

pub(in super::super) const TEMPO: Kind = Kind::row(
    Manifest {
        slug: "tempo",
        label: "Tempo",
        sign: "Tp",
        group: Group::AnyOtlp,
        needs: "Endpoint",
        fields: fields![Field::join(true); endpoint("https://tempo.example.com:4318"), TENANT],
        preset: true,
    },
    WITH_TENANT,
);

pub(in super::super) const JAEGER: Kind = Kind::row(
    Manifest {
        slug: "jaeger",
        label: "Jaeger",
        sign: "Jg",
        group: Group::AnyOtlp,
        needs: "Endpoint",
        fields: fields![Field::join(true); endpoint("https://jaeger.example.com:4318"), TENANT],
        preset: true,
    },
    WITH_TENANT,
);

pub(in super::super) const AXIOM: Kind = Kind::row(
    Manifest {
        slug: "axiom",
        label: "Axiom",
        sign: "Ax",
        group: Group::AnyOtlp,
        needs: "API token and dataset",
        fields: fields![
            Field::join(true);
            Field {
                name: "apiKey",
                label: "API token",
                hint: "In Axiom: Settings > API tokens. It begins with xaat- and may ingest into the dataset.",
                example: "xaat-01234567-89ab-cdef-0123-456789abcdef",
                ..Field::SECRET
            },
            Field {
                name: "dataset",
                label: "Dataset",
                hint: "The name of the dataset that takes the traces.",
                required: true,
                example: "llm-traces",
                ..Field::TEXT
            },
            Field {
                name: "baseUrl",
                label: "Address",
                hint: "The address of your region.",
                default: "https://api.axiom.co",
                ..Field::URL
            },
        ],
        preset: true,
    },
    &Row {
        address: Address::typed("baseUrl", "/v1/traces"),
        headers: &[header("authorization", "Bearer {apiKey}"), header("x-axiom-dataset", "{dataset}")],
        readings: &[
            Reading::words(401, "apiKey", "Axiom does not know this token. Copy it again"),
            Reading::words(
                403,
                "apiKey",
                "This token may not send to the dataset. Check its permissions, and the dataset's name",
            ),
        ],
        target: "{dataset}",
        ..Row::PLAIN
    },
);
