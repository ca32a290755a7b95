//! The last 24 hours of a destination: how fresh what arrives is, as figures, as charts and as the numbers behind them.

use chrono::{DateTime, TimeDelta, Utc};

use crate::pages::components::amount::{count, duration, grouped, per_cent};
use crate::pages::components::chart::{self, BASE, Bar, Chart, Curve, HEIGHT, Hint, Line, Scale, TOP, pile, share};
use crate::store::deliveries::{GOAL_MS, HOURS, HourOfDay};

/// Height of the mark of an hour with failed attempts, in pixels: one failure among a million is seen.
const FAILURE: f64 = 2.0;

/// A goal nearer to the base line than this many pixels would be taken for it.
const NEAR: f64 = 3.0;

const HANDED_OVER: [(&str, &str); 2] = [("key", "delivered"), ("key key-bad", "in failed attempts")];
const DELAY: [(&str, &str); 2] = [("key key-line", "half within"), ("key key-dashed", "95 % within")];
/// Where the goal lies within the plot.
const DELAY_AND_GOAL: [(&str, &str); 3] = [DELAY[0], DELAY[1], ("", "goal: 10 s (dotted)")];

/// What was sent to a destination in the last 24 hours.
#[derive(Debug)]
pub struct Day {
    pub figures: Vec<Figure>,
    pub charts: [Chart; 2],
    /// The hours in which anything was sent, the newest first.
    pub rows: Vec<HourRow>,
}

/// A number that matters.
#[derive(Debug, PartialEq, Eq)]
pub struct Figure {
    pub name: &'static str,
    pub value: String,
    /// Of what.
    pub of: String,
}

/// The numbers of an hour.
#[derive(Debug)]
pub struct HourRow {
    /// For example "14:12 to 15:12".
    pub time: String,
    pub delivered: String,
    pub in_failed: String,
    /// Empty where no delay is known.
    pub half: String,
    /// Empty where no delay is known.
    pub most: String,
}

impl Day {
    /// The day that ends at `now`. None: nothing was sent in it.
    pub fn new(hours: &[HourOfDay], now: DateTime<Utc>) -> Option<Self> {
        if hours.iter().all(|hour| hour.delivered == 0 && hour.in_failed == 0) {
            return None;
        }
        let rows = hours.iter().map(|hour| HourRow {
            time: time_of(hour.hours_ago, now),
            delivered: grouped(hour.delivered),
            in_failed: grouped(hour.in_failed),
            half: hour.half_ms.map(duration).unwrap_or_default(),
            most: hour.most_ms.map(duration).unwrap_or_default(),
        });
        Some(Self {
            figures: figures(hours),
            charts: [handed_over(hours, now), delay(hours, now)],
            rows: rows.collect(),
        })
    }
}

fn figures(hours: &[HourOfDay]) -> Vec<Figure> {
    let sum = |number: fn(&HourOfDay) -> i64| hours.iter().map(number).sum::<i64>();
    let (timed, in_time, in_failed) = (sum(|hour| hour.timed), sum(|hour| hour.in_time), sum(|hour| hour.in_failed));
    let half = hours.iter().filter_map(|hour| hour.half_of_day_ms).min();
    let most = hours.iter().filter_map(|hour| hour.most_of_day_ms).min();
    let since = || "from a request's end to its acceptance".to_owned();
    let delays = [("Half within", half), ("95 % within", most)];
    let delays = delays.into_iter().filter_map(|(name, ms)| Some(Figure { name, value: duration(ms?), of: since() }));
    let goal = Figure {
        name: "Fresh",
        value: per_cent(in_time, timed),
        of: format!("within {} s of their end, in 24 hours", GOAL_MS / 1_000),
    };
    let delivered = Figure {
        name: "Delivered",
        value: grouped(sum(|hour| hour.delivered)),
        of: match in_failed {
            0 => "in 24 hours; no attempt failed".to_owned(),
            failed => format!("in 24 hours; {} in failed attempts", grouped(failed)),
        },
    };
    delays.chain((timed > 0).then_some(goal)).chain([delivered]).collect()
}

