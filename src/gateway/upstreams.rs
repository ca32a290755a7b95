//! All model servers: which of them is asked for a model, and which models are asked when one fails (spec 8.5).
//!
//! A request may name further models itself (OpenRouter's `models`). Else the operator's table does.

use super::failure::Failure;
use super::protocol::Protocol;
use super::upstream::{self, Upstream, UpstreamError};
use crate::config;
use crate::config::upstreams::{Api, MOST_MODELS};
use crate::json::{Members, Text};
use crate::openai::Invalid;

/// The model servers with a client of this thread.
#[derive(Debug, Clone)]
pub(super) struct Upstreams {
    servers: Vec<Upstream>,
    settings: config::Upstreams,
}

/// A model, by the name that caller or operator gave it, and the server that answers for it.
#[derive(Debug, Clone)]
pub(super) struct Candidate<'u> {
    pub(super) upstream: &'u Upstream,
    pub(super) model: String,
}

impl Upstreams {
    pub(super) fn new(settings: &config::Upstreams, tls: &rustls::ClientConfig) -> Result<Self, UpstreamError> {
        let client = upstream::client(tls)?;
        let servers = settings.iter().map(|server| Upstream::new(client.clone(), server)).collect::<Result<_, _>>()?;
        Ok(Self { servers, settings: settings.clone() })
    }

    /// Without any, `demo/echo` answers.
    pub(super) fn is_empty(&self) -> bool {
        self.servers.is_empty()
    }

    /// In the order in which their patterns are tried.
    pub(super) fn iter(&self) -> std::slice::Iter<'_, Upstream> {
        self.servers.iter()
    }

    /// The models that the operator's table names in full.
    pub(super) fn named_models(&self) -> impl Iterator<Item = &str> {
        self.settings.named_models()
    }

    /// Whether the server that answers for a model speaks OpenAI's API.
    pub(super) fn chats(&self, model: &str) -> bool {
        self.of(model).is_some_and(|server| server.settings().speaks(Api::OpenAi))
    }

    /// The models that are tried for a request, the one asked for first; never empty. Further ones that nobody serves here, or
    /// whose server speaks another API, are passed over.
    pub(super) fn candidates(
        &self,
        protocol: &dyn Protocol,
        model: &str,
        members: &Members<'_>,
    ) -> Result<Vec<Candidate<'_>>, Failure> {
        let api = protocol.api();
        let further = further_models(members)?;
        let named = if further.is_empty() { self.settings.fallbacks(model).to_vec() } else { further };
        let mut named = named.into_iter().filter(|name| name != model);
        let asked = match model {
            "" => named.next().unwrap_or_default(),
            model => model.to_owned(),
        };
        let upstream = self.of(&asked).ok_or_else(|| Failure::no_such_model(&asked))?;
        if !upstream.settings().speaks(api) {
            return Err(Failure::other_api(protocol.path()));
        }
        let mut candidates = vec![Candidate { upstream, model: asked }];
        for model in named {
            let server = self.of(&model).filter(|server| server.settings().speaks(api));
            if let Some(upstream) = server.filter(|_| candidates.iter().all(|earlier| earlier.model != model)) {
                candidates.push(Candidate { upstream, model });
            }
        }
        candidates.truncate(MOST_MODELS);
        Ok(candidates)
    }

    fn of(&self, model: &str) -> Option<&Upstream> {
        self.servers.iter().find(|server| server.settings().serves(model))
    }
}

impl Candidate<'_> {
    /// The model by the name that the server knows.
    pub(super) fn own_name(&self) -> &str {
        self.upstream.settings().own_name(&self.model)
    }
}

/// OpenRouter's `models`: what to ask when the first of them fails.
fn further_models(members: &Members<'_>) -> Result<Vec<String>, Failure> {
    let Some(value) = members.get("models") else { return Ok(Vec::new()) };
    let wrong = || Failure::from(Invalid::wrong_type("models", &format!("an array of at most {MOST_MODELS} texts")));
    let models: Vec<Text<'_>> = serde_json::from_str(value.get()).map_err(|_| wrong())?;
    if models.len() > MOST_MODELS || models.iter().any(|model| model.is_empty()) {
        return Err(wrong());
    }
    Ok(models.iter().map(ToString::to_string).collect())
}

#[cfg(test)]
mod tests {
    use super::super::chat_completions::ChatCompletions;
    use super::*;
    use crate::egress;

    fn upstreams(first: &str, second: &str, more: &str) -> Upstreams {
        let table = format!(
            r#"{{"upstreams":[{{"name":"a","base_url":"{first}","models":["a/*"],"strip":"a/"}},
                {{"name":"b","base_url":"{second}","models":["b/*"]}},
                {{"name":"c","base_url":"{second}","models":["c/*"],"speaks":["anthropic"]}}]{more}}}"#
        );
        let settings = config::upstreams::read(&table, |_| None).unwrap();
        Upstreams::new(&settings, &egress::client_config(&[]).unwrap()).unwrap()
    }

    fn candidates(upstreams: &Upstreams, body: &str) -> Result<Vec<String>, Failure> {
        let members = Members::of(body).unwrap();
        let model = members.read::<Text<'_>>("model").unwrap_or_default();
        let named = |candidate: Candidate<'_>| format!("{} {}", candidate.upstream.name(), candidate.own_name());
        upstreams.candidates(&ChatCompletions, &model, &members).map(|found| found.into_iter().map(named).collect())
    }

    #[test]
    fn candidates_are_the_requests_models_or_else_the_tables() {
        let upstreams = upstreams("http://a", "http://b", r#","fallbacks":{"a/1":["b/1","c/1","a/2"]}"#);
        for (members, expected) in [
            (r#""model":"a/1""#, &["a 1", "b b/1", "a 2"][..]),
            (r#""model":"b/1""#, &["b b/1"]),
            (r#""model":"a/1","models":["b/9","a/1","none","b/9"]"#, &["a 1", "b b/9"]),
            (r#""model":"a/1","models":[]"#, &["a 1", "b b/1", "a 2"]),
            (r#""models":["b/1","a/1"]"#, &["b b/1", "a 1"]),
            (r#""model":"a/0","models":["a/1","a/2","a/3","a/4","a/5"]"#, &["a 0", "a 1", "a 2", "a 3", "a 4"]),
        ] {
            let found = candidates(&upstreams, &format!(r#"{{"messages":[],{members}}}"#)).unwrap();
            assert_eq!(found, expected, "{members}");
        }
    }

    #[test]
    fn a_model_that_nobody_serves_and_wrong_models_are_refused() {
        let upstreams = upstreams("http://a", "http://b", "");
        for (members, status, kind) in [
            (r#""model":"none""#, 404, "model_not_found"),
            (r#""user":"u""#, 404, "model_not_found"),
            (r#""model":"c/1""#, 404, "other_api"),
            (r#""model":"a/1","models":"b/1""#, 400, "invalid_request"),
            (r#""model":"a/1","models":[1]"#, 400, "invalid_request"),
            (r#""model":"a/1","models":[""]"#, 400, "invalid_request"),
            (r#""model":"a/1","models":["1","2","3","4","5","6"]"#, 400, "invalid_request"),
        ] {
            let failure = candidates(&upstreams, &format!(r#"{{"messages":[],{members}}}"#)).unwrap_err();
            assert_eq!((failure.status, &*failure.kind), (status, kind), "{members}");
        }
    }
}
