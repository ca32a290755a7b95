//! Replay: what is sent to a destination again, counted before it begins, and how far earlier replays came.

mod rows;
mod typed;

use actix_web::http::StatusCode;
use actix_web::web;
use askama::Template;

use self::rows::ReplayRow;
use self::typed::Typed;
pub(super) use self::typed::days as kept_days;
use super::answer::{self, done, shown};
use super::components::amount::{grouped, size};
use super::components::health::HealthPanel;
use super::error::{Error, Result};
use super::flash::Notice;
use super::form::Form;
use super::shell::{Problem, Section, Shell};
use super::visit::{Admin, Visit, Visitor};
use crate::broadcast::listing::{self, Listed};
use crate::destination::{Kind, kinds};
use crate::id::{CursorId, DestinationId};
use crate::replay::{self, Act, Asked, Counted};
use crate::state::State;
use crate::store::replays::{self, Chosen};
use crate::store::{Tenant, accounts};

/// Earlier replays on the page.
const LISTED: i64 = 20;

#[derive(Debug, Template)]
#[template(path = "pages/replay.html")]
pub struct ReplayPage {
    pub shell: Shell,
    /// The kind's two letters.
    pub sign: &'static str,
    /// What its people call the destination.
    pub name: String,
    /// Its address, to which `/replay` is added.
    pub path: String,
    pub health: HealthPanel,
    /// Dead letters at the moment, grouped.
    pub dead_letters: String,
    /// How long requests are kept, in days.
    pub kept_days: i64,
    pub typed: Typed,
    /// What an acceptance does not mean with this kind.
    pub caveats: &'static [&'static str],
    /// None: nothing was counted.
    pub counted: Option<CountedPanel>,
    /// Why no replay can begin now; empty where one can.
    pub refusal: String,
    pub can_edit: bool,
    /// The newest first.
    pub replays: Vec<ReplayRow>,
}

/// What would be sent.
#[derive(Debug)]
pub struct CountedPanel {
    /// Grouped.
    pub requests: String,
    /// As the form sends it back.
    pub number: i64,
    /// False: counting took too long, and every number is "more than".
    pub is_whole: bool,
    pub bytes: String,
    /// What else was found, in words, and how many, grouped.
    pub others: Vec<(&'static str, String)>,
}

impl CountedPanel {
    fn of(counted: &Counted, skips_delivered: bool) -> Self {
        let delivered =
            if skips_delivered { "Delivered before: not again" } else { "Among them delivered before: sent again" };
        let others = [
            (delivered, counted.delivered),
            ("Left out by today's settings", counted.left_out),
            ("Made while Broadcast was off: never sent", counted.off),
        ];
        Self {
            requests: grouped(counted.requests),
            number: counted.requests,
            is_whole: counted.is_whole,
            bytes: size(counted.bytes),
            others: others
                .into_iter()
                .filter(|(_, number)| *number > 0)
                .map(|(words, it)| (words, grouped(it)))
                .collect(),
        }
    }
}

/// All that the page shows, whoever asked for it.
struct Drawing<'a> {
    visitor: &'a Visitor,
    typed: Typed,
    /// What is counted. None: nothing.
    chosen: Option<Chosen>,
    problems: Vec<Problem>,
}

/// `GET …/replay`
pub(super) async fn show(
    state: web::Data<State>,
    Visit { visitor, mut tenant }: Visit,
    id: web::Path<String>,
    query: Option<web::Query<Vec<(String, String)>>>,
) -> Result {
    let id = id.parse().map_err(|_| Error::NotFound)?;
    let typed = Typed::of_address(&query.map(web::Query::into_inner).unwrap_or_default(), &state, visitor.now);
    // A link to single requests is followed by whoever wants to send them.
    let (chosen, problems) = match typed.chosen() {
        Ok(chosen) => {
            (Some(chosen).filter(|it| visitor.can_edit() && matches!(it, Chosen::Requests { .. })), Vec::new())
        }
        Err((field, message)) if !typed.ids.is_empty() => {
            (None, vec![Problem { field: Some(field.into()), message: message.into() }])
        }
        Err(_) => (None, Vec::new()),
    };
    let drawing = Drawing { visitor: &visitor, typed, chosen, problems };
    let page = draw(&state, &mut tenant, id, drawing).await?;
    Ok(shown(&state, visitor.notice, answer::ok(&page)))
}

