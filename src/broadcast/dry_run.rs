//! What rules would have done to the last requests. Reads the log, sends nothing (spec 10.3).

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use chrono::{DateTime, NaiveDate, Utc};

use crate::completed_request::CompletedRequest;
use crate::completed_request::content::ContentRef;
use crate::destination::selection::{Candidate, KnownKey, LeftOut, Rules};
use crate::id::{ApiKeyId, DestinationId};
use crate::store::api_keys::{self, RuledKey};
use crate::store::log::{self, NewestEntry, Position};
use crate::store::{self, Tenant};
use crate::token::TokenHash;

/// Requests that are judged.
pub const MOST: usize = 1_000;
/// Requests that are read at once. With content each may have a megabyte.
const AT_ONCE: i64 = 50;
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
    pub left_out: BTreeMap<LeftOut, usize>,
}

/// What is to be found out.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    pub destination: DestinationId,
    /// Privacy Mode of the account or the destination: its rules see no content.
    pub private: bool,
    pub proposed: &'a Rules,
    pub stored: &'a Rules,
}

/// Judges the account's newest requests by proposed rules and by the stored ones.
pub async fn dry_run(tenant: &mut Tenant, question: Question<'_>) -> Result<DryRun, store::Error> {
    let Question { destination, private, proposed, stored } = question;
    let begun = Instant::now();
    let keys = known(api_keys::list_ruled(tenant).await?);
    let with_content = !private && (proposed.need_content() || stored.need_content());
    let (mut run, mut before) = (DryRun::default(), Position::END);
    let mut counts = [Counting::by(proposed), Counting::by(stored)];
    loop {
        let entries = log::list_newest(tenant, before, AT_ONCE, with_content).await?;
        let is_end = entries.len() < usize::try_from(AT_ONCE).unwrap_or_default();
        before = entries.last().map_or(before, NewestEntry::place);
        for entry in entries.iter().take(MOST - run.judged) {
            let day = entry.completed_at.date_naive();
            run.judge(entry, &keys, |candidate| {
                for count in &mut counts {
                    count.take(destination, candidate, day);
                }
            });
        }
        run.is_whole = is_end || run.judged >= MOST;
        if run.is_whole || begun.elapsed() > TIME {
            break;
        }
    }
    [run.proposed, run.stored] = counts.map(Counting::tally);
    Ok(run)
}

impl DryRun {
    /// An entry that cannot be read would be a dead letter: it counts as judged, and as neither sent nor left out.
    fn judge(&mut self, entry: &NewestEntry, keys: &BTreeMap<ApiKeyId, KnownKey>, count: impl FnOnce(&Candidate<'_>)) {
        self.judged += 1;
        self.since = Some(entry.completed_at);
        let Ok(request) = CompletedRequest::from_bytes(&entry.payload) else { return };
        let Ok(content) = entry.content.as_deref().map(ContentRef::from_bytes).transpose() else { return };
        let key = request.api_key.and_then(|key| keys.get(&key));
        count(&Candidate::new(&request, content.as_ref(), key));
    }
}

/// A tally in the making.
struct Counting<'r> {
    rules: &'r Rules,
    tally: Tally,
    /// Requests that are sent, by the day on which they completed.
    by_day: BTreeMap<NaiveDate, usize>,
}

impl<'r> Counting<'r> {
    fn by(rules: &'r Rules) -> Self {
        Self { rules, tally: Tally::default(), by_day: BTreeMap::new() }
    }

    fn take(&mut self, destination: DestinationId, candidate: &Candidate<'_>, day: NaiveDate) {
        match self.rules.keep(destination, candidate) {
            Ok(kept) => {
                self.tally.sent += 1;
                self.tally.always += usize::from(kept.always);
                if self.rules.budget.is_some() {
                    *self.by_day.entry(day).or_default() += 1;
                }
            }
            Err(reason) => *self.tally.left_out.entry(reason).or_default() += 1,
        }
    }

    /// Less what goes beyond the budget of its day.
    fn tally(self) -> Tally {
        let mut tally = self.tally;
        let Some(budget) = self.rules.budget else { return tally };
        let most = usize::try_from(budget.requests).unwrap_or(usize::MAX);
        let beyond: usize = self.by_day.values().map(|sent| sent.saturating_sub(most)).sum();
        if beyond > 0 {
            tally.sent -= beyond;
            tally.always = tally.always.min(tally.sent);
            tally.left_out.insert(LeftOut::Budget, beyond);
        }
        tally
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
