//! The page for everything that is not a page: forbidden, not found, too large, our fault.

use actix_web::http::StatusCode;
use askama::Template;

use crate::pages::shell::Shell;

/// A status in plain words, and the way out, for people who are not signed in.
#[derive(Debug, Template)]
#[template(path = "pages/problem.html")]
pub struct ProblemPage {
    /// The frame; its title is the heading.
    pub shell: Shell,
    pub status: u16,
    /// What to do.
    pub sentence: String,
}

/// The same for people who are signed in: the sections stay in reach.
#[derive(Debug, Template)]
#[template(path = "pages/problem_signed_in.html")]
pub struct SignedInProblemPage {
    pub shell: Shell,
    pub status: u16,
    pub sentence: String,
}

impl ProblemPage {
    /// The page of a status, with the sentence that every such case shares.
    pub fn new(status: StatusCode) -> Self {
        let (title, sentence) = match status {
            StatusCode::BAD_REQUEST => ("This request is not understood", "Go back, reload the page and try again."),
            StatusCode::FORBIDDEN => {
                ("This is for admins", "Ask an admin of your account to change it, or to make you an admin.")
            }
            StatusCode::NOT_FOUND => {
                ("There is nothing here", "It may have been deleted, or the address has a typing mistake.")
            }
            StatusCode::METHOD_NOT_ALLOWED => ("This page cannot do that", "Go back and use the buttons on the page."),
            StatusCode::REQUEST_TIMEOUT => {
                ("The form took too long to arrive", "Check your connection, then send it again.")
            }
            StatusCode::CONFLICT => ("Somebody else was faster", "Open the page again to see what changed."),
            StatusCode::PAYLOAD_TOO_LARGE => {
                ("That is too much", "A form may hold 64 KiB. Shorten what you typed and send it again.")
            }
            StatusCode::UNSUPPORTED_MEDIA_TYPE => ("This is not a form", "Use the form on the page."),
            StatusCode::TOO_MANY_REQUESTS => ("Too many tries", "Wait a minute, then try again."),
            StatusCode::SERVICE_UNAVAILABLE => {
                ("Tracecast is not ready", "The database does not answer. Try again in a moment.")
            }
            _ => (
                "Something went wrong on our side",
                "Nothing was changed. Try again in a moment; if it stays, the server's log says why.",
            ),
        };
        Self { shell: Shell::signed_out(title), status: status.as_u16(), sentence: sentence.to_owned() }
    }

    /// The same, with a sentence of its own.
    #[must_use]
    pub fn saying(self, title: &str, sentence: impl Into<String>) -> Self {
        Self { shell: Shell::signed_out(title), sentence: sentence.into(), ..self }
    }

    /// The same inside the frame of a person who is signed in.
    pub fn within(self, frame: Shell) -> SignedInProblemPage {
        let shell = Shell { title: self.shell.title, notice: None, ..frame };
        SignedInProblemPage { shell, status: self.status, sentence: self.sentence }
    }
}
