//! What the body of a model server's answer is, by its first bytes. Its content type is only a hint: servers send events as
//! `text/plain`, and a proxy in front of them sends a page to sign in with status 200.

/// What a body is, as far as its beginning shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BodyKind {
    /// A JSON object: an answer, or an error.
    Object,
    /// Server-sent events.
    Events,
    /// A web page.
    Page,
    /// None of these.
    Other,
}

/// What is known of a body that has begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    /// Nothing but white space, by which a server keeps the connection alive while its model is silent.
    Blank,
    /// Some more bytes will show it.
    Unclear,
    Known(BodyKind),
}

/// The fields of server-sent events; a comment begins with a colon.
const FIELDS: [&[u8]; 4] = [b"data", b"event", b"id", b"retry"];
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Looks at the beginning of a body, which is not compressed. `events`: the answer may be a stream of events.
pub(super) fn look(beginning: &[u8], events: bool) -> Look {
    let text = beginning.strip_prefix(BYTE_ORDER_MARK).unwrap_or(beginning).trim_ascii_start();
    match text.first() {
        None => Look::Blank,
        Some(b'{') => Look::Known(BodyKind::Object),
        Some(b'<') => Look::Known(BodyKind::Page),
        _ if BYTE_ORDER_MARK.starts_with(text) => Look::Unclear,
        Some(_) if events => begins_events(text),
        Some(_) => Look::Known(BodyKind::Other),
    }
}

fn begins_events(text: &[u8]) -> Look {
    if text.starts_with(b":") {
        return Look::Known(BodyKind::Events);
    }
    let begun = |field: &&[u8]| match text.strip_prefix(*field) {
        Some(rest) => rest.first().is_none_or(|next| matches!(next, b':' | b'\n' | b'\r')),
        None => field.starts_with(text),
    };
    match FIELDS.iter().find(|field| begun(field)) {
        Some(field) if text.len() > field.len() => Look::Known(BodyKind::Events),
        Some(_) => Look::Unclear,
        None => Look::Known(BodyKind::Other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_what_its_first_bytes_are() {
        for (beginning, kind) in [
            (&b" \n{\"a\":1}"[..], BodyKind::Object),
            (b"\xef\xbb\xbf{", BodyKind::Object),
            (b"<!DOCTYPE html>", BodyKind::Page),
            (b"data: {}", BodyKind::Events),
            (b"\n: ping", BodyKind::Events),
            (b"\xef\xbb\xbfevent: x", BodyKind::Events),
            (b"id\n", BodyKind::Events),
            (b"database", BodyKind::Other),
            (b"[1]", BodyKind::Other),
            (b"hello", BodyKind::Other),
        ] {
            assert_eq!(look(beginning, true), Look::Known(kind), "{}", String::from_utf8_lossy(beginning));
        }
        assert_eq!(look(b"data: {}", false), Look::Known(BodyKind::Other), "nobody asked for events");
        assert_eq!(look(b" \r\n", true), Look::Blank);
    }

    #[test]
    fn a_kind_that_is_known_stays_however_many_bytes_follow() {
        for text in ["data: {}", "\u{feff}retry: 3", "  {\"a\":1}", "<html>", "hello", "\n\n:x", "data\r\n", "identity"]
        {
            let known = look(text.as_bytes(), true);
            assert!(matches!(known, Look::Known(_)), "{text:?}");
            for cut in 0..text.len() {
                let early = look(&text.as_bytes()[..cut], true);
                assert!(!matches!(early, Look::Known(_)) || early == known, "{text:?} cut at {cut}");
            }
        }
    }
}
