//! Products that show conversations, tokens, cost and evaluations.

use super::super::super::reading::{Meaning, Reading};
use super::super::super::row::{Address, CheckRow, HeaderRow, Row, Step, basic, fields, header};
use super::super::super::{Field, Format, Group, Kind, Manifest, Shown};
use crate::delivery::Attention;
use crate::trace::{Dialect, Extras};

/// A key of a hosted product.
const fn api_key(hint: &'static str, example: &'static str) -> Field {
    Field { name: "apiKey", label: "API key", hint, example, ..Field::SECRET }
}

/// The address of a server of one's own, or of a region that has to be known.
const fn address(hint: &'static str, example: &'static str) -> Field {
    Field { name: "baseUrl", label: "Address", hint, required: true, example, ..Field::URL }
}

pub(in super::super) const PHOENIX: Kind = Kind::row(
    Manifest {
        slug: "phoenix",
        label: "Phoenix",
        sign: "Px",
        group: Group::LlmObservability,
        needs: "Address; a key in the cloud",
        fields: fields![
            Field::join(true);
            address("In the cloud: https://app.phoenix.arize.com/s/<space>.", "https://app.phoenix.arize.com/s/checkout"),
            Field {
                required: false,
                ..api_key("In Phoenix: Settings > API Keys. A server without authentication has none.", "0123456789abcdef0123456789abcdef")
            },
            Field { name: "project", label: "Project", hint: "Phoenix creates it with the first trace.", default: "default", ..Field::TEXT },
        ],
        preset: true,
    },
    &Row {
        address: Address::typed("baseUrl", "/v1/traces"),
        headers: &[header("authorization", "Bearer {apiKey}")],
        resource: &[("openinference.project.name", "{project}")],
        dialect: Dialect::OpenInference,
        readings: &[
            Reading::words(401, "apiKey", "Phoenix does not know this key. Copy it again"),
            Reading::words(405, "baseUrl", "Phoenix takes no traces at this path. Check the address"),
            Reading::words(507, "", "Phoenix has no room left. Free some, or give it more"),
        ],
        target: "{project}",
        ..Row::PLAIN
    },
);

const MLFLOW_HEADERS: &[HeaderRow] = &[basic("{username}:{password}")];

pub(in super::super) const MLFLOW: Kind = Kind::row(
    Manifest {
        slug: "mlflow",
        label: "MLflow",
        sign: "Mf",
        group: Group::LlmObservability,
        needs: "Address and experiment",
        fields: fields![
            // A trace whose root never arrives stays in progress for ever.
            Field::join(false);
            address("The address of the tracking server.", "https://mlflow.example.com"),
            Field {
                name: "experimentId",
                label: "Experiment id",
                hint: "The number in the experiment's address.",
                required: true,
                format: Format::Digits,
                max_length: 20,
                example: "12",
                ..Field::TEXT
            },
            Field { name: "username", label: "User", hint: "Where the server asks for one.", format: Format::WithoutColon, ..Field::TEXT },
            Field { name: "password", label: "Password", hint: "The user's.", required: false, example: "0123456789abcdef0123456789", ..Field::SECRET },
        ],
        preset: true,
    },
    &Row {
        address: Address::typed("baseUrl", "/v1/traces"),
        headers: &[basic("{username}:{password}"), header("x-mlflow-experiment-id", "{experimentId}")],
        dialect: Dialect::OpenInference,
        extras: Extras::Mlflow,
        // No empty request: MLflow answers 400 to it.
        steps: &[
            Step::Check(CheckRow {
                path: "/api/2.0/mlflow/experiments/get?experiment_id={experimentId}",
                headers: MLFLOW_HEADERS,
                shown: &[Shown { what: "experiment", pointer: "/experiment/name" }],
                ..CheckRow::GET
            }),
            Step::Trace,
        ],
        readings: &[
            Reading::words(401, "password", "MLflow does not know this user or password. Check both"),
            Reading::words(
                403,
                "username",
                "This user may not write to the experiment. Ask for the permission to edit it",
            ),
            experiment(404),
            experiment(422),
        ],
        target: "{experimentId}",
        ..Row::PLAIN
    },
);

