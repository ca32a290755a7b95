//! The list of settings, from which `--help`, `config` and the parser are made.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ffi::OsString;

use super::address::masked;

#[derive(Debug, Clone, Copy)]
pub struct Setting {
    /// Name of the argument, without the dashes.
    pub name: &'static str,
    /// Name of the environment variable.
    pub env: &'static str,
    /// The value when none is given. Empty: none.
    pub default: &'static str,
    /// One or two sentences.
    pub help: &'static str,
    /// Never printed.
    pub secret: bool,
    /// Printed without a user's name and password.
    pub address: bool,
}

impl Setting {
    /// A value of the setting as it may be printed.
    pub fn shown<'v>(&self, value: &'v str) -> Cow<'v, str> {
        match self {
            Self { secret: true, .. } => "(set, not shown)".into(),
            Self { address: true, .. } => masked(value).into(),
            _ => value.into(),
        }
    }
}

const fn setting(name: &'static str, env: &'static str, default: &'static str, help: &'static str) -> Setting {
    Setting { name, env, default, help, secret: false, address: false }
}

const fn secret(name: &'static str, env: &'static str, help: &'static str) -> Setting {
    Setting { secret: true, ..setting(name, env, "", help) }
}

const fn address(name: &'static str, env: &'static str, help: &'static str) -> Setting {
    Setting { address: true, ..setting(name, env, "", help) }
}

/// Every setting (names by spec 6.1).
pub const SETTINGS: &[Setting] = &[
    setting("bind", "TRACECAST_BIND", "127.0.0.1:8080", "Address and port of pages and gateway."),
    setting(
        "metrics-bind",
        "TRACECAST_METRICS_BIND",
        "",
        "Address and port of /metrics, for Prometheus. Default: not served.",
    ),
    address(
        "public-url",
        "TRACECAST_PUBLIC_URL",
        "The address that people and clients type. Default: http://localhost and the port of --bind.",
    ),
    setting(
        "allowed-hosts",
        "TRACECAST_ALLOWED_HOSTS",
        "",
        "Other names under which programs reach this server, such as a container's: a list. Addresses and localhost are \
         always answered, any other name with 421.",
    ),
    setting(
        "cors-origins",
        "TRACECAST_CORS_ORIGINS",
        "",
        "Sites whose pages may ask models from a browser, with a key: a list of origins, `*` for every one, `none`. Default: `none`, \
         or `*` where --bind and --public-url are this machine's own.",
    ),
    setting(
        "data-dir",
        "TRACECAST_DATA_DIR",
        "data",
        "Folder of the embedded database, of the sealing key that is made on first start, and of requests that waited for a \
         database when the program stopped.",
    ),
    secret(
        "database-url",
        "DATABASE_URL",
        "A Postgres 14 or newer, as postgres://user:password@host/name. Default: an embedded one is started.",
    ),
    setting(
        "pg-bin",
        "TRACECAST_PG_BIN",
        "",
        "Folder of Postgres' programs (initdb, postgres) for the embedded database. Default: look for it.",
    ),
    secret(
        "keys",
        "TRACECAST_KEYS",
        "Keys that seal secrets: 64 hexadecimal digits each, separated by commas. The first seals, all open.",
    ),
    setting(
        "keys-file",
        "TRACECAST_KEYS_FILE",
        "",
        "File with such keys. Default: sealing.key in the data folder, made on first start.",
    ),
    setting(
        "signup",
        "TRACECAST_SIGNUP",
        "invite",
        "Who may sign up once the first account exists: `open` (everybody) or `invite` (holders of an invitation).",
    ),
    setting(
        "trusted-proxies",
        "TRACECAST_TRUSTED_PROXIES",
        "",
        "Your proxies, as a list of addresses and networks: from them X-Forwarded-For is believed, read from the right.",
    ),
    setting(
        "key-rate",
        "TRACECAST_KEY_RATE",
        "0",
        "Requests that one API key may send to one process in a second; what comes beyond is answered with 429. Each process \
         counts for itself: with N web processes a key may send up to N times as many. 0: any number.",
    ),
    setting(
        "key-grace",
        "TRACECAST_KEY_GRACE",
        "5m",
        "How long a web process that hears nothing of the database goes on to believe API keys that it knows; then they are \
         answered with 503. 0: not at all.",
    ),
    setting(
        "body-budget",
        "TRACECAST_BODY_BUDGET",
        "256MiB",
        "Memory for the bodies of requests in flight; one key may fill a quarter of it. What comes beyond is answered with \
         503.",
    ),
    setting(
        "egress-allow",
        "TRACECAST_EGRESS_ALLOW",
        "",
        "Receivers in your own network that traces may be sent to: a list of CIDR[:port] or host[:port].",
    ),
    setting(
        "egress-allow-http",
        "TRACECAST_EGRESS_ALLOW_HTTP",
        "false",
        "Whether traces may be sent over plain http (`true` or `false`).",
    ),
    address(
        "upstream-base-url",
        "UPSTREAM_BASE_URL",
        "The OpenAI-compatible server behind the gateway, as https://api.openai.com/v1. Default: the built-in demo/echo.",
    ),
    secret("upstream-api-key", "UPSTREAM_API_KEY", "Key for that server."),
    secret(
        "upstreams",
        "TRACECAST_UPSTREAMS",
        "Several model servers in place of UPSTREAM_BASE_URL: JSON {\"upstreams\": [{\"name\", \"base_url\", \"api_key_env\", \
         \"models\", \"strip\", \"speaks\"}], \"fallbacks\": {\"model\": [\"model to ask instead\"]}}, or a file of it.",
    ),
    setting(
        "pass-headers",
        "TRACECAST_PASS_HEADERS",
        "",
        "Further headers of callers that model servers get: a list. HTTP-Referer, X-Title, X-OpenRouter-*, OpenAI-Beta, \
         anthropic-version, anthropic-beta and Idempotency-Key always pass.",
    ),
    setting(
        "upstream-traceparent",
        "TRACECAST_UPSTREAM_TRACEPARENT",
        "true",
        "Whether model servers get a traceparent, so that their own spans hang below ours (`true` or `false`).",
    ),
    setting(
        "prices",
        "TRACECAST_PRICES",
        "",
        "USD per million tokens where the upstream tells no cost: JSON {\"model\": {\"input\": 2.5, \"output\": 10, \"cache_read\": \
         1.25, \"cache_write\": 2.5}} or a file of it. Without prices of their own, cached tokens cost what others do.",
    ),
    setting(
        "price-list",
        "TRACECAST_PRICE_LIST",
        "on",
        "Whether the public price list that is built into the program says what models cost where neither the upstream nor \
         TRACECAST_PRICES does (`on` or `off`).",
    ),
    setting("echo-delay", "TRACECAST_ECHO_DELAY", "15ms", "Pause between two chunks of a streamed demo/echo answer."),
    setting(
        "record",
        "TRACECAST_RECORD",
        "after-answer",
        "When a request is recorded: `after-answer`, or `before-answer`: the end of an answer then waits for the commit, for 2 s \
         at most, so that an answered request is a recorded one, also after a crash.",
    ),
    setting("service-name", "TRACECAST_SERVICE_NAME", "tracecast", "service.name of exported traces."),
    setting(
        "retry-base",
        "TRACECAST_RETRY_BASE",
        "2s",
        "Pause after a destination's first failure; doubles each time.",
    ),
    setting("retry-cap", "TRACECAST_RETRY_CAP", "15m", "Longest pause between two attempts."),
    setting("lease", "TRACECAST_LEASE", "60s", "How long a worker holds a destination without a sign of life."),
    setting(
        "retention",
        "TRACECAST_RETENTION",
        "7d",
        "How long completed requests and the delivery log are kept; what waits longer than this expires.",
    ),
    setting(
        "disable-after",
        "TRACECAST_DISABLE_AFTER",
        "5d",
        "A destination that has accepted nothing for so long is switched off, after ten attempts at least.",
    ),
    setting("max-in-flight", "TRACECAST_MAX_IN_FLIGHT", "64", "Requests of one worker on the wire at the same time."),
    setting(
        "max-in-flight-per-destination",
        "TRACECAST_MAX_IN_FLIGHT_PER_DESTINATION",
        "4",
        "Of these, requests to one destination.",
    ),
    setting(
        "compression",
        "TRACECAST_COMPRESSION",
        "gzip",
        "Of what is sent to destinations: `gzip`, or `none` where the network costs less than the time to compress.",
    ),
    setting("session-idle", "TRACECAST_SESSION_IDLE", "7d", "People are signed out after this long without use."),
    setting(
        "session-absolute",
        "TRACECAST_SESSION_ABSOLUTE",
        "30d",
        "People are signed out after this long in any case.",
    ),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    Default,
    Environment,
    Argument,
    /// The command itself (`demo` changes some defaults).
    Command,
}

