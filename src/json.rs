//! JSON as strangers send it: checked whole, taken apart with the bytes that it had, and written again.

#[cfg(test)]
pub(crate) mod arbitrary;
pub mod escapes;
mod fragment;
mod members;
mod pretty;
mod strict;
mod text;
mod whole_number;

pub use self::fragment::Fragment;
pub use self::members::{Members, ObjectWriter, quoted};
pub use self::pretty::pretty;
pub use self::strict::{JsonError, check, check_inside, lossy, repaired, text};
pub use self::text::{Text, read};
pub use self::whole_number::WholeNumber;
