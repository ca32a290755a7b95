//! When accounts are polled.

use super::*;
use crate::random::Random;

fn accounts(count: usize) -> BTreeSet<AccountId> {
    (0..count).map(|_| AccountId(Random.uuid())).collect()
}

#[test]
fn held_back_accounts_are_polled_soon_and_then_more_and_more_rarely() {
    let (mut held_back, accounts, begun) = (HeldBack::default(), accounts(1), Instant::now());
    let (mut now, mut polls) = (begun, 0);
    held_back.has_polled(now, &accounts, &accounts);
    while now < begun + Duration::from_mins(1) {
        let due = held_back.due().unwrap();
        let waited = (now - begun).max(PAUSES.0);
        assert!(due - now <= waited.saturating_mul(2).min(PAUSES.1), "found in as much time as it was held back");
        now = due;
        assert_eq!(held_back.at(now), accounts);
        held_back.has_polled(now, &accounts, &accounts);
        polls += 1;
    }
    assert!(polls <= 70, "{polls} polls in a minute");
}

#[test]
fn account_is_forgotten_when_it_is_polled_and_nothing_is_held_back() {
    let (mut held_back, accounts, now) = (HeldBack::default(), accounts(2), Instant::now());
    held_back.has_polled(now, &accounts, &accounts);
    let first = accounts.iter().take(1).copied().collect();
    held_back.has_polled(now, &first, &BTreeSet::new());
    assert_eq!(held_back.at(now + PAUSES.1), accounts.difference(&first).copied().collect());
    held_back.has_polled(now, &accounts, &BTreeSet::new());
    assert_eq!(held_back.due(), None);
}

#[test]
fn accounts_that_are_held_back_for_long_are_polled_together() {
    let (mut held_back, accounts) = (HeldBack::default(), accounts(50));
    let mut now = Instant::now();
    for account in &accounts {
        let own = BTreeSet::from([*account]);
        held_back.has_polled(now, &own, &own);
        now += Duration::from_millis(7);
    }
    let begun = now;
    let mut polls = 0;
    while now < begun + Duration::from_secs(20) {
        now = now.max(held_back.due().unwrap());
        let due = held_back.at(now);
        held_back.has_polled(now, &due, &due);
        polls += 1;
    }
    assert!(polls < 150, "{polls} polls in twenty seconds");
}
