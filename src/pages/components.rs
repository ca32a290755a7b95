//! Parts of several pages: the values that the templates of `templates/components` draw, and the words in them.

pub mod amount;
pub mod budget;
pub mod chart;
pub mod control;
pub mod conversation;
pub mod examples;
pub mod figure;
pub mod form_of_arrival;
pub mod health;
pub mod kind_card;
pub mod outcome;
pub mod qr_code;
pub mod receipt;
pub mod spark;
pub mod verdict;
pub mod waterfall;
pub mod when;
