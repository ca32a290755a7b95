//! Bodies of API requests: JSON by their headers, bounded in size, memory and time.

use actix_web::HttpRequest;
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use actix_web::web::Bytes;

use crate::gateway::Failure;
use crate::http::body::{API, Unread};
use crate::http::{Broken, Incoming};
use crate::state::bodies::{Full, Room};

/// Clients on Windows and in Java begin UTF-8 with it. A reader of JSON may pass it over (RFC 8259, 8.1).
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// Why there is no body.
#[derive(Debug)]
pub(super) enum NoBody {
    Refused(Box<Failure>),
    /// The caller went away before its end.
    Gone,
}

impl From<Failure> for NoBody {
    fn from(failure: Failure) -> Self {
        Self::Refused(Box::new(failure))
    }
}

impl From<Unread> for NoBody {
    fn from(unread: Unread) -> Self {
        match unread {
            Unread::TooLarge => Failure::too_large(API.bytes).into(),
            Unread::TooSlow => Failure::body_too_slow().into(),
            Unread::Broken(Broken::Encoding) => Failure::broken_encoding().into(),
            Unread::Broken(Broken::Gone) => Self::Gone,
        }
    }
}

impl From<Full> for NoBody {
    fn from(full: Full) -> Self {
        Failure::no_room(full).into()
    }
}

/// The whole body, whose memory is the room's.
pub(super) async fn read(request: &HttpRequest, incoming: Incoming, room: &mut Room) -> Result<Vec<u8>, NoBody> {
    check_type(request)?;
    let announced = request.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    if announced.is_some_and(|length: usize| length > API.bytes) {
        return Err(Unread::TooLarge.into());
    }
    // A body that cannot fit is refused before it is sent.
    room.fits(announced.unwrap_or_default())?;
    let mut body = Vec::new();
    let expected = announced.unwrap_or(API.bytes);
    let take = |piece: Bytes| Ok::<_, NoBody>(room.extend(&mut body, &piece, expected)?);
    incoming.read(&API, take).await?;
    if body.starts_with(BYTE_ORDER_MARK) {
        body.drain(..BYTE_ORDER_MARK.len());
    }
    room.fit(&mut body);
    Ok(body)
}

/// JSON in UTF-8, not compressed. A request that names no type is taken at its word.
pub(super) fn check_type(request: &HttpRequest) -> Result<(), Failure> {
    let header = |name| request.headers().get(name).map(|value| value.to_str().unwrap_or("?").to_ascii_lowercase());
    if header(CONTENT_ENCODING).is_some_and(|encoding| encoding != "identity") {
        return Err(Failure::unsupported_media_type());
    }
    let Some(content_type) = header(CONTENT_TYPE) else { return Ok(()) };
    let mut parts = content_type.split(';').map(str::trim);
    let media_type = parts.next().unwrap_or_default();
    if media_type != "application/json" && !(media_type.starts_with("application/") && media_type.ends_with("+json")) {
        return Err(Failure::unsupported_media_type());
    }
    let charset = parts.find_map(|parameter| parameter.strip_prefix("charset="));
    match charset.map(|charset| charset.trim_matches('"')) {
        None | Some("utf-8" | "utf8" | "us-ascii") => Ok(()),
        Some(_) => Err(Failure::wrong_charset()),
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn status(headers: &[(&'static str, &'static str)]) -> Option<u16> {
        let request = headers.iter().fold(TestRequest::default(), |request, header| request.insert_header(*header));
        check_type(&request.to_http_request()).err().map(|failure| failure.status)
    }

    #[test]
    fn json_in_utf8_is_taken() {
        for content_type in ["application/json", "Application/JSON; charset=UTF-8", "application/vnd.api+json"] {
            assert_eq!(status(&[("content-type", content_type)]), None, "{content_type}");
        }
        assert_eq!(status(&[]), None);
    }

    #[test]
    fn other_types_encodings_and_charsets_are_refused() {
        assert_eq!(status(&[("content-type", "text/plain")]), Some(415));
        assert_eq!(status(&[("content-type", "application/x-www-form-urlencoded")]), Some(415));
        assert_eq!(status(&[("content-type", "application/json"), ("content-encoding", "gzip")]), Some(415));
        assert_eq!(status(&[("content-type", "application/json; charset=utf-16")]), Some(400));
    }
}