/// Requests, hour by hour, with those in failed attempts on top.
fn handed_over(hours: &[HourOfDay], now: DateTime<Utc>) -> Chart {
    let most = hours.iter().map(|hour| hour.delivered + hour.in_failed).max().unwrap_or_default();
    let scale = Scale::linear(amount(most));
    let lines = scale.lines().into_iter();
    let failed: Vec<String> =
        hours.iter().rev().filter(|hour| hour.in_failed > 0).map(|hour| time_of(hour.hours_ago, now)).collect();
    let delivered: i64 = hours.iter().map(|hour| hour.delivered).sum();
    let in_failed: i64 = hours.iter().map(|hour| hour.in_failed).sum();
    let failures = match failed.first() {
        None => "No attempt failed.".to_owned(),
        Some(first) => format!("{} in attempts that failed, first from {first}.", count(in_failed, "request")),
    };
    Chart {
        id: "handed-over",
        title: "Requests handed over, every hour",
        name: "Requests handed over in the last 24 hours".to_owned(),
        sentence: format!("{} delivered. {failures}", grouped(delivered)),
        number: None,
        keys: &HANDED_OVER,
        lines: lines.map(|(value, has_label)| Line::new(scale.height(value), label(value, has_label))).collect(),
        bars: hours.iter().flat_map(|hour| bars(hour, scale)).collect(),
        curves: Vec::new(),
        ticks: chart::of_a_day(now),
        hints: hints(hours, now, |hour| match hour.in_failed {
            0 => format!("{} delivered", grouped(hour.delivered)),
            failed => format!("{} delivered, {} in failed attempts", grouped(hour.delivered), grouped(failed)),
        }),
    }
}

fn bars(hour: &HourOfDay, scale: Scale) -> Vec<Bar> {
    let pixels = |number: i64, least: f64| if number == 0 { 0.0 } else { scale.height(amount(number)).max(least) };
    let parts = [("fill", pixels(hour.delivered, 1.0)), ("fill-bad", pixels(hour.in_failed, FAILURE))];
    // A failure is seen on top of the highest bar, too.
    let room = if hour.in_failed > 0 { TOP - FAILURE } else { TOP };
    pile((place(hour), HOURS), (BASE, room), parts)
}

/// How long requests waited for their acceptance, hour by hour.
fn delay(hours: &[HourOfDay], now: DateTime<Utc>) -> Chart {
    let known = || hours.iter().flat_map(|hour| [hour.half_ms, hour.most_ms]).flatten().map(|ms| ms.max(1));
    let (least, most) = (known().min().unwrap_or(1), known().max().unwrap_or(1));
    let scale = Scale::spanning(amount(least), amount(most));
    let curve = |class, ms: fn(&HourOfDay) -> Option<i64>| {
        let mut heights = [None; HOURS];
        for hour in hours {
            heights[place(hour)] = ms(hour).map(|ms| scale.height(amount(ms.max(1))));
        }
        Curve::new(class, &heights)
    };
    let goal = amount(GOAL_MS);
    let has_goal = known().next().is_some() && (NEAR..HEIGHT).contains(&scale.height(goal));
    let worst = hours.iter().max_by_key(|hour| hour.most_ms);
    Chart {
        id: "delay",
        title: "Delay until accepted",
        name: "Delay from the end of a request to its acceptance, the last 24 hours".to_owned(),
        sentence: match worst.and_then(|hour| Some((hour, hour.most_ms?))) {
            None => "No delay is known.".to_owned(),
            Some((hour, ms)) => {
                format!("Longest from {}: 95 per cent within {}.", time_of(hour.hours_ago, now), duration(ms))
            }
        },
        number: None,
        keys: if has_goal { &DELAY_AND_GOAL } else { &DELAY },
        lines: scale
            .lines()
            .into_iter()
            .map(|(ms, has)| Line::new(scale.height(ms), label_of_delay(ms, has)))
            .collect(),
        bars: Vec::new(),
        curves: [curve("line", |hour| hour.half_ms), curve("line line-soft", |hour| hour.most_ms)]
            .into_iter()
            .chain(has_goal.then(|| Curve::level("line line-goal", scale.height(goal))))
            .collect(),
        ticks: chart::of_a_day(now),
        hints: hints(hours, now, |hour| match (hour.half_ms, hour.most_ms) {
            (Some(half), Some(most)) => format!("half within {}, 95 % within {}", duration(half), duration(most)),
            _ => "nothing accepted".to_owned(),
        }),
    }
}

fn hints(hours: &[HourOfDay], now: DateTime<Utc>, words: impl Fn(&HourOfDay) -> String) -> Vec<Hint> {
    let hint = |hour: &HourOfDay| Hint {
        x: format!("{:.2}", share(place(hour), HOURS)),
        width: format!("{:.2}", share(1, HOURS)),
        path: None,
        words: format!("{}: {}", time_of(hour.hours_ago, now), words(hour)),
    };
    hours.iter().map(hint).collect()
}

/// Which bucket an hour is, the oldest first.
fn place(hour: &HourOfDay) -> usize {
    usize::try_from(hour.hours_ago).ok().and_then(|ago| (HOURS - 1).checked_sub(ago)).unwrap_or_default()
}

