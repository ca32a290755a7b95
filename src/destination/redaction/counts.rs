//! How often each detector found something.

use std::collections::BTreeMap;
use std::fmt;

use super::detector::Detector;

/// Written as `email 2, token 1`: the value of `tracecast.redactions`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts(BTreeMap<Detector, usize>);

impl Counts {
    pub(super) fn add(&mut self, detector: Detector) {
        *self.0.entry(detector).or_default() += 1;
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (detector, count)) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            write!(f, "{separator}{} {count}", detector.name())?;
        }
        Ok(())
    }
}
