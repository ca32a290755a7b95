//! Sessions: requests that share a `session_id`, a row for each, in an order that can be chosen.

use actix_web::web;
use askama::Template;
use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;

use super::filters::{Address, Filters, Range, View, text, without_fields};
use super::list::{Linked, day};
use super::shared::lasting;
use super::{Blank, Looked, ON_PAGE, RangeLink, looked, one_more, paths, ranges, stretch};
use crate::metering::Outcome;
use crate::pages::answer::{self, shown};
use crate::pages::components::amount::{grouped, usd};
use crate::pages::components::when::{When, span};
use crate::pages::error::{Error, Result};
use crate::pages::shell::{Section, Shell};
use crate::pages::visit::Visit;
use crate::state::State;
use crate::store::activity::{
    ListedSession, ListedSessions, MOST_SUMMED, Most, Place, Wanted, list_sessions, list_top_sessions,
};
use crate::store::{self, Tenant};

const PATH: &str = "/activity/sessions";

#[derive(Debug, Template)]
#[template(path = "pages/sessions.html")]
pub struct SessionsPage {
    pub shell: Shell,
    pub views: [View; 3],
    pub ranges: Vec<RangeLink>,
    /// What the form holds.
    pub typed: Address,
    pub orders: [OrderChoice; 3],
    pub rows: Vec<SessionRow>,
    /// Why there are no rows.
    pub blank: Option<Blank>,
    /// The address of older sessions.
    pub older: Option<String>,
    /// The address of the first page, on every other one.
    pub newest: Option<String>,
    /// How far was looked, where not everything was.
    pub looked: Option<Looked>,
    /// How long requests are kept, for example "7 days".
    pub kept: String,
}

/// An order, as the form offers it.
#[derive(Debug)]
pub struct OrderChoice {
    pub value: &'static str,
    pub label: &'static str,
    pub is_chosen: bool,
}

/// Which sessions stand first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    Last,
    Most(Most),
}

/// Value in the address, and label.
const ORDERS: [(Order, &str, &str); 3] = [
    (Order::Last, "", "Last request first"),
    (Order::Most(Most::Cost), "cost", "Dearest first"),
    (Order::Most(Most::Requests), "requests", "Most requests first"),
];

impl Order {
    fn named(name: &str) -> Self {
        ORDERS.into_iter().find(|(_, value, _)| *value == name).map_or(Self::Last, |(order, ..)| order)
    }

    fn name(self) -> &'static str {
        ORDERS.into_iter().find(|(order, ..)| *order == self).map_or("", |(_, value, _)| value)
    }
}

/// What else stands behind the question mark.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::pages) struct Asked {
    order: String,
}

#[derive(Debug)]
pub struct SessionRow {
    /// The day of its last request, where it is not that of the row above.
    pub day: Option<String>,
    pub session: Linked,
    /// What its last request is called. May be empty.
    pub name: String,
    pub user: Option<Linked>,
    /// When its last request completed.
    pub last: When,
    pub lasted: String,
    pub requests: String,
    /// Empty: none.
    pub failed: String,
    pub input: String,
    pub output: String,
    /// Empty: not known.
    pub cost: String,
}

/// `GET /activity/sessions`
pub(in crate::pages) async fn show(
    state: web::Data<State>,
    Visit { visitor, mut tenant }: Visit,
    address: Option<web::Query<Address>>,
    asked: Option<web::Query<Asked>>,
) -> Result {
    let mut address = address.map(web::Query::into_inner).unwrap_or_default();
    let order = asked.map_or(Order::Last, |asked| Order::named(&asked.order));
    if address.range.is_empty() && !address.find.is_empty() {
        Range::Kept.name().clone_into(&mut address.range);
    }
    let retention = TimeDelta::from_std(state.config.delivery.retention).unwrap_or(TimeDelta::MAX);
    let mut page = frame(visitor.shell(Section::Activity, "Sessions"), (&address, order), span(retention));
    let mut filters = match address.read(visitor.now) {
        Ok(filters) => filters,
        Err(problems) => {
            page.shell.problems = without_fields(problems);
            page.blank = Some(Blank::of_unreadable(PATH));
            return Ok(shown(&state, visitor.notice, answer::unprocessable(&page)));
        }
    };
    if !address.before.is_empty() && filters.before.is_none() {
        return Err(Error::NotFound);
    }
    let mut listed = ListedSessions { sessions: Vec::new(), walked_to: None };
    for wanted in ways(&address, &filters) {
        filters.wanted = wanted;
        listed = list(&mut tenant, &filters, order).await?;
        if !listed.sessions.is_empty() {
            break;
        }
    }
    let has_older = listed.sessions.len() > ON_PAGE;
    listed.sessions.truncate(ON_PAGE);
    let before = |place: Place| link((&address, order), &[("before", &place.name())]);
    page.older = listed.sessions.last().filter(|_| has_older && order == Order::Last).map(|last| before(last.place()));
    page.newest = filters.before.map(|_| link((&address, order), &[]));
    page.looked = listed.walked_to.map(|place| Looked { sentence: looked(place), further: before(place) });
    page.rows = rows(listed.sessions, order, visitor.now);
    if page.rows.is_empty() && page.looked.is_none() {
        page.blank = Some(blank(has_any(&mut tenant, visitor.now).await?));
    }
    Ok(shown(&state, visitor.notice, answer::ok(&page)))
}

