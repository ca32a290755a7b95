//! The program that asked, by the header `User-Agent`.

use super::keys::named;
use crate::completed_request::clean;
use crate::json::Text;

/// Most characters of its name.
const CHARS: usize = 64;

/// Its name without a version: `OpenAI/Python 1.109.1` is `OpenAI/Python`, and whatever calls itself Mozilla is a `browser`.
pub(super) fn name(user_agent: &str) -> Option<Text<'static>> {
    let first = user_agent.split_whitespace().next()?;
    let is_version = |text: &str| text.starts_with(|character: char| character.is_ascii_digit());
    let name = first.rsplit_once('/').filter(|(_, version)| is_version(version)).map_or(first, |(name, _)| name);
    named(clean::name(if name == "Mozilla" { "browser" } else { name }, CHARS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn program_is_named_without_its_version() {
        for (user_agent, expected) in [
            ("OpenAI/Python 1.109.1", Some("OpenAI/Python")),
            ("python-requests/2.32.3", Some("python-requests")),
            ("Mozilla/5.0 (X11; Linux x86_64) Firefox/144.0", Some("browser")),
            ("node", Some("node")),
            ("my/app/7", Some("my/app")),
            ("  ", None),
            ("", None),
            ("/1.0", None),
        ] {
            assert_eq!(name(user_agent).as_deref(), expected, "{user_agent}");
        }
    }
}
