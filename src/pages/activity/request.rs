//! One completed request: what became of it, its trace, what was said, what is known of it, and what was sent.

mod facts;
mod payload;
mod receipts;

use std::collections::{BTreeMap, BTreeSet};

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web;
use askama::Template;

pub use self::facts::Fact;
pub use self::payload::{Built, PayloadPart, Shown};
use self::payload::{Delivered, Query, rebuilt};
use self::receipts::{Around, Seen};
use crate::auth::content;
use crate::broadcast::dry_run::known;
use crate::broadcast::listing::{self, Listed};
use crate::broadcast::receipts::{Reason, Receipt, of_entries};
use crate::completed_request::content::ContentRef;
use crate::completed_request::{CompletedRequest, GenerationId};
use crate::destination::selection::{Candidate, Rules};
use crate::id::DestinationId;
use crate::pages::activity::paths;
use crate::pages::answer;
use crate::pages::components::conversation::{MessageRow, PartRow, messages};
use crate::pages::components::figure::Figure;
use crate::pages::components::receipt::{Piece, ReceiptRow};
use crate::pages::components::waterfall::{Traced, Waterfall};
use crate::pages::components::when::When;
use crate::pages::error::{Error, Result};
use crate::pages::problem::ProblemPage;
use crate::pages::shell::{Section, Shell};
use crate::pages::visit::{Visit, Visitor};
use crate::state::State;
use crate::store::accounts::{self, Account, ContentReaders};
use crate::store::log::{self, NamedEntry};
use crate::store::{self, Tenant, api_keys, destinations, expired};
use crate::trace::{self, TraceSettings};

#[derive(Debug, Template)]
#[template(path = "pages/request.html")]
pub struct RequestPage {
    pub shell: Shell,
    pub id: String,
    /// What it is called: as its trace.
    pub name: String,
    /// The colour's name and the words of how it ended.
    pub ending: (&'static str, String),
    pub completed: When,
    pub receipts: ReceiptsPart,
    /// None: it was delivered nowhere.
    pub payload: Option<PayloadPart>,
    /// Why nothing more is known of it, where nothing is.
    pub unknown: &'static str,
    /// None: a newer version of the program recorded it, or the log has let go of it.
    pub recorded: Option<RecordedPart>,
}

/// What is known of a request whose record this version can read.
#[derive(Debug)]
pub struct RecordedPart {
    pub model: String,
    pub figures: Vec<Figure>,
    pub facts: Vec<Fact>,
    pub waterfall: Waterfall,
    pub conversation: Talk,
}

/// What became of it.
#[derive(Debug)]
pub enum ReceiptsPart {
    /// One for each destination.
    Rows(Vec<ReceiptRow>),
    /// Broadcast was off, which holds for all of them.
    BroadcastOff,
    NoDestination,
}

/// What was said.
#[derive(Debug)]
pub enum Talk {
    Shown(Vec<MessageRow>),
    /// Why it is not there, in a heading and a sentence.
    Sealed(&'static str, &'static str),
}

/// What the page is drawn from.
struct Look {
    visitor: Visitor,
    tenant: Tenant,
    account: Account,
    entry: NamedEntry,
    /// Whether the person may read content.
    may_read: bool,
    receipts: Vec<(DestinationId, Receipt)>,
}

/// `GET /activity/{generation id}`
pub(in crate::pages) async fn show(
    state: web::Data<State>,
    Visit { visitor, mut tenant }: Visit,
    id: web::Path<String>,
    query: Option<web::Query<Query>>,
) -> Result {
    let id = GenerationId::given(id.into_inner());
    let Some(entry) = find(&mut tenant, &id).await? else { return Ok(gone(&visitor)) };
    let account = accounts::find(&mut tenant).await?.ok_or(Error::NotFound)?;
    let may_read = account.content_readers.include(visitor.session.role);
    let retention = state.config.delivery.retention;
    let receipts = of_entries(&mut tenant, std::slice::from_ref(&entry), retention).await?.pop().unwrap_or_default();
    let look = Look { visitor, tenant, account, entry, may_read, receipts };
    look.answer(&state, &query.map(web::Query::into_inner).unwrap_or_default()).await
}

impl Look {
    async fn answer(mut self, state: &State, query: &Query) -> Result {
        let path = paths::request(&self.entry.generation_id);
        let destinations = destinations::list(&mut self.tenant).await?;
        let delivered = Delivered::all(&destinations, &self.receipts);
        let chosen = delivered.iter().find(|it| it.destination.id.to_string() == query.to).or(delivered.first());
        let built = match chosen.filter(|_| self.may_read) {
            Some(chosen) => Some(rebuilt(state, &mut self.tenant, &self.entry, chosen).await?),
            None => None,
        };
        if !query.file.is_empty() {
            let Some(Ok(built)) = &built else { return Err(Error::NotFound) };
            let file = payload::file(built, query, &self.entry.generation_id);
            self.record_reading(state).await?;
            return Ok(file);
        }
        let payload = chosen.map(|chosen| PayloadPart::new(&delivered, chosen, built.as_ref(), &path));
        let recorded = log::list_recorded(&mut self.tenant, &[&self.entry], self.may_read).await?.pop();
        let request = recorded.as_ref().and_then(|it| CompletedRequest::from_bytes(&it.payload).ok());
        let stored = recorded.as_ref().and_then(|recorded| recorded.content.as_deref());
        let said = stored.and_then(|bytes| ContentRef::from_bytes(bytes).ok());
        let page = self.page(request.as_ref(), said.as_ref(), payload).await?;
        if said.is_some() {
            self.record_reading(state).await?;
        }
        Ok(answer::ok(&page))
    }

