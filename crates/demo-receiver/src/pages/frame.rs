//! What surrounds every page: the links, and the notice that something was switched.

use crate::Behaviour;
use crate::shared::Shared;

use super::relay::View;

/// What surrounds a page.
#[derive(Debug)]
pub(super) struct Frame {
    /// In front of every link.
    pub(super) prefix: String,
    /// The page that is shown, as its link names it.
    pub(super) current: &'static str,
    /// What it does instead of answering as Sentry does, and what is wrong with its key and its upstream.
    pub(super) notices: Vec<String>,
}

impl Frame {
    /// The frame of the page that the link `current` names.
    pub(super) fn new(shared: &Shared, current: &'static str) -> Self {
        let setting = shared.switch.shown();
        let behaviour = sentence(setting.behaviour).map(|sentence| match setting.remaining {
            Some(1) => format!("{sentence}, for one more request."),
            Some(left) => format!("{sentence}, for {left} more requests."),
            None => format!("{sentence}, until you change it."),
        });
        let notices = behaviour.into_iter().chain(View::of(shared).notices()).collect();
        Self { prefix: shared.prefix.clone(), current, notices }
    }
}

fn sentence(behaviour: Behaviour) -> Option<String> {
    match behaviour {
        Behaviour::Normal => None,
        Behaviour::Slow { milliseconds } => Some(format!("Every answer takes {milliseconds} ms")),
        Behaviour::Status { code, retry_after: None } => Some(format!("Every request is answered with {code}")),
        Behaviour::Status { code, retry_after: Some(seconds) } => {
            Some(format!("Every request is answered with {code} and “Retry-After: {seconds}”"))
        }
        Behaviour::Quota => Some("The quota is used up: requests are answered with 429".to_owned()),
        Behaviour::Hang => Some("Requests are taken and never answered".to_owned()),
        Behaviour::Broken => Some("Connections break in mid-answer".to_owned()),
        Behaviour::Partial { rejected } => Some(format!("Every answer says that {rejected} spans were rejected")),
        Behaviour::Endless => Some("Answers have no end".to_owned()),
        Behaviour::Page => Some("Every request is answered with 200 and a page to sign in".to_owned()),
    }
}
