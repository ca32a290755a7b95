//! A trace: all requests that share it, as one waterfall.

use actix_web::web;
use askama::Template;
use chrono::{DateTime, Utc};

use super::filters::trace_id;
use super::paths;
use super::shared::{Shared, gone, lasting, signed};
use crate::completed_request::CompletedRequest;
use crate::pages::answer;
use crate::pages::components::amount::{count, duration, grouped};
use crate::pages::components::figure::Figure;
use crate::pages::components::waterfall::{Traced, Waterfall};
use crate::pages::components::when::When;
use crate::pages::error::Result;
use crate::pages::shell::{Section, Shell};
use crate::pages::visit::Visit;
use crate::store::activity::{ListedRequest, Wanted};
use crate::store::log::{self, NamedEntry};
use crate::trace::{self, TraceSettings};

/// The most requests whose spans are drawn: the oldest.
const MOST_DRAWN: usize = 100;

#[derive(Debug, Template)]
#[template(path = "pages/trace.html")]
pub struct TracePage {
    pub shell: Shell,
    /// 32 hexadecimal digits.
    pub id: String,
    /// What the caller calls it.
    pub name: String,
    /// The colour's name and the words of how its requests ended.
    pub ending: (&'static str, String),
    /// From the first request's arrival to the last one's end.
    pub period: [When; 2],
    pub figures: Vec<Figure>,
    pub waterfall: Waterfall,
    /// What the page does not show, in sentences.
    pub left_out: Vec<String>,
    /// The span of the application that the first request names as its parent.
    pub parent: Option<String>,
    /// The list of these requests.
    pub list: String,
}

/// `GET /activity/traces/{trace id}`
pub(in crate::pages) async fn show(Visit { visitor, mut tenant }: Visit, id: web::Path<String>) -> Result {
    let id = trace_id(&id);
    let wanted = Wanted { trace: Some(id.clone()), ..Wanted::default() };
    let Some(shared) = Shared::read(&mut tenant, &wanted, visitor.now).await? else {
        return Ok(gone(&visitor, "This trace is not kept"));
    };
    let entries: Vec<NamedEntry> = shared.requests.iter().take(MOST_DRAWN).map(ListedRequest::entry).collect();
    // Prompts and completions stand on each request's page, which records who reads them.
    let recorded = log::list_recorded(&mut tenant, &entries.iter().collect::<Vec<_>>(), false).await?;
    let mut requests: Vec<_> =
        recorded.iter().filter_map(|entry| CompletedRequest::from_bytes(&entry.payload).ok()).collect();
    requests.sort_by_key(|request| request.times.received.0);
    let waterfall = waterfall(&requests);
    let name = name(&requests, &waterfall);
    let parent = requests.first().and_then(|first| first.context.parent_span_id.as_deref());
    let parent = parent.filter(|parent| !waterfall.spans.iter().any(|span| span.id == **parent));
    Ok(answer::ok(&TracePage {
        shell: visitor.shell(Section::Activity, name.clone()),
        name,
        ending: ending(&shared),
        period: shared.period(visitor.now),
        figures: figures(&shared, visitor.now),
        waterfall,
        left_out: left_out(&shared, requests.len(), entries.len()),
        parent: parent.map(str::to_owned),
        list: paths::filtered("trace", &id),
        id,
    }))
}

/// The caller's own id where it is a name rather than digits, else what the first request is called.
fn name(requests: &[CompletedRequest<'_>], waterfall: &Waterfall) -> String {
    let mut given = requests.iter().filter_map(|request| request.context.trace_id.as_deref());
    let given = given.find(|id| hex::decode(id.replace('-', "")).is_err()).map(str::to_owned);
    let first = || waterfall.spans.first().map(|span| span.name.clone());
    given.or_else(first).unwrap_or_else(|| "Trace".to_owned())
}

fn ending(shared: &Shared) -> (&'static str, String) {
    match shared.failed() {
        0 => ("good", "None failed".to_owned()),
        failed => ("bad", format!("{} of {} failed", grouped(failed), grouped(signed(shared.requests.len())))),
    }
}

fn figures(shared: &Shared, now: DateTime<Utc>) -> Vec<Figure> {
    let spent = format!("{} of waiting for answers", duration(shared.spent()));
    vec![
        shared.count(),
        Figure::new("From first to last", lasting(shared.lasted(now)), spent),
        shared.tokens(),
        shared.cost(),
        shared.models(),
    ]
}

fn waterfall(requests: &[CompletedRequest<'_>]) -> Waterfall {
    let settings = TraceSettings::default();
    let traces: Vec<_> = requests.iter().map(|request| trace::build(request, None, &settings)).collect();
    let rows = requests.iter().zip(&traces).map(|(request, trace)| Traced {
        request,
        trace,
        path: Some(paths::request(request.id.as_str())),
    });
    Waterfall::new(&rows.collect::<Vec<_>>())
}

fn left_out(shared: &Shared, read: usize, asked: usize) -> Vec<String> {
    let mut sentences: Vec<String> = shared.limit().into_iter().collect();
    if shared.requests.len() > asked {
        sentences.push(format!("The spans of the first {} requests are drawn.", grouped(signed(asked))));
    }
    if read < asked {
        let unread = count(signed(asked - read), "request");
        sentences.push(format!(
            "{unread} cannot be drawn: a newer version of Tracecast recorded them, or they were just deleted."
        ));
    }
    sentences
}