impl Source {
    pub fn name(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Environment => "environment",
            Self::Argument => "argument",
            Self::Command => "command",
        }
    }
}

#[derive(Clone, Default)]
pub struct Given {
    values: BTreeMap<&'static str, (String, Source)>,
    search_path: Option<OsString>,
    variables: Option<Variables>,
}

/// Gives an environment variable that a setting names.
type Variables = fn(&str) -> Option<String>;

impl std::fmt::Debug for Given {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let given =
            SETTINGS.iter().filter_map(|setting| Some((setting.name, setting.shown(self.value(setting.name)?))));
        f.debug_map().entries(given).finish()
    }
}

impl Given {
    /// No values given.
    pub fn defaults() -> Self {
        let values = SETTINGS.iter().filter(|setting| !setting.default.is_empty());
        let values = values.map(|setting| (setting.name, (setting.default.to_owned(), Source::Default))).collect();
        Self { values, ..Self::default() }
    }

    /// With one value more. An empty value counts as none.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>, source: Source) -> Self {
        let value = value.into();
        if !value.is_empty() {
            self.values.insert(name, (value, source));
        }
        self
    }

    /// With this default, where no value is given.
    #[must_use]
    pub fn with_default(self, name: &'static str, value: impl Into<String>) -> Self {
        match self.values.get(name) {
            Some((_, Source::Argument | Source::Environment)) => self,
            _ => self.with(name, value, Source::Command),
        }
    }

    /// With the value of `PATH`.
    #[must_use]
    pub fn with_search_path(self, search_path: Option<OsString>) -> Self {
        Self { search_path, ..self }
    }

    /// With the environment, for settings that name variables of it.
    #[must_use]
    pub fn with_variables(self, variables: Variables) -> Self {
        Self { variables: Some(variables), ..self }
    }

    /// An environment variable that a setting names.
    pub fn variable(&self, name: &str) -> Option<String> {
        self.variables.and_then(|variable| variable(name))
    }

    pub fn search_path(&self) -> Option<&OsString> {
        self.search_path.as_ref()
    }

    pub fn value(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(|(value, _)| value.as_str())
    }

    /// Where the value of a setting came from.
    pub fn source(&self, name: &str) -> Source {
        self.values.get(name).map_or(Source::Default, |(_, source)| *source)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    pub setting: &'static str,
    /// The fault, and what to write instead.
    pub advice: String,
}

impl std::fmt::Display for Mistake {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let env = SETTINGS.iter().find(|setting| setting.name == self.setting).map_or("", |setting| setting.env);
        write!(f, "--{} ({env}): {}", self.setting, self.advice)
    }
}
