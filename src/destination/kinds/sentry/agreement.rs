//! Endpoint and DSN are typed apart and have to belong together: project, server, and the path that a self-hosted Sentry lives under.

use super::dsn::SentryDsn;
use super::endpoint::OtlpEndpoint;
use crate::destination::web_address::host_and_port;

/// Whether endpoint and DSN belong together: the same project, and the same server unless a Relay stands between.
///
/// # Errors
/// A sentence that says what differs and what to do.
pub(super) fn check(endpoint: &OtlpEndpoint, dsn: &SentryDsn, relay: bool) -> Result<(), String> {
    let expected = dsn.endpoint();
    if endpoint.project_id() != dsn.project_id() {
        return Err(format!(
            "The endpoint belongs to project {}, the DSN to project {}. Copy both from the same project. For this \
             DSN it is {}",
            endpoint.project_id(),
            dsn.project_id(),
            expected.as_url()
        ));
    }
    if relay {
        return Ok(());
    }
    let Some(differ) = difference(endpoint, dsn) else { return Ok(()) };
    Err(format!(
        "{differ} Copy both from the same project, or tick the box below if a Relay of your own stands in front. \
         For this DSN it is {}",
        expected.as_url()
    ))
}

/// What of server and path differs, as a sentence.
fn difference(endpoint: &OtlpEndpoint, dsn: &SentryDsn) -> Option<String> {
    if endpoint.as_url().origin() == dsn.server().origin() {
        let expected = dsn.endpoint();
        let (ours, theirs) = (prefix(endpoint), prefix(&expected));
        return (ours != theirs).then(|| format!("The endpoint's path begins with {ours}, the DSN's with {theirs}."));
    }
    let (ours, theirs) = (host_and_port(endpoint.as_url()), host_and_port(dsn.server()));
    Some(if ours == theirs {
        format!(
            "The endpoint begins with {}://, the DSN with {}://.",
            endpoint.as_url().scheme(),
            dsn.server().scheme()
        )
    } else {
        format!("The endpoint is on {ours}, the DSN on {theirs}.")
    })
}

/// The path before `/api/<project>/…`; a slash where there is none.
fn prefix(endpoint: &OtlpEndpoint) -> &str {
    let (prefix, _) = endpoint.as_url().path().rsplit_once("/api/").unwrap_or_default();
    if prefix.is_empty() { "/" } else { prefix }
}
