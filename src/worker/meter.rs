//! The meter: counts what is recorded, beside the turns and never before them (spec 9.1).
//!
//! It reads what the log holds behind each account's meter, also what completed while Broadcast was off, and writes the facts of each
//! request and the rollups with the meter's new place, in one statement: each entry counts once, whoever is killed when. Two workers
//! that count the same account at once read twice; only one of them writes.
//!
//! A step is short, because a transaction that writes holds back every reader of the log. After a step the meter rests: nine times as
//! long as it worked while it is behind for a moment only, so that an export runs at its speed; as long as it worked once an account
//! is behind for a minute, so that it catches up.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::Instant;

use crate::completed_request::limits::SESSION_ID_CHARS;
use crate::completed_request::{CompletedRequest, FORMAT, GenerationId, clean};
use crate::id::AccountId;
use crate::metering::{Fact, Outcome, roll_up};
use crate::store::activity::{self, Counted, Unmetered};
use crate::store::{self, Store};
use crate::trace::ids::TraceId;

/// What one step reads at most: entries, and bytes of their payloads.
const STEP: (usize, usize) = (500, 4 * 1024 * 1024);

/// How long what is recorded gathers, so that a step counts more than one request.
const GATHER: Duration = Duration::from_millis(250);

/// Time between two looks at all accounts: for what no notification named.
const LOOK_EVERY: Duration = Duration::from_secs(10);

/// For how long an account may be behind before the meter hurries.
const PATIENCE: Duration = Duration::from_mins(1);

/// How much longer than it worked the meter rests after a step that left more.
const REST: u32 = 9;

/// Whether a step left something to count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Left {
    Nothing,
    /// More that can be read now.
    More,
    /// Entries that an older transaction holds back.
    HeldBack,
}

/// Tells the meter which accounts have new entries.
#[derive(Debug)]
pub(super) struct Recorded(UnboundedSender<AccountId>);

impl Recorded {
    pub(super) fn by(&self, accounts: &BTreeSet<AccountId>) {
        for account in accounts {
            // The meter ends with the worker.
            let _ = self.0.send(*account);
        }
    }
}

#[derive(Debug)]
pub(super) struct Meter {
    store: Store,
    recorded: UnboundedReceiver<AccountId>,
    /// Accounts with something to count, and since when.
    behind: BTreeMap<AccountId, Instant>,
}

impl Meter {
    /// A meter with a connection of its own, and who tells it of new entries.
    pub(super) fn new(store: Store) -> (Self, Recorded) {
        let (sender, recorded) = unbounded_channel();
        (Self { store, recorded, behind: BTreeMap::new() }, Recorded(sender))
    }

    /// Counts for as long as it is polled.
    pub(super) async fn run(mut self) {
        let mut looks = tokio::time::interval(LOOK_EVERY);
        looks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut has_more = false;
        loop {
            tokio::select! {
                biased;
                _ = looks.tick() => self.look().await,
                account = self.recorded.recv() => self.note(account),
                () = std::future::ready(()), if !self.behind.is_empty() => {}
            }
            if !has_more {
                tokio::time::sleep(GATHER).await;
            }
            while let Ok(account) = self.recorded.try_recv() {
                self.note([account]);
            }
            has_more = self.round().await;
        }
    }

    /// Notes that these accounts have something to count.
    fn note(&mut self, accounts: impl IntoIterator<Item = AccountId>) {
        for account in accounts {
            self.behind.entry(account).or_insert_with(Instant::now);
        }
    }

    /// Looks for accounts with something to count.
    async fn look(&mut self) {
        match activity::list_behind(&self.store, &[]).await {
            Ok(behind) => self.note(behind),
            Err(error) => tracing::warn!(%error, "the meter could not look for new requests"),
        }
    }

    /// Takes a step for each account that is behind. Whether one has more to count. Accounts whose entries are held back stay behind.
    async fn round(&mut self) -> bool {
        let mut has_more = false;
        for (account, since) in std::mem::take(&mut self.behind) {
            let begun = Instant::now();
            let left = step(&self.store, account).await.unwrap_or_else(|error| {
                tracing::warn!(%error, %account, "the meter counts these requests later");
                Left::Nothing
            });
            let mut rest = begun.elapsed();
            if left == Left::More && since.elapsed() < PATIENCE {
                rest *= REST;
            }
            if left != Left::Nothing {
                self.behind.insert(account, since);
            }
            has_more |= left == Left::More;
            tokio::time::sleep(rest).await;
        }
        has_more
    }
}

/// Counts the next entries of an account.
async fn step(store: &Store, account: AccountId) -> store::Result<Left> {
    let after = activity::find_meter(store, account).await?;
    let mut entries = activity::list_unmetered(store, account, after, STEP).await?;
    let bytes: usize = entries.iter().map(|entry| entry.payload.len()).sum();
    let is_full = entries.len() >= STEP.0 || bytes >= STEP.1;
    // What a newer version recorded waits for a newer worker.
    let countable = entries.iter().take_while(|entry| entry.is_readable && entry.format <= FORMAT).count();
    let left = match entries.get(countable) {
        Some(entry) if !entry.is_readable => Left::HeldBack,
        None if is_full => Left::More,
        Some(_) | None => Left::Nothing,
    };
    entries.truncate(countable);
    if entries.is_empty() {
        return Ok(left);
    }
    let counted: Vec<Counted> = entries.into_iter().map(|entry| Counted { fact: fact(&entry), entry }).collect();
    let rollups = roll_up(counted.iter().map(|Counted { entry, fact }| (entry.completed_at, entry.api_key, fact)));
    // Another worker that was faster goes on; an account that is gone has nothing left.
    let is_counted = activity::count(store, account, after, &counted, rollups).await?;
    Ok(if is_counted { left } else { Left::Nothing })
}

/// What is kept of an entry. One that cannot be read is counted by what the log's columns say.
fn fact(entry: &Unmetered) -> Fact {
    let name = |text: &str| clean::name(text, SESSION_ID_CHARS).into_owned();
    CompletedRequest::from_bytes(&entry.payload).map_or_else(
        |_| Fact {
            outcome: if entry.status < 400 { Outcome::Succeeded } else { Outcome::Failed },
            status: entry.status,
            latency: None,
            first_token: None,
            input_tokens: None,
            output_tokens: None,
            cost: entry.cost,
            trace: TraceId::of(None, &GenerationId::given(entry.generation_id.as_str())),
            name: None,
            model: name(&entry.model),
            answered_by: None,
            environment: None,
            session: entry.session_id.as_deref().map(name),
            user: None,
        },
        |request| Fact::of(&request),
    )
}
