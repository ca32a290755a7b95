//! Which requests Activity shows, as its address says it.

use std::borrow::Cow;

use chrono::{DateTime, NaiveDate, NaiveDateTime, TimeDelta, Utc};
use serde::Deserialize;
use uuid::Uuid;

use crate::completed_request::{GenerationId, clean};
use crate::id::ApiKeyId;
use crate::metering::Outcome;
use crate::pages::shell::Problem;
use crate::store::activity::{Place, Wanted};
use crate::trace::ids::TraceId;

/// No identifier and no name is longer.
const MOST_CHARS: usize = 512;

/// No number of seconds or dollars is greater.
const MOST: f64 = 1e9;

/// The last second that is asked for: later ones have no date of four digits.
const LAST_SECOND: i64 = 253_402_300_799;

/// The members of an address that filter, in the order in which they are shown.
const NAMES: [(&str, &str); 12] = [
    ("range", "Time"),
    ("from", "From"),
    ("until", "Until"),
    ("outcome", "Status"),
    ("model", "Model"),
    ("key", "API key"),
    ("environment", "Environment"),
    ("user", "User"),
    ("session", "Session"),
    ("trace", "Trace"),
    ("slower", "Slower than"),
    ("dearer", "Dearer than"),
];

/// How many of [`NAMES`] say a time.
const TIMES: usize = 3;

/// What stands behind the question mark. Empty members filter nothing.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Address {
    pub range: String,
    pub from: String,
    pub until: String,
    pub outcome: String,
    pub model: String,
    pub key: String,
    pub environment: String,
    pub user: String,
    pub session: String,
    pub trace: String,
    pub slower: String,
    pub dearer: String,
    /// The last request of the page before.
    pub before: String,
    /// Any id, to be found.
    pub find: String,
}

/// A view of the activity, as a tab.
#[derive(Debug)]
pub struct View {
    pub label: &'static str,
    pub path: String,
    pub is_current: bool,
}

/// The views, and where they are.
const VIEWS: [(&str, &str); 3] =
    [("Requests", "/activity"), ("Sessions", "/activity/sessions"), ("Usage", "/activity/usage")];

/// What the address means.
#[derive(Debug, Clone)]
pub(super) struct Filters {
    pub(super) range: Range,
    pub(super) from: DateTime<Utc>,
    /// Requests that completed before it.
    pub(super) until: DateTime<Utc>,
    pub(super) wanted: Wanted,
    /// None: from the newest on.
    pub(super) before: Option<Place>,
}

/// A time, seen from now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Range {
    Hour,
    Day,
    Week,
    /// 30 days.
    Month,
    /// Twelve months.
    Year,
    /// All that is in the log.
    Kept,
    /// Between two times of the address.
    Custom,
}

impl Range {
    const NAMED: [Self; 6] = [Self::Hour, Self::Day, Self::Week, Self::Month, Self::Year, Self::Kept];

    /// Those that lists of the log offer.
    pub(super) const OFFERED: [Self; 4] = [Self::Hour, Self::Day, Self::Week, Self::Kept];

    /// Those of sums, which outlive the log.
    pub(super) const OF_SUMS: [Self; 4] = [Self::Day, Self::Week, Self::Month, Self::Year];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Hour => "1h",
            Self::Day => "24h",
            Self::Week => "7d",
            Self::Month => "30d",
            Self::Year => "12m",
            Self::Kept => "all",
            Self::Custom => "",
        }
    }

    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Hour => "1 hour",
            Self::Day => "24 hours",
            Self::Week => "7 days",
            Self::Month => "30 days",
            Self::Year => "12 months",
            Self::Kept => "All",
            Self::Custom => "Custom",
        }
    }

    fn begin(self, now: DateTime<Utc>) -> DateTime<Utc> {
        match self {
            Self::Hour => now - TimeDelta::hours(1),
            Self::Day => now - TimeDelta::hours(24),
            Self::Week => now - TimeDelta::days(7),
            Self::Month => now - TimeDelta::days(30),
            Self::Year => now - TimeDelta::days(365),
            Self::Kept | Self::Custom => DateTime::UNIX_EPOCH,
        }
    }
}

