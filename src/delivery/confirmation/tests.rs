//! When acceptances are confirmed, and when they are in doubt.

use proptest::prelude::*;

use super::*;

/// Accepted at these milliseconds, each in no time; requests are counted by their place.
fn accepted(begin: Instant, at: &[u64]) -> Confirmation<usize> {
    let mut confirmation = Confirmation::new(true, false);
    for (place, at) in at.iter().enumerate() {
        let at = begin + Duration::from_millis(*at);
        confirmation.accept((at, at), UpTo { place, requests: 10 });
    }
    confirmation
}

/// The place up to which probes that begin now confirm.
fn last(confirmation: &Confirmation<usize>) -> Option<usize> {
    confirmation.unconfirmed.back().map(|last| last.until)
}

fn after(begin: Instant, milliseconds: u64) -> Instant {
    begin + Duration::from_millis(milliseconds)
}

#[test]
fn an_acceptance_is_confirmed_by_one_that_begins_a_second_later_in_the_same_burst() {
    let begin = Instant::now();
    let mut confirmation = accepted(begin, &[0, 500, 900]);
    assert_eq!(confirmation.confirm_by(after(begin, 999)), None);
    assert_eq!(confirmation.confirm_by(after(begin, 1_500)), Some(UpTo { place: 1, requests: 20 }));
    assert!(!confirmation.unconfirmed.is_empty());
}

#[test]
fn an_acceptance_after_silence_confirms_nothing() {
    let begin = Instant::now();
    let mut confirmation = accepted(begin, &[0, 100]);
    assert_eq!(confirmation.confirm_by(after(begin, 1_100)), None);
    assert_eq!(confirmation.confirm_by(after(begin, 60_000)), None);
}

#[test]
fn probes_are_due_a_second_after_the_last_acceptance_and_confirm_what_was_accepted_before_them() {
    let begin = Instant::now();
    let mut confirmation = accepted(begin, &[0, 500]);
    assert_eq!(confirmation.due(), Some(after(begin, 1_500)));
    let last = last(&confirmation).unwrap();
    let meanwhile = after(begin, 1_600);
    confirmation.accept((meanwhile, meanwhile), UpTo { place: 2, requests: 10 });
    assert_eq!(confirmation.confirm_until(last), Some(UpTo { place: 1, requests: 20 }));
    assert_eq!(confirmation.due(), Some(after(begin, 2_600)));
}

#[test]
fn a_refusal_casts_doubt_on_all_that_is_unconfirmed() {
    let begin = Instant::now();
    let mut confirmation = accepted(begin, &[0, 500]);
    assert_eq!(confirmation.doubt(false), Doubt { confirmed: None, again: 20 });
    assert!(confirmation.unconfirmed.is_empty());
    assert_eq!(accepted(begin, &[0, 500]).doubt(true), Doubt { confirmed: None, again: 20 });
}

#[test]
fn a_quota_casts_no_doubt_on_what_was_accepted_right_after_the_receiver_was_known_to_know() {
    let begin = Instant::now();
    let known = |at: &[u64]| {
        let mut confirmation = accepted(begin, at);
        confirmation.knows_since = Some(begin);
        confirmation
    };
    let first = Some(UpTo { place: 0, requests: 10 });
    assert_eq!(known(&[10, 1_100]).doubt(true), Doubt { confirmed: first, again: 10 });
    assert_eq!(known(&[10, 1_100]).doubt(false), Doubt { confirmed: None, again: 20 });
    assert_eq!(known(&[1_100]).doubt(true), Doubt { confirmed: None, again: 10 });
}

proptest! {
    #[test]
    fn every_request_is_confirmed_or_sent_again_once(
        steps in proptest::collection::vec((0_u64..2_000, 0_usize..5, 0_u8..6), 0..60),
    ) {
        let (mut now, mut confirmation, mut place) = (Instant::now(), Confirmation::new(true, false), 0_usize);
        let (mut sent, mut settled) = (0, 0);
        for (pause, requests, step) in steps {
            let begun = now;
            now += Duration::from_millis(pause);
            match step {
                0 => {
                    let doubt = confirmation.doubt(requests % 2 == 0);
                    settled += doubt.again + doubt.confirmed.map_or(0, |confirmed| confirmed.requests);
                    prop_assert!(confirmation.unconfirmed.is_empty());
                }
                1 => {
                    let confirmed = last(&confirmation).and_then(|last| confirmation.confirm_until(last));
                    settled += confirmed.map_or(0, |confirmed| confirmed.requests);
                    prop_assert!(confirmation.unconfirmed.is_empty());
                }
                _ => {
                    settled += confirmation.confirm_by(begun).map_or(0, |confirmed| confirmed.requests);
                    place += 1;
                    sent += requests;
                    confirmation.accept((begun, now), UpTo { place, requests });
                }
            }
        }
        settled += confirmation.doubt(false).again;
        prop_assert_eq!(settled, sent);
    }
}
