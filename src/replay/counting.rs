//! What a replay would send, found out before it begins: by the receipts of its requests and the rules of today.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use crate::broadcast::dry_run::known;
use crate::broadcast::receipts::{self, At, Receipt};
use crate::completed_request::CompletedRequest;
use crate::completed_request::content::ContentRef;
use crate::destination::selection::{Candidate, KnownKey, Rules};
use crate::id::ApiKeyId;
use crate::store::destinations::Destination;
use crate::store::log::{self, NamedEntry, Position};
use crate::store::replays::{self, Chosen, Found};
use crate::store::{self, Tenant, api_keys};

/// Requests that are read at once, without and with content: with it each may have a megabyte.
const AT_ONCE: [i64; 2] = [500, 50];

/// What a person would like to be sent.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    pub destination: &'a Destination,
    pub chosen: &'a Chosen,
    /// Whether what was delivered before is left out.
    pub skips_delivered: bool,
    /// Privacy Mode of the account or the destination: its rules see no content.
    pub private: bool,
    /// How long the log keeps requests.
    pub retention: Duration,
    /// Beyond this no more requests are counted.
    pub time: Duration,
}

/// The requests that a choice finds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counted {
    /// Requests that would be sent.
    pub requests: i64,
    /// Their recorded bytes.
    pub bytes: i64,
    /// Requests that were delivered before. They are among `requests`, unless they are left out.
    pub delivered: i64,
    /// Requests that today's rules leave out.
    pub left_out: i64,
    /// Requests that completed while Broadcast was off. They are never sent.
    pub off: i64,
    /// All requests that a replay would look at.
    pub looked_at: i64,
    /// False: the time was over before all were counted, so that every number is "more than".
    pub is_whole: bool,
    /// The first and the last one that would be looked at. None: there is none.
    pub ends: Option<(Position, Position)>,
}

/// Counts what would be sent, for as long as the question allows.
///
/// # Errors
/// When the database is away.
pub async fn count(tenant: &mut Tenant, question: Question<'_>) -> Result<Counted, store::Error> {
    let begun = Instant::now();
    let rules = question.destination.rules().unwrap_or_default();
    let keys = known(api_keys::list_ruled(tenant).await?);
    let limit = AT_ONCE[usize::from(rules.need_content() && !question.private)];
    let (mut counted, mut last) = (Counted::default(), None);
    loop {
        let found = replays::list_found(tenant, question.destination.id, question.chosen, last.as_ref(), limit).await?;
        counted.is_whole = i64::try_from(found.len()).is_ok_and(|found| found < limit);
        last = found.last().map(|found| found.entry.clone()).or(last);
        for judged in judge(tenant, question, (&rules, &keys), found).await? {
            counted.add(&judged, question.skips_delivered);
        }
        if counted.is_whole || begun.elapsed() > question.time {
            break;
        }
    }
    if !counted.is_whole
        && let Some(first) = counted.ends.map(|(first, _)| first).or(last.as_ref().map(NamedEntry::place))
        && let Some(until) = replays::find_end(tenant, question.chosen).await?
    {
        counted.ends = Some((first, until));
    }
    Ok(counted)
}

/// What was found of one request.
struct Judged {
    found: Found,
    is_delivered: bool,
    is_kept: bool,
}

async fn judge(
    tenant: &mut Tenant,
    question: Question<'_>,
    (rules, keys): (&Rules, &BTreeMap<ApiKeyId, KnownKey>),
    found: Vec<Found>,
) -> Result<Vec<Judged>, store::Error> {
    let entries: Vec<NamedEntry> = found.iter().map(|found| found.entry.clone()).collect();
    let at = At { destination: question.destination.id, except: None, keys, retention: question.retention };
    let receipts = receipts::at_destination(tenant, at, &entries).await?;
    let left_out = left_out(tenant, question, (rules, keys), &entries).await?;
    let judged = found.into_iter().zip(receipts).enumerate().map(|(number, (found, receipt))| Judged {
        is_delivered: matches!(receipt, Receipt::Delivered { .. }),
        is_kept: !left_out.contains(&number),
        found,
    });
    Ok(judged.collect())
}

/// The numbers of those that today's rules leave out.
async fn left_out(
    tenant: &mut Tenant,
    question: Question<'_>,
    (rules, keys): (&Rules, &BTreeMap<ApiKeyId, KnownKey>),
    entries: &[NamedEntry],
) -> Result<BTreeSet<usize>, store::Error> {
    if rules.is_everything() {
        return Ok(BTreeSet::new());
    }
    let wanted: Vec<&NamedEntry> = entries.iter().collect();
    let recorded = log::list_recorded(tenant, &wanted, rules.need_content() && !question.private).await?;
    let is_left_out = |recorded: &&log::RecordedEntry| {
        let Ok(request) = CompletedRequest::from_bytes(&recorded.payload) else { return false };
        let content = recorded.content.as_deref().and_then(|content| ContentRef::from_bytes(content).ok());
        let key = request.api_key.and_then(|key| keys.get(&key));
        rules.keep(question.destination.id, &Candidate::new(&request, content.as_ref(), key)).is_err()
    };
    Ok(recorded.iter().filter(is_left_out).map(|recorded| recorded.number).collect())
}

impl Counted {
    /// Whether a replay may find something to send. A count that was cut short may have seen only what is not.
    pub fn may_send(&self) -> bool {
        self.requests > 0 || !self.is_whole
    }

    fn add(&mut self, judged: &Judged, skips_delivered: bool) {
        let Judged { found, is_delivered, is_kept } = judged;
        if !found.entry.broadcast {
            self.off += 1;
            return;
        }
        let place = found.entry.place();
        self.looked_at += 1;
        self.ends = Some(self.ends.map_or((place, place), |(first, last)| (first.min(place), last.max(place))));
        self.delivered += i64::from(*is_delivered);
        match (*is_delivered && skips_delivered, is_kept) {
            (true, _) => {}
            (false, true) => {
                self.requests += 1;
                self.bytes += found.bytes;
            }
            (false, false) => self.left_out += 1,
        }
    }
}
