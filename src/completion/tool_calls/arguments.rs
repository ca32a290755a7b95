//! Whether the arguments of a tool call are a whole JSON object, without reading them again for each piece.

/// The brackets of JSON so far.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Brackets {
    open: usize,
    have_begun: bool,
    in_text: bool,
    after_backslash: bool,
}

impl Brackets {
    pub(super) fn read(&mut self, piece: &str) {
        for byte in piece.bytes() {
            match byte {
                _ if self.after_backslash => self.after_backslash = false,
                b'\\' if self.in_text => self.after_backslash = true,
                b'"' => self.in_text = !self.in_text,
                b'{' | b'[' if !self.in_text => {
                    self.have_begun = true;
                    self.open += 1;
                }
                b'}' | b']' if !self.in_text => self.open = self.open.saturating_sub(1),
                _ => {}
            }
        }
    }

    /// Whether something was opened and all of it is closed.
    pub(super) fn are_closed(&self) -> bool {
        self.have_begun && self.open == 0 && !self.in_text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_are_closed_at_the_end_of_the_object() {
        let mut brackets = Brackets::default();
        for (piece, closed) in
            [("", false), ("{\"a\":", false), ("\"}\\", false), ("\"}", false), ("\"", false), ("}", true)]
        {
            brackets.read(piece);
            assert_eq!(brackets.are_closed(), closed, "{piece}");
        }
    }
}
