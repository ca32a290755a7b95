//! A project's OTLP endpoint: `{scheme}://{host}[:port]{prefix}/api/{project id}/integration/otlp/v1/traces`.

use std::str::FromStr;

use url::Url;

use crate::destination::web_address;

/// What every endpoint ends in.
const ENDING: &str = "/integration/otlp/v1/traces";

/// The address of a project that takes OTLP traces, in canonical form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtlpEndpoint {
    url: Url,
    project_id: u64,
}

/// Why a text is no endpoint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    /// No address at all.
    #[error("The OTLP Traces Endpoint must {0}.")]
    Address(&'static str),
    /// The DSN, or another address with a user, was pasted.
    #[error("The OTLP Traces Endpoint has nothing before an @. If this is the DSN, enter it under Sentry DSN.")]
    HasUser,
    /// There is a `#`.
    #[error("The OTLP Traces Endpoint must have no # in it.")]
    HasFragment,
    /// The path does not end as it must.
    #[error("The OTLP Traces Endpoint must end in /integration/otlp/v1/traces.")]
    Ending,
    /// The path has no `/api/<project>` before its ending.
    #[error("The OTLP Traces Endpoint must name the project's number: …/api/456/integration/otlp/v1/traces.")]
    ProjectId,
}

impl EndpointError {
    /// Whether showing the endpoint that belongs to the DSN helps.
    pub fn has_expected_value(&self) -> bool {
        !matches!(self, Self::HasUser)
    }
}

impl FromStr for OtlpEndpoint {
    type Err = EndpointError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut url = web_address::parse(text.trim()).map_err(EndpointError::Address)?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(EndpointError::HasUser);
        }
        if url.fragment().is_some() {
            return Err(EndpointError::HasFragment);
        }
        let path = url.path().strip_suffix('/').unwrap_or(url.path()).to_owned();
        let before = path.strip_suffix(ENDING).ok_or(EndpointError::Ending)?;
        let (before, project) = before.rsplit_once('/').ok_or(EndpointError::ProjectId)?;
        let project_id = project_id(project).ok_or(EndpointError::ProjectId)?;
        let prefix = before.strip_suffix("/api").ok_or(EndpointError::ProjectId)?;
        strip_credentials(&mut url);
        url.set_path(&path_of(prefix, project_id));
        web_address::check_length(&url).map_err(EndpointError::Address)?;
        Ok(Self { url, project_id })
    }
}

/// An unsigned integer in digits alone: no sign, no space.
pub(super) fn project_id(text: &str) -> Option<u64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

/// A key in the query and one in the header together are answered with 401 (spec 2.2).
fn strip_credentials(url: &mut Url) {
    let kept: Vec<(String, String)> =
        url.query_pairs().into_owned().filter(|(name, _)| !name.to_ascii_lowercase().starts_with("sentry_")).collect();
    url.set_query(None);
    if !kept.is_empty() {
        url.query_pairs_mut().extend_pairs(kept);
    }
}

fn path_of(prefix: &str, project_id: u64) -> String {
    format!("{prefix}/api/{project_id}{ENDING}")
}

impl OtlpEndpoint {
    /// The endpoint of a project on a server.
    pub(super) fn of_project(server: &Url, prefix: &str, project_id: u64) -> Self {
        let mut url = server.clone();
        url.set_path(&path_of(prefix, project_id));
        Self { url, project_id }
    }

    pub fn as_url(&self) -> &Url {
        &self.url
    }

    /// The project's number.
    pub fn project_id(&self) -> u64 {
        self.project_id
    }
}
