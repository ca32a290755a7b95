//! A session: the conversation over its requests, the oldest first, with what it took.

mod strip;
mod turns;

use std::collections::BTreeMap;

use actix_web::web;
use askama::Template;
use serde::Deserialize;

pub use self::strip::{Slot, Strip};
pub use self::turns::{Said, Turn};
use super::filters::text;
use super::marks::Marks;
use super::shared::{MOST, Shared, few, gone, lasting, signed};
use super::{keys_by_id, paths, request};
use crate::auth::content;
use crate::id::ApiKeyId;
use crate::pages::answer;
use crate::pages::components::amount::{duration, grouped};
use crate::pages::components::conversation::PartRow;
use crate::pages::components::figure::Figure;
use crate::pages::components::when::When;
use crate::pages::error::{Error, Result};
use crate::pages::shell::{Section, Shell};
use crate::pages::visit::Visit;
use crate::state::State;
use crate::store::accounts;
use crate::store::activity::{ListedRequest, Place, Wanted};

/// Requests on a page.
const ON_PAGE: usize = 20;

#[derive(Debug, Template)]
#[template(path = "pages/session.html")]
pub struct SessionPage {
    pub shell: Shell,
    pub id: String,
    /// From the first request's arrival to the last one's end.
    pub period: [When; 2],
    /// Users, keys and environments of its requests.
    pub facts: Vec<String>,
    pub figures: Vec<Figure>,
    pub strip: Strip,
    /// What to show of each request: words, address, and whether it is chosen.
    pub choices: [(&'static str, String, bool); 2],
    /// Why nobody's words are shown, in a heading and a sentence.
    pub sealed: Option<(&'static str, &'static str)>,
    pub turns: Vec<Turn>,
    /// Which of the requests these are.
    pub part: String,
    /// The first requests, on every other page.
    pub first: Option<String>,
    /// The next requests: how many, and where.
    pub next: Option<(usize, String)>,
    /// The list of these requests.
    pub list: String,
}

/// What stands behind the question mark.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::pages) struct Query {
    /// The first request of the page, by its place.
    from: String,
    /// `all`: also what a request repeats.
    show: String,
}

/// `GET /activity/sessions/{session id}`
pub(in crate::pages) async fn show(
    state: web::Data<State>,
    Visit { visitor, mut tenant }: Visit,
    id: web::Path<String>,
    query: Option<web::Query<Query>>,
) -> Result {
    let query = query.map(web::Query::into_inner).unwrap_or_default();
    let Some(id) = text(&id) else { return Ok(gone(&visitor, NOT_KEPT)) };
    let wanted = Wanted { session: Some(id.clone()), ..Wanted::default() };
    let Some(shared) = Shared::read(&mut tenant, &wanted, visitor.now).await? else {
        return Ok(gone(&visitor, NOT_KEPT));
    };
    let begin = begin(&shared, &query).ok_or(Error::NotFound)?;
    let account = accounts::find(&mut tenant).await?.ok_or(Error::NotFound)?;
    let keys = keys_by_id(&mut tenant).await?;
    let may_read = account.content_readers.include(visitor.session.role);
    let look = turns::Look { account: &account, may_read, shows_all: query.show == "all", now: visitor.now };
    let retention = state.config.delivery.retention;
    let turns = look.turns(&mut tenant, &shared.requests, begin..begin + ON_PAGE, retention).await?;
    let end = begin + turns.len();
    let rest = shared.requests.get(end..).unwrap_or_default();
    let at = |request: &ListedRequest, show: &str| address(&id, &request.place().name(), show);
    let page = SessionPage {
        shell: visitor.shell(Section::Activity, id.clone()),
        period: shared.period(visitor.now),
        facts: facts(&shared, &keys),
        figures: figures(&shared, &shared.period(visitor.now)),
        strip: Strip::new(&shared.requests),
        choices: [
            ("What is new", address(&id, &query.from, ""), query.show != "all"),
            ("Everything", address(&id, &query.from, "all"), query.show == "all"),
        ],
        sealed: (!may_read).then(|| request::sealed(&account, &shared.requests[begin].entry(), false)),
        part: part(&shared, begin, end),
        first: (begin > 0).then(|| address(&id, "", &query.show)),
        next: rest.first().map(|next| (rest.len().min(ON_PAGE), at(next, &query.show))),
        list: paths::filtered("session", &id),
        id,
        turns,
    };
    let read = page.turns.iter().filter(|turn| turn.is_read());
    for turn in read {
        content::record_reading(&state, &mut tenant, &visitor.actor(), &turn.id).await?;
    }
    tenant.commit().await?;
    Ok(answer::ok(&page))
}

const NOT_KEPT: &str = "This session is not kept";

/// Which request the page begins with. None: no page links to such an address.
fn begin(shared: &Shared, query: &Query) -> Option<usize> {
    if query.from.is_empty() {
        return Some(0);
    }
    let place = Place::parse(&query.from)?;
    shared.requests.iter().position(|request| request.place() == place)
}

fn address(id: &str, from: &str, show: &str) -> String {
    let path = paths::session(id);
    let given = [("from", from), ("show", show)].into_iter().filter(|(_, value)| !value.is_empty());
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(given).finish();
    if query.is_empty() { path } else { format!("{path}?{query}") }
}

fn facts(shared: &Shared, keys: &BTreeMap<ApiKeyId, String>) -> Vec<String> {
    let users = few(&shared.distinct(|request| request.user.as_deref()));
    let keys = few(&shared.distinct(|request| keys.get(&request.api_key?).map(String::as_str)));
    let keys = if keys.is_empty() { keys } else { format!("key {keys}") };
    let environments = few(&shared.distinct(|request| request.environment.as_deref()));
    [users, keys, environments].into_iter().filter(|fact| !fact.is_empty()).collect()
}

fn figures(shared: &Shared, [begin, end]: &[When; 2]) -> Vec<Figure> {
    let traces = shared.requests.iter().map(|request| request.trace).collect::<std::collections::BTreeSet<_>>();
    vec![
        shared.count(),
        Figure::new("Time spent", duration(shared.spent()), format!("of {}", lasting(end.since(begin)))),
        shared.tokens(),
        shared.cost(),
        Figure::new("Traces", grouped(signed(traces.len())), ""),
    ]
}

fn part(shared: &Shared, begin: usize, end: usize) -> String {
    let (all, older) = if shared.has_more {
        (format!("the newest {}", grouped(signed(MOST))), "; there are older ones")
    } else {
        (grouped(signed(shared.requests.len())), "")
    };
    format!("{} to {} of {all}{older}", grouped(signed(begin + 1)), grouped(signed(end)))
}
