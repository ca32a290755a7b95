//! What stands around every page: title, sections, the person, the notice, and what is wrong.

use std::borrow::Cow;

use super::flash::Notice;
use crate::destination::FieldErrors;

/// The frame of a page.
#[derive(Debug, Clone, Default)]
pub struct Shell {
    /// Name of the page, as in its `<title>`.
    pub title: String,
    /// The section that is open.
    pub section: Option<Section>,
    /// Who looks, when signed in.
    pub person: Option<Person>,
    /// What has just been done.
    pub notice: Option<Notice>,
    /// What is wrong with the form, in the order of its fields.
    pub problems: Vec<Problem>,
}

/// Who looks at the page.
#[derive(Debug, Clone)]
pub struct Person {
    /// The address the person signs in with.
    pub email: String,
    /// The account that is shown.
    pub account_name: String,
    /// Identifiers and names of the others, to switch to.
    pub other_accounts: Vec<(String, String)>,
}

/// One mistake, shown in the summary and at its field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The name of the field, or the id of the part of the page. None: the form as a whole.
    pub field: Option<Cow<'static, str>>,
    /// What to do.
    pub message: String,
}

impl Problem {
    /// The element that the summary's link leads to.
    pub fn anchor(&self) -> &str {
        self.field.as_deref().unwrap_or("main")
    }
}

/// A person's mistakes as the page shows them.
pub(super) fn problems(errors: &FieldErrors) -> Vec<Problem> {
    errors.iter().map(|error| Problem { field: Some(error.field.into()), message: error.sentence.clone() }).collect()
}

/// Activity, or a section of the settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    /// What completed.
    Activity,
    /// The switch and the destinations.
    Observability,
    Keys,
    /// Members and invitations.
    Members,
    Account,
}

impl Section {
    pub fn path(self) -> &'static str {
        match self {
            Self::Activity => "/activity",
            Self::Observability => "/settings/observability",
            Self::Keys => "/settings/keys",
            Self::Members => "/settings/members",
            Self::Account => "/settings/account",
        }
    }

    pub fn label(self) -> &'static str {
        match self {
            Self::Activity => "Activity",
            Self::Observability => "Observability",
            Self::Keys => "API keys",
            Self::Members => "Members",
            Self::Account => "Account",
        }
    }
}

impl Shell {
    /// The frame of a page for people who are not signed in.
    pub fn signed_out(title: impl Into<String>) -> Self {
        Self { title: title.into(), ..Self::default() }
    }

    /// The frame of a page of the settings.
    #[cfg(test)]
    pub fn settings(section: Section, title: impl Into<String>, person: Person) -> Self {
        Self { title: title.into(), section: Some(section), person: Some(person), ..Self::default() }
    }

    /// All sections of the settings, in order.
    pub fn sections(&self) -> [Section; 4] {
        [Section::Observability, Section::Keys, Section::Members, Section::Account]
    }

    /// The text of `<title>`; says first when something is wrong, which a screen reader reads first.
    pub fn title_with_state(&self) -> String {
        let state = if self.problems.is_empty() { "" } else { "Error: " };
        format!("{state}{} · Tracecast", self.title)
    }
}
