//! PostHog (spec 7.2). Its ingestion answers 200 to an unknown token for ever, and 400 where a quota is used up.

use super::super::reading::{AN_HOUR, Meaning, Reading};
use super::super::row::{Address, CheckRow, Row, Step, fields, header};
use super::super::{Field, Group, Kind, Limits, Manifest, Method, MixUp, Shape};
use crate::delivery::Attention;
use crate::trace::Extras;

pub(super) const KIND: Kind = Kind::row(
    Manifest {
        slug: "posthog",
        label: "PostHog",
        sign: "Ph",
        group: Group::LlmObservability,
        needs: "Project token",
        fields: fields![
            Field::join(true);
            Field {
                name: "apiKey",
                label: "Project token",
                hint: "In PostHog: Settings > Project > General. It begins with phc_.",
                mix_ups: &[MixUp {
                    shape: Shape::Begins("phx_"),
                    sentence: "This is a personal key. Use the project token phc_….",
                }],
                example: "phc_0123456789abcdef0123456789abcdef",
                ..Field::SECRET
            },
            Field {
                name: "endpoint",
                label: "Address",
                hint: "The address of your region, or of your own server.",
                default: "https://us.i.posthog.com",
                suggestions: &["https://eu.i.posthog.com"],
                ..Field::URL
            },
        ],
        preset: false,
    },
    &Row {
        address: Address::typed("endpoint", "/i/v0/ai/otel"),
        headers: &[header("authorization", "Bearer {apiKey}")],
        extras: Extras::PostHog,
        limits: Limits { bytes: 4_000_000, spans: 100, ..Limits::USUAL },
        // No empty request: PostHog answers 400 to it.
        steps: &[
            Step::Check(CheckRow {
                method: Method::Post,
                path: "/flags?v=2",
                body: &[("api_key", "{apiKey}"), ("distinct_id", "tracecast-test")],
                ..CheckRow::GET
            }),
            Step::Trace,
        ],
        readings: &[
            Reading::words(
                401,
                "apiKey",
                "PostHog does not know this project token, or it has expired. Copy it again, and check that the address is that of the project's region",
            ),
            Reading {
                status: 400,
                words: "quota",
                meaning: Meaning::Quota(AN_HOUR),
                sentence: "PostHog's quota is used up",
                field: "",
            },
            Reading {
                status: 400,
                words: "too many",
                meaning: Meaning::Halve,
                sentence: "PostHog takes no more spans in one request",
                field: "",
            },
            Reading {
                status: 400,
                words: "restricted",
                meaning: Meaning::NeedsAttention(Attention::Forbidden),
                sentence: "PostHog has restricted this project. Ask its support",
                field: "apiKey",
            },
        ],
        caveats: &["A trace that is delivered twice shows twice in PostHog: it happens where an answer got lost."],
        ..Row::PLAIN
    },
);
