//! Braintrust (spec 7.2).

use super::super::reading::Reading;
use super::super::row::{Address, CheckRow, Row, Step, fields, header};
use super::super::{Field, Group, Kind, Manifest, MixUp, Shape, Shown};
use crate::trace::Extras;

pub(super) const KIND: Kind = Kind::row(
    Manifest {
        slug: "braintrust",
        label: "Braintrust",
        sign: "Bt",
        group: Group::LlmObservability,
        needs: "API key and project id",
        fields: fields![
            Field::join(false);
            Field {
                name: "apiKey",
                label: "API key",
                hint: "In Braintrust: Settings > API keys.",
                example: "sk-0123456789abcdef0123456789abcdef",
                ..Field::SECRET
            },
            Field {
                name: "projectId",
                label: "Project id",
                hint: "In Braintrust: the project's Configuration, under Project ID.",
                required: true,
                mix_ups: &[MixUp { shape: Shape::NotUuid, sentence: "Use the project's id, found in its settings." }],
                example: "0f8b2a3c-5d6e-4f70-8192-a3b4c5d6e7f8",
                ..Field::TEXT
            },
            Field {
                name: "baseUrl",
                label: "Address",
                hint: "The address of your region's API, or of your own data plane.",
                default: "https://api.braintrust.dev",
                suggestions: &["https://api-eu.braintrust.dev"],
                ..Field::URL
            },
        ],
        preset: false,
    },
    &Row {
        address: Address::typed("baseUrl", "/otel/v1/traces"),
        headers: &[header("authorization", "Bearer {apiKey}"), header("x-bt-parent", "project_id:{projectId}")],
        extras: Extras::Braintrust,
        steps: &[
            Step::Check(CheckRow {
                path: "/v1/project/{projectId}",
                headers: &[header("authorization", "Bearer {apiKey}")],
                shown: &[Shown { what: "project", pointer: "/name" }],
                ..CheckRow::GET
            }),
            Step::Empty,
            Step::Trace,
        ],
        readings: &[
            Reading::words(401, "apiKey", "Braintrust does not know this key. Copy it again, and check the address"),
            Reading::words(
                403,
                "projectId",
                "This key may not use this project. Check the project's id, and whose key it is",
            ),
            Reading::words(
                404,
                "projectId",
                "Braintrust does not know this project. Copy the project's id from its settings",
            ),
        ],
        target: "{projectId}",
        ..Row::PLAIN
    },
);
