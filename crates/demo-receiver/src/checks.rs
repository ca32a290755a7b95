//! The checks that Sentry's Relay makes on a request alone, in its order. The body is not read for them.

use super::credentials;
use super::decode::Format;
use super::decompress::decompress;
use super::refusal::Refusal;
use super::relay::Key;

/// The parts of a request that are looked at.
#[derive(Debug)]
pub(super) struct Incoming<'a> {
    pub(super) project_id: &'a str,
    pub(super) query: &'a str,
    pub(super) credentials: Option<&'a str>,
    pub(super) content_type: Option<&'a str>,
    pub(super) content_encoding: Option<&'a str>,
    pub(super) body: Result<&'a [u8], Refusal>,
}

/// A request that nothing is wrong with, as far as it can be seen without its project.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Checked {
    pub(super) key: Key,
    /// The body, decompressed.
    pub(super) body: Vec<u8>,
    pub(super) format: Format,
}

/// Checks a request.
///
/// # Errors
/// The refusal, with its status.
pub(super) fn check(incoming: &Incoming<'_>) -> Result<Checked, Refusal> {
    let project_id = incoming.project_id.parse().map_err(|_| Refusal::BadProjectId)?;
    let public_key = credentials::public_key(incoming.credentials, incoming.query)?;
    let body = decompress(incoming.body?, incoming.content_encoding)?;
    let format = format(incoming.content_type).ok_or(Refusal::ContentType)?;
    Ok(Checked { key: (project_id, public_key), body, format })
}

/// The encoding that a content type names; parameters do not matter.
pub(super) fn format(content_type: Option<&str>) -> Option<Format> {
    let essence = content_type?.split(';').next()?.trim();
    if essence.eq_ignore_ascii_case("application/x-protobuf") {
        Some(Format::Protobuf)
    } else if essence.eq_ignore_ascii_case("application/json") {
        Some(Format::Json)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn incoming<'a>(project_id: &'a str, query: &'a str) -> Incoming<'a> {
        let content_type = Some("application/x-protobuf; charset=utf-8");
        Incoming { project_id, query, credentials: None, content_type, content_encoding: None, body: Ok(b"") }
    }

    #[test]
    fn the_project_is_looked_at_before_the_key_and_the_key_before_the_type() {
        assert_eq!(check(&incoming("one", "")), Err(Refusal::BadProjectId));
        assert_eq!(check(&incoming("-1", "")), Err(Refusal::BadProjectId));
        let unauthorised = Incoming { content_type: Some("text/plain"), ..incoming("1", "") };
        assert_eq!(check(&unauthorised), Err(Refusal::NoCredentials));
        let key = "f".repeat(32);
        let query = format!("sentry_key={key}");
        let text = Incoming { content_type: Some("text/plain"), ..incoming("1", &query) };
        assert_eq!(check(&text), Err(Refusal::ContentType));
        let fine = Checked { key: (1, key), body: Vec::new(), format: Format::Protobuf };
        assert_eq!(check(&incoming("1", &query)), Ok(fine));
    }
}
