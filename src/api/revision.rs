//! Which state of a thing a change builds on: `ETag` and `If-Match` (RFC 9110, 13.1.1), so that nobody overwrites what they have not seen.

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderMap, IF_MATCH};

use super::error::Error;

/// The value of the header `ETag`.
pub(super) fn etag(revision: i32) -> String {
    format!("\"{revision}\"")
}

/// Refuses a change that builds on another revision.
///
/// # Errors
/// 412, where `If-Match` names others only.
pub(super) fn check(request: &HttpRequest, revision: i32) -> Result<(), Error> {
    if matches(request.headers(), revision) { Ok(()) } else { Err(outdated()) }
}

/// Somebody changed the thing since.
fn outdated() -> Error {
    const MESSAGE: &str =
        "Somebody changed this meanwhile. Nothing was saved. Read it again, then repeat your change with the new ETag.";
    Error::new(StatusCode::PRECONDITION_FAILED, MESSAGE)
}

fn matches(headers: &HeaderMap, revision: i32) -> bool {
    let mut named = headers.get_all(IF_MATCH).flat_map(|value| value.to_str().unwrap_or("?").split(',')).peekable();
    let is_this = |tag: &str| tag == "*" || tag.trim_start_matches("W/") == etag(revision);
    named.peek().is_none() || named.any(|tag| is_this(tag.trim()))
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn change_without_if_match_or_with_the_revision_among_others_passes() {
        for (given, is_let_in) in [
            (&[][..], true),
            (&["*"], true),
            (&["\"7\""], true),
            (&["W/\"7\""], true),
            (&["\"6\", \"7\""], true),
            (&["\"6\""], false),
            (&["7"], false),
            (&[""], false),
        ] {
            let request =
                given.iter().fold(TestRequest::default(), |request, tag| request.append_header((IF_MATCH, *tag)));
            assert_eq!(check(&request.to_http_request(), 7).is_ok(), is_let_in, "{given:?}");
        }
    }
}
