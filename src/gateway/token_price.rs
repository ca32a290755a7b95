//! What a model costs, as lists of models tell it.

/// USD for one token.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct TokenPrice {
    pub prompt: f64,
    pub completion: f64,
}
