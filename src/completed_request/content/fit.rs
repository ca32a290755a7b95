//! The size discipline (spec 2.4): the oldest messages go first, then long texts are cut; JSON stays valid.

use std::io;

use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use super::conversation::Conversation;
use super::document::Content;
use super::message::{Message, Part};
use super::piece::Piece;
use super::tools::Tool;

/// No text is cut below this; if that does not suffice, there are too many of them and parts are left out.
const SHORTEST_TEXT: usize = 64;

impl<'a> Conversation<'a> {
    /// At most `budget` bytes of it, as it is recorded.
    pub(crate) fn fit(mut self, budget: usize) -> Content {
        if self.size() > budget {
            self.leave_out_oldest(budget);
            while self.longest_that_fits(budget) < SHORTEST_TEXT && self.leave_out_parts() {}
            self.cut_long_texts(budget);
        }
        Content {
            input: json_list(&self.input),
            output: json_list(&self.output),
            tools: json_list(&self.tools),
            system_instructions: json_list(&self.system_instructions),
            original_length: self.original_length,
        }
    }

    /// Bytes in a span.
    fn size(&self) -> usize {
        let instructions = json_size(&self.system_instructions);
        json_size(&self.input) + json_size(&self.output) + json_size(&self.tools) + instructions
    }

    /// Leaves out the oldest messages until the rest fits, but never the newest.
    fn leave_out_oldest(&mut self, budget: usize) {
        let mut excess = self.size().saturating_sub(budget);
        let mut oldest = 0;
        while excess > 0 && oldest + 1 < self.input.len() {
            excess = excess.saturating_sub(json_size(&self.input[oldest]) + ",".len());
            oldest += 1;
        }
        self.leave_out_messages(oldest);
    }

    fn leave_out_messages(&mut self, oldest: usize) {
        if oldest > 0 {
            self.original_length.get_or_insert(self.input.len() as u64);
            self.input.drain(..oldest);
        }
    }

    /// Cuts the longest texts, all to the same length: the greatest with which the whole fits. What a schema leaves, because it
    /// cannot be cut, is the texts'.
    fn cut_long_texts(&mut self, budget: usize) {
        let longest = self.longest_that_fits(budget);
        self.tools.iter_mut().for_each(|tool| tool.leave_out_long_schema(longest));
        let longest = self.longest_that_fits(budget);
        self.pieces().for_each(|piece| piece.cut(longest));
    }

    /// How long a text may be for the whole to fit, in bytes of JSON.
    fn longest_that_fits(&mut self, budget: usize) -> usize {
        let size = self.size();
        let mut lengths: Vec<usize> = self.pieces().map(|piece| piece.json_bytes()).collect();
        let frame = size.saturating_sub(lengths.iter().sum());
        lengths.sort_unstable();
        let (mut room, mut others) = (budget.saturating_sub(frame), lengths.len());
        for length in lengths {
            if length.saturating_mul(others) > room {
                return room / others;
            }
            room -= length;
            others -= 1;
        }
        usize::MAX
    }

    fn pieces(&mut self) -> impl Iterator<Item = Piece<'_, 'a>> {
        let messages = self.input.iter_mut().chain(&mut self.output).flat_map(Message::pieces);
        let instructions = self.system_instructions.iter_mut().flat_map(Part::pieces);
        messages.chain(self.tools.iter_mut().flat_map(Tool::pieces)).chain(instructions)
    }

    /// The last resort, against thousands of tiny parts: leaves out the least needed. False when nothing is left.
    fn leave_out_parts(&mut self) -> bool {
        let messages = self.input.iter_mut().chain(&mut self.output);
        let most_parts = messages.max_by_key(|message| message.parts.len()).filter(|message| message.parts.len() > 1);
        if !self.tools.is_empty() {
            self.tools.clear();
        } else if let Some(message) = most_parts {
            message.parts.drain(..message.parts.len() / 2);
        } else if self.input.len() > 1 {
            self.leave_out_messages(self.input.len() / 2);
        } else if self.output.len() > 1 {
            self.output.truncate(self.output.len() / 2);
        } else if self.system_instructions.len() > 1 {
            self.system_instructions.truncate(self.system_instructions.len() / 2);
        } else {
            let length = self.original_length.or(Some(self.input.len() as u64));
            *self = Self { original_length: length, ..Self::default() };
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