impl Address {
    /// The filters.
    ///
    /// # Errors
    /// What is wrong, for each member.
    pub(super) fn read(&self, now: DateTime<Utc>) -> Result<Filters, Vec<Problem>> {
        let mut problems = Vec::new();
        let range = self.range();
        let from = time("from", &self.from, &mut problems).unwrap_or_else(|| range.begin(now));
        // What completes while the page is read is on it.
        let until = time("until", &self.until, &mut problems).unwrap_or_else(|| now + TimeDelta::minutes(1));
        if until < from && problems.is_empty() {
            problems.push(mistake("until", "The time ends before it begins. Exchange the two."));
        }
        for (name, value) in self.members() {
            if value.chars().nth(MOST_CHARS).is_some() {
                problems.push(mistake(name, "Type at most 512 characters."));
            }
        }
        let slower_than = number("slower", &self.slower, "seconds, for example 2.5", &mut problems).map(milliseconds);
        let dearer_than = number("dearer", &self.dearer, "US dollars, for example 0.01", &mut problems);
        let before = if self.before.is_empty() { None } else { Place::parse(&self.before) };
        if !problems.is_empty() {
            return Err(problems);
        }
        let wanted = Wanted {
            trace: text(&self.trace).map(|trace| trace_id(&trace)),
            session: text(&self.session),
            user: text(&self.user),
            api_key: text(&self.key).map(|key| key.parse().unwrap_or(ApiKeyId(Uuid::nil()))),
            outcome: Outcome::named(&self.outcome),
            model: text(&self.model),
            environment: text(&self.environment),
            slower_than,
            dearer_than,
        };
        Ok(Filters { range, from, until, wanted, before })
    }

    /// Whoever looks for one trace, session or user wants all of it, unless they say a time.
    pub(super) fn range(&self) -> Range {
        if !self.from.is_empty() || !self.until.is_empty() {
            return Range::Custom;
        }
        let named = Range::NAMED.into_iter().find(|range| range.name() == self.range);
        let is_narrow = [&self.trace, &self.session, &self.user].into_iter().any(|value| !value.is_empty());
        named.unwrap_or(if is_narrow { Range::Kept } else { Range::Day })
    }

    /// All views, in the same time.
    pub(super) fn views(&self, current: &str) -> [View; 3] {
        let times =
            Self { range: self.range.clone(), from: self.from.clone(), until: self.until.clone(), ..Self::default() };
        VIEWS.map(|(label, path)| View { label, path: times.link(path, &[]), is_current: path == current })
    }

    /// What filters, and is not empty.
    fn members(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let values = [
            &self.range,
            &self.from,
            &self.until,
            &self.outcome,
            &self.model,
            &self.key,
            &self.environment,
            &self.user,
            &self.session,
            &self.trace,
            &self.slower,
            &self.dearer,
        ];
        let members = NAMES.into_iter().zip(values).map(|((name, _), value)| (name, value.as_str()));
        members.filter(|(_, value)| !value.is_empty())
    }

    /// What filters beside the time: its name, its label and its value.
    pub(super) fn set(&self) -> impl Iterator<Item = (&'static str, &'static str, &str)> {
        self.members().filter_map(|(name, value)| {
            let (_, label) = NAMES[TIMES..].iter().find(|(known, _)| *known == name)?;
            Some((name, *label, value))
        })
    }

