//! The receiver's log, and the judgments on it.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use super::Event;

/// One request, read to its end.
#[derive(Debug)]
pub(crate) struct Arrival {
    /// The destination.
    pub(crate) project: u64,
    /// Which connection it came on.
    pub(crate) connection: u64,
    /// When its first bytes were there.
    pub(crate) began: Instant,
    /// When it was read.
    pub(crate) read: Instant,
    /// The key that it carried.
    pub(crate) key: String,
    /// What it carried, in order. None: the body cannot be read.
    pub(crate) events: Option<Vec<Event>>,
    /// Status and time of the complete answer, once it is written.
    pub(crate) answered: Option<(u16, Instant)>,
}

impl Arrival {
    pub(crate) fn is_accepted(&self) -> bool {
        self.answered.is_some_and(|(status, _)| (200..300).contains(&status))
    }

    pub(crate) fn events(&self) -> &[Event] {
        self.events.as_deref().unwrap_or_default()
    }
}

/// All requests, in the order in which they were read.
#[derive(Debug, Default)]
pub(crate) struct Journal {
    pub(crate) arrivals: Vec<Arrival>,
    /// Requests that began, read or not, by project, with their times.
    pub(crate) begun: HashMap<u64, Vec<Instant>>,
    /// How often each request was accepted, by project.
    counts: HashMap<u64, HashMap<String, usize>>,
}

impl Journal {
    /// A project's requests.
    pub(crate) fn of(&self, project: u64) -> impl Iterator<Item = &Arrival> {
        self.arrivals.iter().filter(move |arrival| arrival.project == project)
    }

    /// A project's accepted requests.
    pub(crate) fn accepted(&self, project: u64) -> impl Iterator<Item = &Arrival> {
        self.of(project).filter(|arrival| arrival.is_accepted())
    }

    /// Notes the answer of an arrival.
    pub(super) fn answered(&mut self, index: usize, status: u16) {
        let arrival = &mut self.arrivals[index];
        arrival.answered = Some((status, Instant::now()));
        if arrival.is_accepted() {
            let counts = self.counts.entry(arrival.project).or_default();
            for event in arrival.events() {
                *counts.entry(event.request.clone()).or_default() += 1;
            }
        }
    }

    /// How often each request was accepted.
    pub(crate) fn counts(&self, project: u64) -> &HashMap<String, usize> {
        static NONE: LazyLock<HashMap<String, usize>> = LazyLock::new(HashMap::new);
        self.counts.get(&project).unwrap_or(&NONE)
    }

    /// Requests that were accepted, each counted once.
    pub(crate) fn distinct(&self, project: u64) -> usize {
        self.counts(project).len()
    }

    /// How many requests to a project began.
    pub(crate) fn tries(&self, project: u64) -> usize {
        self.begun.get(&project).map_or(0, Vec::len)
    }

    /// The most of a project's requests that waited for their answers at the same time, each of which took `pause` at least.
    pub(crate) fn most_at_once(&self, project: u64, pause: Duration) -> usize {
        let read: Vec<Instant> = self.of(project).map(|arrival| arrival.read).collect();
        let beside = |at: Instant| read.iter().filter(|other| **other <= at && at < **other + pause).count();
        read.iter().map(|at| beside(*at)).max().unwrap_or_default()
    }

    /// Fails unless each of `expected` was accepted at least once, and nothing else.
    #[track_caller]
    pub(crate) fn assert_none_missing(&self, project: u64, expected: &[String]) {
        let counts = self.counts(project);
        let missing: Vec<_> = expected.iter().filter(|id| !counts.contains_key(*id)).collect();
        assert!(missing.is_empty(), "project {project}: {} missing, the first: {:?}", missing.len(), missing.first());
        let known: HashSet<_> = expected.iter().map(String::as_str).collect();
        let strange: Vec<_> = counts.keys().filter(|id| !known.contains(id.as_str())).collect();
        assert!(strange.is_empty(), "project {project}: {} that nobody sent: {:?}", strange.len(), strange.first());
    }

    /// Fails unless each of `expected` was accepted exactly once, and nothing else.
    #[track_caller]
    pub(crate) fn assert_each_once(&self, project: u64, expected: &[String]) {
        self.assert_none_missing(project, expected);
        let twice: Vec<_> = self.counts(project).iter().filter(|(_, count)| **count > 1).collect();
        assert!(twice.is_empty(), "project {project}: {} came more than once: {:?}", twice.len(), twice.first());
    }

    /// Fails unless each batch holds neighbours of `expected` in order. Batches in flight at the same time may arrive in
    /// any order; a batch may be at most `in_flight` places from its own.
    #[track_caller]
    pub(crate) fn assert_in_order(&self, project: u64, expected: &[String], in_flight: usize) {
        let places: HashMap<_, _> = expected.iter().enumerate().map(|(place, id)| (id.as_str(), place)).collect();
        let mut firsts = Vec::new();
        for arrival in self.accepted(project) {
            let batch: Vec<_> = arrival.events().iter().map(|event| places[event.request.as_str()]).collect();
            let together = batch.windows(2).all(|pair| pair[1] == pair[0] + 1);
            assert!(together, "project {project}: a batch is out of order: {batch:?}");
            firsts.extend(batch.first().copied());
        }
        let mut sorted = firsts.clone();
        sorted.sort_unstable();
        for (arrived, first) in firsts.iter().enumerate() {
            let due = sorted.binary_search(first).unwrap_or_default();
            assert!(arrived.abs_diff(due) < in_flight, "project {project}: batch {due} arrived as number {arrived}");
        }
    }

    /// Fails unless every event was the same each time: trace, span ids, times. Refused and unanswered ones count.
    #[track_caller]
    pub(crate) fn assert_the_same_on_every_repeat(&self) {
        let mut first: HashMap<(u64, &str), &Event> = HashMap::new();
        for arrival in &self.arrivals {
            for event in arrival.events() {
                let before = first.entry((arrival.project, &event.request)).or_insert(event);
                let same = (&before.trace, before.spans) == (&event.trace, event.spans);
                assert!(same, "{} came with other identifiers or times", event.request);
            }
        }
    }

    /// How many events came more than once, accepted or not.
    pub(crate) fn repeats(&self) -> usize {
        let mut counts: HashMap<(u64, &str), usize> = HashMap::new();
        for arrival in &self.arrivals {
            for event in arrival.events() {
                *counts.entry((arrival.project, &event.request)).or_default() += 1;
            }
        }
        counts.values().filter(|count| **count > 1).count()
    }
}
