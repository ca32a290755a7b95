//! Activity: the completed requests of the account, the newest first, also those made while Broadcast was off (spec 9.1).

mod charts;
mod export;
mod filters;
mod list;
pub mod marks;
pub(super) mod paths;
pub mod request;
mod series;
pub mod session;
pub mod sessions;
mod shared;
pub mod trace;
pub mod usage;

use std::collections::BTreeMap;

use actix_web::web;
use askama::Template;
use chrono::{DateTime, TimeDelta, Utc};

pub use self::charts::{Charts, ModelRow, NumbersRow};
pub(super) use self::export::{csv, json_lines};
pub use self::filters::{Address, View};
use self::filters::{Filters, Range, trace_id};
use self::list::Context;
pub use self::list::{Linked, Meter, RequestRow};
use self::marks::Marks;
use self::paths::PATH;
use super::answer::{self, shown};
use super::components::when::span;
use super::error::{Error, Result};
use super::shell::{Section, Shell};
use super::visit::Visit;
use crate::auth::content;
use crate::id::ApiKeyId;
use crate::metering::Outcome;
use crate::state::State;
use crate::store::activity::{
    Choices, Listed, ListedRequest, MOST_WALKED, Place, Stretch, Wanted, find_newest, is_logged, list_choices,
    list_requests,
};
use crate::store::api_keys::RuledKey;
use crate::store::{self, Tenant, accounts, api_keys, destinations};

/// Requests on a page.
const ON_PAGE: usize = 50;

/// Instead of charts of filters that no sums are kept for.
const TOO_MANY: &str =
    "No charts: more than 5,000 requests would have to be counted for these filters. Choose a shorter time.";

/// How far back models and environments are offered that were asked for.
const CHOICES_DAYS: i64 = 30;

