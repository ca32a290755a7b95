//! Takes out of a text, or of JSON, what detectors find.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::ops::Range;

use serde_json::{Map, Value};

use super::counts::Counts;
use super::detector::{Action, Detector};
use super::finder::Finder;
use crate::seal::HashKey;

/// Texts that still hold something after so many rounds are left out: what a mask stands beside may look like a value anew.
const MOST_ROUNDS: usize = 4;

/// All detectors of a destination, each with what becomes of its values.
#[derive(Debug, Clone, Default)]
pub(super) struct Detectors(pub(super) Vec<(Finder, Action)>);

/// One request on its way through the detectors.
#[derive(Debug)]
pub(super) struct Pass<'k> {
    pub(super) key: &'k HashKey,
    pub(super) counts: Counts,
}

/// What became of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Scanned {
    /// Nothing was found.
    Same,
    Changed(String),
    /// It is left out, with the message that it is part of.
    Dropped,
}

impl Detectors {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn scan(&self, text: &str, pass: &mut Pass<'_>) -> Scanned {
        let mut current = Cow::Borrowed(text);
        for round in 0..MOST_ROUNDS {
            match self.scan_once(&current, round == 0, pass) {
                Scanned::Changed(changed) => current = Cow::Owned(changed),
                Scanned::Dropped => return Scanned::Dropped,
                Scanned::Same => {
                    return match current {
                        Cow::Borrowed(_) => Scanned::Same,
                        Cow::Owned(changed) => Scanned::Changed(changed),
                    };
                }
            }
        }
        Scanned::Dropped
    }

    /// Expressions of people are asked once: they may match their own mask.
    fn scan_once(&self, text: &str, with_custom: bool, pass: &mut Pass<'_>) -> Scanned {
        let asked = self.0.iter().filter(|(finder, _)| with_custom || finder.detector != Detector::Custom);
        let found = |(finder, action): &'_ (Finder, Action)| {
            let (detector, action) = (finder.detector, *action);
            finder.find(text).map(|range| (range, detector, action)).collect::<Vec<_>>()
        };
        let mut found: Vec<(Range<usize>, Detector, Action)> = asked.flat_map(found).collect();
        if found.is_empty() {
            return Scanned::Same;
        }
        // Of values that overlap, the first and longest counts.
        found.sort_by_key(|(range, detector, _)| (range.start, Reverse(range.end), *detector));
        let (mut changed, mut end) = (String::with_capacity(text.len()), 0);
        for (range, detector, action) in found {
            if range.start < end {
                continue;
            }
            pass.counts.add(detector);
            if action == Action::Drop {
                return Scanned::Dropped;
            }
            changed.push_str(&text[end..range.start]);
            match action {
                Action::Hash => changed.push_str(&pass.key.digits(&detector.plain(&text[range.clone()]))),
                Action::Mask | Action::Drop => changed.push_str(detector.mask()),
            }
            end = range.end;
        }
        changed.push_str(&text[end..]);
        Scanned::Changed(changed)
    }

    /// JSON as text: its texts, names and numbers. It stays JSON.
    pub(super) fn scan_json(&self, json: &str, pass: &mut Pass<'_>) -> Scanned {
        let Ok(mut value) = serde_json::from_str::<Value>(json) else { return self.scan(json, pass) };
        match self.scan_value(&mut value, pass) {
            None => Scanned::Dropped,
            Some(false) => Scanned::Same,
            Some(true) => Scanned::Changed(value.to_string()),
        }
    }

    /// Whether something was changed. None: it is to be left out.
    fn scan_value(&self, value: &mut Value, pass: &mut Pass<'_>) -> Option<bool> {
        match value {
            Value::Null | Value::Bool(_) => Some(false),
            Value::Number(number) => {
                let text = number.to_string();
                self.replace(value, &text, pass)
            }
            Value::String(text) => {
                let text = std::mem::take(text);
                let changed = self.replace(value, &text, pass)?;
                if !changed {
                    *value = Value::String(text);
                }
                Some(changed)
            }
            Value::Array(values) => {
                let mut changed = false;
                for value in values {
                    changed |= self.scan_value(value, pass)?;
                }
                Some(changed)
            }
            Value::Object(members) => self.scan_members(members, pass),
        }
    }

    fn scan_members(&self, members: &mut Map<String, Value>, pass: &mut Pass<'_>) -> Option<bool> {
        let mut changed = false;
        for value in members.values_mut() {
            changed |= self.scan_value(value, pass)?;
        }
        let mut renamed = Map::new();
        let mut is_renamed = false;
        for (name, value) in std::mem::take(members) {
            match self.scan(&name, pass) {
                Scanned::Same => drop(renamed.insert(name, value)),
                Scanned::Changed(new) => {
                    is_renamed = true;
                    renamed.insert(new, value);
                }
                Scanned::Dropped => return None,
            }
        }
        *members = renamed;
        Some(changed | is_renamed)
    }

    fn replace(&self, value: &mut Value, text: &str, pass: &mut Pass<'_>) -> Option<bool> {
        match self.scan(text, pass) {
            Scanned::Same => Some(false),
            Scanned::Changed(changed) => {
                *value = Value::String(changed);
                Some(true)
            }
            Scanned::Dropped => None,
        }
    }
}
