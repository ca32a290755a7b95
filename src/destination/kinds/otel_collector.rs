//! An OpenTelemetry Collector, or whatever else takes OTLP over HTTP: traces go to the address that was typed, with the
//! headers that were typed (spec 7.2).

use url::Url;

use super::super::row::{Address, Row, fields};
use super::super::{Field, Group, Kind, Manifest};

pub(super) const KIND: Kind = Kind::row(
    Manifest {
        slug: "otel-collector",
        label: "OpenTelemetry Collector",
        sign: "Ot",
        group: Group::AnyOtlp,
        needs: "Endpoint and headers",
        fields: fields![
            Field::join(true);
            Field {
                name: "endpoint",
                label: "Traces address",
                hint: "Where the collector takes OTLP over HTTP: usually port 4318 and the path /v1/traces.",
                required: true,
                example: "https://collector.example.com:4318/v1/traces",
                ..Field::URL
            },
        ],
        preset: false,
    },
    &Row { address: Address { refuse: without_a_path, ..Address::typed("endpoint", "") }, ..Row::PLAIN },
);

fn without_a_path(url: &Url) -> Option<String> {
    (url.path() == "/")
        .then(|| format!("Traces go to a path of the collector. Did you mean {}v1/traces?", url.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::destination::{Connection, FieldErrors};
    use crate::otlp::answer::Response;

    fn parsed(endpoint: &str) -> Result<Connection, FieldErrors> {
        KIND.connect(&[("endpoint", endpoint)].into_iter().collect())
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
            let errors = parsed(endpoint).unwrap_err();
            assert!(errors.on("endpoint").is_some_and(|sentence| sentence.contains(words)), "{endpoint}: {errors}");
        }
        assert_eq!(parsed("http://localhost:4318/v1/traces").unwrap().target(), "localhost:4318/v1/traces");
    }

    #[test]
    fn any_success_but_a_page_is_an_acceptance() {
        let connection = parsed("https://collector.example/v1/traces").unwrap();
        let outcome = |body: &'static str| {
            connection.outcome(&Response { status: 200, body: body.into(), ..Response::default() })
        };
        for body in ["", "OK", "[]", "{}"] {
            assert!(outcome(body).is_accepted(), "{body}");
        }
        assert!(!outcome("<html><title>Sign in</title>").is_accepted());
    }
}
