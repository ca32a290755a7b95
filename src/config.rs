//! The operator's settings: read once from arguments and environment, parsed into types, then passed in.

pub mod address;
pub mod allowed_hosts;
pub mod cors_origins;
pub mod duration;
mod entries;
pub mod pass_headers;
pub mod prices;
mod provider;
mod reading;
pub mod setting;
pub mod size;
pub mod trusted_proxies;
pub mod upstreams;

use std::ffi::OsString;
use std::net::{SocketAddr, ToSocketAddrs};
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;
use url::Url;

use crate::otlp::Compression;

pub use self::address::Address;
pub use self::allowed_hosts::AllowedHosts;
pub use self::cors_origins::CorsOrigins;
pub use self::pass_headers::PassHeaders;
pub use self::prices::Prices;
use self::reading::Reading;
pub use self::setting::{Given, Mistake, SETTINGS, Setting, Source};
pub use self::trusted_proxies::TrustedProxies;
pub use self::upstreams::{Api, Upstream, Upstreams};

/// The smallest budget for bodies: the largest one, as it came and as it is passed on, leaves room for others.
pub const LEAST_BODY_BUDGET: usize = 64 << 20;

#[derive(Debug, Clone)]
pub struct Config {
    /// Where pages and gateway listen.
    pub bind: SocketAddr,
    /// Where `/metrics` is served. None: nowhere.
    pub metrics_bind: Option<SocketAddr>,
    /// The address that people and clients type, without a trailing slash.
    pub public_url: Url,
    /// Names under which requests are answered.
    pub allowed_hosts: AllowedHosts,
    /// Sites whose pages may ask models from a browser.
    pub cors_origins: CorsOrigins,
    /// Folder of the embedded database, of the generated sealing key, and of what waited for a database at a stop.
    pub data_dir: PathBuf,
    /// The operator's Postgres. None: the embedded one.
    pub database_url: Option<SecretString>,
    /// Folder of Postgres' programs for the embedded one. None: look for it.
    pub pg_bin: Option<PathBuf>,
    /// The value of `PATH`, where those programs are looked for first.
    pub search_path: Option<OsString>,
    /// Sealing keys as text. None: read `keys_file`.
    pub keys: Option<SecretString>,
    /// File of sealing keys. None: `sealing.key` in the data folder, made on first start.
    pub keys_file: Option<PathBuf>,
    /// Who may sign up once the first account exists.
    pub signup: Signup,
    /// Proxies that are believed about the client's address.
    pub trusted_proxies: TrustedProxies,
    /// Requests that one API key may send to one process in a second. None: any number.
    pub key_rate: Option<NonZeroU32>,
    /// How long a known API key is accepted while Postgres is silent.
    pub key_grace: Duration,
    /// Bytes of memory that the bodies of requests in flight may take.
    pub body_budget: usize,
    /// Addresses that requests may go to although the address rule refuses them, as typed.
    pub egress_allow: Vec<String>,
    /// Whether requests to destinations may use plain http.
    pub egress_allow_http: bool,
    /// The model servers behind the gateway. Empty: the built-in `demo/echo` answers.
    pub upstreams: Upstreams,
    /// Further headers of callers that model servers get.
    pub pass_headers: PassHeaders,
    /// Whether model servers are told the trace, so that their own spans hang below ours.
    pub upstream_traceparent: bool,
    /// What models cost, where the upstream does not say.
    pub prices: Prices,
    /// Whether the public price list counts where the table has no price.
    pub price_list: bool,
    /// Pause between two chunks of a streamed `demo/echo` answer.
    pub echo_delay: Duration,
    /// When a request is recorded.
    pub recorded: Recorded,
    /// `service.name` of exported traces.
    pub service_name: String,
    pub delivery: Delivery,
    /// How long people stay signed in.
    pub sessions: Sessions,
}

/// Who may sign up once the first account exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signup {
    Open,
    /// Only who holds an invitation.
    Invite,
}

/// When a request is recorded (spec 4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recorded {
    /// Once its caller has the answer, which waits for nothing.
    AfterAnswer,
    /// Before its caller has the end of the answer: an answered request is a recorded one.
    BeforeAnswer,
}

/// Knobs of the worker (spec 4.2, 4.3).
#[derive(Debug, Clone, Copy)]
pub struct Delivery {
    /// First pause after a failure.
    pub retry_base: Duration,
    /// Longest pause after failures, before jitter.
    pub retry_cap: Duration,
    /// How long a worker holds a destination without a sign of life.
    pub lease: Duration,
    /// How long completed requests and the delivery log are kept.
    pub retention: Duration,
    /// A destination without one success for so long is switched off.
    pub disable_after: Duration,
    /// Requests on the wire at the same time, of one process.
    pub max_in_flight: usize,
    /// Of these, requests to one destination.
    pub max_in_flight_per_destination: usize,
    /// Of requests to destinations.
    pub compression: Compression,
}