#[derive(Debug, Template)]
#[template(path = "pages/activity.html")]
pub struct ActivityPage {
    pub shell: Shell,
    pub views: [View; 3],
    pub ranges: Vec<RangeLink>,
    /// What the form holds.
    pub typed: Address,
    pub outcomes: Vec<Choice>,
    pub models: Vec<Choice>,
    pub keys: Vec<Choice>,
    pub environments: Vec<Choice>,
    /// Whether the filters behind *More filters* are open: one of them is set.
    pub is_open: bool,
    pub chips: Vec<Chip>,
    /// The address without filters, in the same time.
    pub all: String,
    /// None on pages of older requests, and where nothing completed.
    pub charts: Option<Charts>,
    /// Why there are no charts, where there could be some.
    pub no_charts: &'static str,
    pub rows: Vec<RequestRow>,
    /// The destinations in the order of the marks: their signs and names; none where rows count them. None: there are no marks.
    pub legend: Option<Vec<(&'static str, String)>>,
    /// Why there are no rows.
    pub blank: Option<Blank>,
    /// The address of older requests.
    pub older: Option<String>,
    /// The address of the first page, on every other one.
    pub newest: Option<String>,
    /// How far was looked, where not everything was.
    pub looked: Option<Looked>,
    /// How long requests are kept, for example "7 days".
    pub kept: String,
    /// The addresses of the same requests as files.
    pub csv: String,
    pub json_lines: String,
    /// The same with what the requests said, for those who may read it.
    pub with_content: Option<String>,
}

/// A time to choose.
#[derive(Debug)]
pub struct RangeLink {
    pub label: &'static str,
    pub path: String,
    pub is_chosen: bool,
}

/// A value to choose.
#[derive(Debug)]
pub struct Choice {
    pub value: String,
    pub label: String,
    pub is_chosen: bool,
}

/// A filter that is set.
#[derive(Debug)]
pub struct Chip {
    pub label: &'static str,
    pub value: String,
    /// The address without it.
    pub without: String,
}

/// Why there is nothing to show, and the one thing to do.
#[derive(Debug)]
pub struct Blank {
    pub title: String,
    pub sentence: String,
    /// Its words, and where it leads.
    pub action: (&'static str, String),
}

impl Blank {
    /// Of an address that cannot be read, on the page at `path`.
    fn of_unreadable(path: &str) -> Self {
        Self {
            title: "This address cannot be read".to_owned(),
            sentence: "Nothing was looked up.".to_owned(),
            action: ("Show 24 hours", path.to_owned()),
        }
    }
}

/// A walk that ended before everything was looked at.
#[derive(Debug)]
pub struct Looked {
    pub sentence: String,
    /// Where it goes on.
    pub further: String,
}

/// `GET /activity`
pub(super) async fn show(
    state: web::Data<State>,
    Visit { visitor, mut tenant }: Visit,
    address: Option<web::Query<Address>>,
) -> Result {
    let address = address.map(web::Query::into_inner).unwrap_or_default();
    if !address.find.trim().is_empty()
        && let Some(path) = find(&mut tenant, address.find.trim(), visitor.now).await?
    {
        return Ok(answer::see_other(&path));
    }
    let keys = keys_by_id(&mut tenant).await?;
    let choices = list_choices(&mut tenant, visitor.now - TimeDelta::days(CHOICES_DAYS)).await?;
    let retention = TimeDelta::from_std(state.config.delivery.retention).unwrap_or(TimeDelta::MAX);
    let mut page = frame(visitor.shell(Section::Activity, "Activity"), &address, (&choices, &keys), span(retention));
    if !address.find.trim().is_empty() {
        page.blank = Some(not_found(address.find.trim()));
        return Ok(shown(&state, visitor.notice, answer::ok(&page)));
    }
    let filters = match address.read(visitor.now) {
        Ok(filters) => filters,
        Err(problems) => {
            page.shell.problems = problems;
            return Ok(shown(&state, visitor.notice, answer::unprocessable(&page)));
        }
    };
    if !address.before.is_empty() && filters.before.is_none() {
        return Err(Error::NotFound);
    }
    let Listed { mut requests, walked_to } =
        list_requests(&mut tenant, &filters.wanted, &stretch(&filters, one_more())).await?;
    let has_older = requests.len() > ON_PAGE;
    requests.truncate(ON_PAGE);
    let before = |place: Place| address.link(PATH, &[("before", &place.name())]);
    page.older = requests.last().filter(|_| has_older).map(|last| before(last.place()));
    page.newest = filters.before.map(|_| address.link(PATH, &[]));
    page.looked = walked_to.map(|place| Looked { sentence: looked(place), further: before(place) });
    let destinations = destinations::list(&mut tenant).await?;
    let entries: Vec<_> = requests.iter().map(ListedRequest::entry).collect();
    let marks = marks::marks(&mut tenant, &entries, &destinations, state.config.delivery.retention).await?;
    page.legend = marks::legend(&destinations);
    let may_read = content::may_read(&mut tenant, visitor.session.role).await?;
    page.with_content = may_read.then(|| address.link(paths::JSON_LINES, &[("content", paths::WITH_CONTENT)]));
    page.rows = list::rows(requests, marks, &Context { address: &address, keys: &keys, now: visitor.now });
    if filters.before.is_none() {
        match series::series(&mut tenant, &filters, visitor.now, state.config.delivery.retention).await? {
            Some(series) => page.charts = Charts::new(&series, &|changes| address.link(PATH, changes)),
            None => page.no_charts = TOO_MANY,
        }
    }
    if page.rows.is_empty() && page.looked.is_none() {
        page.blank = Some(blank(&mut tenant, &address, &filters).await?);
    }
    Ok(shown(&state, visitor.notice, answer::ok(&page)))
}

/// `GET /activity/newest`: leads to the page of the last request that completed.
pub(super) async fn newest(Visit { mut tenant, .. }: Visit) -> Result {
    let newest = find_newest(&mut tenant).await?;
    Ok(answer::see_other(&newest.map_or_else(|| PATH.to_owned(), |id| paths::request(&id))))
}

/// The page without requests.
fn frame(
    shell: Shell,
    address: &Address,
    (choices, keys): (&Choices, &BTreeMap<ApiKeyId, String>),
    kept: String,
) -> ActivityPage {
    let outcomes = Outcome::ALL.map(|outcome| (outcome.name().to_owned(), outcome_label(outcome).to_owned()));
    let keys = keys.iter().map(|(id, name)| (id.to_string(), name.clone()));
    let named = |names: &[String]| names.iter().map(|name| (name.clone(), name.clone())).collect::<Vec<_>>();
    let more = [&address.key, &address.environment, &address.user, &address.session, &address.trace];
    let more = more.into_iter().chain([&address.slower, &address.dearer, &address.from, &address.until]);
    let keys = offered(keys, &address.key);
    ActivityPage {
        shell,
        views: address.views(PATH),
        ranges: ranges(address, &Range::OFFERED, |changes| address.link(PATH, changes)),
        typed: address.clone(),
        outcomes: offered(outcomes, &address.outcome),
        models: offered(named(&choices.models), &address.model),
        environments: offered(named(&choices.environments), &address.environment),
        is_open: more.into_iter().any(|value| !value.is_empty()),
        chips: address.set().map(|(name, label, value)| chip(address, (name, label, value), &keys)).collect(),
        all: Address {
            range: address.range.clone(),
            from: address.from.clone(),
            until: address.until.clone(),
            ..Address::default()
        }
        .link(PATH, &[]),
        keys,
        charts: None,
        no_charts: "",
        rows: Vec::new(),
        legend: None,
        blank: None,
        older: None,
        newest: None,
        looked: None,
        kept,
        csv: address.link("/activity.csv", &[]),
        json_lines: address.link(paths::JSON_LINES, &[]),
        with_content: None,
    }
}

/// The times to choose from on the page at `path`, with the other filters.
/// The same page with another time; `link` gives its addresses.
fn ranges(address: &Address, offered: &[Range], link: impl Fn(&[(&'static str, &str)]) -> String) -> Vec<RangeLink> {
    let of = |range: &Range| RangeLink {
        label: range.label(),
        path: link(&[("range", range.name()), ("from", ""), ("until", "")]),
        is_chosen: *range == address.range(),
    };
    offered.iter().map(of).collect()
}

fn chip(address: &Address, (name, label, value): (&'static str, &'static str, &str), keys: &[Choice]) -> Chip {
    let value = match name {
        "key" => {
            keys.iter().find(|key| key.value == value).map_or("an unknown key", |key| key.label.as_str()).to_owned()
        }
        "outcome" => {
            Outcome::named(value).map_or_else(|| value.to_owned(), |outcome| outcome_label(outcome).to_owned())
        }
        "slower" => format!("{value} s"),
        "dearer" => format!("${value}"),
        _ => value.to_owned(),
    };
    Chip { label, value, without: address.link(PATH, &[(name, "")]) }
}

fn outcome_label(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Succeeded => "Succeeded",
        Outcome::Failed => "Failed",
        Outcome::Refused => "Refused",
        Outcome::Cancelled => "Cancelled",
    }
}

/// Values to choose from. What the address names is among them, whatever it is.
fn offered(values: impl IntoIterator<Item = (String, String)>, chosen: &str) -> Vec<Choice> {
    let choice = |(value, label): (String, String)| Choice { is_chosen: value == chosen, value, label };
    let mut choices: Vec<_> = values.into_iter().map(choice).collect();
    if !chosen.is_empty() && !choices.iter().any(|choice| choice.is_chosen) {
        choices.insert(0, choice((chosen.to_owned(), chosen.to_owned())));
    }
    choices
}

/// No request, trace, session or user has this id.
fn not_found(id: &str) -> Blank {
    Blank {
        title: format!("Nothing has the id “{id}”"),
        sentence: "No request, trace, session or user of this account has it, as far as requests are kept. A request is found \
                   a moment after it completed."
            .to_owned(),
        action: ("Show all requests", PATH.to_owned()),
    }
}

/// Why the list is empty, and what to do.
async fn blank(tenant: &mut Tenant, address: &Address, filters: &Filters) -> store::Result<Blank> {
    if address.set().next().is_some() || filters.range != Range::Kept {
        let everything =
            Stretch { from: DateTime::UNIX_EPOCH, before: Place::until(filters.until), most: 1, walked: 1 };
        if !list_requests(tenant, &Wanted::default(), &everything).await?.requests.is_empty() {
            return Ok(Blank {
                title: "No request matches".to_owned(),
                sentence: "Take a filter away, or look at a longer time.".to_owned(),
                action: ("Show all requests", format!("{PATH}?range=all")),
            });
        }
    }
    let is_on = accounts::find(tenant).await?.is_some_and(|account| account.broadcast_enabled);
    let sentence = "Send a request with an API key: a moment later it is listed here";
    Ok(Blank {
        title: "No requests yet".to_owned(),
        sentence: if is_on { format!("{sentence}.") } else { format!("{sentence}, also while Broadcast is off.") },
        action: ("API keys", Section::Keys.path().to_owned()),
    })
}

/// Where an id leads: to the one request that has it, or to the list of those that do. None: nothing has it.
async fn find(tenant: &mut Tenant, id: &str, now: DateTime<Utc>) -> store::Result<Option<String>> {
    if id.contains('\0') || id.chars().nth(512).is_some() {
        return Ok(None);
    }
    if is_logged(tenant, id).await? {
        return Ok(Some(paths::request(id)));
    }
    let until = Place::until(now + TimeDelta::minutes(1));
    let two = Stretch { from: DateTime::UNIX_EPOCH, before: until, most: 2, walked: 2 };
    let id = id.to_owned();
    let ways = [
        ("trace", Wanted { trace: Some(trace_id(&id)), ..Wanted::default() }),
        ("session", Wanted { session: Some(id.clone()), ..Wanted::default() }),
        ("user", Wanted { user: Some(id.clone()), ..Wanted::default() }),
    ];
    for (name, wanted) in ways {
        match &list_requests(tenant, &wanted, &two).await?.requests[..] {
            [] => {}
            [one] => return Ok(Some(paths::request(&one.generation_id))),
            _ => return Ok(Some(Address::default().link(PATH, &[(name, &id)]))),
        }
    }
    Ok(None)
}

/// What a page of this list, or a part of a file, reads.
fn stretch(filters: &Filters, most: i64) -> Stretch {
    let before = filters.before.unwrap_or(Place::until(filters.until));
    Stretch { from: filters.from, before, most, walked: MOST_WALKED }
}

fn one_more() -> i64 {
    i64::try_from(ON_PAGE + 1).unwrap_or(i64::MAX)
}

fn looked(place: Place) -> String {
    let at = place.completed_at.format("%-d %B, %H:%M:%S");
    format!("20,000 requests were looked at, back to {at} UTC.")
}

/// The names of the keys that ask models, also of those that are revoked.
async fn keys_by_id(tenant: &mut Tenant) -> store::Result<BTreeMap<ApiKeyId, String>> {
    let name = |key: &RuledKey| if key.is_revoked { format!("{} (revoked)", key.name) } else { key.name.clone() };
    Ok(api_keys::list_ruled(tenant).await?.iter().map(|key| (key.id, name(key))).collect())
}
