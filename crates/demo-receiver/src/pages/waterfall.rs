//! The order and the geometry of a trace's drawing: each span a bar on a common scale.

use std::collections::{BTreeMap, HashSet};

use crate::received::{ReceivedSpan, ReceivedTrace};

/// Deeper than this a row is indented no further.
const DEEPEST: usize = 8;

/// The narrowest bar, in percent: what takes no time is still seen.
const NARROWEST: f64 = 0.6;

/// One span's place in the drawing.
#[derive(Debug)]
pub(super) struct Row<'a> {
    pub(super) span: &'a ReceivedSpan,
    /// Steps below the root, at most 8.
    pub(super) depth: usize,
    /// Seconds after the trace's beginning.
    pub(super) offset: f64,
    /// Where the bar begins, in percent of the scale.
    pub(super) x: f64,
    /// How wide it is, in percent; never beyond the end of the scale.
    pub(super) width: f64,
}

/// Parents before their children, in order of time. What has no parent here is a root; circles are cut.
pub(super) fn rows(trace: &ReceivedTrace) -> Vec<Row<'_>> {
    let ids: HashSet<&str> = trace.spans.iter().map(|span| span.span_id.as_str()).collect();
    let parent = |span: &ReceivedSpan| span.parent_span_id.clone().filter(|id| ids.contains(id.as_str()));
    let mut children: BTreeMap<Option<String>, Vec<&ReceivedSpan>> = BTreeMap::new();
    for span in &trace.spans {
        children.entry(parent(span)).or_default().push(span);
    }
    for siblings in children.values_mut() {
        siblings.sort_by_key(|span| std::cmp::Reverse((span.start, span.span_id.clone())));
    }
    let mut rows = Vec::with_capacity(trace.spans.len());
    let mut drawn = HashSet::new();
    let roots = children.get(&None).cloned().unwrap_or_default();
    let in_circles = trace.spans.iter().rev();
    let mut waiting: Vec<_> = in_circles.chain(roots).map(|span| (span, 0)).collect();
    let scale = Scale::of(trace);
    while let Some((span, depth)) = waiting.pop() {
        if drawn.insert(span.span_id.as_str()) {
            rows.push(scale.row(span, depth));
            let below = children.get(&Some(span.span_id.clone())).into_iter().flatten();
            waiting.extend(below.map(|child| (*child, depth + 1)));
        }
    }
    rows
}

/// The common scale: from the earliest beginning to the latest end.
struct Scale {
    start: crate::time::UnixNanos,
    seconds: f64,
}

impl Scale {
    fn of(trace: &ReceivedTrace) -> Self {
        let summary = trace.summary();
        Self { start: summary.start, seconds: summary.end.seconds_since(summary.start).max(1e-9) }
    }

    fn row<'a>(&self, span: &'a ReceivedSpan, depth: usize) -> Row<'a> {
        let offset = span.start.seconds_since(self.start);
        let width = (span.seconds() / self.seconds * 100.0).clamp(NARROWEST, 100.0);
        let x = (offset / self.seconds * 100.0).clamp(0.0, 100.0 - width);
        Row { span, depth: depth.min(DEEPEST), offset, x, width }
    }
}

#[cfg(test)]
mod tests;
