//! A model for the examples on pages: one that answers here, as far as that is known without asking a server.

use super::{Gateway, echo};

impl Gateway {
    /// A model that an example may ask for: `demo/echo` where no model server is configured, else one that the operator's table
    /// names, else one that a server has listed lately. None: no name is known yet.
    pub fn example_model(&self) -> Option<String> {
        if self.upstreams.is_empty() {
            return Some(echo::MODEL.to_owned());
        }
        let named = self.upstreams.named_models().map(str::to_owned);
        let mut models = named.chain(self.models.known().into_iter().map(|model| model.id));
        models.find(|model| can_be_pasted(model) && self.upstreams.chats(model))
    }
}

/// Whether a name means itself within a shell's quotes, in JSON and in Python. A server chooses the names that it lists, and
/// people paste the examples into a shell.
fn can_be_pasted(model: &str) -> bool {
    model.chars().all(|c| c.is_ascii_alphanumeric() || "-_./:@+".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_a_shell_would_read_are_not_pasted() {
        assert!(["gpt-4o", "meta/llama-3.3:free", "@cf/x_1+2"].into_iter().all(can_be_pasted));
        assert!(!["a'; reboot #", "a\"b", "a\\b", "a b", "$(a)", "`a`", "a\nb"].into_iter().any(can_be_pasted));
    }
}
