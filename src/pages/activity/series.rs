//! What charts show: sums by time, from rollups, or from the requests themselves where rollups do not have a filter.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::filters::{Filters, Range};
use crate::metering::{Grain, Outcome, Sums};
use crate::store::activity::{
    ListedRequest, ModelTokens, Place, Stretch, Summed, Wanted, list_requests, sum_by_time, sum_tokens,
};
use crate::store::{self, Tenant};

/// Requests that are read for charts, where a filter is set that rollups do not have.
const MOST_READ: i64 = 5_000;

/// Lengths of a bucket in seconds: the first of which a chart holds few enough is taken.
///
/// Those below an hour are summed from rollups by minute, of which a day has too many.
const STEPS: [i64; 7] = [60, 300, 3_600, 7_200, 21_600, 86_400, 604_800];

/// The most buckets of a chart.
const MOST_BUCKETS: i64 = 90;

/// The times of a chart, all of the same length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Times {
    pub(super) first: DateTime<Utc>,
    pub(super) step: TimeDelta,
    pub(super) count: usize,
}

/// Sums for each of the times, and tokens by model.
#[derive(Debug)]
pub(super) struct Series {
    pub(super) times: Times,
    /// One for each time.
    pub(super) sums: Vec<Sums>,
    /// The most first.
    pub(super) models: Vec<ModelTokens>,
}

impl Times {
    /// Buckets that begin at round times and end after the filters' time.
    fn of(filters: &Filters, now: DateTime<Utc>, retention: Duration) -> Self {
        let oldest = now - TimeDelta::from_std(retention).unwrap_or(TimeDelta::MAX).min(TimeDelta::days(400));
        let until = filters.until.min(now);
        let from =
            if filters.range == Range::Kept { oldest } else { filters.from }.max(now - TimeDelta::days(400)).min(until);
        let seconds = (until - from).num_seconds().max(60);
        let step = match filters.range {
            Range::Hour => 60,
            Range::Day => 3_600,
            Range::Week => 7_200,
            Range::Month | Range::Year | Range::Kept | Range::Custom => {
                let fits = |step: &i64| seconds / step < MOST_BUCKETS && is_kept(grain(*step), from, now, retention);
                STEPS.into_iter().find(fits).unwrap_or(STEPS[STEPS.len() - 1])
            }
        };
        let end = until.timestamp().div_euclid(step) + 1;
        let count = (seconds + step - 1) / step;
        Self {
            first: DateTime::from_timestamp((end - count) * step, 0).unwrap_or(from),
            step: TimeDelta::seconds(step),
            count: usize::try_from(count).unwrap_or(1),
        }
    }

    pub(super) fn start(self, bucket: usize) -> DateTime<Utc> {
        self.first + self.step * i32::try_from(bucket).unwrap_or(i32::MAX)
    }

    pub(super) fn end(self) -> DateTime<Utc> {
        self.start(self.count)
    }

    fn bucket(self, at: DateTime<Utc>) -> Option<usize> {
        let bucket = (at - self.first).num_seconds().div_euclid(self.step.num_seconds());
        usize::try_from(bucket).ok().filter(|bucket| *bucket < self.count)
    }

    /// The rollups of these times that are wanted.
    pub(super) fn summed(self, wanted: &Wanted) -> Summed {
        Summed {
            grain: grain(self.step.num_seconds()),
            from: self.first,
            until: self.end(),
            model: wanted.model.clone(),
            api_key: wanted.api_key,
            environment: wanted.environment.clone(),
        }
    }
}

/// The longest time of rollups that steps of so many seconds are made of.
fn grain(step: i64) -> Grain {
    Grain::ALL.into_iter().rev().find(|grain| step >= grain.length().num_seconds()).unwrap_or(Grain::Minute)
}

/// Whether rollups of this grain still reach back so far.
fn is_kept(grain: Grain, from: DateTime<Utc>, now: DateTime<Utc>, retention: Duration) -> bool {
    let kept = TimeDelta::from_std(grain.kept(retention)).unwrap_or(TimeDelta::MAX);
    grain == Grain::Day || now - from <= kept
}

/// What the charts of these filters show. None: more requests than are read would have to be counted.
pub(super) async fn series(
    tenant: &mut Tenant,
    filters: &Filters,
    now: DateTime<Utc>,
    retention: Duration,
) -> store::Result<Option<Series>> {
    if !has_rollups(&filters.wanted) {
        return from_requests(tenant, &filters.wanted, Times::of(filters, now, retention)).await;
    }
    of_rollups(tenant, filters, now, retention).await.map(Some)
}

/// The same without the filters that rollups do not have.
pub(super) async fn of_rollups(
    tenant: &mut Tenant,
    filters: &Filters,
    now: DateTime<Utc>,
    retention: Duration,
) -> store::Result<Series> {
    let times = Times::of(filters, now, retention);
    let (mut sums, summed) = (vec![Sums::default(); times.count], times.summed(&filters.wanted));
    for (start, sum) in sum_by_time(tenant, &summed, times.step.num_seconds()).await? {
        if let Some(bucket) = times.bucket(start) {
            sums[bucket] = sum;
        }
    }
    Ok(Series { times, sums, models: sum_tokens(tenant, &summed).await? })
}