    async fn page(
        &mut self,
        request: Option<&CompletedRequest<'_>>,
        said: Option<&ContentRef<'_>>,
        payload: Option<PayloadPart>,
    ) -> Result<RequestPage> {
        let now = self.visitor.now;
        let seen = Seen { id: self.entry.generation_id.clone(), completed_at: self.entry.completed_at, now };
        Ok(RequestPage {
            shell: self.visitor.shell(Section::Activity, title(request, &seen)),
            name: title(request, &seen),
            ending: request.map_or(("off", "Recorded".to_owned()), facts::ending),
            completed: When::new(self.entry.completed_at, now),
            receipts: self.receipts(&seen, request, said).await?,
            payload,
            unknown: if self.receipts.iter().any(|(_, receipt)| matches!(receipt, Receipt::Expired { .. })) {
                "It completed longer ago than requests are kept. Only what became of it is still known."
            } else {
                "A newer version of Tracecast recorded this request. This one knows what became of it, and cannot read the rest."
            },
            recorded: request.map(|request| {
                let talk = if let Some(said) = said {
                    Talk::Shown(messages(said))
                } else {
                    let (title, sentence) = sealed(&self.account, &self.entry, self.may_read);
                    Talk::Sealed(title, sentence)
                };
                recorded_part(request, said, talk)
            }),
            id: seen.id,
        })
    }

    async fn record_reading(self, state: &State) -> store::Result<()> {
        let Self { visitor, mut tenant, entry, .. } = self;
        content::record_reading(state, &mut tenant, &visitor.actor(), &entry.generation_id).await?;
        tenant.commit().await
    }

