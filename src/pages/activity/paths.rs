//! The addresses of a request, of a trace and of a session.

use super::filters::Address;

/// The list of requests.
pub(super) const PATH: &str = "/activity";

/// The list as lines of JSON.
pub(super) const JSON_LINES: &str = "/activity.jsonl";
/// The value of `content` in the address of a file that has what the requests said.
pub(super) const WITH_CONTENT: &str = "with";

/// The page of a request, by its generation id.
pub(in crate::pages) fn request(id: &str) -> String {
    page(PATH, "find", id)
}

/// The page of a trace, by its 32 hexadecimal digits.
pub(super) fn trace(id: &str) -> String {
    page("/activity/traces", "trace", id)
}

pub(super) fn session(id: &str) -> String {
    page("/activity/sessions", "session", id)
}

/// The list, narrowed to one value.
pub(super) fn filtered(name: &'static str, value: &str) -> String {
    Address::default().link(PATH, &[(name, value)])
}

fn page(parent: &str, filter: &'static str, id: &str) -> String {
    // Browsers resolve these two as steps in the path, however they are written.
    if matches!(id, "." | "..") { filtered(filter, id) } else { format!("{parent}/{}", segment(id)) }
}

/// A part of a path. Blanks are written as such: a plus is one only in a query.
fn segment(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn path_of_any_name_is_one_segment() {
        assert_eq!(request("gen-1-a"), "/activity/gen-1-a");
        assert_eq!(session("a/b c?d+e"), "/activity/sessions/a%2Fb%20c%3Fd%2Be");
        assert_eq!(session(".."), "/activity?session=..");
    }
}
