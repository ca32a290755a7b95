//! What is sent of a request: texts without what detectors find in them, and without the fields that are switched off (spec 10.2).
//! Pure: worker and preview ask the same [`Redactor`].

mod apply;
mod counts;
mod detector;
mod fields;
mod finder;
mod glob;
mod reading;
mod scan;
mod stored;

pub use self::apply::{Redaction, Redactor};
pub use self::counts::Counts;
pub use self::detector::{Action, Detector};
pub use self::fields::{Fields, Metadata, Shown};
pub use self::glob::Glob;
pub use self::reading::MOST_PATTERNS;
pub use self::stored::UnreadableRedaction;

#[cfg(test)]
mod tests;
