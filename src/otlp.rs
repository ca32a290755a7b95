//! Not yet furnished.

pub mod answer;
