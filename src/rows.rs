//! Rows and documents, for destinations that keep data and take no OTLP. Pure functions of the completed request, so that a
//! second delivery replaces the first one.

mod body;
pub mod documents;
mod facts;
pub mod lines;
pub mod trace_document;

#[cfg(test)]
mod tests;
