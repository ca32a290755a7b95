//! An instant as people read it: relative, with the exact time behind it.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};

/// An instant, seen from now.
#[derive(Debug, Clone, Copy)]
pub struct When {
    at: DateTime<Utc>,
    now: DateTime<Utc>,
}

impl When {
    /// `at`, seen from `now`.
    pub fn new(at: DateTime<Utc>, now: DateTime<Utc>) -> Self {
        Self { at, now }
    }

    /// RFC 3339 in UTC, to the second.
    pub fn exact(&self) -> String {
        self.at.to_rfc3339_opts(SecondsFormat::Secs, true)
    }

    /// For lists: "29 November 2026, 14:29:03 UTC".
    pub fn absolute(&self) -> String {
        format!("{}, {} UTC", self.day(), self.clock())
    }

    /// The day in UTC: "29 November 2026".
    pub fn day(&self) -> String {
        self.at.format("%-d %B %Y").to_string()
    }

    /// Whether both lie on one day in UTC.
    pub fn is_same_day(&self, other: &Self) -> bool {
        self.at.date_naive() == other.at.date_naive()
    }

    /// The time of day in UTC, to the second: "14:29:03".
    pub fn clock(&self) -> String {
        self.at.format("%H:%M:%S").to_string()
    }

    /// For example "3 minutes ago"; after a month, the date.
    pub fn relative(&self) -> String {
        let past = self.now - self.at;
        if past < TimeDelta::minutes(1) {
            "just now".to_owned()
        } else if past < TimeDelta::days(30) {
            format!("{} ago", span(past))
        } else {
            self.at.format("on %-d %B %Y").to_string()
        }
    }

    /// When it will be, for example "in 3 minutes".
    pub fn ahead(&self) -> String {
        let rest = self.at - self.now;
        if rest <= TimeDelta::zero() { "now".to_owned() } else { format!("in {}", span(rest)) }
    }

    /// How long it has lasted since, for example "3 minutes".
    pub fn lasted(&self) -> String {
        span(self.now - self.at)
    }

    /// How much later it is than the other one.
    pub fn since(&self, earlier: &Self) -> TimeDelta {
        self.at - earlier.at
    }

    /// Whether it lies further back than this.
    pub fn is_older_than(&self, age: TimeDelta) -> bool {
        self.now - self.at > age
    }
}

/// A length of time as people say it, in its largest unit.
pub fn span(length: TimeDelta) -> String {
    if length < TimeDelta::minutes(1) {
        "less than a minute".to_owned()
    } else if length < TimeDelta::hours(1) {
        units(length.num_minutes(), "minute")
    } else if length < TimeDelta::days(1) {
        units(length.num_hours(), "hour")
    } else {
        units(length.num_days(), "day")
    }
}

fn units(count: i64, unit: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {unit}{plural}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn when_is_written_as_people_say_it() {
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let relative = |seconds| When::new(now - TimeDelta::seconds(seconds), now).relative();
        assert_eq!(relative(-5), "just now");
        assert_eq!(relative(59), "just now");
        assert_eq!(relative(60), "1 minute ago");
        assert_eq!(relative(7_200), "2 hours ago");
        assert_eq!(relative(86_400 * 3), "3 days ago");
        assert_eq!(relative(86_400 * 40), "on 6 December 2026");
        assert_eq!(When::new(now, now).absolute(), "15 January 2027, 08:00:00 UTC");
        assert_eq!(When::new(now - TimeDelta::seconds(90), now).lasted(), "1 minute");
        assert_eq!(span(TimeDelta::days(7)), "7 days");
        let ahead = |seconds| When::new(now + TimeDelta::seconds(seconds), now).ahead();
        assert_eq!([ahead(-1), ahead(0)], ["now", "now"]);
        assert_eq!([ahead(59), ahead(150), ahead(7_200)], ["in less than a minute", "in 2 minutes", "in 2 hours"]);
    }
}
