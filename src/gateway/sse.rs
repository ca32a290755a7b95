//! Server-sent events (WHATWG HTML, "Event stream interpretation"): how they are read, and written again with other data.
//! [`Splitter`] makes them of bytes in any pieces.

mod splitter;

use std::borrow::Cow;

pub use self::splitter::{Piece, Splitter};

/// One line of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Line<'a> {
    /// The value of a `data` field.
    Data(&'a str),
    /// The line of an `event` field and its value.
    Name(&'a str, &'a str),
    /// Any other field, a comment, or an empty line.
    Other(&'a str),
}

fn lines(event: &str) -> impl Iterator<Item = Line<'_>> {
    let text = event.strip_prefix('\u{feff}').unwrap_or(event);
    let lines = text.split('\n').flat_map(|line| line.strip_suffix('\r').unwrap_or(line).split('\r'));
    lines.map(|line| match line.split_once(':').unwrap_or((line, "")) {
        ("data", value) => Line::Data(value.strip_prefix(' ').unwrap_or(value)),
        ("event", value) => Line::Name(line, value.strip_prefix(' ').unwrap_or(value)),
        _ => Line::Other(line),
    })
}

/// An event as its receiver understands it.
#[derive(Debug, PartialEq, Eq)]
pub struct Event<'a> {
    /// Empty where it has none.
    pub name: &'a str,
    pub data: Cow<'a, str>,
}

/// Reads an event, the lines of its data joined as the standard says. None when it has no data.
pub fn read(event: &str) -> Option<Event<'_>> {
    let (mut name, mut joined) = ("", None::<Cow<'_, str>>);
    for line in lines(event) {
        match (line, &mut joined) {
            (Line::Data(value), None) => joined = Some(Cow::Borrowed(value)),
            (Line::Data(value), Some(text)) => {
                let text = text.to_mut();
                text.push('\n');
                text.push_str(value);
            }
            (Line::Name(_, value), _) => name = value,
            (Line::Other(_), _) => {}
        }
    }
    joined.map(|data| Event { name, data })
}

/// Writes the same event with other data, which is JSON: its other lines stay. Line ends of the data become spaces, which in
/// JSON mean the same, because many clients read each line of `data` by itself.
pub fn write(event: &str, data: &str, out: &mut Vec<u8>) {
    let others = lines(event).filter_map(|line| match line {
        Line::Name(line, _) => Some(line),
        Line::Other(line) if !line.is_empty() => Some(line),
        _ => None,
    });
    for line in others {
        out.extend_from_slice(line.as_bytes());
        out.push(b'\n');
    }
    out.extend_from_slice(b"data: ");
    for (position, line) in data.split(['\n', '\r']).enumerate() {
        if position > 0 {
            out.push(b' ');
        }
        out.extend_from_slice(line.as_bytes());
    }
    out.extend_from_slice(b"\n\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(event: &str, data: &str) -> String {
        let mut out = Vec::new();
        write(event, data, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn data_is_read_and_replaced_with_other_lines_kept() {
        let event = "event: chunk\r\nid: 7\r\ndata: {\"a\":\r\ndata:1}\r\n\r\n";
        assert_eq!(read(event), Some(Event { name: "chunk", data: "{\"a\":\n1}".into() }));
        assert_eq!(written(event, "{}"), "event: chunk\nid: 7\ndata: {}\n\n");
        assert_eq!(read(": OPENROUTER PROCESSING\n\n"), None);
        assert_eq!(read("database: 1\n\n"), None);
        assert_eq!(read("data\n\n"), Some(Event { name: "", data: "".into() }));
    }

    #[test]
    fn data_of_several_lines_is_written_on_one() {
        assert_eq!(written("data: {\r\ndata: }\n\n", "{\r\n \"a\":\n1}"), "data: {   \"a\": 1}\n\n");
    }
}
