//! Sentry: OTLP traces to a project's endpoint, authenticated by its DSN (spec 2.2).

mod advice;
mod agreement;
mod dsn;
mod endpoint;
mod fields;
mod rate_limits;

use std::collections::BTreeMap;
use std::iter;

use secrecy::{ExposeSecret, SecretString};

pub use self::dsn::{DsnError, SentryDsn};
pub use self::endpoint::{EndpointError, OtlpEndpoint};
use self::fields::{DSN, ENDPOINT, FIELDS, RELAY};
use super::super::own_headers::OwnHeaders;
use super::super::web_address::host_and_port;
use super::super::{
    Connection, Encoding, Field, FieldErrors, Group, Header, Kind, Limits, Manifest, Mended, Method, Parse, Settings,
    Stored, TestStep, Wire, masking,
};
use crate::trace::{Dialect, Parent, TraceSettings};

/// The kind `sentry`.
pub(super) const KIND: Kind = Kind {
    manifest: Manifest {
        slug: "sentry",
        label: "Sentry",
        sign: "Se",
        group: Group::ErrorsAndPerformance,
        needs: "OTLP endpoint and DSN",
        fields: FIELDS,
        preset: false,
    },
    advice: advice::on_test,
    parse: Parse::Own { connect: parse, traces },
};

fn parse(settings: &Settings) -> Result<Connection, FieldErrors> {
    let mut errors = FieldErrors::default();
    let dsn = read_dsn(settings, &mut errors);
    let endpoint = read_endpoint(settings, dsn.as_ref(), &mut errors);
    let headers = fields::headers(settings.get(Field::HEADERS.name));
    let headers = headers.map_err(|sentence| errors.add(Field::HEADERS.name, sentence)).ok();
    for (field, read) in [(Field::ENVIRONMENT, fields::environment as fn(&str) -> _), (Field::RELEASE, fields::release)]
    {
        if let Err(sentence) = read(settings.get(field)) {
            errors.add(field, sentence);
        }
    }
    let relay = settings.is_ticked(RELAY);
    if let (Some(dsn), Some(endpoint)) = (&dsn, &endpoint)
        && let Err(sentence) = fits(endpoint, dsn, relay)
    {
        errors.add(ENDPOINT, sentence);
    }
    match (dsn, endpoint, headers) {
        (Some(dsn), Some(endpoint), Some(headers)) if errors.is_empty() => {
            Ok(Parsed { dsn, endpoint, headers, relay }.connection(settings))
        }
        _ => Err(errors),
    }
}

/// Whether endpoint and DSN go together, and the endpoint, which anybody may see, does not hold the DSN's key.
fn fits(endpoint: &OtlpEndpoint, dsn: &SentryDsn, relay: bool) -> Result<(), String> {
    if dsn::repeats(endpoint.as_url(), dsn.public_key()) {
        return Err("The OTLP Traces Endpoint must not hold the key of the DSN: leave the key out.".to_owned());
    }
    agreement::check(endpoint, dsn, relay)
}

fn read_dsn(settings: &Settings, errors: &mut FieldErrors) -> Option<SentryDsn> {
    match settings.get(DSN).parse::<SentryDsn>() {
        Ok(dsn) => Some(dsn),
        Err(error) => {
            errors.add(DSN, error.to_string());
            None
        }
    }
}

/// The endpoint that was typed; none typed, the DSN's own.
fn read_endpoint(settings: &Settings, dsn: Option<&SentryDsn>, errors: &mut FieldErrors) -> Option<OtlpEndpoint> {
    let typed = settings.get(ENDPOINT);
    if typed.is_empty() {
        return dsn.map(SentryDsn::endpoint);
    }
    match typed.parse::<OtlpEndpoint>() {
        Ok(endpoint) => Some(endpoint),
        Err(error) => {
            let expected = dsn.filter(|_| error.has_expected_value()).map(|dsn| {
                let expected = dsn.endpoint();
                format!(" For this DSN it is {}", expected.as_url())
            });
            errors.add(ENDPOINT, format!("{error}{}", expected.unwrap_or_default()));
            None
        }
    }
}

/// What reaches a project, and is of its kind only.
struct Parsed {
    dsn: SentryDsn,
    endpoint: OtlpEndpoint,
    headers: OwnHeaders,
    relay: bool,
}

impl Parsed {
    fn connection(&self, settings: &Settings) -> Connection {
        let Self { dsn, endpoint, headers, .. } = self;
        let traces = traces(settings);
        let own = masking::redactions(headers.secrets());
        Connection {
            target: format!("{}/{}", host_and_port(endpoint.as_url()), endpoint.project_id()),
            stored: self.stored(&traces),
            masked: iter::once((DSN, dsn.masked()))
                .chain(headers.masked().map(|masked| (Field::HEADERS.name, masked)))
                .collect(),
            redactions: iter::once((dsn.public_key().clone(), dsn.masked_key())).chain(own).collect(),
            mix_ups: Vec::new(),
            mended: Mended { address: ENDPOINT, credentials: DSN },
            traces,
            wire: Wire {
                method: Method::Post,
                resource: Vec::new(),
                url: endpoint.as_url().clone(),
                headers: headers.behind(vec![authentication(dsn)]),
                encoding: Encoding::OtlpProtobuf,
                limits: Limits::USUAL,
                accepts_unseen: true,
                readings: &[],
                reading: advice::read,
                steps: vec![TestStep::Empty { times: 4 }, TestStep::Trace],
                arrival: None,
                port: None,
                sign: None,
            },
        }
    }

    fn stored(&self, traces: &TraceSettings) -> Stored {
        let ticked = |is_ticked: bool| is_ticked.then(|| Field::TICKED.to_owned());
        let joins = ticked(traces.parent == Parent::Link).unwrap_or_else(|| Field::UNTICKED.to_owned());
        let open = [
            (ENDPOINT, Some(self.endpoint.as_url().to_string())),
            (Field::ENVIRONMENT, traces.environment.clone()),
            (Field::RELEASE, traces.release.clone()),
            (RELAY, ticked(self.relay)),
            (Field::JOIN, Some(joins)),
        ];
        let headers = SecretString::from(self.headers.to_json());
        Stored {
            open: open.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect(),
            secret: BTreeMap::from([(DSN.to_owned(), self.dsn.expose()), (Field::HEADERS.name.to_owned(), headers)]),
        }
    }
}

fn traces(settings: &Settings) -> TraceSettings {
    // Destinations of older versions say nothing of it: they join.
    let joins = !settings.has(Field::JOIN) || settings.is_ticked(Field::JOIN);
    TraceSettings {
        environment: settings.given(Field::ENVIRONMENT),
        release: settings.given(Field::RELEASE),
        dialect: Dialect::Sentry,
        parent: if joins { Parent::Link } else { Parent::Attribute },
        ..TraceSettings::default()
    }
}

/// One form of authentication, never two (Relay answers 401 to both at once).
fn authentication(dsn: &SentryDsn) -> Header {
    let auth = |key: &str| {
        format!("Sentry sentry_version=7, sentry_key={key}, sentry_client=tracecast/{}", env!("CARGO_PKG_VERSION"))
    };
    let secret = SecretString::from(auth(dsn.public_key().expose_secret()));
    Header::secret("x-sentry-auth", secret, auth(&dsn.masked_key()))
}

#[cfg(test)]
mod tests;
