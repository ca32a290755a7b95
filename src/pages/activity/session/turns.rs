//! The requests of a session as turns of one conversation: what each says that was not said before.

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::completed_request::content::ContentRef;
use crate::completed_request::{CompletedRequest, Ending};
use crate::pages::activity::marks::{Marks, marks};
use crate::pages::activity::{list, paths, request};
use crate::pages::components::amount::{count, duration, usd};
use crate::pages::components::conversation::{MessageRow, PartRow, messages};
use crate::pages::components::waterfall::Folded;
use crate::pages::components::when::When;
use crate::store::accounts::Account;
use crate::store::activity::ListedRequest;
use crate::store::log::{self, NamedEntry, RecordedEntry};
use crate::store::{self, Tenant, destinations};

/// Characters of a failure that are seen at once.
const SEEN: usize = 480;

/// One request of the conversation.
#[derive(Debug)]
pub struct Turn {
    pub id: String,
    /// Counts from 1.
    pub number: usize,
    pub name: String,
    /// The address of its page.
    pub path: String,
    /// The class and the words of how it ended, where it did not succeed.
    pub ending: Option<(&'static str, String)>,
    pub at: When,
    /// Model, duration, cost.
    pub facts: Vec<String>,
    pub marks: Marks,
    pub said: Said,
}

/// What was said in a turn.
#[derive(Debug)]
pub enum Said {
    Shown {
        /// The messages before these, which an earlier turn has, in words.
        repeated: Option<String>,
        messages: Vec<MessageRow>,
    },
    /// Why it is not there, in a heading and a sentence.
    Sealed(&'static str, &'static str),
    /// The page says why for all turns.
    Hidden,
}

impl Turn {
    /// Whether the page shows its content.
    pub(super) fn is_read(&self) -> bool {
        matches!(self.said, Said::Shown { .. })
    }
}

/// How turns are looked at.
pub(super) struct Look<'a> {
    pub(super) account: &'a Account,
    /// Whether the person may read content.
    pub(super) may_read: bool,
    /// Whether what is repeated is shown, too.
    pub(super) shows_all: bool,
    pub(super) now: DateTime<Utc>,
}

impl Look<'_> {
    /// The turns of these requests. The one before them is read as well: it shows what is new.
    pub(super) async fn turns(
        &self,
        tenant: &mut Tenant,
        requests: &[ListedRequest],
        part: Range<usize>,
        retention: Duration,
    ) -> store::Result<Vec<Turn>> {
        let first = part.start.saturating_sub(1);
        let part = part.start..part.end.min(requests.len());
        let entries: Vec<NamedEntry> = requests[first..part.end].iter().map(ListedRequest::entry).collect();
        let shown = &entries[part.start - first..];
        let destinations = destinations::list(tenant).await?;
        let marks = marks(tenant, shown, &destinations, retention).await?;
        let recorded = log::list_recorded(tenant, &entries.iter().collect::<Vec<_>>(), self.may_read).await?;
        let recorded: BTreeMap<usize, RecordedEntry> = recorded.into_iter().map(|it| (it.number, it)).collect();
        let mut earlier: Vec<Vec<MessageRow>> = Vec::new();
        let mut said: Vec<Said> = Vec::with_capacity(entries.len());
        for (number, entry) in entries.iter().enumerate() {
            said.push(self.said(entry, recorded.get(&number), &mut earlier));
        }
        let turns = said.drain(part.start - first..).zip(marks).zip(part).map(|((said, marks), number)| {
            let request = &requests[number];
            let facts = [Some(request.model.clone()), request.latency_ms.map(duration), request.cost.map(usd)];
            Turn {
                id: request.generation_id.clone(),
                number: number + 1,
                name: request.name.clone().unwrap_or_else(|| request.generation_id.clone()),
                path: paths::request(&request.generation_id),
                ending: Some(list::ending(request)).filter(|(tone, _)| *tone != "good"),
                at: When::new(request.completed_at, self.now),
                facts: facts.into_iter().flatten().filter(|fact| !fact.is_empty()).collect(),
                marks,
                said,
            }
        });
        Ok(turns.collect())
    }

    fn said(&self, entry: &NamedEntry, recorded: Option<&RecordedEntry>, earlier: &mut Vec<Vec<MessageRow>>) -> Said {
        if !self.may_read {
            return Said::Hidden;
        }
        let Some(recorded) = recorded else {
            return Said::Sealed("Not readable here", "A newer version of Tracecast recorded this request.");
        };
        let content = recorded.content.as_deref().and_then(|bytes| ContentRef::from_bytes(bytes).ok());
        let Some(content) = content else {
            let (title, sentence) = request::sealed(self.account, entry, true);
            return Said::Sealed(title, sentence);
        };
        let mut all = messages(&content);
        let repeated = if self.shows_all { 0 } else { repeated(&all, earlier) };
        earlier.push(all.clone());
        all.extend(failure(&recorded.payload));
        Said::Shown {
            repeated: (repeated > 0).then(|| {
                let messages = count(i64::try_from(repeated).unwrap_or(i64::MAX), "message");
                format!("{messages} that this request repeats")
            }),
            messages: all.split_off(repeated),
        }
    }
}

/// How many of the first messages an earlier turn begins with. What the last of them asks is shown in any case.
fn repeated(messages: &[MessageRow], earlier: &[Vec<MessageRow>]) -> usize {
    let is_same = |(old, new): &(&MessageRow, &MessageRow)| (&old.who, &old.parts) == (&new.who, &new.parts);
    let shared = earlier.iter().map(|turn| turn.iter().zip(messages).take_while(is_same).count()).max();
    let asked = messages.iter().filter(|message| !message.is_answer).count();
    shared.unwrap_or_default().min(asked.saturating_sub(1))
}

/// Why no whole answer came, as the last message.
fn failure(payload: &[u8]) -> Option<MessageRow> {
    let Ending::Failed { kind, message, .. } = CompletedRequest::from_bytes(payload).ok()?.ending else { return None };
    let words = if message.is_empty() { kind.to_string() } else { format!("{message} ({kind})") };
    let parts = vec![PartRow::Text(Folded::new(words, SEEN))];
    Some(MessageRow { who: "Failed".to_owned(), is_answer: true, parts, finished: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(who: &str, text: &str, is_answer: bool) -> MessageRow {
        let parts = vec![PartRow::Text(Folded::new(text, SEEN))];
        MessageRow { who: who.to_owned(), is_answer, parts, finished: is_answer.then(|| "stop".to_owned()) }
    }

    #[test]
    fn turn_repeats_the_messages_that_an_earlier_one_begins_with() {
        let first = [vec![message("User", "yes", false), message("Assistant", "Why?", true)]];
        let second =
            [message("User", "yes", false), message("Assistant", "Why?", false), message("User", "yes", false)];
        assert_eq!(repeated(&second, &first), 2, "the same word said twice is new");
        let other = [message("User", "no", false), message("Assistant", "Why?", false)];
        assert_eq!(repeated(&other, &first), 0);
        assert_eq!(repeated(&first[0], &first), 0, "a question that is asked again is shown");
        assert_eq!(repeated(&second, &[]), 0);
    }
}
