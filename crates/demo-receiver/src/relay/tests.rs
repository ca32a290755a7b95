//! Relay in front of keys of all kinds, through hours.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

const KINDS: [Project; 4] = [Project::Enabled, Project::Unknown, Project::Disabled, Project::ZeroQuota];

/// What became of the requests with one key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Fates {
    stored: u32,
    parked: u32,
    lost: u32,
    refused: u32,
}

/// A Relay, its clock, and what became of the requests so far.
struct World {
    relay: Relay,
    now: Duration,
    fates: BTreeMap<Key, Fates>,
}

impl World {
    fn new(times: CacheTimes) -> Self {
        let mut relay = Relay::new(times, []);
        for kind in KINDS {
            relay.hold(key(kind), kind);
        }
        Self { relay, now: Duration::ZERO, fates: BTreeMap::new() }
    }

    fn act<T>(&mut self, act: impl FnOnce(&mut Relay, Duration) -> T) -> T {
        self.settle();
        let result = act(&mut self.relay, self.now);
        self.settle();
        result
    }

    fn settle(&mut self) {
        for (key, project) in self.relay.learn(self.now) {
            let fates = self.fates.entry(key).or_default();
            let settled = if project == Project::Enabled { &mut fates.stored } else { &mut fates.lost };
            *settled += fates.parked;
            fates.parked = 0;
        }
    }

    /// Sends a request, and tells its status.
    fn send(&mut self, kind: Project) -> u16 {
        self.settle();
        let answer = self.relay.ask(&key(kind), self.now);
        let fates = self.fates.entry(key(kind)).or_default();
        match answer {
            Ok(Acceptance::Stored) => fates.stored += 1,
            Ok(Acceptance::Parked) => fates.parked += 1,
            Err(_) => fates.refused += 1,
        }
        self.settle();
        answer.map_or_else(Refusal::status, |_| 200)
    }

    /// Sends one request after each of these pauses in seconds, and tells their statuses.
    fn sends_after<const N: usize>(&mut self, kind: Project, pauses: [u64; N]) -> [u16; N] {
        pauses.map(|pause| {
            self.now += Duration::from_secs(pause);
            self.send(kind)
        })
    }

    fn fates(&self, kind: Project) -> Fates {
        self.fates.get(&key(kind)).copied().unwrap_or_default()
    }
}

fn key(kind: Project) -> Key {
    let id = KINDS.iter().position(|known| *known == kind).unwrap();
    (id as u64, "a".repeat(32))
}

#[test]
fn an_unknown_key_is_accepted_once() {
    let mut relay = Relay::new(CacheTimes::default(), [(1, "known".to_owned())]);
    let mut ask = |project, name: &str| {
        let answer = relay.ask(&(project, name.to_owned()), Duration::ZERO);
        (answer, relay.learn(Duration::ZERO).pop().map(|(_, project)| project))
    };
    assert_eq!(ask(1, "unknown"), (Ok(Acceptance::Parked), Some(Project::Unknown)));
    assert_eq!(ask(1, "unknown"), (Err(Refusal::UnknownKey), None));
    assert_eq!(ask(1, "known"), (Ok(Acceptance::Parked), Some(Project::Enabled)));
    assert_eq!(ask(1, "known"), (Ok(Acceptance::Stored), None));
    assert_eq!(ask(2, "known"), (Ok(Acceptance::Parked), Some(Project::Unknown)));
    assert_eq!(ask(2, "known"), (Err(Refusal::UnknownKey), None));
}

#[test]
fn a_key_that_is_missing_or_disabled_is_forgotten_after_a_minute() {
    for kind in [Project::Unknown, Project::Disabled] {
        let mut world = World::new(CacheTimes::default());
        assert_eq!(world.sends_after(kind, [0, 0, 59, 1, 0]), [200, 403, 403, 200, 403]);
        assert_eq!(world.fates(kind), Fates { lost: 2, refused: 3, ..Fates::default() });
    }
}

#[test]
fn one_request_now_and_then_with_a_disabled_key_is_accepted_and_lost_every_time() {
    let mut world = World::new(CacheTimes::default());
    assert_eq!(world.sends_after(Project::Disabled, [90; 8]), [200; 8]);
    assert_eq!(world.fates(Project::Disabled), Fates { lost: 8, ..Fates::default() });
}

#[test]
fn a_quota_of_0_is_remembered_for_five_minutes_and_two_more_while_it_is_loaded_anew() {
    let mut world = World::new(CacheTimes::default());
    let answers = world.sends_after(Project::ZeroQuota, [0, 0, 299, 1, 419, 420, 0]);
    assert_eq!(answers, [200, 429, 429, 429, 429, 200, 429]);
    world.act(Relay::restart);
    assert_eq!(world.sends_after(Project::ZeroQuota, [0, 0]), [200, 429]);
}

