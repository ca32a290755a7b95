//! Endpoint and DSN are typed apart and have to belong together.

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
    if relay || endpoint.as_url().origin() == dsn.server().origin() {
        return Ok(());
    }
    let (ours, theirs) = (host_and_port(endpoint.as_url()), host_and_port(dsn.server()));
    let differ = if ours == theirs {
        format!(
            "The endpoint begins with {}://, the DSN with {}://.",
            endpoint.as_url().scheme(),
            dsn.server().scheme()
        )
    } else {
        format!("The endpoint is on {ours}, the DSN on {theirs}.")
    };
    Err(format!(
        "{differ} Copy both from the same project, or tick the box below if a Relay of your own stands in front. \
         For this DSN it is {}",
        expected.as_url()
    ))
}
