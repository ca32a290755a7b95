//! What a person typed into the form of a replay.

use chrono::{DateTime, Duration, NaiveDateTime, Utc};

use crate::pages::form::Values;
use crate::state::State;
use crate::store::replays::{Chosen, MOST_REQUESTS};

/// How an `<input type=datetime-local>` writes a time, with and without seconds.
const FORMATS: [&str; 2] = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"];

/// A field and what to do there.
pub(super) type Mistake = (&'static str, &'static str);

#[derive(Debug, Clone)]
pub struct Typed {
    /// `all`, `dead` or `ids`.
    pub what: String,
    pub from: String,
    pub until: String,
    pub ids: String,
    /// Whether what was delivered before is left out.
    pub missed: bool,
    /// Requests a second; empty for no limit.
    pub speed: String,
}

/// How long requests are kept, in whole days.
pub(in crate::pages) fn days(state: &State) -> i64 {
    i64::try_from(state.config.delivery.retention.as_secs() / 86_400).unwrap_or(i64::MAX).max(1)
}

fn written(at: DateTime<Utc>) -> String {
    at.format(FORMATS[0]).to_string()
}

impl Typed {
    /// The last hour, where nothing is named.
    fn usual(now: DateTime<Utc>) -> Self {
        let until = now + Duration::minutes(1);
        Self {
            what: "all".to_owned(),
            from: written(now - Duration::hours(1)),
            until: written(until),
            ids: String::new(),
            missed: true,
            speed: String::new(),
        }
    }

    /// What a link asks for: `range=hour`, `today` or `all`; `what`, `id`.
    pub(super) fn of_address(pairs: &[(String, String)], state: &State, now: DateTime<Utc>) -> Self {
        let mut typed = Self::usual(now);
        for (name, value) in pairs {
            match (name.as_str(), value.as_str()) {
                ("range", "today") => typed.from = format!("{}T00:00", now.format("%Y-%m-%d")),
                ("range", "all") => typed.from = written(now - Duration::days(days(state))),
                ("what", "dead" | "ids") => value.clone_into(&mut typed.what),
                ("id", id) => {
                    typed.missed = false;
                    "ids".clone_into(&mut typed.what);
                    typed.ids.push_str(id);
                    typed.ids.push('\n');
                }
                _ => {}
            }
        }
        typed
    }

    pub(super) fn of_form(values: &Values) -> Self {
        let text = |name| values.text(name).to_owned();
        Self {
            what: text("what"),
            from: text("from"),
            until: text("until"),
            ids: text("ids"),
            missed: values.is_on("missed"),
            speed: text("speed"),
        }
    }

    /// The most requests a second.
    pub(super) fn rate(&self) -> Option<i32> {
        self.speed.parse().ok().filter(|rate| *rate > 0)
    }

    /// What was chosen, or what to mend.
    pub(super) fn chosen(&self) -> Result<Chosen, Mistake> {
        match self.what.as_str() {
            "dead" => Ok(Chosen::DeadLetters),
            "ids" => self.requests(),
            _ => self.time(),
        }
    }

    fn time(&self) -> Result<Chosen, Mistake> {
        let from = parse(&self.from).ok_or(("from", "Enter a day and a time, for example 2026-11-29T03:00."))?;
        let until = parse(&self.until).ok_or(("until", "Enter a day and a time, for example 2026-11-29T04:00."))?;
        if until <= from {
            return Err(("until", "The end must lie after the beginning. Enter a later one."));
        }
        Ok(Chosen::All { from, until })
    }

    fn requests(&self) -> Result<Chosen, Mistake> {
        let ids: Vec<String> = self.ids.split_whitespace().map(str::to_owned).collect();
        if ids.is_empty() {
            return Err(("ids", "Enter at least one generation id, one a line."));
        }
        if ids.len() > MOST_REQUESTS {
            return Err(("ids", "These are more than 1,000 ids. Send them in parts."));
        }
        Chosen::requests(ids).ok_or(("ids", "An id here is not one that this gateway gives, like gen-1764512345-…"))
    }
}

fn parse(typed: &str) -> Option<DateTime<Utc>> {
    let time = FORMATS.iter().find_map(|format| NaiveDateTime::parse_from_str(typed, format).ok())?;
    // Beyond these years Postgres and this program do not agree on what a time is.
    Some(time.and_utc()).filter(|time| (1970..=9999).contains(&chrono::Datelike::year(time)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(what: &str, from: &str, until: &str, ids: &str) -> Typed {
        let [what, from, until, ids] = [what, from, until, ids].map(str::to_owned);
        Typed { what, from, until, ids, missed: false, speed: String::new() }
    }

    #[test]
    fn a_range_needs_two_times_in_order() {
        assert!(matches!(typed("all", "2026-11-29T03:00", "2026-11-29T04:00:30", "").chosen(), Ok(Chosen::All { .. })));
        for (from, until, field) in [
            ("", "2026-11-29T04:00", "from"),
            ("2026-11-29T04:00", "tomorrow", "until"),
            ("2026-11-29T04:00", "2026-11-29T04:00", "until"),
            ("2026-11-29T05:00", "2026-11-29T04:00", "until"),
            ("0001-11-29T05:00", "99999-11-29T04:00", "from"),
        ] {
            assert_eq!(typed("all", from, until, "").chosen().unwrap_err().0, field, "{from} {until}");
        }
    }

    #[test]
    fn ids_are_ours_and_at_most_a_thousand() {
        let id = "gen-1764512345-AAAAAAAAAAAAAAAAAAAA";
        assert!(matches!(typed("ids", "", "", id).chosen(), Ok(Chosen::Requests { .. })));
        for ids in [String::new(), "chatcmpl-1".to_owned(), format!("{id}\n").repeat(1_001)] {
            assert_eq!(typed("ids", "", "", &ids).chosen().unwrap_err().0, "ids");
        }
    }

    #[test]
    fn speed_is_a_number_above_zero_or_no_limit() {
        let of = |speed: &str| Typed { speed: speed.to_owned(), ..typed("all", "", "", "") }.rate();
        assert_eq!([of("100"), of(""), of("0"), of("-3"), of("many")], [Some(100), None, None, None, None]);
    }
}
