//! Vendors without a server to run, as strict fakes: method, path and headers are compared literally (spec 7.9).

use super::forgetting::{self, Forgets};

/// One vendor. `{base}` in a form is the fake's address.
pub(super) struct Fake {
    pub(super) kind: &'static str,
    pub(super) form: &'static [(&'static str, &'static str)],
    /// The secret's field and its right value. None: the vendor has none.
    pub(super) secret: Option<(&'static str, &'static str)>,
    /// The host that nobody types. Empty: the form has the address.
    pub(super) host: &'static str,
    /// Where traces go.
    pub(super) path: &'static str,
    /// Headers without which traces are refused, or taken and forgotten.
    pub(super) headers: &'static [(&'static str, &'static str)],
    pub(super) check: Option<Question>,
    /// The answer to a wrong secret.
    pub(super) refusal: (u16, &'static str),
    /// Words of the sentence about it.
    pub(super) sentence: &'static str,
    /// Attributes that the resource has besides.
    pub(super) resource: &'static [(&'static str, &'static str)],
    /// Whether an empty request is a 400.
    pub(super) refuses_empty: bool,
    /// What it does not show of what it took.
    pub(super) forgets: Forgets,
}

impl Fake {
    pub(super) fn is_hosted(&self) -> bool {
        !self.host.is_empty()
    }
}

/// What the connection test asks.
pub(super) struct Question {
    pub(super) method: &'static str,
    pub(super) path: &'static str,
    pub(super) headers: &'static [(&'static str, &'static str)],
    /// Words of the body.
    pub(super) body: &'static str,
    pub(super) answer: &'static str,
    /// Words of the page about it.
    pub(super) shown: &'static str,
}

const NONE: Fake = Fake {
    kind: "",
    form: &[],
    secret: None,
    host: "",
    path: "/v1/traces",
    headers: &[],
    check: None,
    refusal: (401, "{}"),
    sentence: "",
    resource: &[],
    refuses_empty: false,
    forgets: |_| false,
};

const ASKED: Question = Question { method: "GET", path: "", headers: &[], body: "", answer: "{}", shown: "" };

/// `user:pass` in base64, as the vendors' documents compute it: `printf %s … | base64`.
pub(super) const ALL: &[Fake] = &[
    Fake {
        kind: "otel-collector",
        form: &[("endpoint", "{base}/v1/traces")],
        secret: Some(("headers", r#"{"X-Team": "the-right-key-0123456789"}"#)),
        headers: &[("x-team", "the-right-key-0123456789")],
        sentence: "does not accept these credentials",
        ..NONE
    },
    Fake {
        kind: "langfuse",
        form: &[("baseUrl", "{base}"), ("publicKey", "pk-lf-1")],
        secret: Some(("secretKey", "sk-lf-2")),
        path: "/api/public/otel/v1/traces",
        headers: &[("authorization", "Basic cGstbGYtMTpzay1sZi0y"), ("x-langfuse-ingestion-version", "4")],
        check: Some(Question {
            path: "/api/public/projects",
            headers: &[("authorization", "Basic cGstbGYtMTpzay1sZi0y")],
            answer: r#"{"data":[{"id":"p1","name":"checkout"}]}"#,
            shown: "project checkout",
            ..ASKED
        }),
        sentence: "Langfuse does not know these keys",
        ..NONE
    },
    Fake {
        kind: "langsmith",
        form: &[("endpoint", "{base}/api/v1/"), ("project", "")],
        secret: Some(("apiKey", "lsv2_right")),
        path: "/api/v1/otel/v1/traces",
        headers: &[("x-api-key", "lsv2_right"), ("langsmith-project", "main")],
        check: Some(Question {
            path: "/api/v1/sessions?limit=1",
            headers: &[("x-api-key", "lsv2_right")],
            answer: "[]",
            ..ASKED
        }),
        sentence: "LangSmith does not know this key",
        forgets: forgetting::orphans,
        ..NONE
    },
    Fake {
        kind: "datadog",
        form: &[("url", "{base}"), ("mlApp", "shop")],
        secret: Some(("apiKey", "dd-right")),
        headers: &[("dd-api-key", "dd-right"), ("dd-otlp-source", "llmobs")],
        check: Some(Question {
            path: "/api/v1/validate",
            headers: &[("dd-api-key", "dd-right")],
            answer: r#"{"valid":true}"#,
            ..ASKED
        }),
        refusal: (403, r#"{"errors":["Forbidden"]}"#),
        sentence: "Datadog refuses this API key",
        resource: &[("service.name", "shop"), ("dd_llmobs_enabled", "true")],
        forgets: forgetting::without_ai_and_orphans,
        ..NONE
    },
    Fake {
        kind: "braintrust",
        form: &[("baseUrl", "{base}"), ("projectId", "0f8b2a3c-5d6e-4f70-8192-a3b4c5d6e7f8")],
        secret: Some(("apiKey", "bt-right")),
        path: "/otel/v1/traces",
        headers: &[
            ("authorization", "Bearer bt-right"),
            ("x-bt-parent", "project_id:0f8b2a3c-5d6e-4f70-8192-a3b4c5d6e7f8"),
        ],
        check: Some(Question {
            path: "/v1/project/0f8b2a3c-5d6e-4f70-8192-a3b4c5d6e7f8",
            headers: &[("authorization", "Bearer bt-right")],
            answer: r#"{"name":"checkout"}"#,
            shown: "project checkout",
            ..ASKED
        }),
        sentence: "Braintrust does not know this key",
        forgets: forgetting::broken_json,
        ..NONE
    },
    Fake {
        kind: "grafana",
        form: &[("baseUrl", "{base}/otlp"), ("instanceId", "123")],
        secret: Some(("apiKey", "glc_right")),
        path: "/otlp/v1/traces",
        headers: &[("authorization", "Basic MTIzOmdsY19yaWdodA==")],
        sentence: "Grafana Cloud does not know this token",
        ..NONE
    },
    Fake {
        kind: "posthog",
        form: &[("endpoint", "{base}")],
        secret: Some(("apiKey", "phc_right")),
        path: "/i/v0/ai/otel",
        headers: &[],
        check: Some(Question {
            method: "POST",
            path: "/flags?v=2",
            headers: &[("content-type", "application/json")],
            body: r#""api_key":"phc_right""#,
            answer: "{}",
            ..ASKED
        }),
        sentence: "PostHog does not know this project token",
        refuses_empty: true,
        forgets: forgetting::without_ai,
        ..NONE
    },
    Fake {
        kind: "arize",
        form: &[("baseUrl", "{base}"), ("spaceKey", "U3BhY2U6MQ=="), ("modelId", "checkout")],
        secret: Some(("apiKey", "ak-right")),
        headers: &[("authorization", "ak-right"), ("arize-space-id", "U3BhY2U6MQ=="), ("arize-interface", "otel")],
        check: Some(Question {
            path: "/v2/spaces/U3BhY2U6MQ==",
            headers: &[("authorization", "Bearer ak-right")],
            answer: r#"{"name":"Ours"}"#,
            shown: "space Ours",
            ..ASKED
        }),
        sentence: "Arize does not know this API key",
        resource: &[("openinference.project.name", "checkout"), ("model_id", "checkout")],
        ..NONE
    },
    Fake {
        kind: "opik",
        form: &[("baseUrl", "{base}/opik"), ("workspace", "team"), ("projectName", "checkout")],
        secret: Some(("apiKey", "opik-right")),
        path: "/opik/api/v1/private/otel/v1/traces",
        headers: &[("authorization", "opik-right"), ("comet-workspace", "team"), ("projectname", "checkout")],
        check: Some(Question {
            method: "POST",
            path: "/opik/api/v1/private/auth",
            headers: &[("authorization", "opik-right"), ("comet-workspace", "team")],
            body: "{}",
            ..ASKED
        }),
        sentence: "Opik does not know this API key",
        forgets: forgetting::broken_usage,
        ..NONE
    },
    Fake {
        kind: "weave",
        form: &[("baseUrl", "{base}/traces"), ("entity", "team"), ("project", "checkout")],
        secret: Some(("apiKey", "wandb-right")),
        path: "/traces/otel/v1/traces",
        headers: &[("authorization", "Basic YXBpOndhbmRiLXJpZ2h0")],
        sentence: "Weave does not know this API key",
        resource: &[("wandb.entity", "team"), ("wandb.project", "checkout")],
        forgets: forgetting::without_routing,
        ..NONE
    },
    Fake {
        kind: "phoenix",
        form: &[("baseUrl", "{base}/s/space"), ("project", "checkout")],
        secret: Some(("apiKey", "px-right")),
        path: "/s/space/v1/traces",
        headers: &[("authorization", "Bearer px-right")],
        sentence: "Phoenix does not know this key",
        resource: &[("openinference.project.name", "checkout")],
        ..NONE
    },
    Fake {
        kind: "mlflow",
        form: &[("baseUrl", "{base}"), ("experimentId", "12"), ("username", "ada")],
        secret: Some(("password", "right")),
        headers: &[("authorization", "Basic YWRhOnJpZ2h0"), ("x-mlflow-experiment-id", "12")],
        check: Some(Question {
            path: "/api/2.0/mlflow/experiments/get?experiment_id=12",
            headers: &[("authorization", "Basic YWRhOnJpZ2h0")],
            answer: r#"{"experiment":{"name":"checkout"}}"#,
            shown: "experiment checkout",
            ..ASKED
        }),
        sentence: "MLflow does not know this user or password",
        refuses_empty: true,
        forgets: forgetting::orphans,
        ..NONE
    },
    Fake {
        kind: "dynatrace",
        form: &[("baseUrl", "{base}/e/abc")],
        secret: Some(("apiToken", "dt0c01.right")),
        path: "/e/abc/api/v2/otlp/v1/traces",
        headers: &[("authorization", "Api-Token dt0c01.right")],
        sentence: "Dynatrace does not know this token",
        forgets: forgetting::old,
        ..NONE
    },
    Fake {
        kind: "elastic",
        form: &[("endpoint", "{base}")],
        secret: Some(("apiKey", "ZWxhc3RpYw==")),
        headers: &[("authorization", "ApiKey ZWxhc3RpYw==")],
        sentence: "Elastic does not know this key",
        ..NONE
    },
    Fake {
        kind: "axiom",
        form: &[("baseUrl", "{base}/v1/traces"), ("dataset", "llm")],
        secret: Some(("apiKey", "xaat-right")),
        headers: &[("authorization", "Bearer xaat-right"), ("x-axiom-dataset", "llm")],
        sentence: "Axiom does not know this token",
        ..NONE
    },
    Fake {
        kind: "signoz",
        form: &[("baseUrl", "{base}"), ("region", "")],
        secret: Some(("ingestionKey", "signoz-right")),
        headers: &[("signoz-ingestion-key", "signoz-right")],
        sentence: "SigNoz does not know this key",
        ..NONE
    },
    Fake {
        kind: "openobserve",
        form: &[("baseUrl", "{base}/api/acme"), ("org", "acme"), ("user", "ada@example.com"), ("stream", "")],
        secret: Some(("token", "right")),
        path: "/api/acme/v1/traces",
        headers: &[
            ("authorization", "Basic YWRhQGV4YW1wbGUuY29tOnJpZ2h0"),
            ("organization", "acme"),
            ("stream-name", "default"),
        ],
        sentence: "OpenObserve does not know this user or token",
        ..NONE
    },
    Fake {
        kind: "galileo",
        form: &[("baseUrl", "{base}"), ("project", "checkout"), ("logStream", "live")],
        secret: Some(("apiKey", "galileo-right")),
        path: "/otel/traces",
        headers: &[("galileo-api-key", "galileo-right"), ("project", "checkout"), ("logstream", "live")],
        sentence: "Galileo does not know this key",
        ..NONE
    },
    Fake {
        kind: "honeyhive",
        form: &[("baseUrl", "{base}")],
        secret: Some(("apiKey", "hh-right")),
        path: "/opentelemetry/v1/traces",
        headers: &[("authorization", "Bearer hh-right")],
        sentence: "HoneyHive does not know this key",
        ..NONE
    },
    Fake {
        kind: "tempo",
        form: &[("endpoint", "{base}"), ("tenant", "acme")],
        headers: &[("x-scope-orgid", "acme")],
        ..NONE
    },
    Fake { kind: "jaeger", form: &[("endpoint", "{base}/")], ..NONE },
    Fake {
        kind: "newrelic",
        form: &[("region", "eu")],
        secret: Some(("licenseKey", "eu01xx-right")),
        host: "otlp.eu01.nr-data.net",
        headers: &[("host", "otlp.eu01.nr-data.net"), ("api-key", "eu01xx-right")],
        refusal: (403, "{}"),
        sentence: "New Relic refuses this key",
        forgets: forgetting::old_or_large,
        ..NONE
    },
    Fake {
        kind: "honeycomb",
        form: &[("region", "us"), ("dataset", "")],
        secret: Some(("apiKey", "hc-right")),
        host: "api.honeycomb.io",
        headers: &[("host", "api.honeycomb.io"), ("x-honeycomb-team", "hc-right")],
        check: Some(Question {
            path: "/1/auth",
            headers: &[("host", "api.honeycomb.io"), ("x-honeycomb-team", "hc-right")],
            answer: r#"{"team":{"name":"Acme","slug":"acme"},"environment":{"name":"Live","slug":"live"}}"#,
            shown: "team Acme, environment Live",
            ..ASKED
        }),
        sentence: "Honeycomb does not know this key",
        ..NONE
    },
    Fake {
        kind: "logfire",
        form: &[("region", "eu")],
        secret: Some(("writeToken", "pylf-right")),
        host: "logfire-eu.pydantic.dev",
        headers: &[("host", "logfire-eu.pydantic.dev"), ("authorization", "pylf-right")],
        sentence: "Logfire does not know this token",
        ..NONE
    },
    Fake {
        kind: "laminar",
        secret: Some(("apiKey", "lm-right")),
        host: "api.lmnr.ai",
        headers: &[("host", "api.lmnr.ai"), ("authorization", "Bearer lm-right")],
        sentence: "Laminar does not know this key",
        ..NONE
    },
    Fake {
        kind: "traceloop",
        secret: Some(("apiKey", "tl-right")),
        host: "api.traceloop.com",
        headers: &[("host", "api.traceloop.com"), ("authorization", "Bearer tl-right")],
        sentence: "Traceloop does not know this key",
        ..NONE
    },
];
