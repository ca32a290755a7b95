//! Dead letters of a destination: requests that it refuses for good, to be sent again or dropped.

use actix_web::http::StatusCode;
use actix_web::web;
use askama::Template;
use chrono::TimeDelta;
use serde::Deserialize;

use super::answer::{self, done, shown};
use super::components::amount::count;
use super::components::health::HealthPanel;
use super::components::when::span;
use super::deliveries::{DeadLetterRow, Listing, dead_letters};
use super::error::{Error, Result};
use super::flash::Notice;
use super::form::{Form, Values};
use super::shell::{Problem, Section, Shell};
use super::visit::{Admin, Visit, Visitor};
use crate::broadcast::{drop_dead_letters, listing};
use crate::destination::kinds;
use crate::id::DestinationId;
use crate::state::State;
use crate::store::log::Position;
use crate::store::{Tenant, accounts};

#[derive(Debug, Template)]
#[template(path = "pages/dead_letters.html")]
pub struct DeadLettersPage {
    pub shell: Shell,
    /// What its people call the destination.
    pub name: String,
    /// Its address, to which `/dead-letters` is added.
    pub path: String,
    /// The kind's two letters.
    pub sign: &'static str,
    pub health: HealthPanel,
    /// How long they are kept, for example "7 days".
    pub kept: String,
    pub can_edit: bool,
    pub letters: Listing<DeadLetterRow>,
    /// Whether some are to be dropped. None: nobody asked for it.
    pub question: Option<Question>,
}

/// Asks before dead letters are dropped.
#[derive(Debug)]
pub struct Question {
    /// For example "Drop 2 dead letters?".
    pub words: String,
    /// The generation ids.
    pub picked: Vec<String>,
}

/// Where the page begins.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Query {
    before: String,
}

/// `GET /settings/observability/destinations/{id}/dead-letters`
pub(super) async fn show(
    state: web::Data<State>,
    Visit { visitor, mut tenant }: Visit,
    id: web::Path<String>,
    query: Option<web::Query<Query>>,
) -> Result {
    let before = query.map(|query| query.into_inner().before).unwrap_or_default();
    let before = if before.is_empty() { Position::END } else { Position::parse(&before).ok_or(Error::NotFound)? };
    let page = draw(&state, &mut tenant, (&visitor, parse(&id)?), before).await?;
    Ok(shown(&state, visitor.notice, answer::ok(&page)))
}

/// `POST …/dead-letters`: leads to the replay of what is picked, asks whether to drop it, or drops it.
pub(super) async fn update(
    state: web::Data<State>,
    Admin(visitor): Admin,
    id: web::Path<String>,
    Form(values): Form,
) -> Result {
    let id = parse(&id)?;
    let picked = picked(&values);
    let mut tenant = visitor.tenant(&state).await?;
    let mut page = draw(&state, &mut tenant, (&visitor, id), Position::END).await?;
    drop(tenant);
    if picked.is_empty() {
        let message = "Pick at least one dead letter.".to_owned();
        page.shell.problems = vec![Problem { field: Some("dead-letters".into()), message }];
        return Ok(answer::page(StatusCode::UNPROCESSABLE_ENTITY, &page));
    }
    match values.text("do") {
        "replay" => {
            let ids = picked.iter().map(|id| ("id", id));
            let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(ids).finish();
            Ok(answer::see_other(&format!("{}/replay?{query}", page.path)))
        }
        "drop" => {
            let words = format!("Drop {}?", count(i64::try_from(picked.len()).unwrap_or(i64::MAX), "dead letter"));
            page.question = Some(Question { words, picked });
            Ok(answer::ok(&page))
        }
        "dropped" => {
            if drop_dead_letters(&state, &visitor.actor(), id, &picked).await?.ok_or(Error::NotFound)? == 0 {
                page.shell.problems = vec![Problem { field: None, message: NONE_ANY_MORE.to_owned() }];
                return Ok(answer::page(StatusCode::CONFLICT, &page));
            }
            Ok(done(&state, &format!("{}/dead-letters", page.path), Notice::DeadLettersDropped))
        }
        _ => Err(Error::NotFound),
    }
}

const NONE_ANY_MORE: &str =
    "These are no dead letters any more: somebody dropped them, or they were delivered meanwhile. Nothing was changed.";

fn parse(id: &str) -> Result<DestinationId> {
    id.parse().map_err(|_| Error::NotFound)
}

fn picked(values: &Values) -> Vec<String> {
    values.all("pick").filter(|id| !id.is_empty()).map(str::to_owned).collect()
}

async fn draw(
    state: &State,
    tenant: &mut Tenant,
    (visitor, id): (&Visitor, DestinationId),
    before: Position,
) -> Result<DeadLettersPage> {
    let account = accounts::find(tenant).await?.ok_or(Error::NotFound)?;
    let letters = dead_letters(tenant, id, before, visitor.now).await?;
    let listed = listing::find(tenant, id, &account, visitor.now).await?.ok_or(Error::NotFound)?;
    let kept = TimeDelta::from_std(state.config.delivery.retention).unwrap_or(TimeDelta::MAX);
    Ok(DeadLettersPage {
        shell: visitor.shell(Section::Observability, format!("Dead letters of {}", listed.destination.name)),
        name: listed.destination.name.clone(),
        path: format!("/settings/observability/destinations/{id}"),
        sign: kinds::find(&listed.destination.kind).map_or("?", |kind| kind.manifest.sign),
        health: HealthPanel::of(&listed, visitor.now),
        kept: span(kept),
        can_edit: visitor.can_edit(),
        letters,
        question: None,
    })
}
