//! The charts above the list: requests and failures, delays, cost, tokens by model; and the numbers behind them.

use chrono::{DateTime, TimeDelta, Utc};

use super::series::{Series, Times};
use crate::metering::{Histogram, Sums};
use crate::pages::components::amount::{count, duration, grouped, per_cent, short, usd};
use crate::pages::components::chart::{BASE, Bar, Chart, Curve, Hint, Line, Number, Scale, TOP, between, pile, share};
use crate::store::activity::ModelTokens;

/// Height of the mark of a time with failures, in pixels: one failure among a million is seen.
const FAILURE: f64 = 2.0;

/// Models that are named; the others are one row.
const NAMED_MODELS: usize = 3;

const REQUESTS: [(&str, &str); 2] = [("key", "completed"), ("key key-bad", "failed")];
const DELAYS: [(&str, &str); 3] =
    [("key key-line", "median"), ("key key-dashed", "95 %"), ("key key-thin", "first token")];

/// What stands above the list.
#[derive(Debug)]
pub struct Charts {
    /// Requests, delays, cost.
    pub charts: [Chart; 3],
    /// All tokens.
    pub tokens: Number,
    pub models: Vec<ModelRow>,
    /// The times in which anything completed, the newest first.
    pub rows: Vec<NumbersRow>,
}

/// The tokens of a model.
#[derive(Debug)]
pub struct ModelRow {
    pub name: String,
    /// Narrows the list to it. Empty for several models.
    pub path: String,
    pub tokens: String,
    /// Beside the most, in per cent.
    pub width: String,
}

/// The numbers of a time.
#[derive(Debug)]
pub struct NumbersRow {
    pub time: String,
    /// Narrows the list to it.
    pub path: String,
    pub requests: String,
    pub failed: String,
    /// Empty where no delay is known.
    pub median: String,
    pub most: String,
    pub first_token: String,
    /// Empty where no cost is known.
    pub cost: String,
}

