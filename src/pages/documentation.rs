//! The document about a kind, for people who fill in its form: what the kind says of itself, and what is written by hand about it.

use actix_web::web;
use askama::Template;
use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd, html};

use super::answer;
use super::error::{Error, Result};
use super::shell::{Section, Shell};
use super::visit::Visit;
use crate::destination::{Kind, kinds};

#[derive(Debug, Template)]
#[template(path = "pages/documentation.html")]
pub struct DocumentationPage {
    pub shell: Shell,
    /// The kind's label.
    pub kind: &'static str,
    /// The kind's two letters.
    pub sign: &'static str,
    /// The document as HTML, without the heading of the whole.
    pub body: Markup,
}

/// HTML made of Markdown, to be drawn as it is.
#[derive(Debug)]
pub struct Markup(String);

impl Markup {
    /// Markdown as HTML. HTML within it is text. The heading of the whole is left out, because the page has it.
    pub(super) fn of(markdown: &str) -> Self {
        let mut is_title = false;
        let events = Parser::new_ext(markdown, Options::ENABLE_TABLES).filter_map(|event| match event {
            Event::Start(Tag::Heading { level: HeadingLevel::H1, .. }) => {
                is_title = true;
                None
            }
            Event::End(TagEnd::Heading(HeadingLevel::H1)) => {
                is_title = false;
                None
            }
            _ if is_title => None,
            Event::Html(text) | Event::InlineHtml(text) => Some(Event::Text(text)),
            event => Some(event),
        });
        let mut text = String::new();
        html::push_html(&mut text, events);
        Self(text)
    }

    pub fn html(&self) -> &str {
        &self.0
    }
}

/// `GET /docs/destinations/{kind}`
pub(super) async fn show(Visit { visitor, .. }: Visit, slug: web::Path<String>) -> Result {
    let kind = kinds::find(&slug).ok_or(Error::NotFound)?;
    let manifest = &kind.manifest;
    Ok(answer::ok(&DocumentationPage {
        shell: visitor.shell(Section::Observability, format!("About {}", manifest.label)),
        kind: manifest.label,
        sign: manifest.sign,
        body: Markup::of(&text(kind)),
    }))
}

/// Where the document about a kind is.
pub(super) fn path(kind: &Kind) -> String {
    format!("/docs/destinations/{}", kind.manifest.slug)
}

fn text(kind: &Kind) -> String {
    format!("{}\n\n{}", by_hand(kind.manifest.slug), kind.document())
}

/// What is written by hand about a kind; empty for most.
fn by_hand(slug: &str) -> &'static str {
    match slug {
        "clickhouse" => include_str!("../../docs/destinations/details/clickhouse.md"),
        "s3" => include_str!("../../docs/destinations/details/s3.md"),
        "sentry" => include_str!("../../docs/destinations/details/sentry.md"),
        "webhook" => include_str!("../../docs/destinations/details/webhook.md"),
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_has_no_html_of_its_text_and_no_heading_of_the_whole() {
        let markup = Markup::of(
            "# Whole\n\nA <b onclick=\"x()\">word</b>\n\n<script>x()</script>\n\n## Part\n\n| A |\n|---|\n| `1` |\n",
        );
        let html = markup.html();
        assert!(html.contains("&lt;b onclick") && html.contains("&lt;script&gt;"), "{html}");
        assert!(
            !html.contains("Whole") && html.contains("<h2>Part</h2>") && html.contains("<td><code>1</code></td>"),
            "{html}"
        );
    }

    #[test]
    fn documentation_by_hand_is_shown_for_each_kind_that_has_some() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/destinations/details");
        for file in std::fs::read_dir(folder).unwrap() {
            let path = file.unwrap().path();
            let slug = path.file_stem().unwrap().to_str().unwrap();
            assert!(kinds::find(slug).is_some() && by_hand(slug) == std::fs::read_to_string(&path).unwrap(), "{slug}");
        }
    }
}
