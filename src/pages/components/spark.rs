//! A day of one destination as a chart beside its name: a bar for each hour, drawn as SVG.

use super::amount::{count, grouped};
use super::chart::{Bar, pile};
use crate::id::DestinationId;
use crate::store::deliveries::{HOURS, Hour};

/// Height of the plot in pixels. The base line lies below it.
const HEIGHT: f64 = 24.0;
/// Height of the mark of an hour with failed attempts, in pixels: one failure among a million is seen.
const FAILURE: f64 = 2.0;
/// What was sent to one destination in the last 24 hours, and what waits now.
#[derive(Debug, Clone, Default)]
pub struct Spark {
    /// Requests delivered, the oldest hour first.
    delivered: [i64; HOURS],
    /// Failed attempts.
    failed: [i64; HOURS],
    waiting: i64,
    /// Whether hours before the oldest that is drawn were left uncounted.
    is_cut: bool,
}

impl Spark {
    /// The day of `destination`, for which `waiting` requests wait.
    pub fn new(hours: &[Hour], destination: DestinationId, waiting: i64) -> Self {
        let mut spark = Self { waiting, ..Self::default() };
        for hour in hours.iter().filter(|hour| hour.destination == destination) {
            let place = usize::try_from(hour.hours_ago).ok().and_then(|ago| (HOURS - 1).checked_sub(ago));
            let Some(place) = place else { continue };
            spark.delivered[place] += hour.delivered;
            spark.failed[place] += hour.failed;
            spark.is_cut |= hour.is_cut;
        }
        spark
    }

    /// Whether nothing was sent.
    pub fn is_blank(&self) -> bool {
        self.delivered_in_all() == 0 && self.failed_in_all() == 0
    }

    /// The number below the chart: `9,880 in 24 hours`
    pub fn words(&self) -> String {
        let more = if self.is_cut { "more than " } else { "" };
        format!("{more}{} in 24 hours", grouped(self.delivered_in_all()))
    }

    /// The chart in a sentence, for who does not see it.
    pub fn sentence(&self) -> String {
        let failed = match self.failed_in_all() {
            0 => "nothing failed".to_owned(),
            failed => count(failed, "failed attempt"),
        };
        let waiting = if self.waiting == 0 { String::new() } else { format!(", {} wait now", grouped(self.waiting)) };
        let more = if self.is_cut { "more than " } else { "" };
        format!("the last 24 hours: {more}{} delivered, {failed}{waiting}", grouped(self.delivered_in_all()))
    }

    /// All bars. What waits stands on the last hour, and a failure on top of its hour.
    pub fn bars(&self) -> Vec<Bar> {
        let waiting = |hour: usize| if hour == HOURS - 1 { self.waiting } else { 0 };
        let most = (0..HOURS).map(|hour| self.delivered[hour] + waiting(hour)).max().unwrap_or_default();
        let room = HEIGHT - if self.failed_in_all() > 0 { FAILURE } else { 0.0 };
        let bars = (0..HOURS).map(|hour| {
            let failed = if self.failed[hour] > 0 { FAILURE } else { 0.0 };
            let counted = [("fill", self.delivered[hour]), ("fill-wait", waiting(hour))];
            let counted = counted.map(|(class, number)| (class, pixels(number, most, room)));
            pile((hour, HOURS), (HEIGHT, 0.0), counted.into_iter().chain([("fill-bad", failed)]))
        });
        bars.flatten().collect()
    }

    fn delivered_in_all(&self) -> i64 {
        self.delivered.iter().sum()
    }

    fn failed_in_all(&self) -> i64 {
        self.failed.iter().sum()
    }
}

/// At least one pixel for any number but 0; never higher than the plot.
#[expect(clippy::cast_precision_loss, reason = "a bar of 24 pixels needs no more than 52 bits")]
fn pixels(number: i64, most: i64, room: f64) -> f64 {
    if number == 0 { 0.0 } else { (number as f64 / most.max(1) as f64 * room).max(1.0) }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const ID: DestinationId = DestinationId(Uuid::nil());

    fn hour(hours_ago: i32, delivered: i64, failed: i64) -> Hour {
        Hour { destination: ID, hours_ago, delivered, failed, is_cut: false }
    }

    #[test]
    fn spark_draws_the_highest_hour_to_the_top_and_every_other_in_proportion() {
        let spark = Spark::new(&[hour(0, 50, 0), hour(23, 100, 0), hour(24, 1_000, 0), hour(-1, 7, 0)], ID, 0);
        let bars: Vec<_> = spark.bars().into_iter().map(|bar| (bar.x, bar.y, bar.height)).collect();
        let expected = [("0.58", "0.0", "24.0"), ("96.42", "12.0", "12.0")];
        assert_eq!(bars, expected.map(|(x, y, height)| (x.to_owned(), y.to_owned(), height.to_owned())));
        assert_eq!(spark.words(), "150 in 24 hours");
    }

    #[test]
    fn spark_shows_one_failure_and_one_request_among_a_million() {
        let spark = Spark::new(&[hour(2, 1_000_000, 0), hour(1, 1, 1)], ID, 3);
        let bars = spark.bars();
        assert_eq!(bars.iter().map(|bar| bar.class).collect::<Vec<_>>(), ["fill", "fill", "fill-bad", "fill-wait"]);
        assert_eq!(bars.iter().map(|bar| bar.height.as_str()).collect::<Vec<_>>(), ["22.0", "1.0", "2.0", "1.0"]);
        assert_eq!(spark.sentence(), "the last 24 hours: 1,000,001 delivered, 1 failed attempt, 3 wait now");
    }

    #[test]
    fn spark_of_another_destination_is_blank() {
        let other = Hour { destination: DestinationId(Uuid::max()), ..hour(0, 1, 1) };
        let spark = Spark::new(&[other], ID, 0);
        assert!(spark.is_blank() && spark.bars().is_empty());
    }

    #[test]
    fn spark_says_when_it_does_not_know_all_hours() {
        let spark = Spark::new(&[Hour { is_cut: true, ..hour(0, 20_000, 0) }], ID, 0);
        assert_eq!(spark.words(), "more than 20,000 in 24 hours");
    }
}
