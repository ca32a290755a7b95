//! Regular expressions that people write: linear in time, bounded in size (spec 10.1).

use regex::{Regex, RegexBuilder};
use regex_syntax::Parser;

/// Most characters of an expression.
pub(super) const MOST_CHARS: usize = 1_000;

/// Most bytes of a compiled expression, and of what it remembers while it searches.
const MOST_BYTES: usize = 1024 * 1024;

/// Compiles an expression. The error is a sentence.
pub(in crate::destination) fn compile(expression: &str) -> Result<Regex, String> {
    if expression.chars().count() > MOST_CHARS {
        return Err(format!("Shorten the regular expression to {MOST_CHARS} characters."));
    }
    match RegexBuilder::new(expression).size_limit(MOST_BYTES).dfa_size_limit(MOST_BYTES).build() {
        Ok(regex) => Ok(regex),
        Err(regex::Error::CompiledTooBig(_)) => {
            Err("The regular expression is too large once it is compiled. Use smaller repetitions.".to_owned())
        }
        Err(_) => Err(mistake(expression)),
    }
}

/// What is wrong with an expression, and where.
fn mistake(expression: &str) -> String {
    let (offset, what) = match Parser::new().parse(expression) {
        Err(regex_syntax::Error::Parse(error)) => (error.span().start.offset, error.kind().to_string()),
        Err(regex_syntax::Error::Translate(error)) => (error.span().start.offset, error.kind().to_string()),
        _ => return "The regular expression is not valid.".to_owned(),
    };
    let character = expression.get(..offset).map_or(0, |before| before.chars().count()) + 1;
    format!("The regular expression is not valid at character {character}: {what}.")
}