/// `POST …/replay`: counts, or begins.
pub(super) async fn create(
    state: web::Data<State>,
    Admin(visitor): Admin,
    id: web::Path<String>,
    Form(values): Form,
) -> Result {
    let id: DestinationId = id.parse().map_err(|_| Error::NotFound)?;
    let typed = Typed::of_form(&values);
    let refused =
        |message: String, field: Option<&'static str>| vec![Problem { field: field.map(Into::into), message }];
    let chosen = match typed.chosen() {
        Ok(chosen) => chosen,
        Err((field, sentence)) => {
            let problems = refused(sentence.to_owned(), Some(field));
            return again(&state, &visitor, id, StatusCode::UNPROCESSABLE_ENTITY, (typed, None, problems)).await;
        }
    };
    if values.text("do") == "replay" {
        let expected = values.text("expected").parse().ok();
        let asked = asked(id, &chosen, &typed, expected);
        match replay::start(&state, &visitor.actor(), asked).await {
            Ok(_) => return Ok(done(&state, &path(id), Notice::ReplayStarted)),
            Err(replay::Error::Refused(refusal)) => {
                let problems = refused(refusal.to_string(), None);
                return again(&state, &visitor, id, StatusCode::CONFLICT, (typed, Some(chosen), problems)).await;
            }
            Err(replay::Error::Gone) => return Err(Error::NotFound),
            Err(replay::Error::Store(error)) => return Err(error.into()),
        }
    }
    again(&state, &visitor, id, StatusCode::OK, (typed, Some(chosen), Vec::new())).await
}

/// `POST …/replays/{replay}`: pauses, resumes or cancels.
pub(super) async fn update(
    state: web::Data<State>,
    Admin(visitor): Admin,
    ids: web::Path<(String, String)>,
    Form(values): Form,
) -> Result {
    let (id, replay) = ids.into_inner();
    let id: DestinationId = id.parse().map_err(|_| Error::NotFound)?;
    let replay: CursorId = replay.parse().map_err(|_| Error::NotFound)?;
    let (act, notice) = match values.text("do") {
        "pause" => (Act::Pause, Notice::ReplayPaused),
        "resume" => (Act::Resume, Notice::ReplayResumed),
        "cancel" => (Act::Cancel, Notice::ReplayCancelled),
        _ => return Err(Error::NotFound),
    };
    match replay::act(&state, &visitor.actor(), (id, replay), act).await {
        Ok(()) => Ok(done(&state, &path(id), notice)),
        Err(replay::Error::Store(error)) => Err(error.into()),
        Err(_) => Err(Error::NotFound),
    }
}

fn asked<'a>(destination: DestinationId, chosen: &'a Chosen, typed: &Typed, expected: Option<i64>) -> Asked<'a> {
    Asked { destination, chosen, skips_delivered: typed.missed, rate: typed.rate(), expected }
}

fn path(id: DestinationId) -> String {
    format!("/settings/observability/destinations/{id}/replay")
}

/// The page with what was typed.
async fn again(
    state: &State,
    visitor: &Visitor,
    id: DestinationId,
    status: StatusCode,
    (typed, chosen, problems): (Typed, Option<Chosen>, Vec<Problem>),
) -> Result {
    let mut tenant = visitor.tenant(state).await?;
    let page = draw(state, &mut tenant, id, Drawing { visitor, typed, chosen, problems }).await?;
    Ok(answer::page(status, &page))
}

async fn draw(state: &State, tenant: &mut Tenant, id: DestinationId, drawing: Drawing<'_>) -> Result<ReplayPage> {
    let Drawing { visitor, typed, chosen, problems } = drawing;
    let account = accounts::find(tenant).await?.ok_or(Error::NotFound)?;
    let listed = listing::find(tenant, id, &account, visitor.now).await?.ok_or(Error::NotFound)?;
    let refusal = replay::refusal(tenant, &listed, account.broadcast_enabled).await?;
    let replays = replays::list(tenant, id, LISTED).await?;
    let counted = match &chosen {
        Some(chosen) => {
            let question = asked(id, chosen, &typed, None).question(state, &account, &listed);
            Some(CountedPanel::of(&replay::count(tenant, question).await?, typed.missed))
        }
        None => None,
    };
    let kind = kinds::find(&listed.destination.kind);
    let Listed { destination, lag, .. } = &listed;
    let title = format!("Replay to {}", destination.name);
    Ok(ReplayPage {
        shell: Shell { problems, ..visitor.shell(Section::Observability, title) },
        sign: kind.map_or("?", |kind| kind.manifest.sign),
        name: destination.name.clone(),
        path: format!("/settings/observability/destinations/{id}"),
        health: HealthPanel::of(&listed, visitor.now),
        dead_letters: grouped(lag.dead_letters),
        kept_days: typed::days(state),
        typed,
        caveats: kind.map_or(&[], Kind::caveats),
        counted,
        refusal: refusal.map(|refusal| refusal.to_string()).unwrap_or_default(),
        can_edit: visitor.can_edit(),
        replays: replays.iter().map(|replay| ReplayRow::of(replay, visitor.now)).collect(),
    })
}
