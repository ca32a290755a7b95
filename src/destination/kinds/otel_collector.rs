//! An OpenTelemetry Collector, or whatever else takes OTLP over HTTP: traces go to the address that was typed, with the headers that
//! were typed (spec 7.2).

use std::collections::BTreeMap;

use secrecy::SecretString;
use url::Url;

use super::super::own_headers::{self, OwnHeaders};
use super::super::web_address::{self, host_and_port};
use super::super::{
    Connection, Encoding, Field, FieldErrors, Group, Input, Kind, Limits, Manifest, Method, Parse, Settings, Stored,
    TestStep, Wire,
};
use crate::delivery::{Attention, Outcome};
use crate::otlp::answer::Response;
use crate::trace::{Dialect, TraceSettings};

const ENDPOINT: &str = "endpoint";
const HEADERS: &str = "headers";

/// Where a collector listens for gRPC.
const GRPC_PORT: u16 = 4317;

const FIELDS: &[Field] = &[
    Field {
        name: ENDPOINT,
        label: "Traces address",
        hint: "Where the collector takes OTLP over HTTP: usually port 4318 and the path /v1/traces.",
        required: true,
        example: "https://collector.example.com:4318/v1/traces",
        ..Field::URL
    },
    Field {
        name: HEADERS,
        label: "Headers",
        hint: "Sent with every request, as a JSON object. Leave it empty where the collector asks for none.",
        required: false,
        max_length: 16 * 1024,
        example: r#"{"Authorization": "Bearer 0123456789abcdef0123456789abcdef"}"#,
        ..Field::SECRET
    },
    Field::environment(200),
    Field::release(200),
];

/// The kind `otel-collector`.
pub(super) const KIND: Kind = Kind {
    manifest: Manifest {
        slug: "otel-collector",
        label: "OpenTelemetry Collector",
        sign: "Ot",
        group: Group::AnyOtlp,
        needs: "Endpoint and headers",
        fields: FIELDS,
        preset: false,
    },
    advice: |_| None,
    parse: Parse::Own(parse),
};

fn parse(settings: &Settings) -> Result<Connection, FieldErrors> {
    let mut errors = FieldErrors::default();
    let endpoint = endpoint(settings.get(ENDPOINT)).map_err(|sentence| errors.add(ENDPOINT, sentence)).ok();
    let headers = own_headers::parse(settings.get(HEADERS)).map_err(|sentence| errors.add(HEADERS, sentence)).ok();
    match (endpoint, headers) {
        (Some(endpoint), Some(headers)) => Ok(connection(endpoint, &headers, settings)),
        _ => Err(errors),
    }
}

fn endpoint(text: &str) -> Result<Url, String> {
    let url = web_address::parse(text).map_err(|must| format!("The traces address must {must}."))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err("The traces address must hold no user and no password. Enter them as a header.".to_owned());
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("The traces address must end with its path: leave out what follows ? or #.".to_owned());
    }
    if url.port() == Some(GRPC_PORT) {
        return Err("This is the port for gRPC. Enter the one for HTTP, usually 4318.".to_owned());
    }
    if url.path() == "/" {
        return Err(format!("Traces go to a path of the collector. Did you mean {}v1/traces?", url.as_str()));
    }
    Ok(url)
}

fn connection(endpoint: Url, headers: &OwnHeaders, settings: &Settings) -> Connection {
    let traces = TraceSettings {
        environment: settings.given(Field::ENVIRONMENT),
        release: settings.given(Field::RELEASE),
        dialect: Dialect::Plain,
        ..TraceSettings::default()
    };
    let open = [
        (ENDPOINT, Some(endpoint.to_string())),
        (Field::ENVIRONMENT, traces.environment.clone()),
        (Field::RELEASE, traces.release.clone()),
    ];
    let open = open.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect();
    let secret = BTreeMap::from([(HEADERS.to_owned(), SecretString::from(headers.to_json()))]);
    let masked = headers.masked().map(|masked| (HEADERS, masked)).into_iter().collect();
    Connection {
        target: format!("{}{}", host_and_port(&endpoint), endpoint.path()),
        stored: Stored { open, secret },
        masked,
        redactions: headers.redactions(),
        traces,
        wire: Wire {
            method: Method::Post,
            resource: Vec::new(),
            url: endpoint,
            headers: headers.headers(),
            encoding: Encoding::OtlpProtobuf,
            limits: Limits::USUAL,
            accepts_unseen: false,
            reading: read,
            steps: vec![TestStep::Empty { times: 1 }, TestStep::Trace],
        },
    }
}

/// Collectors and what stands in front of them answer in many ways: any 2xx but a page for people is an acceptance.
fn read(response: &Response, outcome: Outcome) -> Outcome {
    let is_odd = matches!(outcome, Outcome::NeedsAttention { reason: Attention::UnexpectedAnswer, .. });
    let is_success = (200..300).contains(&response.status);
    if is_odd && is_success && !response.is_page() { Outcome::Delivered } else { outcome }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(endpoint: &str, headers: &str) -> Result<Connection, FieldErrors> {
        KIND.connect(&[(ENDPOINT, endpoint), (HEADERS, headers)].into_iter().collect())
    }

    #[test]
    fn address_without_a_path_or_with_the_port_for_grpc_is_refused_with_advice() {
        for (endpoint, words) in [
            ("https://collector.example", "Did you mean https://collector.example/v1/traces?"),
            ("https://collector.example:4317/v1/traces", "usually 4318"),
            ("https://user:pass@collector.example/v1/traces", "as a header"),
            ("https://collector.example/v1/traces?key=1", "leave out what follows"),
            ("collector.example/v1/traces", "begin with https://"),
        ] {
            let errors = parsed(endpoint, "").unwrap_err();
            assert!(errors.on(ENDPOINT).is_some_and(|sentence| sentence.contains(words)), "{endpoint}: {errors}");
        }
        assert_eq!(parsed("http://localhost:4318/v1/traces", "").unwrap().target(), "localhost:4318/v1/traces");
    }

    #[test]
    fn any_success_but_a_page_is_an_acceptance() {
        let connection = parsed("https://collector.example/v1/traces", "").unwrap();
        let outcome = |body: &'static str| {
            connection.outcome(&Response { status: 200, body: body.into(), ..Response::default() })
        };
        for body in ["", "OK", "[]", "{}"] {
            assert!(outcome(body).is_accepted(), "{body}");
        }
        assert!(!outcome("<html><title>Sign in</title>").is_accepted());
    }
}
