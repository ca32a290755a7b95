//! A model server that does not speak a protocol: it knows no such path (spec 8.4).

use super::failure::Failure;

/// What servers say of a path. Of a model that they do not have they say its name.
const OF_PATHS: [&str; 5] = ["not found", "404 page not found", "404 not found", "file not found", "no such path"];

/// The failure that a model server's status is, or a better one where the status is about the path itself.
pub(super) fn explained(status: u16, failure: Failure, path: &str) -> Failure {
    if is_of_path(status, &failure.message, path) { Failure::not_spoken(status, path) } else { failure }
}

fn is_of_path(status: u16, message: &str, path: &str) -> bool {
    let message = message.trim().trim_end_matches('.').to_ascii_lowercase();
    let says_nothing = message == "the model server answered 404";
    let names_path = message.contains(path) || message.contains("invalid url") || message.contains("request url");
    status == 405 || (status == 404 && (says_nothing || names_path || OF_PATHS.contains(&&*message)))
}

#[cfg(test)]
mod tests {
    use super::super::upstream_headers::PassedHeaders;
    use super::*;

    #[test]
    fn a_path_that_is_not_there_differs_from_a_model_that_is_not_there() {
        for (status, body, is_path) in [
            (405, &br#"{"detail":"Method Not Allowed"}"#[..], true),
            (404, br#"{"detail":"Not Found"}"#, true),
            (404, b"404 page not found", true),
            (404, b"", true),
            (404, br#"{"error":{"message":"Invalid URL (POST /v1/messages)","type":"invalid_request_error"}}"#, true),
            (404, br#"{"error":{"code":404,"message":"File Not Found","type":"not_found_error"}}"#, true),
            (404, br#"{"type":"error","error":{"type":"not_found_error","message":"model: claude-9"}}"#, false),
            (404, br#"{"error":{"message":"The model `x` does not exist","code":"model_not_found"}}"#, false),
            (400, br#"{"detail":"Not Found"}"#, false),
        ] {
            let explained = explained(status, Failure::answered(status, body, PassedHeaders::default()), "/messages");
            let expected = "The model server of this model does not speak /messages.";
            assert_eq!(explained.message == expected, is_path, "{}", String::from_utf8_lossy(body));
            assert!(!is_path || explained.status == 404);
        }
    }
}
