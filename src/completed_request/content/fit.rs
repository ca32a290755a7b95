//! The size discipline (spec 2.4): the oldest messages go first, then long texts are cut; JSON stays valid.

use std::io;

use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use super::conversation::Conversation;
use super::document::Content;
use super::message::{Message, cut};
use super::tools::Tool;
use crate::json::Text;

/// No text is cut below this; if that does not suffice, there are too many of them and parts are left out.
const SHORTEST_TEXT: usize = 64;

impl<'a> Conversation<'a> {
    /// At most `budget` bytes of it, as it is recorded.
    pub(crate) fn fit(mut self, budget: usize) -> Content {
        if self.size() > budget {
            self.leave_out_oldest(budget);
            self.cut_long_texts(budget);
            while self.size() > budget && self.leave_out_parts() {}
        }
        Content {
            input: json_list(&self.input),
            output: json_list(&self.output),
            tools: json_list(&self.tools),
            system_instructions: self.system_instructions.map(|text| text.0.into_owned()),
            original_length: self.original_length,
        }
    }

    /// Bytes in a span.
    fn size(&self) -> usize {
        let system = self.system_instructions.as_ref().map_or(0, |text| text.len());
        json_size(&self.input) + json_size(&self.output) + json_size(&self.tools) + system
    }

    /// Leaves out the oldest messages until the rest fits, but never a system message nor the newest other one.
    fn leave_out_oldest(&mut self, budget: usize) {
        let before = self.input.len();
        let newest = self.input.iter().rposition(|message| !message.is_system());
        let mut excess = self.size().saturating_sub(budget);
        let mut index = 0;
        self.input.retain(|message| {
            let goes = excess > 0 && !message.is_system() && Some(index) != newest;
            index += 1;
            if goes {
                excess = excess.saturating_sub(json_size(message) + ",".len());
            }
            !goes
        });
        if self.input.len() < before {
            self.original_length.get_or_insert(before as u64);
        }
    }

    /// Finds the greatest length, in steps of a quarter, to which texts must be cut for the whole to fit.
    fn cut_long_texts(&mut self, budget: usize) {
        let mut longest = self.longest_text().min(budget);
        while self.size() > budget && longest > SHORTEST_TEXT {
            longest = (longest / 4 * 3).max(SHORTEST_TEXT);
            self.texts_mut().for_each(|text| cut(text, longest));
            self.tools.iter_mut().for_each(|tool| tool.leave_out_long_schema(longest));
        }
    }

    fn longest_text(&mut self) -> usize {
        let schema = self.tools.iter().map(Tool::schema_bytes).max().unwrap_or_default();
        self.texts_mut().map(|text| text.len()).max().unwrap_or_default().max(schema)
    }

    fn texts_mut(&mut self) -> impl Iterator<Item = &mut Text<'a>> {
        let messages = self.input.iter_mut().chain(&mut self.output).flat_map(Message::texts_mut);
        messages.chain(self.tools.iter_mut().flat_map(Tool::texts_mut)).chain(&mut self.system_instructions)
    }

    /// The last resort, against thousands of tiny parts: leaves out the least needed. False when nothing is left.
    fn leave_out_parts(&mut self) -> bool {
        let before = self.input.len();
        let messages = self.input.iter_mut().chain(&mut self.output);
        let most_parts = messages.max_by_key(|message| message.parts.len()).filter(|message| message.parts.len() > 1);
        if !self.tools.is_empty() {
            self.tools.clear();
        } else if let Some(message) = most_parts {
            message.parts.drain(..message.parts.len() / 2);
        } else if self.input.len() > 1 {
            self.input.drain(..self.input.len() / 2);
            self.original_length.get_or_insert(before as u64);
        } else if self.output.len() > 1 {
            self.output.truncate(self.output.len() / 2);
        } else {
            *self = Self { original_length: self.original_length.or(Some(before as u64)), ..Self::default() };
            return false;
        }
        true
    }
}

/// An empty list gives no attribute rather than `[]`.
fn json_list<T: Serialize>(list: &[T]) -> Option<Box<RawValue>> {
    if list.is_empty() { None } else { to_raw_value(list).ok() }
}

/// Bytes of `value` as JSON.
fn json_size<T: Serialize + ?Sized>(value: &T) -> usize {
    struct Counter(usize);
    impl io::Write for Counter {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut counter = Counter(0);
    // Counting cannot fail, nor can texts fail to be written.
    let _ = serde_json::to_writer(&mut counter, value);
    counter.0
}
