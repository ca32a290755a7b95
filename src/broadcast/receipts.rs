//! Receipts: what became of requests at each destination (spec 9.2). None is stored; each is computed when somebody asks.

mod receipt;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::dry_run::known;
use crate::completed_request::content::ContentRef;
use crate::completed_request::{CompletedRequest, GenerationId};
use crate::destination::selection::{self, Candidate, KnownKey, Rules};
use crate::destination::{Kind, kinds};
use crate::id::{ApiKeyId, CursorId, DestinationId};
use crate::store::log::{self, NamedEntry, RecordedEntry};
use crate::store::receipts::{self, Attempt, Trail};
use crate::store::{self, Tenant, api_keys, destinations, expired};

use self::receipt::{Judged, Terms};
pub use self::receipt::{Reason, Receipt, is_in_part};

/// Requests that are read at once to be judged: with content each may have a megabyte.
const AT_ONCE: usize = 50;

/// A request's receipts.
#[derive(Debug)]
pub struct Receipts {
    pub entry: NamedEntry,
    /// One for each destination, in the order in which they were made.
    pub of: Vec<(DestinationId, Receipt)>,
}

/// The receipts of the requests with these names. Those that are not in the account's log are missing.
///
/// # Errors
/// When the database is away.
pub async fn find(
    tenant: &mut Tenant,
    ids: &[GenerationId],
    retention: Duration,
) -> Result<Vec<Receipts>, store::Error> {
    let entries = expired::list_named(tenant, ids).await?;
    let of = of_entries(tenant, &entries, retention).await?;
    Ok(entries.into_iter().zip(of).map(|(entry, of)| Receipts { entry, of }).collect())
}

/// The receipts of these requests, each request's in the order in which the destinations were made.
///
/// # Errors
/// When the database is away.
pub async fn of_entries(
    tenant: &mut Tenant,
    entries: &[NamedEntry],
    retention: Duration,
) -> Result<Vec<Vec<(DestinationId, Receipt)>>, store::Error> {
    let trails = receipts::list_trails(tenant, entries, None).await?;
    let mut all = vec![Vec::new(); entries.len()];
    for (trail, receipt) in trails.iter().zip(of_trails(tenant, entries, &trails, (retention, None)).await?) {
        all[trail.entry].push((trail.destination, receipt));
    }
    Ok(all)
}

/// A destination, for whoever sends it requests again.
#[derive(Debug, Clone, Copy)]
pub struct At<'a> {
    pub destination: DestinationId,
    /// A cursor whose attempts do not count: they are those of the replay that asks.
    pub except: Option<CursorId>,
    /// The account's keys.
    pub keys: &'a BTreeMap<ApiKeyId, KnownKey>,
    /// How long the log keeps requests.
    pub retention: Duration,
}

/// The receipts of these requests at one destination.
///
/// # Errors
/// When the database is away.
pub async fn at_destination(
    tenant: &mut Tenant,
    at: At<'_>,
    entries: &[NamedEntry],
) -> Result<Vec<Receipt>, store::Error> {
    let trails = receipts::list_trails(tenant, entries, Some((at.destination, at.except))).await?;
    of_trails(tenant, entries, &trails, (at.retention, Some(at.keys))).await
}

async fn of_trails(
    tenant: &mut Tenant,
    entries: &[NamedEntry],
    trails: &[Trail],
    (retention, keys): (Duration, Option<&BTreeMap<ApiKeyId, KnownKey>>),
) -> Result<Vec<Receipt>, store::Error> {
    let terms = |trail: &Trail| Terms { oldest: kinds::find(&trail.kind).and_then(Kind::oldest), retention };
    let open = trails.iter().flat_map(|trail| {
        let attempts = receipt::open(&entries[trail.entry], trail, terms(trail));
        attempts.into_iter().map(move |attempt| (trail, attempt))
    });
    let judged = judge(tenant, entries, open.collect(), keys).await?;
    Ok(trails.iter().map(|trail| Receipt::of(&entries[trail.entry], trail, terms(trail), &judged)).collect())
}

/// An attempt that left out by rules, with what is needed to judge the request.
struct Case<'a> {
    trail: &'a Trail,
    attempt: &'a Attempt,
    /// Those in force at the attempt. None: another version stored them.
    rules: Option<Rules>,
}

/// Whether the rules of these attempts keep the requests. The account's keys are read where they are not given.
async fn judge(
    tenant: &mut Tenant,
    entries: &[NamedEntry],
    open: Vec<(&Trail, &Attempt)>,
    keys: Option<&BTreeMap<ApiKeyId, KnownKey>>,
) -> Result<Judged, store::Error> {
    if open.is_empty() {
        return Ok(Judged::new());
    }
    let numbers: Vec<usize> = open.iter().map(|(trail, _)| trail.entry).collect::<BTreeSet<_>>().into_iter().collect();
    let cases = cases(tenant, open).await?;
    let asks = |ask: fn(&Rules) -> bool| cases.iter().any(|case| case.rules.as_ref().is_some_and(ask));
    let read = match keys {
        None if asks(Rules::need_keys) => known(api_keys::list_ruled(tenant).await?),
        _ => BTreeMap::new(),
    };
    let keys = keys.unwrap_or(&read);
    let mut judged = Judged::new();
    for some in numbers.chunks(AT_ONCE) {
        let wanted: Vec<&NamedEntry> = some.iter().map(|number| &entries[*number]).collect();
        let recorded = log::list_recorded(tenant, &wanted, asks(Rules::need_content)).await?;
        let recorded: BTreeMap<usize, RecordedEntry> = recorded.into_iter().map(|it| (some[it.number], it)).collect();
        for case in cases.iter().filter(|case| some.contains(&case.trail.entry)) {
            let kept = case.kept(recorded.get(&case.trail.entry), keys);
            judged.insert((case.trail.entry, case.attempt.id), kept);
        }
    }
    Ok(judged)
}

async fn cases<'a>(tenant: &mut Tenant, open: Vec<(&'a Trail, &'a Attempt)>) -> Result<Vec<Case<'a>>, store::Error> {
    let named: Vec<_> = open.iter().map(|(trail, attempt)| (trail.destination, attempt.revision)).collect();
    let distinct: Vec<_> = named.iter().copied().collect::<BTreeSet<_>>().into_iter().collect();
    let revisions = destinations::list_in_force(tenant, &distinct).await?;
    let rules: BTreeMap<_, _> = revisions
        .into_iter()
        .filter_map(|it| Some((distinct[it.number], Rules::from_stored(it.selection.as_ref()).ok()?)))
        .collect();
    let case = |((trail, attempt), named)| Case { trail, attempt, rules: rules.get(&named).cloned() };
    Ok(open.into_iter().zip(named).map(case).collect())
}

impl Case<'_> {
    /// None: this version can read the request or the rules no more.
    fn kept(
        &self,
        recorded: Option<&RecordedEntry>,
        keys: &BTreeMap<ApiKeyId, KnownKey>,
    ) -> Option<Result<(), selection::LeftOut>> {
        let (rules, recorded) = (self.rules.as_ref()?, recorded?);
        let request = CompletedRequest::from_bytes(&recorded.payload).ok()?;
        let content = recorded.content.as_deref().filter(|_| !self.attempt.private);
        let content = content.map(ContentRef::from_bytes).transpose().ok()?;
        let key = request.api_key.and_then(|key| keys.get(&key));
        Some(rules.keep(self.trail.destination, &Candidate::new(&request, content.as_ref(), key)).map(|_| ()))
    }
}