    async fn receipts(
        &mut self,
        seen: &Seen,
        request: Option<&CompletedRequest<'_>>,
        said: Option<&ContentRef<'_>>,
    ) -> store::Result<ReceiptsPart> {
        let Self { visitor, tenant, account, entry, receipts: found, .. } = self;
        if !entry.broadcast {
            return Ok(ReceiptsPart::BroadcastOff);
        }
        if found.is_empty() {
            return Ok(ReceiptsPart::NoDestination);
        }
        let listed = listing::list(tenant, account, seen.now).await?;
        let waits = found.iter().any(|(_, receipt)| matches!(receipt, Receipt::Waiting { .. }));
        let ahead = if waits { store::receipts::count_before(tenant, entry.place()).await? } else { Vec::new() };
        let around = Around {
            seen,
            request,
            is_broadcast_on: account.broadcast_enabled,
            ahead: ahead.into_iter().collect(),
            rules: rules(tenant, found).await?,
            sendable: match request.filter(|_| visitor.can_edit()) {
                Some(request) => sendable(tenant, account, &listed, (request, said)).await?,
                None => BTreeSet::new(),
            },
        };
        let row = |(destination, receipt): &(DestinationId, Receipt)| {
            let listed: &Listed = listed.iter().find(|listed| listed.destination.id == *destination)?;
            Some(receipts::row(&around, listed, receipt))
        };
        Ok(ReceiptsPart::Rows(found.iter().filter_map(row).collect()))
    }
}

async fn find(tenant: &mut Tenant, id: &GenerationId) -> store::Result<Option<NamedEntry>> {
    if id.as_str().contains('\0') {
        return Ok(None);
    }
    Ok(expired::list_named(tenant, std::slice::from_ref(id)).await?.pop())
}

/// The same for a request that never was, that is kept no longer, and that is another account's.
fn gone(visitor: &Visitor) -> HttpResponse {
    let page = ProblemPage::new(StatusCode::NOT_FOUND).saying(
        "This request is not kept",
        "It completed longer ago than requests are kept, or belongs to another account, or the address has a typing mistake. \
         Where it was delivered, it is still in that tool.",
    );
    answer::page(StatusCode::NOT_FOUND, &page.within(visitor.frame()))
}

fn title(request: Option<&CompletedRequest<'_>>, seen: &Seen) -> String {
    let settings = TraceSettings::default();
    let trace = request.map(|request| trace::build(request, None, &settings));
    let root = trace.as_ref().and_then(|trace| trace.spans.first());
    root.map_or_else(|| seen.id.clone(), |root| root.name.to_string())
}

fn recorded_part(request: &CompletedRequest<'_>, said: Option<&ContentRef<'_>>, conversation: Talk) -> RecordedPart {
    let settings = TraceSettings::default();
    let trace = trace::build(request, said, &settings);
    RecordedPart {
        model: facts::model(request),
        figures: facts::figures(request),
        facts: facts::facts(request, &trace, &settings),
        waterfall: Waterfall::new(&[Traced { request, trace: &trace, path: None }]),
        conversation,
    }
}

/// Why prompt and completion are not shown, in a heading and a sentence.
pub(super) fn sealed(account: &Account, entry: &NamedEntry, may_read: bool) -> (&'static str, &'static str) {
    if !may_read {
        return match account.content_readers {
            ContentReaders::Nobody => (
                "Nobody reads conversations here",
                "An admin can change this under Account. Whoever opens one is in the audit log.",
            ),
            ContentReaders::Admins | ContentReaders::Members => (
                "Only admins read conversations here",
                "An admin can change this under Account. Whoever opens one is in the audit log.",
            ),
        };
    }
    if entry.broadcast {
        (
            "Not recorded: Privacy Mode",
            "When this request completed, no destination of this account was allowed to receive prompts and completions, so they \
             were never written down. Nobody can look them up later, here or elsewhere. Tokens, cost, timing, model and metadata \
             were recorded.",
        )
    } else {
        (
            "Not recorded: Broadcast was off",
            "Prompts and completions are written down for destinations only, and this request goes to none. Tokens, cost, timing, \
             model and metadata were recorded.",
        )
    }
}

/// The destinations to which today's settings would send the request.
async fn sendable(
    tenant: &mut Tenant,
    account: &Account,
    listed: &[Listed],
    (request, said): (&CompletedRequest<'_>, Option<&ContentRef<'_>>),
) -> store::Result<BTreeSet<DestinationId>> {
    let keys = known(api_keys::list_ruled(tenant).await?);
    let key = request.api_key.and_then(|key| keys.get(&key));
    let is_kept = |listed: &&Listed| {
        let destination = &listed.destination;
        let said = said.filter(|_| !account.privacy_mode && !destination.privacy_mode);
        let keeps = |rules: Rules| rules.keep(destination.id, &Candidate::new(request, said, key)).is_ok();
        destination.rules().is_ok_and(keeps)
    };
    Ok(listed.iter().filter(is_kept).map(|listed| listed.destination.id).collect())
}

/// The rules by which the request was left out.
async fn rules(
    tenant: &mut Tenant,
    found: &[(DestinationId, Receipt)],
) -> store::Result<BTreeMap<DestinationId, Rules>> {
    let named = found.iter().filter_map(|(destination, receipt)| match receipt {
        Receipt::LeftOut { reason: Reason::Rules(_), revision: Some(revision) } => Some((*destination, *revision)),
        _ => None,
    });
    let named: Vec<_> = named.collect();
    let revisions = destinations::list_in_force(tenant, &named).await?;
    let rules = revisions
        .into_iter()
        .filter_map(|it| Some((named[it.number].0, Rules::from_stored(it.selection.as_ref()).ok()?)));
    Ok(rules.collect())
}
