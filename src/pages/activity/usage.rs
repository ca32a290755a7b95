//! Usage: what requests cost and how many there were, by what they have in common; from sums that outlive the log.

mod file;
mod look;
mod rows;

use std::collections::BTreeMap;

use actix_web::web;
use askama::Template;
use chrono::TimeDelta;

pub(in crate::pages) use self::file::csv;
use self::look::{Look, Order, PATH, Query};
pub use self::rows::UsageRow;
use super::charts::Charts;
use super::filters::{Address, Filters, Range, View, without_fields};
use super::{Blank, RangeLink, keys_by_id, series};
use crate::id::ApiKeyId;
use crate::pages::answer::{self, shown};
use crate::pages::components::amount::{count, grouped};
use crate::pages::error::Result;
use crate::pages::shell::{Section, Shell};
use crate::pages::visit::{Visit, Visitor};
use crate::state::State;
use crate::store::activity::{Dimension, Group, MOST_OF_USERS, sum_by};
use crate::store::{self, Tenant};

#[derive(Debug, Template)]
#[template(path = "pages/usage.html")]
pub struct UsagePage {
    pub shell: Shell,
    pub views: [View; 3],
    pub ranges: Vec<RangeLink>,
    /// By what to group.
    pub groupings: Vec<RangeLink>,
    /// What a row is: "Model".
    pub of: &'static str,
    /// Orders to choose from, by cost, requests and tokens.
    pub orders: [RangeLink; 3],
    /// None: nothing completed in the time.
    pub charts: Option<Charts>,
    pub rows: Vec<UsageRow>,
    /// All groups that have no row of their own.
    pub others: Option<UsageRow>,
    pub total: UsageRow,
    /// Sentences below the table.
    pub notes: Vec<String>,
    pub blank: Option<Blank>,
    pub csv: String,
}

/// The sums of the time, and those of each group, in order. None: nothing completed in it.
async fn read(
    look: &Look,
    tenant: &mut Tenant,
    filters: &Filters,
    (state, visitor): (&State, &Visitor),
) -> store::Result<Option<Read>> {
    let retention = state.config.delivery.retention;
    let series = series::of_rollups(tenant, filters, visitor.now, retention).await?;
    let link = |changes: &[(&'static str, &str)]| look.link(PATH, changes);
    let Some(charts) = Charts::new(&series, &link) else { return Ok(None) };
    let mut groups = sum_by(tenant, &series.times.summed(&filters.wanted), look.dimension).await?;
    match look.order() {
        Some(order) => order.sort(&mut groups),
        None => groups.sort_by(|one, other| other.value.cmp(&one.value)),
    }
    let oldest = visitor.now - TimeDelta::from_std(retention).unwrap_or(TimeDelta::MAX);
    let is_logged = series.times.first >= oldest - TimeDelta::hours(2);
    Ok(Some(Read { charts, total: rows::total(&series.sums), groups, keys: keys_by_id(tenant).await?, is_logged }))
}

/// What the page is drawn from.
struct Read {
    charts: Charts,
    total: Group,
    groups: Vec<Group>,
    keys: BTreeMap<ApiKeyId, String>,
    /// Whether the log holds all requests of the time.
    is_logged: bool,
}

/// `GET /activity/usage`
pub(in crate::pages) async fn show(
    state: web::Data<State>,
    Visit { visitor, mut tenant }: Visit,
    address: Option<web::Query<Address>>,
    query: Option<web::Query<Query>>,
) -> Result {
    let look = Look::new(address, query);
    let mut page = frame(visitor.shell(Section::Activity, "Usage"), &look);
    let filters = match look.address.read(visitor.now) {
        Ok(filters) => filters,
        Err(problems) => {
            page.shell.problems = without_fields(problems);
            page.blank = Some(Blank::of_unreadable(PATH));
            return Ok(shown(&state, visitor.notice, answer::unprocessable(&page)));
        }
    };
    match read(&look, &mut tenant, &filters, (&state, &visitor)).await? {
        Some(read) => fill(&mut page, &look, read),
        None => page.blank = Some(nothing()),
    }
    Ok(shown(&state, visitor.notice, answer::ok(&page)))
}

/// The page without figures.
fn frame(shell: Shell, look: &Look) -> UsagePage {
    UsagePage {
        shell,
        views: look.address.views(PATH),
        ranges: Range::OF_SUMS
            .iter()
            .map(|range| RangeLink {
                label: range.label(),
                path: look.link(PATH, &[("range", range.name()), ("from", ""), ("until", "")]),
                is_chosen: *range == look.address.range(),
            })
            .collect(),
        groupings: look.links(("by", look.dimension), Dimension::ALL.map(|it| (it, it.name(), rows::label(it)))).into(),
        of: rows::label(look.dimension),
        orders: look.links(("sort", look.order()), Order::ALL.map(|it| (Some(it), it.name(), it.label()))),
        charts: None,
        rows: Vec::new(),
        others: None,
        total: UsageRow::default(),
        notes: Vec::new(),
        blank: None,
        csv: look.link("/activity/usage.csv", &[]),
    }
}

fn fill(page: &mut UsagePage, look: &Look, read: Read) {
    let (named, others) = rows::named(read.groups, &read.total, look.dimension == Dimension::Day);
    let context = rows::Context { look, keys: &read.keys, total: &read.total, is_logged: read.is_logged };
    page.rows = named.into_iter().map(|group| context.row(group)).collect();
    page.others =
        others.map(|others| UsageRow { name: "All others".to_owned(), path: String::new(), ..context.row(others) });
    page.total = UsageRow { name: "All".to_owned(), path: String::new(), ..context.row(read.total.clone()) };
    let unknown = read.total.requests - read.total.costed;
    if unknown > 0 {
        page.notes.push(format!("{} came without a cost, and count as $0.", count(unknown, "request")));
    }
    if look.dimension == Dimension::User {
        page.notes.push(format!(
            "Users are counted from the newest {} requests of this time that are still kept.",
            grouped(MOST_OF_USERS)
        ));
    }
    if !read.is_logged {
        page.notes.push("Some requests of this time are no longer kept, so names are no links.".to_owned());
    }
    page.charts = Some(read.charts);
}

fn nothing() -> Blank {
    Blank {
        title: "Nothing in this time".to_owned(),
        sentence: "No request completed in it, or none that matches. Sums are kept for 400 days.".to_owned(),
        action: ("Show 12 months", format!("{PATH}?range=12m")),
    }
}
