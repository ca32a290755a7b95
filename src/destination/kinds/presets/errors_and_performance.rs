//! Products that show LLM requests beside the rest of an application.

use std::time::Duration;

use super::super::super::reading::Reading;
use super::super::super::row::{Address, CheckRow, Regions, Row, Step, Values, basic, fields, header};
use super::super::super::{Field, FieldError, Format, Group, Input, Kind, Limits, Manifest, MixUp, Shape, Shown};
use crate::trace::Extras;

/// The region of a hosted product that has two.
const US_OR_EU: Field = Field {
    name: "region",
    label: "Region",
    hint: "Where the account's data is kept.",
    input: Input::Choice(&[("us", "United States"), ("eu", "European Union")]),
    ..Field::TEXT
};

pub(in super::super) const HONEYCOMB: Kind = Kind::row(
    Manifest {
        slug: "honeycomb",
        label: "Honeycomb",
        sign: "Hc",
        group: Group::ErrorsAndPerformance,
        needs: "API key",
        fields: fields![
            Field::join(true);
            Field {
                name: "apiKey",
                label: "API key",
                hint: "In Honeycomb: Environment settings > API Keys. An ingest key.",
                example: "hcaik_0123456789abcdef0123456789abcdef0123456789abcdef0123456789",
                ..Field::SECRET
            },
            US_OR_EU,
            Field {
                name: "dataset",
                label: "Dataset",
                hint: "Only for classic keys, which have 32 characters.",
                ..Field::TEXT
            },
        ],
        preset: true,
    },
    &Row {
        address: Address::regional(
            "region",
            &[("us", "https://api.honeycomb.io"), ("eu", "https://api.eu1.honeycomb.io")],
            "/v1/traces",
        ),
        headers: &[header("x-honeycomb-team", "{apiKey}"), header("x-honeycomb-dataset", "{dataset}")],
        steps: &[
            Step::Check(CheckRow {
                path: "/1/auth",
                headers: &[header("x-honeycomb-team", "{apiKey}")],
                shown: &[
                    Shown { what: "team", pointer: "/team/name" },
                    Shown { what: "environment", pointer: "/environment/name" },
                ],
                ..CheckRow::GET
            }),
            Step::Empty,
            Step::Trace,
        ],
        readings: &[Reading::words(
            401,
            "apiKey",
            "Honeycomb does not know this key. Copy it again, and check the region",
        )],
        mix_up: classic_key_without_a_dataset,
        ..Row::PLAIN
    },
);

fn classic_key_without_a_dataset(values: &Values<'_>) -> Option<FieldError> {
    let is_classic = Shape::Hex(32).is(values.get("apiKey"));
    let sentence = "This is a classic key: enter the dataset.".to_owned();
    (is_classic && values.get("dataset").is_empty()).then_some(FieldError { field: "dataset", sentence })
}

pub(in super::super) const DYNATRACE: Kind = Kind::row(
    Manifest {
        slug: "dynatrace",
        label: "Dynatrace",
        sign: "Dy",
        group: Group::ErrorsAndPerformance,
        needs: "Environment and API token",
        fields: fields![
            Field::join(true);
            Field {
                name: "baseUrl",
                label: "Environment address",
                hint: "Ends in .live.dynatrace.com. An ActiveGate: https://host:9999/e/<environment>.",
                required: true,
                example: "https://abc12345.live.dynatrace.com",
                ..Field::URL
            },
            Field {
                name: "apiToken",
                label: "API token",
                hint: "In Dynatrace: Access Tokens. The scope openTelemetryTrace.ingest; it begins with dt0c01.",
                example: "dt0c01.ABCDEFGHIJKLMNOPQRSTUVWX.0123456789ABCDEF0123456789ABCDEF",
                ..Field::SECRET
            },
        ],
        preset: true,
    },
    &Row {
        address: Address::typed("baseUrl", "/api/v2/otlp/v1/traces"),
        headers: &[header("authorization", "Api-Token {apiToken}")],
        limits: Limits { bytes: 8_000_000, oldest: Some(Duration::from_hours(1)), ..Limits::USUAL },
        readings: &[
            Reading::words(401, "apiToken", "Dynatrace does not know this token. Copy it again"),
            Reading::words(
                403,
                "apiToken",
                "This token may not send traces. It needs the scope openTelemetryTrace.ingest",
            ),
            Reading::words(404, "baseUrl", "Dynatrace takes no traces at this address. Check the environment"),
        ],
        ..Row::PLAIN
    },
);

pub(in super::super) const ELASTIC: Kind = Kind::row(
    Manifest {
        slug: "elastic",
        label: "Elastic",
        sign: "El",
        group: Group::ErrorsAndPerformance,
        needs: "Endpoint and API key",
        fields: fields![
            Field::join(true);
            Field {
                name: "endpoint",
                label: "OTLP endpoint",
                hint: "In Elastic: Add data > OpenTelemetry, or the address of an APM server.",
                required: true,
                example: "https://my-deployment.ingest.us-east-1.aws.elastic.cloud",
                ..Field::URL
            },
            Field {
                name: "apiKey",
                label: "API key",
                hint: "On the same page; an APM agent key. Enter it without the word ApiKey.",
                example: "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
                ..Field::SECRET
            },
        ],
        preset: true,
    },
    &Row {
        headers: &[header("authorization", "ApiKey {apiKey}")],
        readings: &[Reading::words(
            401,
            "apiKey",
            "Elastic does not know this key. Copy it again, and check the endpoint",
        )],
        ..Row::PLAIN
    },
);