/// The sessions of a page, and one more where they are paged through.
async fn list(tenant: &mut Tenant, filters: &Filters, order: Order) -> store::Result<ListedSessions> {
    match order {
        Order::Last => list_sessions(tenant, &filters.wanted, &stretch(filters, one_more()), filters.until).await,
        Order::Most(most) => list_top_sessions(tenant, &filters.wanted, &stretch(filters, one_more() - 1), most).await,
    }
}

/// The page without sessions.
fn frame(shell: Shell, (address, order): (&Address, Order), kept: String) -> SessionsPage {
    SessionsPage {
        shell,
        views: address.views(PATH),
        ranges: ranges(address, &Range::OFFERED, |changes| link((address, order), changes)),
        typed: address.clone(),
        orders: ORDERS.map(|(each, value, label)| OrderChoice { value, label, is_chosen: each == order }),
        rows: Vec::new(),
        blank: None,
        older: None,
        newest: None,
        looked: None,
        kept,
    }
}

/// An address of this page. `find` is kept as `session` and `user` are.
fn link((address, order): (&Address, Order), changes: &[(&'static str, &str)]) -> String {
    let found = [("find", address.find.as_str()), ("order", order.name())];
    address.link(PATH, &found.into_iter().chain(changes.iter().copied()).collect::<Vec<_>>())
}

/// What may be meant: what was typed is a session, else a user.
fn ways(address: &Address, filters: &Filters) -> Vec<Wanted> {
    let failed = filters.wanted.outcome.filter(|outcome| *outcome == Outcome::Failed);
    let wanted = Wanted { outcome: failed, ..filters.wanted.clone() };
    match text(&address.find) {
        None => vec![wanted],
        Some(id) => {
            vec![Wanted { session: Some(id.clone()), ..wanted.clone() }, Wanted { user: Some(id), ..wanted }]
        }
    }
}

/// Days stand above the sessions only where they are in the order of time.
fn rows(sessions: Vec<ListedSession>, order: Order, now: DateTime<Utc>) -> Vec<SessionRow> {
    let mut last = None;
    let rows = sessions.into_iter().map(|session| {
        let date = session.completed_at.date_naive();
        let is_another = last.replace(date) != Some(date);
        let is_new = order == Order::Last && is_another;
        let day = is_new.then(|| day(session.completed_at, now));
        SessionRow { day, ..row(session, order, now) }
    });
    rows.collect()
}

fn row(session: ListedSession, order: Order, now: DateTime<Utc>) -> SessionRow {
    let user = |user: String| Linked { path: Address::default().link(PATH, &[("find", &user)]), text: user };
    SessionRow {
        day: None,
        last: When::new(session.completed_at, now),
        session: Linked { path: paths::session(&session.session), text: session.session },
        name: session.name.unwrap_or_default(),
        user: session.user.map(user),
        lasted: lasting(session.ended_at - session.began_at),
        requests: if order != Order::Last || session.requests < MOST_SUMMED {
            grouped(session.requests)
        } else {
            format!("{}+", grouped(MOST_SUMMED))
        },
        failed: if session.failed == 0 { String::new() } else { format!("{} failed", grouped(session.failed)) },
        input: grouped(session.input_tokens),
        output: grouped(session.output_tokens),
        cost: if session.costed == 0 { String::new() } else { usd(session.cost) },
    }
}

/// Whether the log holds any session.
async fn has_any(tenant: &mut Tenant, now: DateTime<Utc>) -> store::Result<bool> {
    let all = Address { range: Range::Kept.name().to_owned(), ..Address::default() };
    let Ok(filters) = all.read(now) else { return Ok(true) };
    let found = list_sessions(tenant, &filters.wanted, &stretch(&filters, 1), filters.until).await?;
    Ok(!found.sessions.is_empty() || found.walked_to.is_some())
}

fn blank(has_any: bool) -> Blank {
    if has_any {
        return Blank {
            title: "No session matches".to_owned(),
            sentence: "Take a filter away, or look at a longer time.".to_owned(),
            action: ("Show all sessions", format!("{PATH}?range=all")),
        };
    }
    Blank {
        title: "No sessions yet".to_owned(),
        sentence: "Send the same session_id with requests that belong together: a moment later they are one row here."
            .to_owned(),
        action: ("Show all requests", "/activity?range=all".to_owned()),
    }
}
