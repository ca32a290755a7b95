//! The audit log.

mod changes;

use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::{HttpResponse, web};
use askama::Template;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures_util::{Stream, StreamExt as _, stream};
use serde::Deserialize;

pub use self::changes::ChangeRow;
pub(super) use self::changes::changes;
use super::answer;
use super::components::when::When;
use super::error::Result;
use super::shell::{Section, Shell};
use super::visit::{Admin, Visit, Visitor};
use crate::audit::{Event, csv};
use crate::state::State;
use crate::store;
use crate::store::audit::{Entry, Filter};

/// A page of entries, and the filters.
#[derive(Debug, Template)]
#[template(path = "pages/audit.html")]
pub struct AuditPage {
    pub shell: Shell,
    /// Kinds of entries to choose from.
    pub events: Vec<Choice>,
    /// People and keys to choose from.
    pub people: Vec<Choice>,
    /// Whether anything was chosen.
    pub is_filtered: bool,
    /// The entries, newest first.
    pub rows: Vec<AuditRow>,
    /// The address of the page of older entries.
    pub older: Option<String>,
    /// The address of the first page, on every other one.
    pub newest: Option<String>,
    /// The address of the same entries as a file.
    pub export: String,
}

#[derive(Debug)]
pub struct Choice {
    /// What the form sends.
    pub value: String,
    /// What a person reads.
    pub label: String,
    pub is_chosen: bool,
}

#[derive(Debug)]
pub struct AuditRow {
    /// What happened.
    pub what: String,
    /// To what or whom; empty for nothing in particular.
    pub subject: String,
    /// Stands before the actor's name; mostly empty.
    pub who: String,
    pub actor: String,
    /// From where; empty when it is not known.
    pub address: String,
    /// The day, where it is not that of the row above.
    pub day: Option<String>,
    pub when: When,
    pub changes: Vec<ChangeRow>,
}

const PATH: &str = "/settings/account/audit";
/// Entries on a page.
const ON_PAGE: usize = 50;
/// Entries of a file that are read at a time.
const IN_FILE: usize = 1_000;

/// Which entries, as the address says it.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Query {
    #[serde(default)]
    event: String,
    #[serde(default)]
    person: String,
    #[serde(default)]
    before: String,
}

impl Query {
    /// Unknown words mean no filter: a page with everything says more than an error.
    fn filter(&self) -> Filter<'_> {
        let person = Some(self.person.as_str()).filter(|person| !person.is_empty() && !person.contains('\0'));
        Filter { event: Event::named(&self.event).map(Event::name), actor: person, before: self.before.parse().ok() }
    }

    /// An address with these filters.
    fn address(&self, path: &str, before: Option<&str>) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in [("event", self.event.as_str()), ("person", &self.person)] {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        if let Some(before) = before {
            query.append_pair("before", before);
        }
        let query = query.finish();
        if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
    }
}

/// `GET /settings/account/audit`
pub(super) async fn show(Admin(visit): Admin<Visit>, query: Option<web::Query<Query>>) -> Result {
    let Visit { visitor, mut tenant } = visit;
    let query = query.map(web::Query::into_inner).unwrap_or_default();
    let filter = query.filter();
    let one_more = i64::try_from(ON_PAGE + 1).unwrap_or(i64::MAX);
    let mut entries = store::audit::list(&mut tenant, &filter, one_more).await?;
    let people = store::audit::list_actors(&mut tenant).await?;
    let has_more = entries.len() > ON_PAGE;
    entries.truncate(ON_PAGE);
    let last = entries.last().filter(|_| has_more).map(|entry| entry.id.to_string());
    let is_chosen = |value: &str, chosen: Option<&str>| chosen == Some(value);
    Ok(answer::ok(&AuditPage {
        shell: visitor.shell(Section::Account, "Audit log"),
        events: Event::all()
            .map(|event| Choice {
                value: event.name().to_owned(),
                label: event.label().to_owned(),
                is_chosen: is_chosen(event.name(), filter.event),
            })
            .collect(),
        people: people
            .into_iter()
            .map(|name| Choice { is_chosen: is_chosen(&name, filter.actor), value: name.clone(), label: name })
            .collect(),
        is_filtered: filter.event.is_some() || filter.actor.is_some(),
        older: last.map(|last| query.address(PATH, Some(&last))),
        newest: filter.before.is_some().then(|| query.address(PATH, None)),
        export: query.address(&format!("{PATH}.csv"), None),
        rows: rows(entries, visitor.now),
    }))
}

/// `GET /settings/account/audit.csv`: all entries. An error in the middle breaks the download off.
pub(super) async fn export(state: web::Data<State>, Admin(visitor): Admin, query: Option<web::Query<Query>>) -> Result {
    let query = query.map(web::Query::into_inner).unwrap_or_default();
    let (first, rest) = part(&state, &visitor, query).await?;
    let head = stream::iter([Ok(Bytes::from_static(csv::HEADER.as_bytes())), Ok(first)]);
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/csv; charset=utf-8; header=present"))
        .insert_header((CONTENT_DISPOSITION, "attachment; filename=\"audit-log.csv\""))
        .streaming(head.chain(parts(state, visitor, rest))))
}

/// The parts of a file from here on, each read once the one before it is on its way: neither memory nor a transaction grows
/// with the log or waits for a slow reader.
fn parts(
    state: web::Data<State>,
    visitor: Visitor,
    rest: Option<Query>,
) -> impl Stream<Item = std::result::Result<Bytes, store::Error>> {
    stream::try_unfold((visitor, rest), move |(visitor, rest)| {
        let state = state.clone();
        async move {
            let Some(query) = rest else { return Ok(None) };
            let (lines, rest) = part(&state, &visitor, query).await?;
            Ok(Some((lines, (visitor, rest))))
        }
    })
}

/// One part, and which entries follow.
async fn part(
    state: &State,
    visitor: &Visitor,
    query: Query,
) -> std::result::Result<(Bytes, Option<Query>), store::Error> {
    let most = i64::try_from(IN_FILE).unwrap_or(i64::MAX);
    let mut tenant = visitor.tenant(state).await?;
    let entries = store::audit::list(&mut tenant, &query.filter(), most).await?;
    let lines: String = entries.iter().map(csv::line).collect();
    let last = entries.last().filter(|_| entries.len() == IN_FILE).map(|last| last.id.to_string());
    Ok((lines.into(), last.map(|before| Query { before, ..query })))
}

fn rows(entries: Vec<Entry>, now: DateTime<Utc>) -> Vec<AuditRow> {
    let mut last_day = String::new();
    let rows = entries.into_iter().map(|entry| {
        let row = row(entry, now);
        let day = row.when.day();
        let is_new = day != last_day;
        last_day.clone_from(&day);
        AuditRow { day: is_new.then_some(day), ..row }
    });
    rows.collect()
}

fn row(entry: Entry, now: DateTime<Utc>) -> AuditRow {
    let label = Event::named(&entry.event).map_or_else(|| entry.event.clone(), |event| event.label().to_owned());
    AuditRow {
        changes: changes(entry.before.as_ref(), entry.after.as_ref()),
        what: label,
        subject: entry.subject,
        who: if entry.actor_kind == "stranger" { "somebody as".to_owned() } else { String::new() },
        actor: entry.actor,
        address: entry.address.unwrap_or_default(),
        day: None,
        when: When::new(entry.at, now),
    }
}