/// Whether rollups tell apart what is wanted.
fn has_rollups(wanted: &Wanted) -> bool {
    let Wanted { trace, session, user, outcome, slower_than, dearer_than, .. } = wanted;
    trace.is_none()
        && session.is_none()
        && user.is_none()
        && outcome.is_none()
        && slower_than.is_none()
        && dearer_than.is_none()
}

async fn from_requests(tenant: &mut Tenant, wanted: &Wanted, times: Times) -> store::Result<Option<Series>> {
    let stretch = Stretch { from: times.first, before: Place::until(times.end()), most: MOST_READ, walked: MOST_READ };
    let listed = list_requests(tenant, wanted, &stretch).await?;
    let is_full = i64::try_from(listed.requests.len()).is_ok_and(|read| read >= MOST_READ);
    if is_full || listed.walked_to.is_some() {
        return Ok(None);
    }
    let (mut sums, mut models) = (vec![Sums::default(); times.count], BTreeMap::<String, (i64, i64)>::new());
    for request in &listed.requests {
        let Some(bucket) = times.bucket(request.completed_at) else { continue };
        add(&mut sums[bucket], request);
        let tokens = models.entry(request.model.clone()).or_default();
        tokens.0 = tokens.0.saturating_add(request.input_tokens.unwrap_or_default());
        tokens.1 = tokens.1.saturating_add(request.output_tokens.unwrap_or_default());
    }
    let models = models.into_iter().map(|(model, (input, output))| ModelTokens { model, input, output });
    let mut models: Vec<_> = models.filter(|tokens| tokens.input + tokens.output > 0).collect();
    models.sort_by_key(|tokens| std::cmp::Reverse(tokens.input + tokens.output));
    Ok(Some(Series { times, sums, models }))
}

fn add(sums: &mut Sums, request: &ListedRequest) {
    sums.requests += 1;
    match Outcome::named(&request.outcome) {
        Some(Outcome::Failed) => sums.failed += 1,
        Some(Outcome::Refused) => sums.refused += 1,
        Some(Outcome::Cancelled) => sums.cancelled += 1,
        Some(Outcome::Succeeded) | None => {}
    }
    if let Some(cost) = request.cost {
        sums.costed += 1;
        sums.cost += cost;
    }
    if let Some(latency) = request.latency_ms {
        sums.latencies.add(latency.unsigned_abs());
    }
    if let Some(first) = request.first_token_ms {
        sums.first_tokens.add(first.unsigned_abs());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::activity::Address;

    fn times(address: &Address) -> Times {
        let now = "2026-11-29T14:20:30Z".parse().unwrap();
        Times::of(&address.read(now).unwrap(), now, Duration::from_hours(7 * 24))
    }

    #[test]
    fn times_are_round_and_end_after_now() {
        for (range, first, step, count, grain) in [
            ("1h", "2026-11-29T13:21:00Z", 60, 60, Grain::Minute),
            ("24h", "2026-11-28T15:00:00Z", 3_600, 24, Grain::Hour),
            ("7d", "2026-11-22T16:00:00Z", 7_200, 84, Grain::Hour),
            ("all", "2026-11-22T16:00:00Z", 7_200, 84, Grain::Hour),
        ] {
            let times = times(&Address { range: range.to_owned(), ..Address::default() });
            let wanted = Times { first: first.parse().unwrap(), step: TimeDelta::seconds(step), count };
            assert_eq!((times, super::grain(step)), (wanted, grain), "{range}");
        }
    }

    #[test]
    fn times_are_made_of_sums_that_are_still_kept() {
        for (from, until, wanted) in [
            ("2026-11-28T10:00", "2026-11-28T11:00", Grain::Minute),
            ("2026-11-10", "2026-11-10T00:59:59", Grain::Hour),
            ("2026-07-01", "2026-07-01T23:59:59", Grain::Day),
        ] {
            let times = times(&Address { from: from.to_owned(), until: until.to_owned(), ..Address::default() });
            assert_eq!(super::grain(times.step.num_seconds()), wanted, "{from}");
        }
    }

    #[test]
    fn times_of_any_range_are_few() {
        for (from, until) in [
            ("1970-01-01", "9999-12-31"),
            ("2026-11-29T14:20", "2026-11-29T14:20"),
            ("2026-10-01", "2026-11-01"),
            ("2026-11-29T14:00", "2026-11-29T14:02"),
        ] {
            let times = times(&Address { from: from.to_owned(), until: until.to_owned(), ..Address::default() });
            assert!((1..=91).contains(&times.count), "{from} {times:?}");
            assert!(times.end() <= times.first + TimeDelta::days(420), "{from} {times:?}");
        }
    }
}
