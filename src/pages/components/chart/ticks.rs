//! Times below a chart.

use chrono::{DateTime, NaiveTime, TimeDelta, Utc};

/// Hours between two times.
const STEP: i64 = 6;
/// Times that are nearer to a date than this, in per cent of the width, would run into it.
const NEAR: f64 = 12.0;
/// The same of a chart that shares its width with three others.
const NEAR_IN_NARROW: f64 = 28.0;

/// A time below the plot.
#[derive(Debug, PartialEq, Eq)]
pub struct Tick {
    /// In per cent.
    pub x: String,
    /// SVG's `text-anchor`.
    pub anchor: &'static str,
    /// Whether a narrow page does without it.
    pub is_minor: bool,
    pub text: String,
}

/// The 24 hours that end at `now`: where they begin and end, the date where the day changes, and some times between.
pub fn of_a_day(now: DateTime<Utc>) -> Vec<Tick> {
    let begin = now - TimeDelta::hours(24);
    let midnight = now.with_time(NaiveTime::MIN).single().unwrap_or(now);
    let clock = |at: DateTime<Utc>| at.format("%H:%M").to_string();
    let tick =
        |at: DateTime<Utc>, anchor, is_minor, text| Tick { x: format!("{:.2}", x(begin, at)), anchor, is_minor, text };
    let mut ticks = vec![tick(begin, "start", false, clock(begin))];
    let has_room = |at| (NEAR..=100.0 - NEAR).contains(&x(begin, at));
    for at in (1..24 / STEP).map(|step| begin + TimeDelta::hours(step * STEP)) {
        if (x(begin, at) - x(begin, midnight)).abs() > NEAR {
            ticks.push(tick(at, "middle", true, clock(at)));
        }
    }
    ticks.extend(has_room(midnight).then(|| tick(midnight, "middle", false, midnight.format("%-d %b").to_string())));
    ticks.push(tick(now, "end", false, clock(now)));
    ticks
}

/// Any time: where it begins and ends, and between them the days that change, or some of them.
pub fn between(begin: DateTime<Utc>, end: DateTime<Utc>) -> Vec<Tick> {
    let length = end - begin;
    let is_long = length > TimeDelta::hours(36);
    let name = |at: DateTime<Utc>| at.format(if is_long { "%-d %b" } else { "%H:%M" }).to_string();
    let tick = |share: f64, anchor, is_minor, text| Tick { x: format!("{share:.2}"), anchor, is_minor, text };
    let mut ticks = vec![tick(0.0, "start", false, name(begin))];
    let days = i32::try_from(length.num_days()).unwrap_or(i32::MAX);
    let every = days / 7 + 1;
    let first = (begin + TimeDelta::days(1)).with_time(NaiveTime::MIN).single().unwrap_or(begin);
    for midnight in (0..=days / every).map(|day| first + TimeDelta::days(1) * (day * every)) {
        let share = share_of(midnight - begin, length);
        if (NEAR_IN_NARROW..=100.0 - NEAR_IN_NARROW).contains(&share) {
            ticks.push(tick(share, "middle", is_long, midnight.format("%-d %b").to_string()));
        }
    }
    let names_no_day = !is_long && ticks.len() == 1 && begin.date_naive() != end.date_naive();
    let last = if names_no_day { end.format("%-d %b, %H:%M").to_string() } else { name(end) };
    ticks.push(tick(100.0, "end", false, last));
    ticks
}

#[expect(clippy::cast_precision_loss, reason = "seconds of some years")]
fn share_of(part: TimeDelta, whole: TimeDelta) -> f64 {
    100.0 * part.num_seconds() as f64 / whole.num_seconds().max(1) as f64
}

#[expect(clippy::cast_precision_loss, reason = "seconds of a day")]
fn x(begin: DateTime<Utc>, at: DateTime<Utc>) -> f64 {
    (at - begin).num_seconds() as f64 / 864.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(now: &str) -> Vec<(String, String)> {
        of_a_day(now.parse().unwrap()).into_iter().map(|tick| (tick.x, tick.text)).collect()
    }

    #[test]
    fn ticks_of_any_time_are_few_and_in_order() {
        let begin: DateTime<Utc> = "2026-11-22T16:00:00Z".parse().unwrap();
        let texts = |length| between(begin, begin + length).into_iter().map(|tick| tick.text).collect::<Vec<_>>();
        assert_eq!(texts(TimeDelta::hours(1)), ["16:00", "17:00"]);
        assert_eq!(texts(TimeDelta::hours(24)), ["16:00", "23 Nov", "16:00"]);
        assert_eq!(texts(TimeDelta::days(7)), ["22 Nov", "25 Nov", "27 Nov", "29 Nov"]);
        assert!(texts(TimeDelta::days(400)).len() < 10);
        let night: DateTime<Utc> = "2026-11-24T01:30:00Z".parse().unwrap();
        let texts: Vec<_> = between(night, night + TimeDelta::days(7)).into_iter().map(|tick| tick.text).collect();
        assert_eq!(
            texts,
            ["24 Nov", "27 Nov", "29 Nov", "1 Dec"],
            "a date that would run into the first one is left out"
        );
    }

    #[test]
    fn ticks_name_the_day_where_it_changes_and_leave_out_what_would_run_into_it() {
        let pairs =
            |ticks: &[(&str, &str)]| ticks.iter().map(|(x, text)| ((*x).into(), (*text).into())).collect::<Vec<_>>();
        let afternoon = [
            ("0.00", "15:00"),
            ("25.00", "21:00"),
            ("50.00", "03:00"),
            ("75.00", "09:00"),
            ("37.50", "29 Nov"),
            ("100.00", "15:00"),
        ];
        assert_eq!(texts("2026-11-29T15:00:00Z"), pairs(&afternoon));
        let evening =
            [("0.00", "17:00"), ("50.00", "05:00"), ("75.00", "11:00"), ("29.17", "29 Nov"), ("100.00", "17:00")];
        assert_eq!(texts("2026-11-29T17:00:00Z"), pairs(&evening));
        // The date would stand on the last time.
        assert_eq!(texts("2026-11-29T00:30:00Z").len(), 5);
    }
}