/// Lifetimes of a person's session (spec 5.4).
#[derive(Debug, Clone, Copy)]
pub struct Sessions {
    /// The session ends after this long without use.
    pub idle: Duration,
    /// The session ends after this long in any case.
    pub absolute: Duration,
}

impl Config {
    /// Checks everything and reports all mistakes at once.
    ///
    /// # Errors
    /// One [`Mistake`] for each setting that is wrong, saying what to do.
    pub fn parse(given: &Given) -> Result<Self, Vec<Mistake>> {
        let mut reading = Reading { given, mistakes: Vec::new() };
        let bind = reading.parsed("bind", SocketAddr::from(([127, 0, 0, 1], 8080)), socket_address);
        let public_url = reading.optional("public-url", public_url).unwrap_or_else(|| default_public_url(bind));
        let allowed_hosts = reading.parsed("allowed-hosts", AllowedHosts::default(), AllowedHosts::parse);
        let cors_origins = reading.optional("cors-origins", CorsOrigins::parse);
        let config = Self {
            bind,
            allowed_hosts: allowed_hosts.with(&public_url),
            cors_origins: cors_origins.unwrap_or_else(|| default_cors_origins(bind, &public_url)),
            public_url,
            metrics_bind: reading.optional("metrics-bind", socket_address),
            data_dir: reading.text("data-dir").into(),
            database_url: reading.secret("database-url"),
            pg_bin: reading.given("pg-bin").map(PathBuf::from),
            search_path: given.search_path().cloned(),
            keys: reading.secret("keys"),
            keys_file: reading.given("keys-file").map(PathBuf::from),
            signup: reading.parsed("signup", Signup::Invite, signup),
            trusted_proxies: reading.parsed("trusted-proxies", TrustedProxies::default(), TrustedProxies::parse),
            key_rate: reading.parsed("key-rate", None, rate),
            key_grace: reading.duration("key-grace"),
            body_budget: reading.parsed("body-budget", LEAST_BODY_BUDGET, body_budget),
            egress_allow: entries::entries(&reading.text("egress-allow")).map(str::to_owned).collect(),
            egress_allow_http: reading.parsed("egress-allow-http", false, yes_or_no),
            upstreams: reading.upstreams(),
            pass_headers: reading.parsed("pass-headers", PassHeaders::default(), PassHeaders::parse),
            upstream_traceparent: reading.parsed("upstream-traceparent", true, yes_or_no),
            prices: reading.parsed("prices", Prices::default(), Prices::read),
            price_list: reading.parsed("price-list", true, yes_or_no),
            echo_delay: reading.duration("echo-delay"),
            recorded: reading.parsed("record", Recorded::AfterAnswer, recorded),
            service_name: reading.text("service-name"),
            delivery: Delivery {
                retry_base: reading.duration("retry-base"),
                retry_cap: reading.duration("retry-cap"),
                lease: reading.duration("lease"),
                retention: reading.duration("retention"),
                disable_after: reading.duration("disable-after"),
                max_in_flight: reading.parsed("max-in-flight", 64, positive),
                max_in_flight_per_destination: reading.parsed("max-in-flight-per-destination", 4, positive),
                compression: reading.parsed("compression", Compression::Gzip, compression),
            },
            sessions: Sessions {
                idle: reading.duration("session-idle"),
                absolute: reading.duration("session-absolute"),
            },
        };
        if reading.mistakes.is_empty() { Ok(config) } else { Err(reading.mistakes) }
    }

    /// Whether the pages are for people at this machine alone: nothing else can connect, and the public URL is an address of
    /// this machine. A public URL elsewhere means that a proxy on this machine leads here.
    pub fn is_for_this_machine(&self) -> bool {
        is_for_this_machine(self.bind, &self.public_url)
    }

    /// Whether cookies must be `Secure`: people reach the pages over https.
    pub fn is_https(&self) -> bool {
        self.public_url.scheme() == "https"
    }
}

fn is_for_this_machine(bind: SocketAddr, public_url: &Url) -> bool {
    bind.ip().is_loopback() && public_url.host_str().is_some_and(allowed_hosts::is_loopback)
}

/// At one's own machine a client in a browser works at once; whoever lets others in decides. Either way a request needs its key,
/// and no cookie counts.
fn default_cors_origins(bind: SocketAddr, public_url: &Url) -> CorsOrigins {
    if is_for_this_machine(bind, public_url) { CorsOrigins::Any } else { CorsOrigins::Closed }
}

fn default_public_url(bind: SocketAddr) -> Url {
    let mut url = Url::parse("http://localhost").unwrap_or_else(|_| unreachable!("a constant URL parses"));
    let _ = url.set_port(Some(bind.port()));
    url
}

