//! Receipts against the truth: random histories through real workers, and what the receiver's log says of each request (spec 9.2).

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;

use chrono::DateTime;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Value, json};
use tracecast::broadcast::receipts::{self, Reason, Receipt};
use tracecast::completed_request::GenerationId;
use tracecast::destination::selection::LeftOut;
use tracecast::id::{CursorId, DestinationId};
use tracecast::random::Random;
use tracecast::replay::{Question, count};
use tracecast::store::replays::{self, Chosen, NewReplay};
use tracecast::store::{destinations, partitions};

use super::receiver::Reply;
use super::short_or_long;
use super::stage::{PATIENCE, Stage, Tenant, name, names};
use crate::support::program::Program;

const RETENTION: Duration = Duration::from_hours(24 * 7);

/// What happens next. `place` is a destination's.
#[derive(Debug, Clone)]
enum Step {
    /// So many requests complete.
    Complete(usize),
    Switch,
    PauseOrResume {
        place: usize,
    },
    /// So many of a hundred sessions are sent.
    Sample {
        place: usize,
        percent: u32,
    },
    /// So many requests are sent each day, and those beyond them left out.
    Limit {
        place: usize,
        requests: u32,
    },
    /// An edit that changes nothing but the revision.
    Edit {
        place: usize,
    },
    /// All that is recorded is sent again, or what was not delivered.
    Replay {
        place: usize,
        skips_delivered: bool,
    },
    /// The log lets go of all that is recorded.
    Expire,
    /// The receiver is away, until it recovers.
    GoAway {
        place: usize,
    },
    Recover,
    /// The worker dies, and another one follows.
    Kill,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let place = 0..2_usize;
    let step = prop_oneof![
        6 => (1..6_usize).prop_map(Step::Complete),
        1 => Just(Step::Switch),
        2 => place.clone().prop_map(|place| Step::PauseOrResume { place }),
        2 => (place.clone(), 1..100_u32).prop_map(|(place, percent)| Step::Sample { place, percent }),
        1 => (place.clone(), 1..12_u32).prop_map(|(place, requests)| Step::Limit { place, requests }),
        1 => place.clone().prop_map(|place| Step::Edit { place }),
        1 => (place.clone(), any::<bool>()).prop_map(|(place, skips_delivered)| Step::Replay { place, skips_delivered }),
        1 => Just(Step::Expire),
        2 => place.prop_map(|place| Step::GoAway { place }),
        1 => Just(Step::Recover),
        1 => Just(Step::Kill),
    ];
    vec(step, short_or_long(40, 200))
}

/// The steps of a seed, which a failure tells and `TRACECAST_TEST_SEED` gives again.
fn history() -> Vec<Step> {
    let given = std::env::var_os("TRACECAST_TEST_SEED").map(|seed| seed.to_str().unwrap().parse().unwrap());
    let seed = given.unwrap_or_else(|| u64::from_le_bytes(Random.bytes().unwrap()));
    println!("TRACECAST_TEST_SEED={seed}");
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[seed.to_le_bytes(); 4].concat());
    steps().new_tree(&mut TestRunner::new_with_rng(Config::default(), rng)).unwrap().current()
}

/// Whether the receiver refuses a request of this name, whenever it is sent.
fn is_refused(name: &str) -> bool {
    name.ends_with('7')
}

/// Requests that have yet to be sent or left out, at any destination.
const WAITING: &str = "SELECT count(*) FROM cursors c JOIN completed_requests r ON r.account_id = c.account_id
    WHERE (r.xid, r.position) > (c.xid, c.position) AND r.broadcast AND r.completed_at >= c.since
      AND (c.until_xid IS NULL OR (r.xid, r.position) <= (c.until_xid, c.until_position))";

