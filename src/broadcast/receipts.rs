//! Receipts: what became of requests at each destination (spec 9.2). None is stored; each is computed when somebody asks.

mod receipt;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::dry_run::known;
use crate::completed_request::content::ContentRef;
use crate::completed_request::{CompletedRequest, GenerationId};
use crate::destination::selection::{self, Candidate, KnownKey, Rules};
use crate::destination::{Kind, kinds};
use crate::id::{ApiKeyId, DestinationId};
use crate::store::log::{self, NamedEntry, RecordedEntry};
use crate::store::receipts::{self, Attempt, Trail};
use crate::store::{self, Tenant, api_keys, destinations};

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
    let entries = log::list_named(tenant, ids).await?;
    let mut found = Vec::with_capacity(entries.len());
    for some in entries.chunks(AT_ONCE) {
        let of = of_entries(tenant, some, retention).await?;
        found.extend(some.iter().cloned().zip(of).map(|(entry, of)| Receipts { entry, of }));
    }
    Ok(found)
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
    let trails = receipts::list_trails(tenant, entries).await?;
    let mut found: Vec<Option<Receipt>> = Vec::with_capacity(trails.len());
    for trail in &trails {
        let oldest = kinds::find(&trail.kind).and_then(Kind::oldest);
        found.push(Receipt::of(&entries[trail.entry], trail, oldest, retention));
    }
    let open: Vec<&Trail> = trails.iter().zip(&found).filter(|(_, found)| found.is_none()).map(|(it, _)| it).collect();
    let mut judged = judge(tenant, entries, &open).await?.into_iter();
    let mut all = vec![Vec::new(); entries.len()];
    for (trail, receipt) in trails.iter().zip(found) {
        let receipt = receipt.or_else(|| judged.next()).unwrap_or(Receipt::Unknown);
        all[trail.entry].push((trail.destination, receipt));
    }
    Ok(all)
}

/// A trail whose attempt left out by rules, with what is needed to judge the request.
struct Case<'a> {
    trail: &'a Trail,
    attempt: &'a Attempt,
    /// Those in force at the attempt. None: another version stored them.
    rules: Option<Rules>,
}

/// The receipts of requests that rules may have left out, in the order of `trails`.
async fn judge(tenant: &mut Tenant, entries: &[NamedEntry], trails: &[&Trail]) -> Result<Vec<Receipt>, store::Error> {
    if trails.is_empty() {
        return Ok(Vec::new());
    }
    let cases = cases(tenant, trails).await?;
    let asks = |ask: fn(&Rules) -> bool| cases.iter().any(|case| case.rules.as_ref().is_some_and(ask));
    let keys = if asks(Rules::need_keys) { known(api_keys::list_ruled(tenant).await?) } else { BTreeMap::new() };
    let numbers: Vec<usize> = trails.iter().map(|it| it.entry).collect::<BTreeSet<_>>().into_iter().collect();
    let wanted: Vec<&NamedEntry> = numbers.iter().map(|number| &entries[*number]).collect();
    let recorded = log::list_recorded(tenant, &wanted, asks(Rules::need_content)).await?;
    let recorded: BTreeMap<usize, RecordedEntry> = recorded.into_iter().map(|it| (numbers[it.number], it)).collect();
    Ok(cases.iter().map(|case| case.receipt(recorded.get(&case.trail.entry), &keys)).collect())
}

async fn cases<'a>(tenant: &mut Tenant, trails: &[&'a Trail]) -> Result<Vec<Case<'a>>, store::Error> {
    let open: Vec<(&Trail, &Attempt)> = trails.iter().filter_map(|it| Some((*it, it.attempt.as_ref()?))).collect();
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
    fn receipt(&self, recorded: Option<&RecordedEntry>, keys: &BTreeMap<ApiKeyId, KnownKey>) -> Receipt {
        match self.kept(recorded, keys) {
            None => Receipt::Unknown,
            Some(Ok(())) => Receipt::settled(self.trail, self.attempt),
            Some(Err(reason)) => {
                Receipt::LeftOut { reason: Reason::Rules(reason), revision: Some(self.attempt.revision) }
            }
        }
    }

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
