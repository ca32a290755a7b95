//! What is believed of a key, and for how long.

use std::future::{pending, ready};

use uuid::Uuid;

use super::*;
use crate::id::AccountId;
use crate::random::Random;
use crate::token::{ApiKey, ApiKeyType};

const GRACE: Duration = Duration::from_mins(5);

/// An empty memory, a key with its owner, and a moment.
fn given() -> (KnownKeys, TokenHash, KeyOwner, Instant) {
    let hash = ApiKey::new(ApiKeyType::Inference, Random).unwrap().hash();
    let owner = KeyOwner {
        account: AccountId(Uuid::from_u128(1)),
        key: ApiKeyId(Uuid::from_u128(2)),
        name: "ours".into(),
        member: None,
    };
    (KnownKeys::new(GRACE), hash, owner, Instant::now())
}

/// A look-up begins and is answered at once.
fn is_answered(keys: &KnownKeys, hash: TokenHash, asked: Instant, answer: Answer) -> Answer {
    let (look_up, is_new) = keys.look_up(hash, asked, ready(answer));
    assert!(is_new, "another one is under way");
    look_up.answer.now_or_never().unwrap()
}

fn no_answer() -> Answer {
    Err(Arc::new(store::Error::Unavailable(sqlx::Error::PoolTimedOut)))
}

#[test]
fn an_answer_holds_for_less_than_a_second_and_then_while_there_is_no_other() {
    let (keys, hash, owner, begin) = given();
    let after = |seconds: u64| begin + Duration::from_secs(seconds);
    assert_eq!(keys.get(&hash, begin), Remembered::Nothing);
    is_answered(&keys, hash, begin, Ok(Some(owner.clone()))).unwrap();
    assert_eq!(keys.get(&hash, begin + Duration::from_millis(899)), Remembered::Fresh(owner.clone()));
    assert_eq!(keys.get(&hash, begin + Duration::from_millis(900)), Remembered::Stale(owner.clone()));
    assert_eq!(keys.get(&hash, after(299)), Remembered::Stale(owner.clone()));
    assert_eq!(keys.get(&hash, after(300)), Remembered::Nothing, "the grace is over");
    is_answered(&keys, hash, after(299), Ok(None)).unwrap();
    assert_eq!(keys.get(&hash, Instant::now()), Remembered::Ended, "it was revoked");
}

#[test]
fn a_key_that_ended_is_refused_without_asking_a_database_that_may_be_slow() {
    let (keys, hash, owner, begin) = given();
    is_answered(&keys, hash, begin, Ok(None)).unwrap();
    assert_eq!(keys.get(&hash, begin), Remembered::Nothing, "keys that never opened anything fill no memory");
    is_answered(&keys, hash, begin, Ok(Some(owner.clone()))).unwrap();
    keys.end(owner.key, begin);
    assert_eq!(keys.get(&hash, begin + FAREWELL / 2), Remembered::Ended);
    assert_eq!(keys.get(&hash, begin + FAREWELL), Remembered::Nothing);
}

#[test]
fn known_keys_look_up_a_key_that_was_enabled_again() {
    let (keys, hash, owner, begin) = given();
    is_answered(&keys, hash, begin, Ok(Some(owner.clone()))).unwrap();
    keys.end(owner.key, begin);
    assert_eq!(keys.get(&hash, begin), Remembered::Ended);
    keys.enable(owner.key);
    assert_eq!(keys.get(&hash, begin), Remembered::Nothing);
    assert_eq!(is_answered(&keys, hash, begin, Ok(Some(owner.clone()))).unwrap(), Some(owner.clone()));
    // Without that, an answer may be one from before its end.
    keys.end(owner.key, begin);
    let (look_up, _) = keys.look_up(hash, Instant::now(), ready(Ok(Some(owner.clone()))));
    assert_eq!(look_up.answer.now_or_never().unwrap().unwrap(), None);
}

#[test]
fn postgres_that_gives_no_answer_is_not_asked_at_once_again_and_ends_no_grace() {
    let (keys, hash, owner, begin) = given();
    let now = Instant::now();
    is_answered(&keys, hash, begin.checked_sub(Duration::from_secs(100)).unwrap(), Ok(Some(owner.clone()))).unwrap();
    assert_eq!(keys.get(&hash, now), Remembered::Stale(owner.clone()));
    is_answered(&keys, hash, now, no_answer()).unwrap_err();
    assert_eq!(keys.get(&hash, now + Duration::from_millis(500)), Remembered::Fresh(owner.clone()));
    assert_eq!(keys.get(&hash, now + Duration::from_secs(2)), Remembered::Stale(owner.clone()));
    assert_eq!(keys.get(&hash, now + Duration::from_secs(200)), Remembered::Nothing);
}

