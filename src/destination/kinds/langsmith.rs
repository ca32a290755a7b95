//! LangSmith (spec 7.2). It drops a span whose parent never arrives after 12 hours, without an error.

use super::super::reading::Reading;
use super::super::row::{Address, CheckRow, HeaderRow, Row, Step, fields, header};
use super::super::{Field, Format, Group, Kind, Manifest};
use crate::trace::Extras;

const HEADERS: &[HeaderRow] = &[
    header("x-api-key", "{apiKey}"),
    header("langsmith-project", "{project}"),
    header("x-tenant-id", "{workspaceId}"),
];

pub(super) const KIND: Kind = Kind::row(
    Manifest {
        slug: "langsmith",
        label: "LangSmith",
        sign: "Ls",
        group: Group::LlmObservability,
        needs: "API key",
        fields: fields![
            Field::join(false);
            Field {
                name: "apiKey",
                label: "API key",
                hint: "In LangSmith: Settings > API Keys.",
                example: "lsv2_pt_0123456789abcdef0123456789abcdef_0123456789",
                ..Field::SECRET
            },
            Field {
                name: "project",
                label: "Project",
                hint: "The name of the tracing project. LangSmith creates it with the first trace.",
                max_length: 255,
                default: "main",
                ..Field::TEXT
            },
            Field {
                name: "endpoint",
                label: "Address",
                hint: "The address of your region. A server of your own: https://host/api/v1.",
                default: "https://api.smith.langchain.com",
                suggestions: &[
                    "https://eu.api.smith.langchain.com",
                    "https://apac.api.smith.langchain.com",
                    "https://aws.api.smith.langchain.com",
                ],
                ..Field::URL
            },
            Field {
                name: "workspaceId",
                label: "Workspace id",
                hint: "Needed only for a key of several workspaces. In LangSmith: Settings > Workspaces.",
                format: Format::Uuid,
                ..Field::TEXT
            },
        ],
        preset: false,
    },
    &Row {
        address: Address::typed("endpoint", "/otel/v1/traces"),
        headers: HEADERS,
        extras: Extras::LangSmith,
        steps: &[
            Step::Check(CheckRow { path: "/sessions?limit=1", headers: HEADERS, ..CheckRow::GET }),
            Step::Empty,
            Step::Trace,
        ],
        readings: &[
            Reading::words(401, "apiKey", "LangSmith does not know this key. Copy it again"),
            Reading::words(
                403,
                "workspaceId",
                "This key belongs to another region, or to several workspaces. Check the address, and enter the workspace's id",
            ),
        ],
        target: "{project}",
        caveats: &["LangSmith answers before it reads a trace, and does not report what it drops then."],
        ..Row::PLAIN
    },
);
