//! W&B Weave (spec 7.2). It takes and forgets spans whose resource names no entity and project.

use super::super::reading::Reading;
use super::super::row::{Address, Row, Step, basic, fields};
use super::super::{Field, Format, Group, Kind, Manifest};
use crate::trace::{Dialect, Extras};

pub(super) const KIND: Kind = Kind::row(
    Manifest {
        slug: "weave",
        label: "W&B Weave",
        sign: "Wv",
        group: Group::LlmObservability,
        needs: "API key, entity and project",
        fields: fields![
            Field::join(false);
            Field {
                name: "apiKey",
                label: "API key",
                hint: "In Weights & Biases: User settings > API keys, or wandb.ai/authorize.",
                example: "0123456789abcdef0123456789abcdef01234567",
                ..Field::SECRET
            },
            Field {
                name: "entity",
                label: "Entity",
                hint: "The team or user in the page's address: wandb.ai/<entity>/<project>.",
                required: true,
                format: Format::Name,
                example: "checkout-team",
                ..Field::TEXT
            },
            Field {
                name: "project",
                label: "Project",
                hint: "The project in the same address.",
                required: true,
                format: Format::Name,
                example: "checkout",
                ..Field::TEXT
            },
            Field {
                name: "baseUrl",
                label: "Address",
                hint: "A dedicated one: https://<name>.wandb.io/traces.",
                default: "https://trace.wandb.ai",
                ..Field::URL
            },
        ],
        preset: false,
    },
    &Row {
        address: Address::typed("baseUrl", "/otel/v1/traces"),
        headers: &[basic("api:{apiKey}")],
        resource: &[("wandb.entity", "{entity}"), ("wandb.project", "{project}")],
        dialect: Dialect::OpenInference,
        extras: Extras::Weave,
        steps: &[Step::Trace],
        readings: &[
            Reading::words(401, "apiKey", "Weave does not know this API key. Copy it again"),
            Reading::words(403, "entity", "This API key may not use this entity. Check the entity and the project"),
            Reading::words(404, "entity", "Weave does not know this entity or project. Check both names"),
        ],
        target: "{entity}/{project}",
        ..Row::PLAIN
    },
);