/// All that is recorded lies on a day that is over.
const LONG_AGO: &str =
    "SELECT set_config('role', tableowner, false) FROM pg_tables WHERE tablename = 'completed_requests';
    CREATE TABLE completed_requests_20200101 (LIKE completed_requests INCLUDING ALL);
    CALL lock_tenant_table('completed_requests_20200101');
    ALTER TABLE completed_requests ATTACH PARTITION completed_requests_20200101
        FOR VALUES FROM ('2020-01-01 00:00:00Z') TO ('2020-01-02 00:00:00Z');
    RESET ROLE;
    UPDATE completed_requests SET recorded_at = '2020-01-01 12:00:00Z'";

/// The receipts of all requests, by destination and name.
async fn all(stage: &Stage, tenant: &Tenant, names: &[String]) -> HashMap<(DestinationId, String), Receipt> {
    let mut transaction = stage.store.tenant(tenant.account).await.unwrap();
    let mut found = HashMap::new();
    let ids: Vec<_> = names.iter().map(|name| GenerationId::given(name.as_str())).collect();
    for of in receipts::find(&mut transaction, &ids, RETENTION).await.unwrap() {
        for (destination, receipt) in of.of {
            found.insert((destination, of.entry.generation_id.clone()), receipt);
        }
    }
    found
}

/// A receiver that accepts all but what it always refuses.
fn accepts(stage: &Stage, project: u64) {
    stage.receiver.recovers(project);
    stage.receiver.answers(project, |call| {
        let refuses = call.events.iter().any(|event| is_refused(&event.request));
        if refuses { Reply::status(400) } else { Reply::accept() }
    });
}

async fn samples(stage: &Stage, tenant: &Tenant, place: usize, percent: u32) {
    rules(stage, tenant, place, &json!({ "version": 1, "sampling_rate": f64::from(percent) / 100.0 })).await;
}

async fn limits(stage: &Stage, tenant: &Tenant, place: usize, requests: u32) {
    let budget = json!({ "requests": requests, "beyond": "leave_out" });
    rules(stage, tenant, place, &json!({ "version": 1, "daily_budget": budget })).await;
}

async fn replays(stage: &Stage, tenant: &Tenant, place: usize, skips_delivered: bool) {
    let mut transaction = stage.store.tenant(tenant.account).await.unwrap();
    let chosen = Chosen::All { from: DateTime::UNIX_EPOCH, until: DateTime::from_timestamp(4_000_000_000, 0).unwrap() };
    let (id, destination) = (CursorId(Random.uuid()), tenant.destinations[place]);
    let stored = destinations::find(&mut transaction, destination).await.unwrap().unwrap();
    let time = Duration::from_mins(1);
    let question =
        Question { destination: &stored, chosen: &chosen, skips_delivered, private: false, retention: RETENTION, time };
    let counted = count(&mut transaction, question).await.unwrap();
    let Some(ends) = counted.ends else { return };
    let (requests, created_by) = (counted.looked_at, "ada@example.com");
    let new = NewReplay { id, destination, chosen: &chosen, skips_delivered, requests, ends, rate: None, created_by };
    assert!(replays::create(&mut transaction, &new).await.unwrap());
    transaction.commit().await.unwrap();
}