pub(in super::super) const SIGNOZ: Kind = Kind::row(
    Manifest {
        slug: "signoz",
        label: "SigNoz",
        sign: "Sz",
        group: Group::ErrorsAndPerformance,
        needs: "Ingestion key",
        fields: fields![
            Field::join(true);
            Field {
                name: "ingestionKey",
                label: "Ingestion key",
                hint: "In SigNoz Cloud: Settings > Ingestion. A server of your own has none.",
                required: false,
                example: "01234567-89ab-cdef-0123-456789abcdef",
                ..Field::SECRET
            },
            Field {
                input: Input::Choice(&[("us", "United States"), ("eu", "European Union"), ("in", "India")]),
                hint: "Of SigNoz Cloud.",
                ..US_OR_EU
            },
            Field {
                name: "baseUrl",
                label: "Address",
                hint: "Of a server of your own, instead of a region.",
                ..Field::URL
            },
        ],
        preset: true,
    },
    &Row {
        address: Address {
            regions: Regions {
                field: "region",
                bases: &[
                    ("us", "https://ingest.us.signoz.cloud"),
                    ("eu", "https://ingest.eu.signoz.cloud"),
                    ("in", "https://ingest.in.signoz.cloud"),
                ],
            },
            ..Address::typed("baseUrl", "/v1/traces")
        },
        headers: &[header("signoz-ingestion-key", "{ingestionKey}")],
        extras: Extras::SigNoz,
        readings: &[Reading::words(
            401,
            "ingestionKey",
            "SigNoz does not know this key. Copy it again, and check the region",
        )],
        agree: signoz_cloud_needs_a_key,
        ..Row::PLAIN
    },
);

fn signoz_cloud_needs_a_key(values: &Values<'_>) -> Option<FieldError> {
    let is_cloud = values.get("baseUrl").is_empty();
    let sentence = "Enter the ingestion key, which SigNoz Cloud needs, or the address of your own server.".to_owned();
    (is_cloud && values.get("ingestionKey").is_empty()).then_some(FieldError { field: "ingestionKey", sentence })
}

pub(in super::super) const LOGFIRE: Kind = Kind::row(
    Manifest {
        slug: "logfire",
        label: "Logfire",
        sign: "Lg",
        group: Group::ErrorsAndPerformance,
        needs: "Write token",
        fields: fields![
            Field::join(true);
            Field {
                name: "writeToken",
                label: "Write token",
                hint: "In Logfire: the project's Settings > Write tokens.",
                example: "pylf_v1_us_0123456789abcdef0123456789abcdef",
                mix_ups: &[MixUp {
                    shape: Shape::Begins("Bearer "),
                    sentence: "Enter the token alone, without the word Bearer.",
                }],
                ..Field::SECRET
            },
            US_OR_EU,
        ],
        preset: true,
    },
    &Row {
        address: Address::regional(
            "region",
            &[("us", "https://logfire-us.pydantic.dev"), ("eu", "https://logfire-eu.pydantic.dev")],
            "/v1/traces",
        ),
        headers: &[header("authorization", "{writeToken}")],
        readings: &[Reading::words(
            401,
            "writeToken",
            "Logfire does not know this token. Copy it again, and check the region",
        )],
        ..Row::PLAIN
    },
);

pub(in super::super) const OPENOBSERVE: Kind = Kind::row(
    Manifest {
        slug: "openobserve",
        label: "OpenObserve",
        sign: "Oo",
        group: Group::ErrorsAndPerformance,
        needs: "Address, user and token",
        fields: fields![
            Field::join(true);
            Field {
                name: "baseUrl",
                label: "Address",
                hint: "For example https://api.openobserve.ai, or a server of your own.",
                required: true,
                example: "https://api.openobserve.ai",
                ..Field::URL
            },
            Field {
                name: "org",
                label: "Organization",
                hint: "Its name in the page's address: org_identifier.",
                required: true,
                format: Format::Name,
                example: "default",
                ..Field::TEXT
            },
            Field {
                name: "user",
                label: "User",
                hint: "In OpenObserve: Data sources > Traces. It is an e-mail address.",
                required: true,
                format: Format::WithoutColon,
                example: "root@example.com",
                ..Field::TEXT
            },
            Field {
                name: "token",
                label: "Token",
                hint: "On the same page, or the user's password.",
                example: "0123456789abcdef0123456789",
                ..Field::SECRET
            },
            Field {
                name: "stream",
                label: "Stream",
                hint: "The stream of traces.",
                default: "default",
                format: Format::Name,
                ..Field::TEXT
            },
        ],
        preset: true,
    },
    &Row {
        address: Address::typed("baseUrl", "/api/{org}/v1/traces"),
        headers: &[basic("{user}:{token}"), header("organization", "{org}"), header("stream-name", "{stream}")],
        readings: &[
            Reading::words(401, "token", "OpenObserve does not know this user or token. Copy both again"),
            Reading::words(403, "org", "This user may not send to the organization. Check its name"),
        ],
        target: "{org}",
        ..Row::PLAIN
    },
);