fn time_of(hours_ago: i32, now: DateTime<Utc>) -> String {
    let end = now - TimeDelta::hours(hours_ago.into());
    format!("{} to {}", (end - TimeDelta::hours(1)).format("%H:%M"), end.format("%H:%M"))
}

#[expect(clippy::cast_precision_loss, reason = "drawn in a hundred pixels")]
fn amount(number: i64) -> f64 {
    number as f64
}

#[expect(clippy::cast_possible_truncation, reason = "a round number of requests")]
fn label(value: f64, has_label: bool) -> String {
    // Half a request is none: the smallest scale has no label of its own between 0 and 1.
    if has_label { grouped(value.ceil() as i64) } else { String::new() }
}

#[expect(clippy::cast_possible_truncation, reason = "a round number of milliseconds")]
fn label_of_delay(ms: f64, has_label: bool) -> String {
    let ms = ms as i64;
    match ms {
        _ if !has_label => String::new(),
        1_000..=100_000 if ms % 1_000 == 0 => format!("{} s", grouped(ms / 1_000)),
        ms => duration(ms),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hour(hours_ago: i32, delivered: i64, in_failed: i64, delays: Option<(i64, i64)>) -> HourOfDay {
        let (half_ms, most_ms) = delays.unzip();
        HourOfDay {
            hours_ago,
            delivered,
            in_failed,
            timed: delivered,
            in_time: most_ms.map_or(0, |ms| if ms <= GOAL_MS { delivered } else { delivered / 2 }),
            half_ms,
            most_ms,
            half_of_day_ms: half_ms,
            most_of_day_ms: most_ms,
        }
    }

    fn day(hours: &[HourOfDay]) -> Day {
        Day::new(hours, "2026-11-29T15:10:00Z".parse().unwrap()).unwrap()
    }

    #[test]
    fn day_in_which_nothing_was_sent_is_none() {
        assert!(Day::new(&[hour(0, 0, 0, None)], DateTime::UNIX_EPOCH).is_none());
    }

    #[test]
    fn day_says_how_fresh_what_arrives_is() {
        let day = day(&[hour(0, 100, 0, Some((200, 900))), hour(12, 10, 4, Some((14_200, 86_000)))]);
        let figures: Vec<_> = day.figures.iter().map(|figure| (figure.name, figure.value.as_str())).collect();
        assert_eq!(
            figures,
            [("Half within", "200 ms"), ("95 % within", "900 ms"), ("Fresh", "95 %"), ("Delivered", "110")]
        );
        assert_eq!(day.figures[3].of, "in 24 hours; 4 in failed attempts");
        let rows: Vec<_> = day.rows.iter().map(|row| [&*row.time, &*row.in_failed, &*row.most]).collect();
        assert_eq!(rows, [["14:10 to 15:10", "0", "900 ms"], ["02:10 to 03:10", "4", "1 min 26 s"]]);
    }

    #[test]
    fn day_shows_one_failure_on_the_highest_bar() {
        let [handed_over, _] = day(&[hour(1, 999_999, 1, Some((1, 1)))]).charts;
        let bars: Vec<_> = handed_over.bars.iter().map(|bar| (bar.class, &*bar.y, &*bar.height)).collect();
        assert_eq!(bars, [("fill", "16.0", "100.0"), ("fill-bad", "14.0", "2.0")]);
        assert_eq!(
            handed_over.sentence,
            "999,999 delivered. 1 request in attempts that failed, first from 13:10 to 14:10."
        );
    }

    #[test]
    fn day_draws_delays_that_lie_far_apart_by_their_magnitude_and_the_goal_between_them() {
        let [_, delay] = day(&[hour(0, 1, 0, Some((200, 900))), hour(2, 1, 0, Some((14_200, 86_000)))]).charts;
        let labels: Vec<_> = delay.lines.iter().map(|line| &*line.label).collect();
        assert_eq!(labels, ["100 s", "10 s", "1 s"]);
        assert_eq!(delay.curves.iter().map(|curve| curve.pieces.len()).collect::<Vec<_>>(), [2, 2, 1]);
        assert_eq!(delay.sentence, "Longest from 12:10 to 13:10: 95 per cent within 1 min 26 s.");
    }

    #[test]
    fn day_whose_attempts_all_failed_has_no_delay() {
        let day = day(&[hour(3, 0, 5, None)]);
        assert_eq!(day.figures.iter().map(|figure| figure.name).collect::<Vec<_>>(), ["Delivered"]);
        assert_eq!(day.charts[1].sentence, "No delay is known.");
        assert!(day.charts[1].is_empty() && !day.charts[0].is_empty());
    }
}
