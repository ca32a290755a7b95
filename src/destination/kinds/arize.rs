//! Arize AX (spec 7.2).

use super::super::reading::Reading;
use super::super::row::{Address, CheckRow, Row, Services, Step, fields, header};
use super::super::{Field, Group, Kind, Manifest, Shown};
use crate::trace::Dialect;

pub(super) const KIND: Kind = Kind::row(
    Manifest {
        slug: "arize",
        label: "Arize AX",
        sign: "Ar",
        group: Group::LlmObservability,
        needs: "API key, space and project",
        fields: fields![
            Field::join(true);
            Field {
                name: "apiKey",
                label: "API key",
                hint: "In Arize: Settings > API Keys.",
                example: "ak-0123456789abcdef0123456789abcdef",
                ..Field::SECRET
            },
            Field {
                name: "spaceKey",
                label: "Space id",
                hint: "In Arize: Settings > Space, or in the page's address behind /spaces/.",
                required: true,
                example: "U3BhY2U6MTIzNDU6",
                ..Field::TEXT
            },
            Field {
                name: "modelId",
                label: "Project",
                hint: "The project's name. Arize creates it with the first trace.",
                required: true,
                example: "checkout",
                ..Field::TEXT
            },
            Field {
                name: "baseUrl",
                label: "Address",
                hint: "The OTLP address of your region.",
                default: "https://otlp.arize.com",
                suggestions: &["https://otlp.eu-west-1a.arize.com"],
                ..Field::URL
            },
        ],
        preset: false,
    },
    &Row {
        address: Address {
            services: Some(Services { labels: &["api", "app", "otlp"], traces: "otlp", check: "api" }),
            ..Address::typed("baseUrl", "/v1/traces")
        },
        headers: &[
            header("authorization", "{apiKey}"),
            header("arize-space-id", "{spaceKey}"),
            header("arize-interface", "otel"),
        ],
        resource: &[("openinference.project.name", "{modelId}"), ("model_id", "{modelId}")],
        dialect: Dialect::OpenInference,
        steps: &[
            Step::Check(CheckRow {
                path: "/v2/spaces/{spaceKey}",
                headers: &[header("authorization", "Bearer {apiKey}")],
                shown: &[Shown { what: "space", pointer: "/name" }],
                ..CheckRow::GET
            }),
            Step::Empty,
            Step::Trace,
        ],
        readings: &[
            Reading::words(401, "apiKey", "Arize does not know this API key. Copy it again, and check the address"),
            Reading::words(
                403,
                "spaceKey",
                "This API key may not use this space. Check the space's id, and whose key it is",
            ),
            Reading::words(404, "spaceKey", "Arize does not know this space. Enter the space's id, and not its name"),
        ],
        target: "{modelId}",
        ..Row::PLAIN
    },
);