const fn experiment(status: u16) -> Reading {
    Reading {
        status,
        words: "experiment",
        meaning: Meaning::NeedsAttention(Attention::NotFound),
        sentence: "MLflow does not know this experiment. Check its id",
        field: "experimentId",
    }
}

pub(in super::super) const LAMINAR: Kind = Kind::row(
    Manifest {
        slug: "laminar",
        label: "Laminar",
        sign: "Lm",
        group: Group::LlmObservability,
        needs: "API key",
        fields: fields![
            Field::join(true);
            api_key("In Laminar: the project's Settings > Project API keys.", "0123456789abcdef0123456789abcdef0123456789"),
        ],
        preset: true,
    },
    &Row {
        address: Address::fixed(&[("", "https://api.lmnr.ai")], "/v1/traces"),
        headers: &[header("authorization", "Bearer {apiKey}")],
        readings: &[Reading::words(401, "apiKey", "Laminar does not know this key. Copy it again")],
        ..Row::PLAIN
    },
);

pub(in super::super) const TRACELOOP: Kind = Kind::row(
    Manifest {
        slug: "traceloop",
        label: "Traceloop",
        sign: "Tl",
        group: Group::LlmObservability,
        needs: "API key",
        fields: fields![
            Field::join(true);
            api_key("In Traceloop: Settings > API Keys.", "tl_0123456789abcdef0123456789abcdef"),
        ],
        preset: true,
    },
    &Row {
        address: Address::fixed(&[("", "https://api.traceloop.com")], "/v1/traces"),
        headers: &[header("authorization", "Bearer {apiKey}")],
        readings: &[Reading::words(401, "apiKey", "Traceloop does not know this key. Copy it again")],
        ..Row::PLAIN
    },
);

pub(in super::super) const GALILEO: Kind = Kind::row(
    Manifest {
        slug: "galileo",
        label: "Galileo",
        sign: "Ga",
        group: Group::LlmObservability,
        needs: "API key, project and log stream",
        fields: fields![
            Field::join(true);
            api_key("In Galileo: Settings & Users > API Keys.", "0123456789abcdef0123456789abcdef"),
            Field { name: "project", label: "Project", hint: "The project's name.", required: true, example: "checkout", ..Field::TEXT },
            Field { name: "logStream", label: "Log stream", hint: "A log stream of this project.", required: true, example: "production", ..Field::TEXT },
            address("The address of Galileo's API.", "https://api.galileo.ai"),
        ],
        preset: true,
    },
    &Row {
        address: Address::typed("baseUrl", "/otel/traces"),
        headers: &[
            header("galileo-api-key", "{apiKey}"),
            header("project", "{project}"),
            header("logstream", "{logStream}"),
        ],
        readings: &[
            Reading::words(401, "apiKey", "Galileo does not know this key. Copy it again"),
            Reading::words(403, "project", "This key may not use the project. Check the project's name"),
        ],
        target: "{project}",
        ..Row::PLAIN
    },
);

pub(in super::super) const HONEYHIVE: Kind = Kind::row(
    Manifest {
        slug: "honeyhive",
        label: "HoneyHive",
        sign: "Hh",
        group: Group::LlmObservability,
        needs: "API key and address",
        fields: fields![
            Field::join(true);
            api_key("In HoneyHive: Settings > Project > API Keys.", "0123456789abcdef0123456789abcdef"),
            address("The address of HoneyHive's API.", "https://api.honeyhive.ai"),
        ],
        preset: true,
    },
    &Row {
        address: Address::typed("baseUrl", "/opentelemetry/v1/traces"),
        headers: &[header("authorization", "Bearer {apiKey}")],
        readings: &[Reading::words(401, "apiKey", "HoneyHive does not know this key. Copy it again")],
        ..Row::PLAIN
    },
);
