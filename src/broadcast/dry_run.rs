//! What rules would have done to the last requests. Reads the log, sends nothing (spec 10.3).

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use chrono::{DateTime, NaiveDate, Utc};

use super::building::Building;
use crate::completed_request::CompletedRequest;
use crate::completed_request::content::ContentRef;
use crate::destination::redaction::Redactor;
use crate::destination::selection::{Candidate, KnownKey, LeftOut, Rules};
use crate::id::{ApiKeyId, DestinationId};
use crate::state::State;
use crate::store::accounts::Account;
use crate::store::api_keys::{self, RuledKey};
use crate::store::destinations::Destination;
use crate::store::log::{self, NewestEntry, Position};
use crate::store::{self, Tenant};
use crate::token::TokenHash;

/// Requests that are judged.
pub const MOST: usize = 1_000;
/// Requests that are read at once. With content each may have a megabyte.
const AT_ONCE: i64 = 50;
/// The newest requests, which are read with content, so that what is sent of them can be weighed.
const WEIGHED: i64 = 20;
/// Beyond this no more are read.
const TIME: Duration = Duration::from_secs(2);

/// What became of the requests.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DryRun {
    pub judged: usize,
    /// When the oldest of them completed. None: there were none.
    pub since: Option<DateTime<Utc>>,
    /// By the rules that were asked about.
    pub proposed: Tally,
    /// By the stored ones.
    pub stored: Tally,
    /// Bytes of a request that is sent, before compression: the mean of the newest. None: none of them is.
    pub bytes: Option<usize>,
    /// False: the time was over before all were read.
    pub is_whole: bool,
}

/// How many requests rules send, and why not the others.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    pub sent: usize,
    /// Those of `sent` that are kept whatever the rate.
    pub always: usize,
    /// In the order of judgement.
    pub left_out: BTreeMap<LeftOut, NotSent>,
}

/// Requests that stay behind for one reason.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NotSent {
    pub requests: usize,
    /// The generation id of the newest of them.
    pub newest: String,
}

/// What is to be found out.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    pub account: &'a Account,
    pub destination: &'a Destination,
    pub proposed: &'a Rules,
    pub stored: &'a Rules,
}

/// Judges the account's newest requests by proposed rules and by the stored ones.
pub async fn dry_run(state: &State, tenant: &mut Tenant, question: Question<'_>) -> Result<DryRun, store::Error> {
    let Question { account, destination, proposed, stored } = question;
    let begun = Instant::now();
    let keys = known(api_keys::list_ruled(tenant).await?);
    let building = Building::of(state, account, destination);
    let mut scale = Scale::new(&building, destination);
    let with_content = !building.private && (proposed.need_content() || stored.need_content());
    let (mut run, mut before) = (DryRun::default(), Position::END);
    let mut counts = [Counting::by(destination.id, proposed), Counting::by(destination.id, stored)];
    loop {
        let is_weighed = run.judged == 0;
        let most = if is_weighed { WEIGHED } else { AT_ONCE };
        let with_content = with_content || is_weighed && !building.private;
        let entries = log::list_newest(tenant, before, most, with_content).await?;
        before = entries.last().map_or(before, NewestEntry::place);
        let is_end = entries.len() < usize::try_from(most).unwrap_or_default();
        for entry in entries.iter().take(MOST - run.judged) {
            let is_sent = run.judge(entry, &keys, &mut counts);
            if is_sent && is_weighed {
                scale.weigh(entry);
            }
        }
        run.is_whole = is_end || run.judged >= MOST;
        if run.is_whole || begun.elapsed() > TIME {
            break;
        }
    }
    run.bytes = scale.mean();
    [run.proposed, run.stored] = counts.map(Counting::tally);
    Ok(run)
}

