//! Images, recordings and files: the words in place of their bytes.

use std::borrow::Cow;

use crate::json::Text;

const MARK: &str = ";base64,";
/// A media type is never longer (RFC 6838: two names of at most 127 characters).
const MEDIA_TYPE_BYTES: usize = 255;

/// The longest address that is recorded. Servers refuse longer ones.
const URI_BYTES: usize = 8 * 1024;

/// What is recorded of an image, a recording or a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Media<'a> {
    /// Its bytes came with the message.
    Embedded { modality: &'static str, mime_type: Option<Text<'a>> },
    /// The message links to it; by an address, if that is known.
    Linked { modality: &'static str, uri: Option<Text<'a>> },
}

impl Media<'_> {
    /// The same, free of the bytes it was read from.
    pub fn into_owned(self) -> Media<'static> {
        match self {
            Self::Embedded { modality, mime_type } => {
                Media::Embedded { modality, mime_type: mime_type.map(Text::into_owned) }
            }
            Self::Linked { modality, uri } => Media::Linked { modality, uri: uri.map(Text::into_owned) },
        }
    }
}

/// The address of what a message links to. An address that holds the bytes themselves (`data:`) is none, whether or not it could be
/// read, nor is one that no server would take.
pub(crate) fn uri(address: Text<'_>) -> Option<Text<'_>> {
    let (scheme, _) = address.split_once("://")?;
    let is_scheme =
        !scheme.is_empty() && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    (is_scheme && address.len() <= URI_BYTES).then_some(address)
}

/// The media type of a `data:` URL.
pub(crate) fn media_type(url: &str) -> Option<&str> {
    let rest = url.strip_prefix("data:")?;
    let end = rest.find([';', ','])?;
    is_media_type(&rest[..end]).then(|| &rest[..end])
}

/// `image`, `audio` or `video` where the media type says so.
pub(crate) fn modality(media_type: &str) -> Option<&'static str> {
    ["image", "audio", "video"].into_iter().find(|kind| media_type.split('/').next() == Some(kind))
}

/// The text with the bytes of embedded `data:` URLs replaced by their media type in brackets.
pub(crate) fn without_bytes(text: Text<'_>) -> Text<'_> {
    if !text.contains(MARK) {
        return text;
    }
    let mut kept = String::new();
    let mut rest: &str = &text;
    while let Some(mark) = rest.find(MARK) {
        let after = mark + MARK.len();
        let Some((start, media_type)) = url_before(rest, mark) else {
            kept.push_str(&rest[..after]);
            rest = &rest[after..];
            continue;
        };
        kept.push_str(&rest[..start]);
        kept.extend(["[", media_type, "]"]);
        rest = rest[after..].trim_start_matches(|c: char| c.is_ascii_alphanumeric() || "+/=-_".contains(c));
    }
    kept.push_str(rest);
    Text(Cow::Owned(kept))
}

/// Where the `data:` URL begins whose media type ends at `mark`.
fn url_before(text: &str, mark: usize) -> Option<(usize, &str)> {
    let from = text.floor_char_boundary(mark.saturating_sub(MEDIA_TYPE_BYTES + "data:".len()));
    let start = from + text[from..mark].rfind("data:")?;
    let media_type = text[start + "data:".len()..mark].split(';').next()?;
    is_media_type(media_type).then_some((start, media_type))
}

fn is_media_type(text: &str) -> bool {
    text.len() <= MEDIA_TYPE_BYTES
        && text.contains('/')
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/!#$&-^_.+".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_data_url_names_its_media_type() {
        assert_eq!(media_type("data:image/png;base64,AAAA"), Some("image/png"));
        assert_eq!(media_type("data:text/plain,hello"), Some("text/plain"));
        assert_eq!(media_type("data:;base64,AAAA"), None);
        assert_eq!(media_type("https://example.com/a.png"), None);
        assert_eq!(modality("image/png"), Some("image"));
        assert_eq!(modality("application/pdf"), None);
    }

    #[test]
    fn address_of_a_link_holds_no_bytes() {
        for (address, kept) in [
            ("https://example.com/a.png?sig=abc", true),
            ("gs://bucket/a.png", true),
            ("data:;base64,AAAA", false),
            ("data:text/html,http://x", false),
            ("iVBORw0KGgo=", false),
            ("://", false),
        ] {
            assert_eq!(uri(address.into()).is_some(), kept, "{address}");
        }
        assert!(uri(format!("https://{}", "x".repeat(URI_BYTES)).into()).is_none());
    }

    #[test]
    fn embedded_bytes_are_replaced_by_their_media_type() {
        let text = "see ![x](data:image/png;base64,iVBORw0KGgo=) and data:a/b;name=x;base64,QUJD.";
        assert_eq!(&*without_bytes(text.into()), "see ![x]([image/png]) and [a/b].");
        for plain in ["no url", ";base64,", "data: ;base64,AAAA", "ä;base64,ä"] {
            assert_eq!(&*without_bytes(plain.into()), plain);
        }
    }
}
