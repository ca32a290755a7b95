//! Counts the statements that Postgres completes, by the messages in which it says so.
//!
//! Each statement ends with one `CommandComplete`: `BEGIN`, `SET` and `COMMIT` as well, and each of several that travel in one
//! message (<https://www.postgresql.org/docs/current/protocol-flow.html>).

use std::collections::HashMap;
use std::str;

use tokio::sync::watch;

/// What Postgres completed so far, by the name under which a program connected. Cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct Statements(watch::Sender<HashMap<String, Tally>>);

#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    completed: u64,
    /// Connections within a transaction.
    open: u64,
}

impl Statements {
    /// How many statements this program has completed, once none of its transactions is open: the end of one may come after
    /// the page for which it was begun.
    pub(crate) async fn completed_by(&self, application: &str) -> u64 {
        let mut tallies = self.0.subscribe();
        let is_calm = |all: &HashMap<String, Tally>| all.get(application).is_none_or(|tally| tally.open == 0);
        let calm = tallies.wait_for(is_calm).await.unwrap();
        calm.get(application).copied().unwrap_or_default().completed
    }

    /// What reads the answers of a new connection.
    pub(crate) fn of_a_connection(&self) -> Answers {
        Answers { statements: self.clone(), unread: Vec::new(), application: String::new(), open: false }
    }
}

/// The answers of one connection.
pub(crate) struct Answers {
    statements: Statements,
    unread: Vec<u8>,
    application: String,
    open: bool,
}

impl Answers {
    /// Reads what comes, in whatever pieces.
    pub(crate) fn read(&mut self, bytes: &[u8]) {
        self.unread.extend_from_slice(bytes);
        let mut begin = 0;
        while let Some(length) = self.unread.get(begin + 1..begin + 5) {
            let end = begin + 1 + u32::from_be_bytes(length.try_into().unwrap()) as usize;
            let Some(body) = self.unread.get(begin + 5..end) else { break };
            let (kind, body) = (self.unread[begin], body.to_owned());
            self.message(kind, &body);
            begin = end;
        }
        self.unread.drain(..begin);
    }

    fn message(&mut self, kind: u8, body: &[u8]) {
        match kind {
            b'S' => {
                let mut texts = body.split(|byte| *byte == 0).map(|text| str::from_utf8(text).unwrap());
                if texts.next() == Some("application_name") {
                    texts.next().unwrap().clone_into(&mut self.application);
                }
            }
            b'C' => self.tally(|tally| tally.completed += 1),
            b'Z' => self.is_open(body != b"I"),
            _ => {}
        }
    }

    fn is_open(&mut self, open: bool) {
        match (self.open, open) {
            (false, true) => self.tally(|tally| tally.open += 1),
            (true, false) => self.tally(|tally| tally.open -= 1),
            _ => {}
        }
        self.open = open;
    }

    fn tally(&self, change: impl FnOnce(&mut Tally)) {
        self.statements.0.send_modify(|all| change(all.entry(self.application.clone()).or_default()));
    }
}

impl Drop for Answers {
    fn drop(&mut self) {
        self.is_open(false);
    }
}

#[tokio::test]
async fn statements_are_counted_in_whatever_pieces_their_answers_come() {
    let message = |kind: u8, body: &[u8]| {
        let length = u32::try_from(body.len() + 4).unwrap().to_be_bytes();
        [&[kind], &length[..], body].concat()
    };
    let named = message(b'S', b"application_name\0pages\0");
    let one = [message(b'C', b"BEGIN\0"), message(b'C', b"SELECT 1\0"), message(b'Z', b"T")].concat();
    let other = [message(b'D', b"CCC"), message(b'C', b"ROLLBACK\0"), message(b'Z', b"I")].concat();
    let statements = Statements::default();
    let mut answers = statements.of_a_connection();
    [named, one, other].concat().chunks(3).for_each(|piece| answers.read(piece));
    assert_eq!(statements.completed_by("pages").await, 3);
    assert_eq!(statements.completed_by("worker").await, 0);
}
