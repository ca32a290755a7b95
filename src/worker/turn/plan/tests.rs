//! A plan in a small world, whatever happens in whatever order.

mod world;

use proptest::prelude::*;

use self::world::{BATCH, Start, World, at};
use super::*;
use crate::worker::turn::report::Ending;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]
    #[test]
    fn plan_keeps_its_promises_whatever_happens(
        unread in 0_i64..60,
        in_flight_most in 1_usize..5,
        failures in 0_u32..2,
        (accepts_unseen, probes_first) in any::<(bool, bool)>(),
        happens in proptest::collection::vec(any::<(u8, u8)>(), 0..120),
    ) {
        let start = Start { failures, accepts_unseen, probes_first };
        let mut world = World::new(unread, in_flight_most, start).begins();
        for (choice, kind) in happens {
            if world.plan.is_over() {
                break;
            }
            world.happens(choice, kind);
        }
        world.ends();
        prop_assert!(world.counted <= world.accepted);
    }

    #[test]
    fn plan_delivers_all_and_counts_it_once(
        unread in 0_i64..200,
        in_flight_most in 1_usize..5,
        accepts_unseen: bool,
        failures in 0_u32..2,
    ) {
        let start = Start { failures, accepts_unseen, probes_first: failures > 0 };
        let mut world = World::new(unread, in_flight_most, start).begins();
        world.ends();
        prop_assert_eq!((world.cursor, world.counted), (unread, unread));
    }
}

#[test]
fn plan_holds_the_cursor_once_all_before_is_settled_and_not_where_a_batch_waits() {
    for (ending, is_held) in [(Ending::Settled, true), (Ending::Withheld, false)] {
        let mut world = World::new(3, 2, Start::default());
        world.held_until = Some(DateTime::UNIX_EPOCH);
        let mut world = world.begins();
        world.reads(BATCH);
        assert!(!world.is_reading, "what is behind is not read");
        world.comes_back(ending, 0);
        let result = world.acknowledging.as_ref().unwrap();
        assert_eq!((result.keeps_lease, result.held_until.is_some()), (false, is_held));
    }
}

#[test]
fn plan_reads_ahead_and_fills_the_wire() {
    let mut world = World::new(100, 4, Start::default()).begins();
    for in_flight in 1..=4 {
        world.reads(BATCH);
        assert_eq!((world.wire.len(), world.is_reading), (in_flight, true));
    }
    world.reads(BATCH);
    assert_eq!((world.wire.len(), world.is_reading), (4, false), "one batch is ready, and no more is read");
    world.comes_back(Ending::Settled, 0);
    assert_eq!(world.wire.len(), 3, "what is back counts until it is being acknowledged");
    world.acknowledges(LeaseState::Held);
    assert_eq!((world.wire.len(), world.is_reading), (4, true));
}

#[test]
fn plan_of_a_failing_destination_sends_one_batch_and_one_more_after_each_success() {
    let mut world = World::new(100, 4, Start { failures: 1, ..Start::default() }).begins();
    world.reads(BATCH);
    assert_eq!((world.wire.len(), world.is_reading), (1, false));
    world.comes_back(Ending::Settled, 0);
    world.acknowledges(LeaseState::Held);
    while world.is_reading {
        world.reads(BATCH);
    }
    assert_eq!(world.wire.len(), 2);
}

#[test]
fn plan_reads_fresh_requests_beside_a_batch_on_the_wire_but_only_where_they_can_be_sent() {
    let mut world = World::new(3, 2, Start::default()).begins();
    world.reads(BATCH);
    assert_eq!((world.is_reading, world.plan.waits_behind()), (false, Some(at(3))));
    world.unread = 3;
    world.tell(Event::Readable);
    assert!(world.is_reading);
    world.reads(BATCH);
    assert_eq!(world.wire.len(), 2);
    world.tell(Event::Readable);
    assert_eq!((world.is_reading, world.plan.waits_behind()), (false, None), "there is no room on the wire");
    world.comes_back(Ending::Settled, 0);
    world.acknowledges(LeaseState::Held);
    assert!(world.is_reading);
}

#[test]
fn plan_sends_nothing_before_probes_have_passed() {
    let start = Start { failures: 1, accepts_unseen: true, probes_first: true };
    let mut world = World::new(100, 4, start).begins();
    assert!(world.is_probing.is_some() && !world.is_reading);
    world.is_probed(2);
    assert!(world.is_reading);
}

#[test]
fn plan_stays_for_the_next_request_and_keeps_its_lease() {
    let mut world = World::new(3, 4, Start::default()).begins();
    world.around.may_stay = true;
    world.reads(BATCH);
    world.comes_back(Ending::Settled, 0);
    world.acknowledges(LeaseState::Held);
    assert_eq!((world.given_back, world.plan.due(world.around)), (0, Some(world.around.now + STAY)));
    world.unread = 1;
    world.tell(Event::Readable);
    assert!(world.is_reading);
    world.ends();
    assert_eq!(world.cursor, 4);
}

#[test]
fn plan_leaves_entries_of_a_newer_format_alone() {
    let mut world = World::new(0, 4, Start::default()).begins();
    world.is_reading = false;
    world.tell(Event::Read(Some(Batch::default()), Poison::default()));
    assert!(!world.plan.is_open() && world.given_back == 1);
    world.acknowledges(LeaseState::Held);
    assert!(world.plan.is_over());
}

#[test]
fn plan_gives_the_lease_back_with_its_last_batch() {
    let mut world = World::new(3, 4, Start::default()).begins();
    world.reads(BATCH);
    world.comes_back(Ending::Settled, 0);
    assert_eq!(world.given_back, 1);
    world.acknowledges(LeaseState::Held);
    assert!(world.plan.is_over());
}

#[test]
fn plan_ends_after_a_batch_where_others_wait_for_a_turn_or_the_settings_have_changed() {
    for is_crowded in [true, false] {
        let mut world = World::new(100, 1, Start::default()).begins();
        world.reads(BATCH);
        world.around.is_crowded = is_crowded;
        world.comes_back(Ending::Settled, 0);
        world.acknowledges(if is_crowded { LeaseState::Held } else { LeaseState::Outdated });
        assert_eq!(world.is_reading, !is_crowded && !world.plan.is_over() && world.plan.is_open());
        world.ends();
        assert!(world.cursor <= 2 * BATCH, "{}", world.cursor);
    }
}
