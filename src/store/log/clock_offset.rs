//! The offset between our clock and the database's, by which completions are dated, however late they reach the database.

use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::PgConnection;

use super::CHANNEL;
use crate::clock::Clock;
use crate::store::Result;

/// A reading that took longer says too little about the other clock, and is repeated, up to the number below.
const EXACT: Duration = Duration::from_millis(10);
const MOST_READINGS: u32 = 3;

/// When a request completed.
#[derive(Debug, Clone, Copy)]
pub enum Completed {
    /// By a clock of this process.
    Here(Instant),
    /// By the database's clock, as an earlier process dated it.
    Dated(DateTime<Utc>),
}

/// One instant on both clocks.
#[derive(Debug, Clone, Copy)]
pub struct ClockOffset {
    ours: Instant,
    theirs: DateTime<Utc>,
}

impl ClockOffset {
    /// Takes our own clock for the database's, until the database's has been read.
    pub fn assumed(clock: Clock) -> Self {
        Self { ours: Instant::now(), theirs: clock.now() }
    }

    /// The completion by the database's clock.
    pub fn date(self, completed: Completed) -> DateTime<Utc> {
        match completed {
            Completed::Here(at) => self.of(at),
            Completed::Dated(at) => at,
        }
    }

    /// Reads the clock with the statement that notifies workers of this transaction's commit.
    pub(super) async fn notifying(connection: &mut PgConnection, payload: &str) -> Result<Self> {
        let asked = Instant::now();
        let read = sqlx::query!(r#"SELECT clock_timestamp() AS "now!", pg_notify($1, $2)"#, CHANNEL, payload);
        let theirs = read.fetch_one(&mut *connection).await?.now;
        let (offset, took) = Self::between(asked, theirs);
        if took <= EXACT { Ok(offset) } else { Self::of_database(connection).await }
    }

    /// Reads the clock, again where a reading takes long.
    pub(super) async fn of_database(connection: &mut PgConnection) -> Result<Self> {
        let (mut offset, mut took) = Self::read(connection).await?;
        for _ in 1..MOST_READINGS {
            if took <= EXACT {
                break;
            }
            let (again, took_again) = Self::read(connection).await?;
            if took_again < took {
                (offset, took) = (again, took_again);
            }
        }
        Ok(offset)
    }

    async fn read(connection: &mut PgConnection) -> Result<(Self, Duration)> {
        let asked = Instant::now();
        let theirs = sqlx::query_scalar!(r#"SELECT clock_timestamp() AS "now!""#).fetch_one(connection).await?;
        Ok(Self::between(asked, theirs))
    }

    /// The database's clock was read between `asked` and now. This assumes that it was read at once, so that dates are a little
    /// too late at worst, and never too early. A request that completes after somebody saw Broadcast switched on, or off, is
    /// dated after the switch as well.
    fn between(asked: Instant, theirs: DateTime<Utc>) -> (Self, Duration) {
        (Self { ours: asked, theirs }, asked.elapsed())
    }

    /// The database's clock at another instant of ours.
    fn of(self, other: Instant) -> DateTime<Utc> {
        let delta = |duration| TimeDelta::from_std(duration).unwrap_or(TimeDelta::MAX);
        let earlier = self.theirs.checked_sub_signed(delta(self.ours.saturating_duration_since(other)));
        let later = delta(other.saturating_duration_since(self.ours));
        earlier.and_then(|earlier| earlier.checked_add_signed(later)).unwrap_or(self.theirs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_before_and_after_are_told_by_the_other_clock() {
        let theirs = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let before = Instant::now();
        let now = ClockOffset { ours: before + Duration::from_millis(1_500), theirs };
        assert_eq!(now.of(before), theirs - TimeDelta::milliseconds(1_500));
        assert_eq!(now.of(now.ours + Duration::from_micros(3)), theirs + TimeDelta::microseconds(3));
        assert_eq!(now.of(now.ours), theirs);
        let before = theirs - TimeDelta::days(1);
        assert_eq!([now.date(Completed::Here(now.ours)), now.date(Completed::Dated(before))], [theirs, before]);
    }
}
