//! The document about a kind: what to fill in, where traces go, how the test proves it, what answers mean. It is made of
//! what the kind says anyway, so that it cannot be wrong; `docs/destinations` holds what [`Kind::document`] gives.

use std::fmt::Write as _;

use super::{Connection, Field, Input, Kind, Limits, Settings, TestStep};
use crate::otlp::Compression;

impl Kind {
    /// In Markdown.
    pub fn document(&self) -> String {
        let example: Settings = self.manifest.fields.iter().map(|field| (field.name, field.example)).collect();
        let mut text = String::new();
        // Writing to a text cannot fail.
        let _ = self.write(self.connect(&example).ok().as_ref(), &mut text);
        text
    }

    fn write(&self, example: Option<&Connection>, text: &mut String) -> std::fmt::Result {
        let manifest = &self.manifest;
        writeln!(text, "# {}\n", manifest.label)?;
        writeln!(text, "{}: {}", manifest.group.label(), manifest.group.summary())?;
        writeln!(text, "\nYou need: {}.\n", lower(manifest.needs))?;
        writeln!(text, "## Fields\n\n| Field | In the API | Value | Where to find it |\n|---|---|---|---|")?;
        for field in manifest.fields {
            writeln!(text, "| {} | `{}` | {} | {} |", field.label, field.name, conditions(field), field.hint)?;
        }
        let kind = if manifest.preset {
            format!("`\"type\": \"otel-collector\"` with `\"config\": {{\"preset\": \"{}\", …}}`", manifest.slug)
        } else {
            format!("`\"type\": \"{}\"`", manifest.slug)
        };
        writeln!(text, "\nIn the API it is {kind}.")?;
        let Some(example) = example else { return Ok(()) };
        write_wire(example, text)?;
        write_test(example, text)?;
        write_answers(example, text)?;
        if !self.caveats().is_empty() {
            writeln!(text, "\n## What an acceptance does not mean\n")?;
        }
        self.caveats().iter().try_for_each(|sentence| writeln!(text, "- {sentence}"))
    }
}

fn conditions(field: &Field) -> String {
    let mut all = Vec::new();
    if field.required {
        all.push("required".to_owned());
    }
    if field.is_secret() {
        all.push("secret".to_owned());
    }
    if let Input::Choice(choices) = field.input {
        all.push(format!("one of {}", list(choices.iter().map(|(value, _)| *value))));
    }
    if !field.default.is_empty() {
        all.push(format!("default `{}`", field.default));
    }
    if !field.suggestions.is_empty() {
        all.push(format!("also {}", list(field.suggestions.iter().copied())));
    }
    all.join("; ")
}

fn write_wire(example: &Connection, text: &mut String) -> std::fmt::Result {
    let wire = example.wire();
    writeln!(
        text,
        "\n## Where traces go\n\nWith the values of the example, traces go to `{}` with these headers:\n",
        wire.url()
    )?;
    for header in wire.headers(wire.compression(Compression::Gzip)) {
        writeln!(text, "- `{}: {}`", header.name, header.shown())?;
    }
    if !wire.resource().is_empty() {
        writeln!(text, "\nThe resource has besides:\n")?;
        for (name, value) in wire.resource() {
            writeln!(text, "- `{name}` = `{value}`")?;
        }
    }
    let Limits { bytes, spans, value_chars, span_attributes, oldest, .. } = wire.limits();
    writeln!(
        text,
        "\nA request has at most {bytes} bytes before compression{}.",
        if spans == usize::MAX { String::new() } else { format!(" and {spans} spans") }
    )?;
    if let Some(characters) = value_chars {
        writeln!(text, "A value of an attribute has at most {characters} characters.")?;
    }
    if let Some(attributes) = span_attributes {
        writeln!(text, "A span has at most {attributes} attributes.")?;
    }
    if let Some(oldest) = oldest {
        writeln!(
            text,
            "Requests that completed more than {} minutes ago are left out, because they would not be kept.",
            oldest.as_secs() / 60
        )?;
    }
    Ok(())
}

fn write_test(example: &Connection, text: &mut String) -> std::fmt::Result {
    let wire = example.wire();
    writeln!(
        text,
        "\n## The connection test\n\nThe fields are checked, the host is looked up and connected to. Then:\n"
    )?;
    for step in wire.steps() {
        match step {
            TestStep::Empty { times: 1 } => writeln!(text, "1. An empty request is sent.")?,
            TestStep::Empty { times } => writeln!(text, "1. An empty request is sent {times} times.")?,
            TestStep::Check(check) => {
                writeln!(text, "1. The settings are checked with `{} {}`.", check.method.name(), check.url)?;
            }
            TestStep::Trace => writeln!(text, "1. One real trace is sent: \"Tracecast connection test\".")?,
        }
    }
    if let Some(arrival) = wire.arrival() {
        if let Some(product) = arrival.checked_by {
            writeln!(text, "\nThe test cannot prove that {product} keeps the trace: it checks content later.")?;
        }
        writeln!(text, "\nThe trace shows {}.", arrival.shown)?;
    }
    Ok(())
}

fn write_answers(example: &Connection, text: &mut String) -> std::fmt::Result {
    let readings = example.wire().readings;
    if readings.is_empty() {
        return Ok(());
    }
    writeln!(text, "\n## Answers\n\n| Status | Words in it | What it means |\n|---|---|---|")?;
    for row in readings {
        writeln!(text, "| {} | {} | {}. |", row.status, row.words, row.sentence)?;
    }
    Ok(())
}

fn list<'a>(values: impl Iterator<Item = &'a str>) -> String {
    values.map(|value| format!("`{value}`")).collect::<Vec<_>>().join(", ")
}

/// The words within a sentence: the first letter is small, unless a name or an abbreviation begins with it.
fn lower(words: &str) -> String {
    let mut characters = words.chars();
    match (characters.next(), characters.as_str()) {
        (Some(first), rest) if rest.starts_with(char::is_lowercase) => format!("{}{rest}", first.to_lowercase()),
        _ => words.to_owned(),
    }
}
