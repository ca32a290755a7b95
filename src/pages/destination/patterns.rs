//! Expressions of the account's own in the section *What is sent*: rows that are added and removed by submits.

use serde_json::{Value, json};

use crate::destination::redaction::{MOST_PATTERNS, Redaction};
use crate::pages::form::Values;
use crate::pages::shell::Problem;

/// What becomes of a value that is found, by the API's names.
pub(super) const ACTIONS: &[(&str, &str)] =
    &[("keep", "Leave as it is"), ("mask", "Mask"), ("hash", "Hash"), ("drop", "Drop the message")];

/// The rows as they stand in the form, right or wrong.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Patterns(Vec<Pattern>);

#[derive(Debug, Clone, Default, PartialEq)]
struct Pattern {
    expression: String,
    /// By the API's name.
    action: String,
}

/// A row, as it is drawn.
#[derive(Debug)]
pub struct PatternRow {
    /// Counted from 1.
    pub number: usize,
    pub name: String,
    pub expression: String,
    /// Actions by the API's names, with their words, and whether each is chosen.
    pub actions: Vec<(&'static str, &'static str, bool)>,
    pub error: Option<String>,
}

impl Patterns {
    pub(super) fn of(redaction: &Redaction) -> Self {
        let members = redaction.to_json();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let pattern = |row: &Value| Pattern { expression: text(&row["pattern"]), action: text(&row["action"]) };
        Self(members["redaction"]["patterns"].as_array().into_iter().flatten().map(pattern).collect())
    }

    /// As they were typed, and after what the pressed button does.
    pub(super) fn typed(values: &Values) -> Self {
        let row = |number: usize| {
            let name = name(number);
            values.has(&name).then(|| Pattern {
                expression: values.text(&name).to_owned(),
                action: values.text(&format!("{name}-action")).to_owned(),
            })
        };
        let mut patterns = Self((1..=MOST_PATTERNS).map_while(row).collect());
        match Step::of(values) {
            Some(Step::Add) if patterns.0.len() < MOST_PATTERNS => {
                patterns.0.push(Pattern { expression: String::new(), action: "mask".to_owned() });
            }
            Some(Step::Remove(at)) if at < patterns.0.len() => drop(patterns.0.remove(at)),
            _ => {}
        }
        patterns
    }

    /// Whether the button that was pressed adds or removes a row, and saves nothing.
    pub(super) fn is_step(values: &Values) -> bool {
        Step::of(values).is_some()
    }

    pub(super) fn to_json(&self) -> Value {
        self.0.iter().map(|row| json!({ "pattern": row.expression, "action": row.action })).collect()
    }

    pub(super) fn rows(&self, problems: &[Problem]) -> Vec<PatternRow> {
        let row = |(number, row): (usize, &Pattern)| {
            let name = name(number);
            let problem = problems.iter().find(|problem| problem.field.as_deref() == Some(name.as_str()));
            let actions = ACTIONS.iter().filter(|action| action.0 != "keep");
            PatternRow {
                number,
                expression: row.expression.clone(),
                actions: actions.map(|&(value, label)| (value, label, value == row.action)).collect(),
                error: problem.map(|problem| problem.message.clone()),
                name,
            }
        };
        (1..).zip(&self.0).map(row).collect()
    }
}

/// What a button does with the rows.
enum Step {
    Add,
    /// The row, counted from 0.
    Remove(usize),
}

impl Step {
    fn of(values: &Values) -> Option<Self> {
        match values.text("do") {
            "add-pattern" => Some(Self::Add),
            button => button.strip_prefix("remove-pattern-")?.parse::<usize>().ok()?.checked_sub(1).map(Self::Remove),
        }
    }
}

/// The name of a row's expression. The rows are counted from 1.
pub(super) fn name(number: usize) -> String {
    format!("sent-pattern-{number}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buttons_add_and_remove_rows_and_keep_what_was_typed() {
        let expressions = |body: &str| {
            let values = Values::parse(body.as_bytes());
            let rows = Patterns::typed(&values).rows(&[]);
            (Patterns::is_step(&values), rows.into_iter().map(|row| row.expression).collect::<Vec<_>>())
        };
        let two = "sent-pattern-1=a&sent-pattern-1-action=mask&sent-pattern-2=b&sent-pattern-2-action=hash";
        let of = |button: &str| expressions(&format!("{two}&do={button}"));
        let texts = |texts: &[&str]| texts.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(of("save"), (false, texts(&["a", "b"])));
        assert_eq!(of("add-pattern"), (true, texts(&["a", "b", ""])));
        assert_eq!(of("remove-pattern-1"), (true, texts(&["b"])));
        assert_eq!(of("remove-pattern-7"), (true, texts(&["a", "b"])));
        assert_eq!(of("remove-pattern-0"), (false, texts(&["a", "b"])));
        let many: String = (1..=30).map(|number| format!("sent-pattern-{number}=x&")).collect();
        assert_eq!(expressions(&format!("{many}do=add-pattern")).1.len(), MOST_PATTERNS);
    }
}
