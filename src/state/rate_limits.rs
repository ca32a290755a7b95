//! How often one address or one API key may come (spec 5.5). Each process counts for itself: these limits keep floods away.
//! Limits that must hold across processes are counted in Postgres.

use std::hash::Hash;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use crate::client::network;
use crate::id::{AccountId, ApiKeyId, UserId};

/// Sign-ups, invitations and password links that one address may send in a minute.
const SIGNED_OUT_FORMS: NonZeroU32 = NonZeroU32::new(30).unwrap();
/// Refused API keys that one address may present in a minute.
const REFUSED_KEYS: NonZeroU32 = NonZeroU32::new(60).unwrap();
/// Forms that one person may send in a minute: more than a person types, and few enough to keep one person from filling the
/// database.
const FORMS: NonZeroU32 = NonZeroU32::new(300).unwrap();
/// Dry runs of rules that one account may ask for in a minute: each reads a thousand requests (spec 10.3).
const DRY_RUNS: NonZeroU32 = NonZeroU32::new(10).unwrap();
/// Addresses, people or keys remembered before those are forgotten whose limit is fresh again.
const REMEMBERED: usize = 10_000;

/// Cheap to clone; clones count together.
#[derive(Debug, Clone)]
pub struct RateLimits(Arc<Limits>);

#[derive(Debug)]
struct Limits {
    clock: DefaultClock,
    signed_out_forms: DefaultKeyedRateLimiter<IpAddr>,
    refused_keys: DefaultKeyedRateLimiter<IpAddr>,
    forms: DefaultKeyedRateLimiter<UserId>,
    dry_runs: DefaultKeyedRateLimiter<AccountId>,
    keys: Option<DefaultKeyedRateLimiter<ApiKeyId>>,
}

/// The limit is reached. Come back after this long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooOften(pub Duration);

impl RateLimits {
    /// `key_rate`: requests that one API key may send to this process in a second. None: any number.
    pub fn new(key_rate: Option<NonZeroU32>) -> Self {
        Self(Arc::new(Limits {
            clock: DefaultClock::default(),
            signed_out_forms: RateLimiter::keyed(Quota::per_minute(SIGNED_OUT_FORMS)),
            refused_keys: RateLimiter::keyed(Quota::per_minute(REFUSED_KEYS)),
            forms: RateLimiter::keyed(Quota::per_minute(FORMS)),
            dry_runs: RateLimiter::keyed(Quota::per_minute(DRY_RUNS)),
            keys: key_rate.map(|rate| RateLimiter::keyed(Quota::per_second(rate))),
        }))
    }

    /// Counts a form that gives somebody a session or a password.
    ///
    /// # Errors
    /// When the address sent too many.
    pub fn signed_out_form(&self, address: IpAddr) -> Result<(), TooOften> {
        self.count(&self.0.signed_out_forms, &network(address))
    }

    /// Counts a form of a person who is signed in.
    ///
    /// # Errors
    /// When they sent too many.
    pub fn form(&self, person: UserId) -> Result<(), TooOften> {
        self.count(&self.0.forms, &person)
    }

    /// Counts a dry run of rules.
    ///
    /// # Errors
    /// When the account asked for too many.
    pub fn dry_run(&self, account: AccountId) -> Result<(), TooOften> {
        self.count(&self.0.dry_runs, &account)
    }

    /// Counts a refused API key.
    ///
    /// # Errors
    /// When the address presented too many.
    pub fn refused_key(&self, address: IpAddr) -> Result<(), TooOften> {
        self.count(&self.0.refused_keys, &network(address))
    }

    /// Counts a request with a valid key.
    ///
    /// # Errors
    /// When the key sent too many.
    pub fn key(&self, key: ApiKeyId) -> Result<(), TooOften> {
        self.0.keys.as_ref().map_or(Ok(()), |keys| self.count(keys, &key))
    }

    fn count<K: Hash + Eq + Clone>(&self, limiter: &DefaultKeyedRateLimiter<K>, key: &K) -> Result<(), TooOften> {
        if limiter.len() > REMEMBERED {
            limiter.retain_recent();
        }
        limiter.check_key(key).map_err(|refused| TooOften(refused.wait_time_from(self.0.clock.now())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(last: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, last])
    }

    #[test]
    fn an_address_that_comes_too_often_is_told_when_to_come_back_and_others_are_not() {
        let limits = RateLimits::new(None);
        let refused = (0..SIGNED_OUT_FORMS.get() + 10).filter(|_| limits.signed_out_form(address(1)).is_err()).count();
        assert!(refused >= 1);
        let TooOften(wait) = (0..100).find_map(|_| limits.signed_out_form(address(1)).err()).unwrap();
        assert!(wait <= Duration::from_secs(3), "{wait:?}");
        assert_eq!(limits.signed_out_form(address(2)), Ok(()));
        assert_eq!(limits.refused_key(address(1)), Ok(()));
    }

    #[test]
    fn an_ipv6_network_counts_as_one_address() {
        let limits = RateLimits::new(None);
        let from = |last: u16| IpAddr::from([0x2001, 0xdb8, 0, 1, 0, 0, 0, last]);
        assert!((0..100).any(|last| limits.signed_out_form(from(last)).is_err()));
    }

    #[test]
    fn a_key_is_limited_only_where_the_operator_says_so() {
        let key = ApiKeyId(uuid::Uuid::from_u128(1));
        let limits = RateLimits::new(None);
        assert!((0..10_000).all(|_| limits.key(key).is_ok()));
        let limits = RateLimits::new(NonZeroU32::new(5));
        assert!((0..10_000).any(|_| limits.key(key).is_err()));
        assert_eq!(limits.key(ApiKeyId(uuid::Uuid::from_u128(2))), Ok(()));
    }
}