impl DryRun {
    /// Whether the proposed rules send it. An entry that cannot be read would be a dead letter: it counts as judged, and as neither
    /// sent nor left out.
    fn judge(
        &mut self,
        entry: &NewestEntry,
        keys: &BTreeMap<ApiKeyId, KnownKey>,
        counts: &mut [Counting<'_>; 2],
    ) -> bool {
        self.judged += 1;
        self.since = Some(entry.completed_at);
        let Ok(request) = CompletedRequest::from_bytes(&entry.payload) else { return false };
        let Ok(content) = entry.content.as_deref().map(ContentRef::from_bytes).transpose() else { return false };
        let key = request.api_key.and_then(|key| keys.get(&key));
        let candidate = Candidate::new(&request, content.as_ref(), key);
        let day = entry.completed_at.date_naive();
        let [proposed, _] = counts.each_mut().map(|count| count.take(&candidate, request.id.as_str(), day));
        proposed
    }
}

/// How much is sent of requests.
struct Scale<'a> {
    building: &'a Building,
    redactor: Redactor,
    bytes: usize,
    requests: usize,
}

impl<'a> Scale<'a> {
    fn new(building: &'a Building, destination: &Destination) -> Self {
        let redactor = Redactor::new(destination.sent().unwrap_or_default(), building.key.clone());
        Self { building, redactor, bytes: 0, requests: 0 }
    }

    fn weigh(&mut self, entry: &NewestEntry) {
        let Ok(request) = CompletedRequest::from_bytes(&entry.payload) else { return };
        let Ok(content) = entry.content.as_deref().map(ContentRef::from_bytes).transpose() else { return };
        let mut encoder = self.building.encoding.encoder();
        self.building.build(request, content.as_ref(), &self.redactor, |export| encoder.push(export));
        self.bytes += encoder.encoded_len();
        self.requests += 1;
    }

    fn mean(&self) -> Option<usize> {
        self.bytes.checked_div(self.requests)
    }
}

/// A tally in the making.
struct Counting<'r> {
    destination: DestinationId,
    rules: &'r Rules,
    tally: Tally,
    /// Requests that are sent, by the day on which they completed.
    by_day: BTreeMap<NaiveDate, NotSent>,
}

impl<'r> Counting<'r> {
    fn by(destination: DestinationId, rules: &'r Rules) -> Self {
        Self { destination, rules, tally: Tally::default(), by_day: BTreeMap::new() }
    }

    /// Whether it is sent, but for the budget.
    fn take(&mut self, candidate: &Candidate<'_>, id: &str, day: NaiveDate) -> bool {
        match self.rules.keep(self.destination, candidate) {
            Ok(kept) => {
                self.tally.sent += 1;
                self.tally.always += usize::from(kept.always);
                if self.rules.budget.is_some() {
                    self.by_day.entry(day).or_default().add(id);
                }
                true
            }
            Err(reason) => {
                self.tally.left_out.entry(reason).or_default().add(id);
                false
            }
        }
    }

    /// Less what goes beyond the budget of its day: the newest.
    fn tally(self) -> Tally {
        let mut tally = self.tally;
        let Some(budget) = self.rules.budget else { return tally };
        let most = usize::try_from(budget.requests).unwrap_or(usize::MAX);
        let spent: Vec<_> = self.by_day.into_values().filter(|day| day.requests > most).collect();
        let beyond: usize = spent.iter().map(|day| day.requests - most).sum();
        if let Some(last) = spent.into_iter().next_back() {
            tally.sent -= beyond;
            tally.always = tally.always.min(tally.sent);
            tally.left_out.insert(LeftOut::Budget, NotSent { requests: beyond, newest: last.newest });
        }
        tally
    }
}

impl NotSent {
    /// One more, which is older than those before.
    fn add(&mut self, id: &str) {
        if self.requests == 0 {
            id.clone_into(&mut self.newest);
        }
        self.requests += 1;
    }
}

/// Keys as rules see them.
pub fn known(keys: Vec<RuledKey>) -> BTreeMap<ApiKeyId, KnownKey> {
    let known = keys.into_iter().filter_map(|key| {
        let hash = TokenHash(key.hash.try_into().ok()?);
        Some((key.id, KnownKey { hash, name: key.name }))
    });
    known.collect()
}
