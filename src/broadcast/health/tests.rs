//! Every health, by what makes it.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::*;
use crate::id::{AccountId, DestinationId};
use crate::store::accounts::ContentReaders;

const BEGUN: DateTime<Utc> = DateTime::UNIX_EPOCH;
/// Five minutes later.
const NOW: DateTime<Utc> = DateTime::from_timestamp(5 * 60, 0).unwrap();
const NEXT: DateTime<Utc> = DateTime::from_timestamp(8 * 60, 0).unwrap();

fn account(broadcast_enabled: bool) -> Account {
    Account {
        id: AccountId(Uuid::nil()),
        name: "Analytical Engines".to_owned(),
        broadcast_enabled,
        privacy_mode: false,
        second_factor_required: false,
        content_readers: ContentReaders::Admins,
        created_at: BEGUN,
    }
}

/// One that has been like this since [`BEGUN`].
fn destination(health: Noted) -> Destination {
    let is_troubled = health != Noted::Healthy;
    Destination {
        id: DestinationId(Uuid::nil()),
        kind: "sentry".to_owned(),
        name: "Sentry".to_owned(),
        enabled: true,
        privacy_mode: false,
        settings: BTreeMap::new().into(),
        masked: BTreeMap::new().into(),
        selection: None,
        redaction: None,
        secrets: Vec::new(),
        secrets_set_at: BEGUN,
        target: String::new(),
        last_test: serde_json::Value::Null,
        revision: 1,
        created_at: BEGUN,
        updated_at: BEGUN,
        health,
        reason: is_troubled.then(|| "It said no.".to_owned()),
        failing_since: is_troubled.then_some(BEGUN),
        not_before: is_troubled.then_some(NEXT),
        last_success_at: None,
        delivered: 0,
        switched_off_at: None,
    }
}

fn paused(health: Noted) -> Destination {
    Destination { enabled: false, ..destination(health) }
}

fn switched_off() -> Destination {
    Destination { enabled: false, switched_off_at: Some(NOW), ..destination(Noted::Failing) }
}

/// So many requests wait, the oldest for so many seconds.
fn lag(waiting: i64, seconds: i64) -> Lag {
    let oldest = (waiting > 0).then(|| NOW - TimeDelta::seconds(seconds));
    Lag {
        destination: DestinationId(Uuid::nil()),
        waiting,
        oldest,
        unconfirmed: 0,
        expired: 0,
        dead_letters: 0,
        budget_day: None,
        budget_used: 0,
        held_until: None,
    }
}

fn health(destination: &Destination, lag: &Lag, is_on: bool) -> Health {
    Health::of(destination, lag, &account(is_on), NOW)
}

fn trouble(next: Option<DateTime<Utc>>) -> Trouble {
    Trouble { since: Some(BEGUN), reason: Some("It said no.".to_owned()), next, is_farewell: false }
}

#[test]
fn health_is_behind_when_a_request_has_waited_for_more_than_a_minute_while_broadcast_is_on() {
    let healthy = destination(Noted::Healthy);
    assert_eq!(health(&healthy, &lag(0, 0), true), Health::Healthy);
    assert_eq!(health(&healthy, &lag(1, 60), true), Health::Healthy);
    assert_eq!(health(&healthy, &lag(1, 61), true), Health::Behind);
    assert_eq!(health(&healthy, &lag(1, 3_600), false), Health::Healthy);
}

#[test]
fn health_tells_trouble_before_lag_and_a_pause_before_trouble() {
    assert_eq!(health(&destination(Noted::Failing), &lag(1, 90), true), Health::Failing(trouble(Some(NEXT))));
    assert_eq!(
        health(&destination(Noted::NeedsAttention), &lag(1, 90), true),
        Health::NeedsAttention(trouble(Some(NEXT)))
    );
    for noted in [Noted::Healthy, Noted::Failing, Noted::NeedsAttention] {
        assert_eq!(health(&paused(noted), &lag(1, 90), true), Health::Paused, "{noted:?}");
    }
    let off = Trouble { since: Some(NOW), ..trouble(None) };
    assert_eq!(health(&switched_off(), &lag(1, 90), true), Health::SwitchedOff(off));
}

#[test]
fn health_names_the_next_attempt_only_where_there_will_be_one() {
    for noted in [Noted::Failing, Noted::NeedsAttention] {
        let destination = destination(noted);
        let next = |lag: &Lag, is_on| health(&destination, lag, is_on).trouble().unwrap().next;
        assert_eq!(next(&lag(1, 0), true), Some(NEXT));
        assert_eq!(next(&Lag { unconfirmed: 1, ..lag(0, 0) }, true), Some(NEXT), "what was accepted may be sent again");
        assert_eq!(next(&lag(1, 0), false), None, "Broadcast is off");
        assert_eq!(next(&lag(0, 0), true), None, "nothing waits");
    }
}

#[test]
fn health_of_an_empty_reason_has_none() {
    let silent = Destination { reason: Some(String::new()), ..destination(Noted::Failing) };
    assert_eq!(health(&silent, &lag(0, 0), true).trouble().unwrap().reason, None);
}
