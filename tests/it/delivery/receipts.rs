//! Receipts against the truth: random histories through real workers, and what the receiver's log says of each request (spec 9.2).

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::json;
use tracecast::broadcast::receipts::{self, Reason, Receipt};
use tracecast::completed_request::GenerationId;
use tracecast::destination::selection::LeftOut;
use tracecast::id::DestinationId;
use tracecast::random::Random;
use tracecast::store::destinations;

use super::receiver::Reply;
use super::short_or_long;
use super::stage::{Stage, Tenant, name};

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
        1 => place.prop_map(|place| Step::GoAway { place }),
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
    WHERE (r.xid, r.position) > (c.xid, c.position) AND r.broadcast AND r.completed_at >= c.since";

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
    let mut transaction = stage.store.tenant(tenant.account).await.unwrap();
    let id = tenant.destinations[place];
    let revision = destinations::find(&mut transaction, id).await.unwrap().unwrap().revision;
    let rules = json!({ "version": 1, "sampling_rate": f64::from(percent) / 100.0 });
    assert!(destinations::put_choice(&mut transaction, id, revision, Some(&rules), None).await.unwrap());
    transaction.commit().await.unwrap();
}

/// Whether a receipt says what the receiver says.
fn is_true(receipt: &Receipt, name: &str, was_accepted: bool, was_off: bool) {
    match receipt {
        Receipt::Delivered { .. } => assert!(was_accepted && !was_off, "{name}: {receipt:?}"),
        Receipt::DeadLetter(_) => assert!(!was_accepted && is_refused(name), "{name}: {receipt:?}"),
        Receipt::LeftOut { reason: Reason::BroadcastOff, .. } => assert!(was_off, "{name}"),
        // A worker that dies before it notes an acceptance sends again, if the rules still let it.
        Receipt::LeftOut { reason: Reason::Rules(LeftOut::Sampled), revision: Some(_) } => {}
        other => panic!("{name}: {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn receipts_of_a_random_history_say_what_the_receiver_says() {
    let stage = Stage::new().await;
    let tenant = stage.tenant(&[1, 2]).await;
    accepts(&stage, 1);
    accepts(&stage, 2);
    let mut worker = stage.worker();
    let (mut names, mut while_off) = (Vec::new(), HashSet::new());
    let (mut is_on, mut runs) = (true, [true; 2]);
    for step in history() {
        match step {
            Step::Complete(count) => {
                let new: Vec<_> = (names.len()..names.len() + count).map(|number| name("tale", number)).collect();
                stage.records(&tenant, new.iter().cloned()).await;
                while_off.extend(new.iter().filter(|_| !is_on).cloned());
                names.extend(new);
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
            Step::GoAway { place } => stage.receiver.answers(tenant.projects[place], |_| Reply::status(503)),
            Step::Recover => {
                accepts(&stage, 1);
                accepts(&stage, 2);
            }
            Step::Kill => {
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

    let receipts = all(&stage, &tenant, &names).await;
    assert_eq!(receipts.len(), 2 * names.len());
    let mut states = BTreeMap::<&str, usize>::new();
    for (place, project) in tenant.projects.iter().enumerate() {
        let accepted = stage.receiver.read(|log| log.counts(*project).clone());
        for name in &names {
            let receipt = &receipts[&(tenant.destinations[place], name.clone())];
            *states.entry(receipt.name()).or_default() += 1;
            is_true(receipt, name, accepted.contains_key(name), while_off.contains(name));
        }
    }
    println!("{states:?}");
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
