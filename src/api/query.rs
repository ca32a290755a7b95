//! The query of an address: texts and numbers by name.

use actix_web::HttpRequest;

use super::error::Error;

/// The pairs of a query, decoded.
pub(super) struct Query(Vec<(String, String)>);

/// A part of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Page {
    pub(super) offset: usize,
    pub(super) limit: usize,
}

/// As the document says it: an `int64`.
const MOST: usize = isize::MAX.cast_unsigned();

impl Query {
    pub(super) fn of(request: &HttpRequest) -> Self {
        Self(url::form_urlencoded::parse(request.query_string().as_bytes()).into_owned().collect())
    }

    /// The first value of this name.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// True or false.
    ///
    /// # Errors
    /// It is neither.
    pub(super) fn flag(&self, name: &'static str) -> Result<Option<bool>, Error> {
        let Some(text) = self.get(name) else { return Ok(None) };
        let flag = text.parse().map_err(|_| Error::invalid(name, format!("`{name}` must be true or false.")));
        flag.map(Some)
    }

    /// `offset` and `limit`: 0 and 50, where nothing else is asked for.
    ///
    /// # Errors
    /// One of them is no number, or out of its range.
    pub(super) fn page(&self) -> Result<Page, Error> {
        Ok(Page { offset: self.number("offset", 0, 0, MOST)?, limit: self.number("limit", 50, 1, 100)? })
    }

    fn number(&self, name: &'static str, usual: usize, least: usize, most: usize) -> Result<usize, Error> {
        let Some(text) = self.get(name) else { return Ok(usual) };
        let number = text.parse().ok().filter(|number| (least..=most).contains(number));
        number.ok_or_else(|| {
            let range = if most == MOST { format!("from {least}") } else { format!("from {least} to {most}") };
            Error::invalid(name, format!("`{name}` must be a whole number {range}."))
        })
    }
}

impl Page {
    /// The part of a whole list.
    pub(super) fn of<T>(self, all: impl IntoIterator<Item = T>) -> impl Iterator<Item = T> {
        all.into_iter().skip(self.offset).take(self.limit)
    }
}
