//! The switch: on demand slow or broken. A form for people, JSON for scripts.

use std::collections::HashMap;
use std::str::FromStr;

use actix_web::http::StatusCode;
use actix_web::http::header::LOCATION;
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use serde::{Deserialize, Serialize};

use crate::Behaviour;
use crate::checks;
use crate::shared::Shared;

use super::frame::Frame;
use super::relay::View;

#[derive(Template)]
#[template(path = "behaviour.html")]
struct Page {
    frame: Frame,
    mode: String,
    numbers: Numbers,
    problem: Option<String>,
    relay: View,
}

/// The numbers of the form, as typed.
#[derive(Debug)]
struct Numbers {
    milliseconds: String,
    code: String,
    retry_after: String,
    rejected: String,
    requests: String,
}

/// What scripts send and get.
#[derive(Debug, Serialize, Deserialize)]
struct Wish {
    #[serde(flatten)]
    behaviour: Behaviour,
    /// For how many requests; without it until it is changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    requests: Option<u32>,
}

/// `GET /behaviour`
pub(super) async fn show(shared: Data<Shared>) -> HttpResponse {
    let setting = shared.switch.shown();
    let page = Page {
        frame: Frame::new(&shared, "behaviour"),
        mode: setting.behaviour.name().to_owned(),
        numbers: Numbers::of(setting.behaviour, setting.remaining),
        problem: None,
        relay: View::of(&shared),
    };
    super::page(StatusCode::OK, &page)
}

/// `POST /behaviour`
pub(super) async fn update(request: HttpRequest, body: Bytes, shared: Data<Shared>) -> HttpResponse {
    let content_type = request.headers().get("content-type").and_then(|value| value.to_str().ok());
    if checks::format(content_type).is_some() {
        return update_from_json(&body, &shared);
    }
    let fields: HashMap<_, _> = url::form_urlencoded::parse(&body).into_owned().collect();
    let field = |name: &str| fields.get(name).map(|value| value.trim().to_owned()).unwrap_or_default();
    let mode = field("mode");
    let numbers = Numbers {
        milliseconds: field("milliseconds"),
        code: field("code"),
        retry_after: field("retry_after"),
        rejected: field("rejected"),
        requests: field("requests"),
    };
    match numbers.wish(&mode) {
        Ok(wish) => {
            shared.switch.turn(wish.behaviour, wish.requests);
            see(&shared, "/behaviour")
        }
        Err(problem) => {
            let (frame, relay) = (Frame::new(&shared, "behaviour"), View::of(&shared));
            super::page(StatusCode::UNPROCESSABLE_ENTITY, &Page { frame, mode, numbers, problem: Some(problem), relay })
        }
    }
}

/// `POST /clear`
pub(super) async fn clear(shared: Data<Shared>) -> HttpResponse {
    shared.received().clear();
    see(&shared, "/")
}

/// Leads on to a page.
pub(super) fn see(shared: &Shared, path: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((LOCATION, format!("{}{path}", shared.prefix))).finish()
}

fn update_from_json(body: &[u8], shared: &Shared) -> HttpResponse {
    let wish = serde_json::from_slice::<Wish>(body).map_err(|error| error.to_string());
    let wish = wish.and_then(|wish| wish.behaviour.checked().map(|_| wish).map_err(|error| error.to_string()));
    match wish {
        Ok(wish) => {
            shared.switch.turn(wish.behaviour, wish.requests);
            HttpResponse::Ok().json(wish)
        }
        Err(problem) => HttpResponse::BadRequest().json(serde_json::json!({ "error": problem })),
    }
}

impl Numbers {
    fn of(behaviour: Behaviour, requests: Option<u32>) -> Self {
        let mut numbers = Self {
            milliseconds: "2000".to_owned(),
            code: "503".to_owned(),
            retry_after: String::new(),
            rejected: "1".to_owned(),
            requests: requests.map(|requests| requests.to_string()).unwrap_or_default(),
        };
        match behaviour {
            Behaviour::Slow { milliseconds } => numbers.milliseconds = milliseconds.to_string(),
            Behaviour::Partial { rejected } => numbers.rejected = rejected.to_string(),
            Behaviour::Status { code, retry_after } => {
                numbers.code = code.to_string();
                numbers.retry_after = retry_after.map(|seconds| seconds.to_string()).unwrap_or_default();
            }
            _ => {}
        }
        numbers
    }

    fn wish(&self, mode: &str) -> Result<Wish, String> {
        let behaviour = match mode {
            "normal" => Behaviour::Normal,
            "quota" => Behaviour::Quota,
            "hang" => Behaviour::Hang,
            "broken" => Behaviour::Broken,
            "endless" => Behaviour::Endless,
            "page" => Behaviour::Page,
            "slow" => Behaviour::Slow { milliseconds: number(&self.milliseconds, "milliseconds")? },
            "partial" => Behaviour::Partial { rejected: number(&self.rejected, "rejected spans")? },
            "status" => Behaviour::Status {
                code: number(&self.code, "status")?,
                retry_after: optional(&self.retry_after, "seconds for Retry-After")?,
            },
            _ => return Err("Choose one of the behaviours.".to_owned()),
        };
        let behaviour = behaviour.checked().map_err(|error| error.to_string())?;
        Ok(Wish { behaviour, requests: optional(&self.requests, "requests")? })
    }
}

fn number<N: FromStr>(text: &str, what: &str) -> Result<N, String> {
    text.parse().map_err(|_| format!("Enter the number of {what} in digits."))
}

fn optional<N: FromStr>(text: &str, what: &str) -> Result<Option<N>, String> {
    if text.is_empty() { Ok(None) } else { number(text, what).map(Some) }
}