    /// An address with these filters, of which some are changed; an empty value takes one away.
    pub(super) fn link(&self, path: &str, changes: &[(&'static str, &str)]) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        let kept = self.members().filter(|(name, _)| !changes.iter().any(|(changed, _)| changed == name));
        query.extend_pairs(kept);
        query.extend_pairs(changes.iter().filter(|(_, value)| !value.is_empty()));
        let query = query.finish();
        if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
    }
}

/// For pages that have no fields for what filters.
pub(super) fn without_fields(problems: Vec<Problem>) -> Vec<Problem> {
    problems.into_iter().map(|problem| Problem { field: None, ..problem }).collect()
}

fn mistake(field: &'static str, message: &str) -> Problem {
    Problem { field: Some(Cow::Borrowed(field)), message: message.to_owned() }
}

/// As the facts of requests hold it: without control characters and blanks around it.
pub(super) fn text(value: &str) -> Option<String> {
    Some(clean::name(value, MOST_CHARS).into_owned()).filter(|value| !value.is_empty())
}

/// As it is sent: what is no id becomes one.
pub(super) fn trace_id(named: &str) -> String {
    TraceId::of(Some(named), &GenerationId::given("")).to_string()
}

fn time(field: &'static str, value: &str, problems: &mut Vec<Problem>) -> Option<DateTime<Utc>> {
    let value = Some(value.trim()).filter(|value| !value.is_empty())?;
    let time = parse_time(value);
    if time.is_none() {
        problems.push(mistake(field, "Type a date and a time of day in UTC, for example 2026-11-30T14:00."));
    }
    time
}

/// A number that is not negative, of what the words say.
fn number(field: &'static str, value: &str, words: &str, problems: &mut Vec<Problem>) -> Option<f64> {
    let value = Some(value.trim()).filter(|value| !value.is_empty())?;
    let number = value.replace(',', ".").parse().ok().filter(|number| (0.0..=MOST).contains(number));
    if number.is_none() {
        problems.push(mistake(field, &format!("Type a number of {words}.")));
    }
    number
}

#[expect(clippy::cast_possible_truncation, reason = "at most a thousand million seconds")]
fn milliseconds(seconds: f64) -> i64 {
    (seconds * 1e3).round() as i64
}

/// In UTC, unless it says another zone.
fn parse_time(value: &str) -> Option<DateTime<Utc>> {
    let naive = |format| NaiveDateTime::parse_from_str(value, format).ok().map(|time| time.and_utc());
    let day = || NaiveDate::parse_from_str(value, "%Y-%m-%d").ok()?.and_hms_opt(0, 0, 0).map(|time| time.and_utc());
    let zoned = DateTime::parse_from_rfc3339(value).ok().map(|time| time.with_timezone(&Utc));
    let time = zoned.or_else(|| naive("%Y-%m-%dT%H:%M")).or_else(|| naive("%Y-%m-%dT%H:%M:%S")).or_else(day)?;
    // Postgres does not know every year that can be written.
    DateTime::from_timestamp(time.timestamp().clamp(0, LAST_SECOND), 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> DateTime<Utc> {
        "2026-11-30T12:00:00Z".parse().unwrap()
    }

    fn address(query: &str) -> Address {
        let mut address = Address::default();
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            let member = match &*name {
                "range" => &mut address.range,
                "from" => &mut address.from,
                "until" => &mut address.until,
                "user" => &mut address.user,
                "trace" => &mut address.trace,
                "slower" => &mut address.slower,
                "dearer" => &mut address.dearer,
                "model" => &mut address.model,
                other => panic!("{other}"),
            };
            *member = value.into_owned();
        }
        address
    }

    #[test]
    fn range_is_a_day_and_all_that_is_kept_for_one_user() {
        assert_eq!(address("").range(), Range::Day);
        assert_eq!(address("user=ada").range(), Range::Kept);
        assert_eq!(address("user=ada&range=1h").range(), Range::Hour);
        let custom = address("from=2026-11-01&until=2026-11-02T03:04").read(now()).unwrap();
        assert_eq!((custom.range, custom.until - custom.from), (Range::Custom, TimeDelta::minutes(27 * 60 + 4)));
    }

    #[test]
    fn mistakes_name_their_members() {
        let fields = |query: &str| {
            let problems = address(query).read(now()).unwrap_err();
            problems.into_iter().map(|problem| problem.field.unwrap().into_owned()).collect::<Vec<_>>()
        };
        assert_eq!(fields("from=2026-11-02&until=2026-11-01"), ["until"]);
        assert_eq!(fields("from=soon&slower=fast&dearer=-1"), ["from", "slower", "dearer"]);
        assert_eq!(fields(&format!("user={}", "x".repeat(10_000))), ["user"]);
        assert_eq!(fields("slower=NaN"), ["slower"]);
    }

    #[test]
    fn times_beyond_any_calendar_are_cut_to_it() {
        let far = address("from=1970-01-01&until=%2B262000-01-01T00:00:00Z").read(now());
        assert!(far.is_err() || far.is_ok_and(|filters| filters.until.timestamp() <= LAST_SECOND));
        let old = address("from=-0044-03-15T00:00:00&until=9999-12-31").read(now());
        assert!(old.is_err() || old.is_ok_and(|filters| filters.from >= DateTime::UNIX_EPOCH));
    }

    #[test]
    fn link_keeps_changes_and_takes_away() {
        let address = address("range=7d&model=a/b&user=ada");
        assert_eq!(address.link("/activity", &[]), "/activity?range=7d&model=a%2Fb&user=ada");
        assert_eq!(address.link("/activity", &[("user", ""), ("range", "1h")]), "/activity?model=a%2Fb&range=1h");
        assert_eq!(Address::default().link("/activity", &[("user", "")]), "/activity");
        let set: Vec<_> = address.set().map(|(name, ..)| name).collect();
        assert_eq!(set, ["model", "user"]);
    }
}