#[test]
fn a_change_in_sentry_is_met_with_the_next_load() {
    let mut world = World::new(CacheTimes::default());
    world.send(Project::Enabled);
    world.act(|relay, _| relay.hold(key(Project::Enabled), Project::Disabled));
    assert_eq!(world.sends_after(Project::Enabled, [299]), [200], "believed for five minutes");
    assert_eq!(world.sends_after(Project::Enabled, [1, 0]), [200, 403], "used once more while the truth is loaded");
    world.act(|relay, _| relay.hold(key(Project::Enabled), Project::Enabled));
    assert_eq!(world.sends_after(Project::Enabled, [59, 1, 0]), [403, 200, 200], "refused for one minute");
    assert_eq!(world.fates(Project::Enabled), Fates { stored: 5, refused: 2, ..Fates::default() });
}

#[test]
fn without_its_upstream_it_accepts_every_key_until_the_upstream_is_back() {
    let mut world = World::new(CacheTimes::default());
    world.act(Relay::lose_upstream);
    for kind in KINDS {
        assert_eq!(world.sends_after(kind, [0, 1, 1_000, 100_000]), [200; 4]);
        assert_eq!(world.fates(kind), Fates { parked: 4, ..Fates::default() });
    }
    world.act(Relay::find_upstream);
    assert_eq!(KINDS.map(|kind| world.fates(kind).stored), [4, 0, 0, 0]);
    assert_eq!(KINDS.map(|kind| world.fates(kind).lost), [0, 4, 4, 4]);
    assert_eq!(KINDS.map(|kind| world.send(kind)), [200, 403, 403, 429]);
}

#[test]
fn a_load_takes_its_time_and_whatever_comes_meanwhile_is_accepted() {
    let mut world = World::new(CacheTimes { load: Duration::from_secs(2), ..CacheTimes::default() });
    assert_eq!(world.sends_after(Project::Disabled, [0, 1, 1]), [200, 200, 403]);
    assert_eq!(world.fates(Project::Disabled), Fates { lost: 2, refused: 1, ..Fates::default() });
}

#[test]
fn keys_are_remembered_within_a_bound() {
    let mut relay = Relay::new(CacheTimes::default(), []);
    for project in 0..3 * REMEMBERED as u64 {
        relay.memory.insert((project, String::new()), Memory::default());
        relay.make_room();
        assert!(relay.memory.len() <= REMEMBERED);
    }
}

/// Something that happens.
#[derive(Debug, Clone, Copy)]
enum Event {
    Send(Project),
    Pause(u64),
    Restart,
    LoseUpstream,
    FindUpstream,
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        6 => prop::sample::select(KINDS.to_vec()).prop_map(Event::Send),
        3 => (0_u64..200).prop_map(Event::Pause),
        1 => Just(Event::Restart),
        1 => Just(Event::LoseUpstream),
        1 => Just(Event::FindUpstream),
    ]
}

fn times() -> impl Strategy<Value = CacheTimes> {
    let second = |most: u64| (0..most).prop_map(Duration::from_secs);
    (second(70), second(310), second(130), second(5)).prop_map(|(missing, known, grace, load)| CacheTimes {
        missing,
        known,
        grace,
        load,
    })
}

proptest! {
    #[test]
    fn a_good_key_loses_nothing_and_whatever_is_accepted_with_a_bad_one_is_lost(
        times in times(),
        events in prop::collection::vec(event(), 0..200),
    ) {
        let mut world = World::new(times);
        let mut accepted = BTreeMap::from(KINDS.map(|kind| (key(kind), 0)));
        for event in &events {
            match *event {
                Event::Send(kind) => {
                    let status = world.send(kind);
                    prop_assert!(status == 200 || kind != Project::Enabled);
                    *accepted.entry(key(kind)).or_default() += u32::from(status == 200);
                }
                Event::Pause(seconds) => world.now += Duration::from_secs(seconds),
                Event::Restart => world.act(Relay::restart),
                Event::LoseUpstream => world.act(Relay::lose_upstream),
                Event::FindUpstream => world.act(Relay::find_upstream),
            }
        }
        world.act(Relay::find_upstream);
        world.now += times.load;
        world.settle();
        for kind in KINDS {
            let Fates { stored, parked, lost, .. } = world.fates(kind);
            let accepted = accepted[&key(kind)];
            let expected = if kind == Project::Enabled { (accepted, 0, 0) } else { (0, 0, accepted) };
            prop_assert_eq!((stored, parked, lost), expected, "{:?}", kind);
        }
    }
}