/// The address of the page with some of its filters changed.
pub(super) type Link<'a> = &'a dyn Fn(&[(&'static str, &str)]) -> String;

impl Charts {
    /// None: nothing completed in that time.
    pub(super) fn new(series: &Series, link: Link<'_>) -> Option<Self> {
        let Series { times, sums, models } = series;
        let mut all = Sums::default();
        for sum in sums {
            all.add_all(sum);
        }
        if all.requests == 0 {
            return None;
        }
        let buckets = Buckets { times: *times, sums, link };
        Some(Self {
            charts: [requests(&buckets, &all), delays(&buckets, &all), cost(&buckets, &all)],
            tokens: Number {
                value: short(all.input_tokens.saturating_add(all.output_tokens)),
                of: format!("{} in, {} out", short(all.input_tokens), short(all.output_tokens)),
            },
            models: model_rows(models, link),
            rows: buckets.rows(),
        })
    }
}

/// The times, what completed in each, and how addresses narrow to one.
struct Buckets<'a> {
    times: Times,
    sums: &'a [Sums],
    link: Link<'a>,
}

impl Buckets<'_> {
    fn name(&self, bucket: usize) -> String {
        let (start, end) = (self.times.start(bucket), self.times.start(bucket + 1));
        if self.times.step >= TimeDelta::days(1) {
            return start.format("%-d %b").to_string();
        }
        format!("{} to {}", start.format("%-d %b, %H:%M"), end.format("%H:%M"))
    }

    fn path(&self, bucket: usize) -> String {
        let time = |at: DateTime<Utc>| at.format("%Y-%m-%dT%H:%M").to_string();
        let (from, until) = (time(self.times.start(bucket)), time(self.times.start(bucket + 1)));
        (self.link)(&[("range", ""), ("from", &from), ("until", &until)])
    }

    fn hints(&self, words: impl Fn(&Sums) -> String) -> Vec<Hint> {
        let hint = |(bucket, sums)| Hint {
            x: format!("{:.2}", share(bucket, self.times.count)),
            width: format!("{:.2}", share(1, self.times.count)),
            path: Some(self.path(bucket)),
            words: format!("{}: {}", self.name(bucket), words(sums)),
        };
        self.sums.iter().enumerate().map(hint).collect()
    }

    fn curve(&self, class: &'static str, scale: Scale, of: impl Fn(&Sums) -> Option<f64>) -> Curve {
        let heights: Vec<_> = self.sums.iter().map(|sums| of(sums).map(|ms| scale.height(ms.max(1.0)))).collect();
        Curve::new(class, &heights)
    }

    fn rows(&self) -> Vec<NumbersRow> {
        let counted = self.sums.iter().enumerate().rev().filter(|(_, sums)| sums.requests > 0);
        let row = |(bucket, sums): (usize, &Sums)| NumbersRow {
            time: self.name(bucket),
            path: self.path(bucket),
            requests: number(sums.requests),
            failed: number(sums.failed),
            median: delay(&sums.latencies, 0.5),
            most: delay(&sums.latencies, 0.95),
            first_token: delay(&sums.first_tokens, 0.5),
            cost: if sums.costed > 0 { usd(sums.cost) } else { String::new() },
        };
        counted.map(row).collect()
    }

    /// A chart of these buckets without lines, bars and curves.
    fn chart(&self, id: &'static str, title: &'static str, sentence: String) -> Chart {
        let time = |at: DateTime<Utc>| at.format("%-d %b, %H:%M").to_string();
        Chart {
            id,
            title,
            name: format!("{title}, {} to {}", time(self.times.first), time(self.times.end())),
            sentence,
            number: None,
            keys: &[],
            lines: Vec::new(),
            bars: Vec::new(),
            curves: Vec::new(),
            ticks: between(self.times.first, self.times.end()),
            hints: Vec::new(),
        }
    }
}

fn requests(buckets: &Buckets<'_>, all: &Sums) -> Chart {
    let scale = Scale::linear(amount(buckets.sums.iter().map(|sums| sums.requests).max().unwrap_or_default()));
    let failed = match all.failed {
        0 => "none failed".to_owned(),
        failed => format!("{} failed, {}", number(failed), per_cent(signed(failed), signed(all.requests))),
    };
    let bars = buckets.sums.iter().enumerate().flat_map(|(bucket, sums)| {
        let pixels = |number: u64, least: f64| if number == 0 { 0.0 } else { scale.height(amount(number)).max(least) };
        let parts = [("fill", pixels(sums.requests - sums.failed, 1.0)), ("fill-bad", pixels(sums.failed, FAILURE))];
        // A failure is seen on top of the highest bar, too.
        pile((bucket, buckets.times.count), (BASE, if sums.failed > 0 { TOP - FAILURE } else { TOP }), parts)
    });
    let busiest = busiest(buckets, |sums| amount(sums.requests));
    let worst = busiest_of(buckets, |sums| amount(sums.failed)).filter(|_| all.failed > 0);
    let worst = worst
        .map(|bucket| format!(" Most failures {}: {}.", buckets.name(bucket), number(buckets.sums[bucket].failed)));
    let sentence = format!(
        "{}, {failed}. Most {}: {}.{}",
        count(signed(all.requests), "request"),
        buckets.name(busiest),
        number(buckets.sums[busiest].requests),
        worst.unwrap_or_default()
    );
    Chart {
        number: Some(Number { value: number(all.requests), of: failed }),
        keys: &REQUESTS,
        lines: lines(scale, |value| grouped(whole(value.ceil()))),
        bars: bars.collect(),
        hints: buckets.hints(|sums| match sums.failed {
            0 => count(signed(sums.requests), "request"),
            failed => format!("{}, {} failed", count(signed(sums.requests), "request"), number(failed)),
        }),
        ..buckets.chart("requests-chart", "Requests", sentence)
    }
}

fn delays(buckets: &Buckets<'_>, all: &Sums) -> Chart {
    let known =
        |sums: &Sums| [sums.latencies.quantile(0.5), sums.latencies.quantile(0.95), sums.first_tokens.quantile(0.5)];
    let known = || buckets.sums.iter().flat_map(known).flatten().map(|ms| ms.max(1.0));
    let scale = Scale::spanning(known().fold(f64::MAX, f64::min), known().fold(1.0, f64::max));
    let Some(most) = all.latencies.quantile(0.95) else {
        return buckets.chart("delays-chart", "Latency", "No latency is known.".to_owned());
    };
    let slowest = busiest(buckets, |sums| sums.latencies.quantile(0.95).unwrap_or_default());
    let sentence = format!(
        "Median {}, 95 per cent within {}. Slowest {}: 95 per cent within {}.",
        delay(&all.latencies, 0.5),
        duration(whole(most)),
        buckets.name(slowest),
        delay(&buckets.sums[slowest].latencies, 0.95)
    );
    Chart {
        number: Some(Number {
            value: delay(&all.latencies, 0.5),
            of: format!("median, 95 % within {}", duration(whole(most))),
        }),
        keys: &DELAYS,
        lines: lines(scale, |value| duration(whole(value))),
        curves: vec![
            buckets.curve("line", scale, |sums| sums.latencies.quantile(0.5)),
            buckets.curve("line line-soft", scale, |sums| sums.latencies.quantile(0.95)),
            buckets.curve("line line-thin", scale, |sums| sums.first_tokens.quantile(0.5)),
        ],
        hints: buckets.hints(|sums| match sums.latencies.quantile(0.5) {
            None => "nothing measured".to_owned(),
            Some(_) => {
                format!("median {}, 95 % within {}", delay(&sums.latencies, 0.5), delay(&sums.latencies, 0.95))
            }
        }),
        ..buckets.chart("delays-chart", "Latency", sentence)
    }
}

fn cost(buckets: &Buckets<'_>, all: &Sums) -> Chart {
    if all.costed == 0 {
        return buckets.chart("cost-chart", "Cost", "No cost is known.".to_owned());
    }
    let scale = Scale::linear(buckets.sums.iter().map(|sums| sums.cost).fold(0.0, f64::max));
    let bars: Vec<Bar> = buckets
        .sums
        .iter()
        .enumerate()
        .flat_map(|(bucket, sums)| {
            let height = if sums.cost > 0.0 { scale.height(sums.cost).max(1.0) } else { 0.0 };
            pile((bucket, buckets.times.count), (BASE, TOP), [("fill", height)])
        })
        .collect();
    let dearest = busiest(buckets, |sums| sums.cost);
    let unknown = all.requests - all.costed;
    let of = if unknown == 0 { String::new() } else { format!("{} without a cost", count(signed(unknown), "request")) };
    let sentence =
        format!("{} in all. Most {}: {}.", usd(all.cost), buckets.name(dearest), usd(buckets.sums[dearest].cost));
    Chart {
        number: Some(Number { value: usd(all.cost), of }),
        lines: lines(scale, usd),
        bars,
        hints: buckets.hints(|sums| usd(sums.cost)),
        ..buckets.chart("cost-chart", "Cost", sentence)
    }
}

fn model_rows(models: &[ModelTokens], link: Link<'_>) -> Vec<ModelRow> {
    let tokens = |model: &ModelTokens| model.input.saturating_add(model.output).unsigned_abs();
    let most = models.first().map(tokens).unwrap_or_default();
    let width = |tokens: u64| format!("{:.2}", (100.0 * amount(tokens) / amount(most.max(1))).min(100.0));
    let mut rows: Vec<_> = models
        .iter()
        .take(NAMED_MODELS)
        .map(|model| ModelRow {
            path: if model.model.is_empty() { String::new() } else { link(&[("model", &model.model)]) },
            name: if model.model.is_empty() { "No model named".to_owned() } else { model.model.clone() },
            tokens: short(tokens(model)),
            width: width(tokens(model)),
        })
        .collect();
    if let Some(others) = models.get(NAMED_MODELS..).filter(|others| !others.is_empty()) {
        let sum = others.iter().map(tokens).fold(0, u64::saturating_add);
        let name = count(i64::try_from(others.len()).unwrap_or(i64::MAX), "other");
        rows.push(ModelRow { name, path: String::new(), tokens: short(sum), width: width(sum) });
    }
    rows
}

/// The bucket with the most of something; the first one where there is none.
fn busiest(buckets: &Buckets<'_>, of: impl Fn(&Sums) -> f64) -> usize {
    busiest_of(buckets, of).unwrap_or_default()
}

fn busiest_of(buckets: &Buckets<'_>, of: impl Fn(&Sums) -> f64) -> Option<usize> {
    (0..buckets.sums.len()).max_by(|left, right| of(&buckets.sums[*left]).total_cmp(&of(&buckets.sums[*right])))
}

fn lines(scale: Scale, label: impl Fn(f64) -> String) -> Vec<Line> {
    let line =
        |(value, has_label)| Line::new(scale.height(value), if has_label { label(value) } else { String::new() });
    scale.lines().into_iter().map(line).collect()
}

/// Empty where none is known.
fn delay(histogram: &Histogram, share: f64) -> String {
    histogram.quantile(share).map(|ms| duration(whole(ms))).unwrap_or_default()
}

fn number(number: u64) -> String {
    grouped(signed(number))
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

#[expect(clippy::cast_precision_loss, reason = "drawn in a hundred pixels")]
fn amount(number: u64) -> f64 {
    number as f64
}

#[expect(clippy::cast_possible_truncation, reason = "milliseconds, or a round number of requests")]
fn whole(number: f64) -> i64 {
    number.round() as i64
}

#[cfg(test)]
mod tests;
