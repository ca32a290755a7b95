//! Who is woken, and whose destinations have no turn.

use futures_util::FutureExt as _;

use super::*;
use crate::random::Random;

/// Of an account with so many cursors.
fn begin(running: &Running, account: AccountId, cursors: i64) -> Listener {
    running.begin(account, cursors, Position::END)
}

fn accounts() -> (AccountId, AccountId) {
    (AccountId(Random.uuid()), AccountId(Random.uuid()))
}

#[test]
fn turn_is_woken_once_for_its_own_account() {
    let ((running, _asked), (own, other)) = (Running::new(), accounts());
    let turn = begin(&running, own, 1);
    running.wake(&BTreeSet::from([other]));
    assert!(turn.readable().now_or_never().is_none());
    running.wake(&BTreeSet::from([own, other]));
    running.wake(&BTreeSet::from([own]));
    assert!(turn.readable().now_or_never().is_some());
    assert!(turn.readable().now_or_never().is_none(), "once, however often something is recorded");
}

#[test]
fn account_is_idle_while_one_of_its_destinations_has_no_turn() {
    let ((running, _asked), (own, other)) = (Running::new(), accounts());
    let both = BTreeSet::from([own, other]);
    assert_eq!(running.without_turns(&both), both);
    let first = begin(&running, own, 2);
    assert_eq!(running.without_turns(&both), both);
    let second = begin(&running, own, 2);
    assert_eq!(running.without_turns(&both), BTreeSet::from([other]));
    drop(second);
    assert_eq!(running.without_turns(&both), both);
    drop(first);
    assert!(running.turns().is_empty(), "nothing is kept of turns that ended");
}

#[test]
fn turn_that_waits_is_polled_and_one_that_ends_asks_for_it() {
    let ((running, mut asked), (own, other)) = (Running::new(), accounts());
    let (turn, _busy) = (begin(&running, own, 1), begin(&running, own, 1));
    assert!(running.waiting(None).1.is_empty());
    turn.waits_behind(Some(Position::END));
    assert_eq!(running.waiting(None).1, [Stretch { account: own, after: Position::END, until: Position::END }]);
    assert_eq!(running.waiting(Some(&BTreeSet::from([own]))).1.len(), 1);
    assert!(running.waiting(Some(&BTreeSet::from([other]))).1.is_empty());
    assert!(asked.try_recv().is_err());
    turn.found_nothing();
    assert_eq!(asked.try_recv(), Ok(own));
    drop(turn);
    assert_eq!(asked.try_recv(), Ok(own));
    let mut left_alone = begin(&running, own, 1);
    left_alone.leave_alone();
    drop(left_alone);
    assert!(asked.try_recv().is_err());
    assert!(running.waiting(None).1.is_empty());
}