/// The log lets go of all that is recorded, once nobody reads it.
async fn expires(stage: &Stage) {
    sqlx::raw_sql(LONG_AGO).execute(&mut stage.sql().await).await.unwrap();
    for _ in 0..600 {
        if partitions::drop_expired(&stage.store, RETENTION).await.is_ok() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the partition is not dropped");
}

async fn rules(stage: &Stage, tenant: &Tenant, place: usize, rules: &Value) {
    let mut transaction = stage.store.tenant(tenant.account).await.unwrap();
    let id = tenant.destinations[place];
    let revision = destinations::find(&mut transaction, id).await.unwrap().unwrap().revision;
    assert!(destinations::put_choice(&mut transaction, id, revision, Some(rules), None).await.unwrap());
    transaction.commit().await.unwrap();
}

/// What happened so far.
#[derive(Default)]
struct Tale {
    names: Vec<String>,
    while_off: HashSet<String>,
    /// What was recorded when the log let go of all.
    expired: HashSet<String>,
    /// A worker that dies before it notes an acceptance sends again, if the rules still let it.
    has_kills: bool,
}

impl Tale {
    /// Whether a receipt says what the receiver says.
    fn agrees(&self, name: &String, receipt: &Receipt, was_accepted: bool) {
        let (was_off, has_expired) = (self.while_off.contains(name), self.expired.contains(name));
        let may_be_sent = !was_accepted || self.has_kills;
        let is_true = match receipt {
            Receipt::Delivered { .. } => was_accepted && !was_off,
            Receipt::DeadLetter(_) => !was_accepted && is_refused(name),
            Receipt::LeftOut { reason: Reason::BroadcastOff, .. } => was_off,
            Receipt::LeftOut { reason: Reason::Rules(LeftOut::Sampled | LeftOut::Budget), revision: Some(_) } => {
                may_be_sent
            }
            // Unknown: what would have to be judged by rules is gone.
            Receipt::Expired { .. } | Receipt::Unknown => has_expired && may_be_sent,
            _ => false,
        };
        assert!(is_true, "{name}: {receipt:?}, accepted: {was_accepted}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn receipts_of_a_random_history_say_what_the_receiver_says() {
    let stage = Stage::new().await;
    // The very first start makes the roles and their policies, which needs the tables to itself.
    Program::start("migrate", &stage.settings()).ends_well_within(PATIENCE).await;
    let tenant = stage.tenant(&[1, 2]).await;
    accepts(&stage, 1);
    accepts(&stage, 2);
    let mut worker = stage.worker();
    let mut tale = Tale::default();
    let (mut is_on, mut runs) = (true, [true; 2]);
    for step in history() {
        match step {
            Step::Complete(count) => {
                let begin = tale.names.len();
                let new: Vec<_> = (begin..begin + count).map(|number| name("tale", number)).collect();
                stage.records(&tenant, new.iter().cloned()).await;
                tale.while_off.extend(new.iter().filter(|_| !is_on).cloned());
                tale.names.extend(new);
            }
            Step::Switch => {
                is_on = !is_on;
                stage.switches(&tenant, is_on).await;
            }
            Step::PauseOrResume { place } => {
                runs[place] = !runs[place];
                assert!(stage.resumes_or_pauses(&tenant, place, runs[place]).await);
            }
            Step::Sample { place, percent } => samples(&stage, &tenant, place, percent).await,
            Step::Limit { place, requests } => limits(&stage, &tenant, place, requests).await,
            Step::Edit { place } => stage.moves(&tenant, place, tenant.projects[place]).await,
            Step::Replay { place, skips_delivered } => replays(&stage, &tenant, place, skips_delivered).await,
            Step::Expire => {
                expires(&stage).await;
                tale.expired.extend(tale.names.iter().cloned());
            }
            Step::GoAway { place } => stage.receiver.answers(tenant.projects[place], |_| Reply::status(503)),
            Step::Recover => {
                accepts(&stage, 1);
                accepts(&stage, 2);
            }
            Step::Kill => {
                tale.has_kills = true;
                worker.kill();
                worker = stage.worker();
            }
        }
    }
    stage.switches(&tenant, true).await;
    for place in 0..2 {
        accepts(&stage, tenant.projects[place]);
        stage.resumes_or_pauses(&tenant, place, true).await;
    }
    stage.until_count(WAITING, 0).await;
    compare(&stage, &tenant, &tale).await;
}

/// Compares all receipts with what the receiver wrote down.
async fn compare(stage: &Stage, tenant: &Tenant, tale: &Tale) {
    let receipts = all(stage, tenant, &tale.names).await;
    let mut states = BTreeMap::<&str, usize>::new();
    for (place, project) in tenant.projects.iter().enumerate() {
        let accepted = stage.receiver.read(|log| log.counts(*project).clone());
        for name in &tale.names {
            match receipts.get(&(tenant.destinations[place], name.clone())) {
                Some(receipt) => {
                    *states.entry(receipt.name()).or_default() += 1;
                    tale.agrees(name, receipt, accepted.contains_key(name));
                }
                None => assert!(tale.expired.contains(name), "{name} is missing"),
            }
        }
    }
    println!("{states:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn receipt_of_what_expired_says_so_at_the_destination_that_had_not_come_to_it() {
    let stage = Stage::new().await;
    Program::start("migrate", &stage.settings()).ends_well_within(PATIENCE).await;
    let tenant = stage.tenant(&[1, 2]).await;
    stage.resumes_or_pauses(&tenant, 1, false).await;
    let _worker = stage.worker();
    let early = stage.records(&tenant, names("early", 3)).await;
    stage.until("the first has all", |log| log.distinct(1) == 3).await;
    stage.until_count(&format!("{WAITING} AND c.destination_id = '{}'", tenant.destinations[0]), 0).await;
    expires(&stage).await;
    stage.until_count("SELECT expired FROM cursors WHERE expired > 0", 3).await;
    let late = stage.records(&tenant, names("later", 2)).await;
    stage.resumes_or_pauses(&tenant, 1, true).await;
    stage.until_count(WAITING, 0).await;

    let all = all(&stage, &tenant, &[&early[..], &late[..]].concat()).await;
    let states = |name: &String| [0, 1].map(|place| all[&(tenant.destinations[place], name.clone())].name());
    for name in &early {
        assert_eq!(states(name), ["delivered", "expired"], "{name}");
    }
    for name in &late {
        assert_eq!(states(name), ["delivered", "delivered"], "{name}");
    }
    stage.receiver.read(|log| log.assert_each_once(2, &late));
}

#[tokio::test(flavor = "multi_thread")]
async fn receipt_of_each_state_is_told_apart_at_once() {
    let stage = Stage::new().await;
    let mut tenant = stage.tenant(&[1, 2, 3]).await;
    accepts(&stage, 1);
    accepts(&stage, 2);
    samples(&stage, &tenant, 1, 1).await;
    stage.resumes_or_pauses(&tenant, 2, false).await;
    stage.switches(&tenant, false).await;
    let off = stage.records(&tenant, std::iter::once(name("state", 0))).await.remove(0);
    stage.switches(&tenant, true).await;
    // One of a hundred is drawn, and nobody knows which: the last of them may be.
    let names = stage.records(&tenant, (1..30).map(|number| name("state", number))).await;
    let _worker = stage.worker();
    stage.until_count(&format!("{WAITING} AND c.destination_id <> '{}'", tenant.destinations[2]), 0).await;
    tenant.destinations.push(stage.connects(tenant.account, 4).await);

    let all = all(&stage, &tenant, &[std::slice::from_ref(&off), &names[..]].concat()).await;
    let states =
        |name: &str| tenant.destinations.iter().map(|it| all[&(*it, name.to_owned())].name()).collect::<Vec<_>>();
    assert_eq!(states(&off), ["left_out"; 4]);
    let drawn = stage.receiver.read(|log| log.counts(2).clone());
    for name in &names {
        let first = if is_refused(name) { "dead_letter" } else { "delivered" };
        let second = if drawn.contains_key(name) { "delivered" } else { "left_out" };
        if !(is_refused(name) && all[&(tenant.destinations[1], name.clone())].name() == "dead_letter") {
            assert_eq!(states(name), [first, second, "waiting", "left_out"], "{name}");
        }
    }
    let last = &all[&(tenant.destinations[3], names[0].clone())];
    assert!(matches!(last, Receipt::LeftOut { reason: Reason::BeforeDestination { .. }, revision: None }), "{last:?}");
    let Receipt::Delivered { attempt, is_confirmed: _ } = &all[&(tenant.destinations[0], names[0].clone())] else {
        panic!("not delivered");
    };
    assert!(attempt.status == Some(200) && attempt.number >= 1 && attempt.requests >= 1, "{attempt:?}");
}