fn socket_address(text: &str) -> Result<SocketAddr, String> {
    text.to_socket_addrs()
        .ok()
        .and_then(|mut addresses| addresses.next())
        .ok_or_else(|| format!("`{text}` is not host:port; write for example 127.0.0.1:8080"))
}

fn public_url(text: &str) -> Result<Url, String> {
    Address::parse_without_user(text).map(|address| address.expose().clone())
}

fn signup(text: &str) -> Result<Signup, String> {
    match text {
        "open" => Ok(Signup::Open),
        "invite" => Ok(Signup::Invite),
        _ => Err(format!("`{text}` is neither `open` nor `invite`")),
    }
}

fn recorded(text: &str) -> Result<Recorded, String> {
    match text {
        "after-answer" => Ok(Recorded::AfterAnswer),
        "before-answer" => Ok(Recorded::BeforeAnswer),
        _ => Err(format!("`{text}` is neither `after-answer` nor `before-answer`")),
    }
}

fn compression(text: &str) -> Result<Compression, String> {
    match text {
        "gzip" => Ok(Compression::Gzip),
        "none" => Ok(Compression::None),
        _ => Err(format!("`{text}` is neither `gzip` nor `none`")),
    }
}

fn yes_or_no(text: &str) -> Result<bool, String> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Ok(true),
        "false" | "0" | "no" | "off" | "" => Ok(false),
        _ => Err(format!("`{text}` is neither `true` nor `false`")),
    }
}

fn rate(text: &str) -> Result<Option<NonZeroU32>, String> {
    text.parse().map(NonZeroU32::new).map_err(|_| format!("`{text}` is not a whole number of requests a second"))
}

fn body_budget(text: &str) -> Result<usize, String> {
    let budget = size::parse(text)?;
    if budget >= LEAST_BODY_BUDGET {
        return Ok(budget);
    }
    Err(format!("`{text}` is too little for the largest body and others beside it; write 64MiB or more"))
}

fn positive(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|number| *number > 0).ok_or_else(|| format!("`{text}` is not a whole number above zero"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_any_setting_the_defaults_hold() {
        let config = Config::parse(&Given::defaults()).unwrap();
        assert_eq!(config.bind.to_string(), "127.0.0.1:8080");
        assert_eq!(config.public_url.as_str(), "http://localhost:8080/");
        assert_eq!(config.delivery.retention, Duration::from_hours(7 * 24));
        assert_eq!(config.signup, Signup::Invite);
        assert_eq!(config.recorded, Recorded::AfterAnswer);
        assert!(config.upstreams.is_empty() && config.upstream_traceparent);
    }

    #[test]
    fn browsers_of_other_sites_are_let_in_by_default_at_ones_own_machine_only() {
        let origins =
            |name, value| Config::parse(&Given::defaults().with(name, value, Source::Argument)).unwrap().cors_origins;
        assert_eq!(origins("bind", "127.0.0.1:9000"), CorsOrigins::Any);
        assert_eq!(origins("bind", "0.0.0.0:8080"), CorsOrigins::Closed);
        assert_eq!(origins("public-url", "https://traces.example.com"), CorsOrigins::Closed);
        assert_eq!(origins("cors-origins", "none"), CorsOrigins::Closed);
    }

    #[test]
    fn all_mistakes_are_reported_at_once() {
        let given = Given::defaults()
            .with("bind", "nowhere", Source::Environment)
            .with("lease", "soon", Source::Environment)
            .with("signup", "maybe", Source::Argument)
            .with("record", "sometimes", Source::Environment);
        let mistakes = Config::parse(&given).unwrap_err();
        let names: Vec<_> = mistakes.iter().map(|mistake| mistake.setting).collect();
        assert_eq!(names, ["bind", "signup", "record", "lease"]);
    }

    #[test]
    fn a_table_of_upstreams_takes_the_place_of_the_one_address() {
        let table = r#"{"upstreams":[{"name":"a","base_url":"http://a","api_key_env":"A_KEY","models":["*"]}]}"#;
        let given = Given::defaults().with("upstreams", table, Source::Environment);
        let given = given.with_variables(|name| (name == "A_KEY").then(|| "sk".to_owned()));
        assert!(!Config::parse(&given).unwrap().upstreams.is_empty());
        let both = given.with("upstream-base-url", "http://b", Source::Environment).with_variables(|_| None);
        let mistakes: Vec<String> = Config::parse(&both).unwrap_err().iter().map(ToString::to_string).collect();
        assert_eq!(mistakes.len(), 2, "{mistakes:?}");
        assert!(mistakes.iter().all(|mistake| mistake.starts_with("--upstreams (TRACECAST_UPSTREAMS): ")));
    }
}