#[test]
fn without_a_grace_a_key_is_believed_for_a_second_only() {
    let (_, hash, owner, begin) = given();
    let keys = KnownKeys::new(Duration::ZERO);
    is_answered(&keys, hash, begin, Ok(Some(owner.clone()))).unwrap();
    assert_eq!(keys.get(&hash, begin + Duration::from_millis(899)), Remembered::Fresh(owner.clone()));
    assert_eq!(keys.get(&hash, begin + Duration::from_millis(900)), Remembered::Nothing);
}

#[test]
fn a_key_has_one_look_up_at_a_time_and_who_comes_later_waits_for_the_same() {
    let (keys, hash, owner, begin) = given();
    let (told, waiting) = tokio::sync::oneshot::channel();
    let ask = async { waiting.await.unwrap() };
    let (first, is_new) = keys.look_up(hash, begin, ask);
    assert!(is_new);
    let later = begin + Duration::from_secs(3);
    let (second, is_new) = keys.look_up(hash, later, ready(Ok(None)));
    assert_eq!((second.began, is_new), (begin, false));
    assert!(first.answer.clone().now_or_never().is_none());
    told.send(Ok(Some(owner.clone()))).unwrap();
    assert_eq!(second.answer.now_or_never().unwrap().unwrap(), Some(owner.clone()));
    assert_eq!(first.answer.now_or_never().unwrap().unwrap(), Some(owner.clone()));
    assert_eq!(
        keys.get(&hash, later),
        Remembered::Stale(owner.clone()),
        "the answer came late, and is as old as the question"
    );
    assert!(keys.look_up(hash, later, pending()).1, "that one has ended");
}

#[test]
fn an_answer_that_was_given_before_its_key_ended_lets_nobody_in() {
    let (keys, hash, owner, begin) = given();
    is_answered(&keys, hash, begin, Ok(Some(owner.clone()))).unwrap();
    let (look_up, _) = keys.look_up(hash, begin, ready(Ok(Some(owner.clone()))));
    keys.end(owner.key, begin);
    assert_eq!(keys.get(&hash, begin), Remembered::Ended);
    assert_eq!(look_up.answer.now_or_never().unwrap().unwrap(), None);
    assert_eq!(keys.get(&hash, begin), Remembered::Ended);
    keys.end(ApiKeyId(Uuid::from_u128(3)), begin + LONGEST_LOOK_UP);
    assert!(keys.lock().ended.contains_key(&owner.key), "one may still be under way");
    keys.end(ApiKeyId(Uuid::from_u128(3)), begin + FAREWELL);
    assert!(!keys.lock().ended.contains_key(&owner.key), "none can be");
}

#[test]
fn a_key_that_nobody_used_is_believed_as_long_as_postgres_was_there_to_tell_of_its_end() {
    let (keys, hash, owner, begin) = given();
    let after = |minutes: u64| begin + Duration::from_mins(minutes);
    keys.listens(begin);
    is_answered(&keys, hash, begin, Ok(Some(owner.clone()))).unwrap();
    keys.hears(after(60));
    assert_eq!(keys.get(&hash, after(64)), Remembered::Stale(owner.clone()));
    assert_eq!(keys.get(&hash, after(65)), Remembered::Nothing);
    keys.listens(after(64));
    keys.hears(after(70));
    assert_eq!(keys.get(&hash, after(64)), Remembered::Stale(owner.clone()), "what was known then is known still");
    assert_eq!(keys.get(&hash, after(65)), Remembered::Nothing, "nobody told what ended before the 64th minute");
}

#[test]
fn when_postgres_is_heard_again_everything_is_asked_anew() {
    let (keys, hash, owner, begin) = given();
    is_answered(&keys, hash, begin, Ok(Some(owner.clone()))).unwrap();
    let (hanging, _) = keys.look_up(hash, begin, ready(Ok(Some(owner.clone()))));
    keys.listens(begin);
    assert_eq!(keys.get(&hash, begin), Remembered::Stale(owner.clone()));
    is_answered(&keys, hash, begin, Ok(None)).unwrap();
    assert!(hanging.answer.now_or_never().unwrap().is_ok());
    assert_eq!(keys.get(&hash, Instant::now()), Remembered::Ended, "the older answer says nothing more");
}
