//! Datadog LLM Observability (spec 7.2). It drops spans without a `gen_ai.*` attribute one by one.

use std::time::Duration;

use super::super::reading::Reading;
use super::super::row::{Address, CheckRow, Row, Services, Step, fields, header};
use super::super::{Field, Group, Kind, Limits, Manifest, MixUp, Shape};
use crate::trace::Extras;

pub(super) const KIND: Kind = Kind::row(
    Manifest {
        slug: "datadog",
        label: "Datadog",
        sign: "Dd",
        group: Group::ErrorsAndPerformance,
        needs: "API key and app name",
        fields: fields![
            Field::join(false);
            Field {
                name: "apiKey",
                label: "API key",
                hint: "In Datadog: Organization Settings > API Keys. It has 32 characters.",
                mix_ups: &[MixUp {
                    shape: Shape::Hex(40),
                    sentence: "This is an application key. Enter the API key, which has 32 characters.",
                }],
                example: "0123456789abcdef0123456789abcdef",
                ..Field::SECRET
            },
            Field {
                name: "mlApp",
                label: "ML app",
                hint: "The name under which LLM Observability shows the traces.",
                required: true,
                max_length: 193,
                example: "checkout-assistant",
                ..Field::TEXT
            },
            Field {
                name: "url",
                label: "Site",
                hint: "The API address of your Datadog site. Government sites have no LLM Observability.",
                default: "https://api.datadoghq.com",
                suggestions: &[
                    "https://api.us3.datadoghq.com",
                    "https://api.us5.datadoghq.com",
                    "https://api.datadoghq.eu",
                    "https://api.ap1.datadoghq.com",
                    "https://api.ap2.datadoghq.com",
                    "https://api.uk1.datadoghq.com",
                ],
                ..Field::URL
            },
        ],
        preset: false,
    },
    &Row {
        address: Address {
            services: Some(Services { labels: &["api", "app", "otlp"], traces: "otlp", check: "api" }),
            ..Address::typed("url", "/v1/traces")
        },
        headers: &[header("dd-api-key", "{apiKey}"), header("dd-otlp-source", "llmobs")],
        resource: &[("service.name", "{mlApp}"), ("dd_llmobs_enabled", "true")],
        extras: Extras::Datadog,
        limits: Limits { bytes: 3_200_000, oldest: Some(Duration::from_hours(24)), ..Limits::USUAL },
        steps: &[
            Step::Check(CheckRow {
                path: "/api/v1/validate",
                headers: &[header("dd-api-key", "{apiKey}")],
                ..CheckRow::GET
            }),
            Step::Empty,
            Step::Trace,
        ],
        readings: &[
            Reading::words(401, "apiKey", "Datadog does not know this API key. Copy it again, and check the site"),
            Reading::words(
                403,
                "apiKey",
                "Datadog refuses this API key. Check the key and the site, and that the organisation has LLM Observability",
            ),
        ],
        target: "{mlApp}",
        shown: "in 3 to 5 minutes",
        ..Row::PLAIN
    },
);
