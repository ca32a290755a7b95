//! Opik (spec 7.2). Only the hosted one has keys.

use super::super::reading::Reading;
use super::super::row::{Address, CheckRow, HeaderRow, Row, Step, Values, fields, header};
use super::super::{Field, FieldError, Group, Kind, Manifest, Method};
use crate::trace::Extras;

const HEADERS: &[HeaderRow] = &[
    header("authorization", "{apiKey}"),
    header("comet-workspace", "{workspace}"),
    header("projectname", "{projectName}"),
];

pub(super) const KIND: Kind = Kind::row(
    Manifest {
        slug: "opik",
        label: "Opik",
        sign: "Op",
        group: Group::LlmObservability,
        needs: "API key, workspace and project",
        fields: fields![
            Field::join(false);
            Field {
                name: "apiKey",
                label: "API key",
                hint: "In Opik: the user menu > API key. A server of your own has none.",
                required: false,
                example: "0123456789abcdef0123456789",
                ..Field::SECRET
            },
            Field {
                name: "workspace",
                label: "Workspace",
                hint: "In the page's address behind the host. A server of your own: default.",
                required: true,
                example: "checkout-team",
                ..Field::TEXT
            },
            Field {
                name: "projectName",
                label: "Project",
                hint: "The project's name. Opik creates it with the first trace.",
                required: true,
                example: "checkout",
                ..Field::TEXT
            },
            Field {
                name: "baseUrl",
                label: "Address",
                hint: "The address of the hosted Opik, or of your own server.",
                default: "https://www.comet.com/opik",
                ..Field::URL
            },
        ],
        preset: false,
    },
    &Row {
        address: Address::typed("baseUrl", "/api/v1/private/otel/v1/traces"),
        headers: HEADERS,
        extras: Extras::Opik,
        steps: &[
            Step::Check(CheckRow {
                method: Method::Post,
                path: "/api/v1/private/auth",
                headers: HEADERS,
                up_to: 299,
                ..CheckRow::GET
            }),
            Step::Empty,
            Step::Trace,
        ],
        readings: &[
            Reading::words(401, "apiKey", "Opik does not know this API key. Copy it again"),
            Reading::words(403, "workspace", "This API key may not use this workspace. Check the workspace's name"),
            Reading::words(405, "baseUrl", "Opik takes no traces at this path. Check the address"),
        ],
        agree: hosted_needs_a_key,
        target: "{workspace}/{projectName}",
        ..Row::PLAIN
    },
);

fn hosted_needs_a_key(values: &Values<'_>) -> Option<FieldError> {
    let is_hosted = values.host("baseUrl").is_some_and(|host| host == "comet.com" || host.ends_with(".comet.com"));
    let sentence = "Enter the API key: the hosted Opik needs one.".to_owned();
    (is_hosted && values.get("apiKey").is_empty()).then_some(FieldError { field: "apiKey", sentence })
}
