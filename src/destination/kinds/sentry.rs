//! Sentry: OTLP traces to a project's endpoint, authenticated by its DSN (spec 2.2).

mod advice;
mod agreement;
mod dsn;
mod endpoint;
mod fields;
mod rate_limits;

use std::collections::BTreeMap;

use secrecy::{ExposeSecret, SecretString};

pub use self::dsn::{DsnError, SentryDsn};
pub use self::endpoint::{EndpointError, OtlpEndpoint};
use self::fields::{DSN, ENDPOINT, FIELDS, RELAY};
use super::super::web_address::host_and_port;
use super::super::{
    Connection, Encoding, Field, FieldErrors, Group, Header, Kind, Limits, Manifest, Mended, Method, Parse, Settings,
    Stored, TestStep, Wire,
};
use crate::trace::{Dialect, TraceSettings};

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
    parse: Parse::Own(parse),
};

fn parse(settings: &Settings) -> Result<Connection, FieldErrors> {
    let mut errors = FieldErrors::default();
    let dsn = read_dsn(settings, &mut errors);
    let endpoint = read_endpoint(settings, dsn.as_ref(), &mut errors);
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
    match (dsn, endpoint) {
        (Some(dsn), Some(endpoint)) if errors.is_empty() => Ok(connection(&dsn, &endpoint, relay, settings)),
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

fn connection(dsn: &SentryDsn, endpoint: &OtlpEndpoint, relay: bool, settings: &Settings) -> Connection {
    let (environment, release) = (settings.given(Field::ENVIRONMENT), settings.given(Field::RELEASE));
    let relay = relay.then(|| Field::TICKED.to_owned());
    let traces = TraceSettings { environment, release, dialect: Dialect::Sentry, ..TraceSettings::default() };
    let open = [
        (ENDPOINT, Some(endpoint.as_url().to_string())),
        (Field::ENVIRONMENT, traces.environment.clone()),
        (Field::RELEASE, traces.release.clone()),
        (RELAY, relay),
    ];
    let open = open.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect();
    let secret = BTreeMap::from([(DSN.to_owned(), dsn.expose())]);
    Connection {
        target: format!("{}/{}", host_and_port(endpoint.as_url()), endpoint.project_id()),
        stored: Stored { open, secret },
        masked: BTreeMap::from([(DSN, dsn.masked())]),
        redactions: vec![(dsn.public_key().clone(), dsn.masked_key())],
        mix_ups: Vec::new(),
        mended: Mended { address: ENDPOINT, credentials: DSN },
        traces,
        wire: Wire {
            method: Method::Post,
            resource: Vec::new(),
            url: endpoint.as_url().clone(),
            headers: vec![authentication(dsn)],
            encoding: Encoding::OtlpProtobuf,
            limits: Limits::USUAL,
            accepts_unseen: true,
            readings: &[],
            reading: advice::read,
            steps: vec![TestStep::Empty { times: 4 }, TestStep::Trace],
            arrival: None,
        },
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
