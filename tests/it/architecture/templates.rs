//! Templates: short, and without anything that the Content-Security-Policy would have to allow.

use super::Source;

/// Longest template, in lines.
const LONGEST: usize = 100;

/// Longest component.
const LONGEST_COMPONENT: usize = 40;

pub(super) fn complaints(files: &[Source]) -> Vec<String> {
    files.iter().flat_map(complaints_about).collect()
}

fn complaints_about(file: &Source) -> Vec<String> {
    let path = &file.path;
    let mut found = Vec::new();
    let lines = file.text.lines().count();
    let longest = if path.contains("/components/") { LONGEST_COMPONENT } else { LONGEST };
    if lines > longest {
        found.push(format!("{path}: {lines} lines, and {longest} are allowed; make components of its parts"));
    }
    for tag in tags(&without_expressions(&file.text)) {
        let shown: String = tag.chars().take(60).collect();
        let names: Vec<_> = attributes(&tag).collect();
        if tag.starts_with("<script") && !names.iter().any(|name| name == "src") {
            found.push(format!("{path}: inline script; put it into the module: {shown}"));
        }
        if tag.starts_with("<style") || names.iter().any(|name| name == "style") {
            found.push(format!("{path}: inline style; put it into a stylesheet: {shown}"));
        }
        if names.iter().any(|name| name.len() > 2 && name.starts_with("on")) {
            found.push(format!("{path}: inline handler; put it into the module: {shown}"));
        }
    }
    found
}

/// The text with a blank for each of askama's `{{ … }}`, `{% … %}` and `{# … #}`.
fn without_expressions(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(begin) = ["{{", "{%", "{#"].iter().filter_map(|open| rest.find(open)).min() {
        let close = match &rest[begin..begin + 2] {
            "{{" => "}}",
            "{%" => "%}",
            _ => "#}",
        };
        plain.push_str(&rest[..begin]);
        plain.push(' ');
        rest = rest[begin..].split_once(close).map_or("", |(_, after)| after);
    }
    plain + rest
}

/// Opening tags in lower case, each up to its `>` outside quotes.
fn tags(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices('<') {
        if !text[at + 1..].starts_with(|c: char| c.is_ascii_alphabetic()) {
            continue;
        }
        let mut quote = None;
        let end = text[at..].find(|c| {
            match quote {
                Some(open) if open == c => quote = None,
                Some(_) => {}
                None if c == '"' || c == '\'' => quote = Some(c),
                None => return c == '>',
            }
            false
        });
        found.push(text[at..end.map_or(text.len(), |length| at + length)].to_lowercase());
    }
    found
}

/// Names of a tag's attributes; what stands in quotes is no name.
fn attributes(tag: &str) -> impl Iterator<Item = String> {
    let unquoted: String = tag.split(['"', '\'']).step_by(2).collect::<Vec<_>>().join(" ");
    let words: Vec<String> = unquoted.split_whitespace().skip(1).map(str::to_owned).collect();
    words.into_iter().map(|word| word.split('=').next().unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn about(text: &str) -> Vec<String> {
        complaints(&[Source::new("templates/pages/x.html", text)])
    }

    #[test]
    fn inline_scripts_styles_and_handlers_are_told() {
        assert_eq!(about("<script>alert(1)</script>").len(), 1);
        assert_eq!(about("<p class=\"a > b\"\n   STYLE='color: red'>x</p>").len(), 1);
        assert_eq!(about("<style>p { color: red }</style>").len(), 1);
        assert_eq!(about("<a {% if on %}onclick=\"x()\"{% endif %}>x</a>").len(), 1);
        assert_eq!(about(&"<p>\n".repeat(101)).len(), 1);
    }

    #[test]
    fn what_only_looks_like_them_is_fine() {
        assert!(about("<script type=\"module\" src=\"{{ asset }}\"></script>").is_empty());
        assert!(about("<p title=\"style= onclick=\">onclick=\"no\" is text</p> 1 < 2").is_empty());
        assert!(about("{% if a > b %}<input value=\"{{ v }}\" required>{% endif %}").is_empty());
    }
}
