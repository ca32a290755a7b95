//! Where a request of a program goes: the base under which it came, and the path below.
//!
//! A base address that was typed with a slash at its end makes `//`, and some clients end their paths in one: both mean the same
//! as without.

use std::borrow::Cow;

use actix_web::dev::ServiceRequest;
use actix_web::http::Uri;
use actix_web::http::uri::PathAndQuery;

use crate::gateway::Base;

/// An address in its two parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Address<'a> {
    /// None: no base of ours.
    pub(super) base: Option<Base>,
    /// Below the base: empty, or beginning with a slash. The whole path where there is no base.
    pub(super) path: &'a str,
}

/// The first segments of the paths on which models are asked, and asked about: the doors that a page of another site may use.
const ASKING: [&str; 6] = ["chat", "completions", "embeddings", "responses", "messages", "models"];

/// How a path ends whose client was given a wrong base.
const ENDINGS: [&str; 7] = [
    "/chat/completions",
    "/completions",
    "/embeddings",
    "/responses",
    "/messages",
    "/messages/count_tokens",
    "/models",
];

impl<'a> Address<'a> {
    pub(super) fn of(path: &'a str) -> Self {
        let below = |base: Base| path.strip_prefix(base.path()).filter(|rest| rest.is_empty() || rest.starts_with('/'));
        let found = [Base::OpenRouter, Base::OpenAi].into_iter().find_map(|base| Some((base, below(base)?)));
        found.map_or(Self { base: None, path }, |(base, path)| Self { base: Some(base), path })
    }

    /// Whether models are asked here, or asked about.
    pub(super) fn is_asking(&self) -> bool {
        let first = self.path.split('/').find(|segment| !segment.is_empty());
        self.base.is_some() && first.is_some_and(|first| ASKING.contains(&first))
    }

    /// Whether Anthropic's clients ask here.
    pub(super) fn is_anthropics(&self) -> bool {
        self.path.split('/').any(|segment| segment == "messages")
    }
}

/// Where a client meant to go whose base address is not ours, or is there twice: the end of the path that it asked for.
pub(super) fn misplaced(path: &str) -> Option<&'static str> {
    let path = without_odd_slashes(path);
    ENDINGS.into_iter().find(|ending| path.ends_with(ending))
}

/// Rewrites the path of a request without the odd slashes below its base. Query and base stay as they are.
pub(super) fn tidy(request: &mut ServiceRequest) {
    let path = request.path();
    let Address { base: Some(_), path: below } = Address::of(path) else { return };
    let Cow::Owned(tidied) = without_odd_slashes(below) else { return };
    let base = &path[..path.len() - below.len()];
    let query = request.uri().query().map(|query| format!("?{query}")).unwrap_or_default();
    let Ok(path_and_query) = PathAndQuery::try_from(format!("{base}{tidied}{query}")) else { return };
    let mut parts = request.uri().clone().into_parts();
    parts.path_and_query = Some(path_and_query);
    let Ok(uri) = Uri::from_parts(parts) else { return };
    // The base has been matched by now and keeps its length.
    request.match_info_mut().get_mut().update(&uri);
    request.head_mut().uri = uri;
}

/// The path with single slashes and none at its end.
fn without_odd_slashes(path: &str) -> Cow<'_, str> {
    if !path.contains("//") && !path.ends_with('/') {
        return Cow::Borrowed(path);
    }
    let segments = path.split('/').filter(|segment| !segment.is_empty());
    Cow::Owned(segments.flat_map(|segment| ["/", segment]).collect())
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn address_has_a_base_and_a_path_below_it() {
        for (path, base, below) in [
            ("/api/v1/chat/completions", Some(Base::OpenRouter), "/chat/completions"),
            ("/v1/messages", Some(Base::OpenAi), "/messages"),
            ("/v1", Some(Base::OpenAi), ""),
            ("/v12/messages", None, "/v12/messages"),
            ("/api/v2/models", None, "/api/v2/models"),
        ] {
            assert_eq!(Address::of(path), Address { base, path: below }, "{path}");
        }
    }

    #[test]
    fn asking_addresses_lie_below_a_base() {
        for asking in
            ["/v1/chat/completions", "/api/v1//models", "/v1/models/openai/gpt-4o", "/v1/messages/count_tokens"]
        {
            assert!(Address::of(asking).is_asking(), "{asking}");
        }
        for other in ["/api/v1/openapi.json", "/v1", "/models", "/api/v1/keys/models", "/healthz"] {
            assert!(!Address::of(other).is_asking(), "{other}");
        }
    }

    #[test]
    fn misplaced_path_is_known_by_its_end() {
        for (path, ending) in [
            ("/chat/completions", Some("/chat/completions")),
            ("//v1/chat/completions/", Some("/chat/completions")),
            ("/v1/v1//completions", Some("/completions")),
            ("/api/v1/v1/messages/count_tokens", Some("/messages/count_tokens")),
            ("/chat", None),
            ("/sign-in", None),
            ("/mychat/xcompletions", None),
        ] {
            assert_eq!(misplaced(path), ending, "{path}");
        }
    }

    #[test]
    fn odd_slashes_below_the_base_go_and_the_query_stays() {
        for (uri, tidied) in [
            ("/api/v1//chat/completions", "/api/v1/chat/completions"),
            ("/v1/chat//completions/?beta=//true/", "/v1/chat/completions?beta=//true/"),
            ("/v1/models/a%2F%2Fb", "/v1/models/a%2F%2Fb"),
            ("/v1/", "/v1"),
        ] {
            let mut request = TestRequest::with_uri(uri).to_srv_request();
            tidy(&mut request);
            assert_eq!(request.uri().to_string(), tidied, "{uri}");
        }
    }
}
