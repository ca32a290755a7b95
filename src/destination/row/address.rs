//! The rule for addresses (spec 7.1): a base address may be typed with or without any part of the path that belongs to
//! the kind, so that all of `https://x`, `https://x/otlp/` and `https://x/otlp/v1/traces` are one address.

use url::Url;

use super::super::{Field, FieldError, web_address};
use super::template::fill;
use super::values::Values;

/// Where a collector listens for gRPC.
const GRPC_PORT: u16 = 4317;

/// The path of OTLP itself, with which an address may end whatever the kind's own path is.
const OTLP: [&str; 2] = ["v1", "traces"];

/// Where traces go: a base and the path behind it.
#[derive(Debug)]
pub(in crate::destination) struct Address {
    /// The field into which a base address is typed. Empty: there is none.
    pub field: &'static str,
    /// The base where none is typed.
    pub regions: Regions,
    /// Behind the base. Empty: the address is used as it is typed.
    pub path: &'static str,
    pub services: Option<Services>,
    /// What is wrong with a base address that is well-formed.
    pub refuse: fn(&Url) -> Option<String>,
}

/// The base addresses of a hosted product.
#[derive(Debug)]
pub(in crate::destination) struct Regions {
    /// The field that chooses one. Empty: there is only one.
    pub field: &'static str,
    /// Each with the value that chooses it.
    pub bases: &'static [(&'static str, &'static str)],
}

/// A product whose services differ by the first label of their host. Any other host is used for all of them.
#[derive(Debug)]
pub(in crate::destination) struct Services {
    /// Labels that stand for a service.
    pub labels: &'static [&'static str],
    pub traces: &'static str,
    pub check: &'static str,
}

/// A base address, and what it leads to.
#[derive(Debug)]
pub(super) struct Base {
    /// Without the kind's path, and without a slash at its end.
    url: Url,
    /// The field where it is mended. Empty: none.
    pub(super) field: &'static str,
    /// As it is stored. None: none was typed.
    pub(super) stored: Option<String>,
}

impl Address {
    /// A base that is typed into `field`, or is its default.
    pub(in crate::destination) const fn typed(field: &'static str, path: &'static str) -> Self {
        Self { field, regions: Regions { field: "", bases: &[] }, path, services: None, refuse: |_| None }
    }

    /// A base that the value of `field` chooses.
    pub(in crate::destination) const fn regional(
        field: &'static str,
        bases: &'static [(&'static str, &'static str)],
        path: &'static str,
    ) -> Self {
        Self { regions: Regions { field, bases }, ..Self::typed("", path) }
    }

    /// The only base of a hosted product.
    pub(in crate::destination) const fn fixed(
        bases: &'static [(&'static str, &'static str); 1],
        path: &'static str,
    ) -> Self {
        Self::regional("", bases, path)
    }

    /// The base that is typed or chosen.
    ///
    /// # Errors
    /// What is wrong with what was typed.
    pub(super) fn base(&self, values: &Values<'_>) -> Result<Base, Option<FieldError>> {
        let typed = values.get(self.field);
        if typed.is_empty() {
            let chosen = values.get(self.regions.field);
            let base = self.regions.bases.iter().find(|(value, _)| *value == chosen);
            // A value that chooses nothing, and an address that is missing, are complaints of their fields already.
            let url = base.and_then(|(_, base)| Url::parse(base).ok()).ok_or(None)?;
            return Ok(Base { url, field: self.regions.field, stored: None });
        }
        let field = values.field(self.field).ok_or(None)?;
        let error = |sentence| Some(FieldError { field: field.name, sentence });
        let typed = self.parse(typed, field).map_err(error)?;
        let url = self.without_path(typed, values);
        let stored = url.as_str().trim_end_matches('/').to_owned();
        let stored = Some(if self.path.is_empty() { url.to_string() } else { stored });
        Ok(Base { url, field: self.field, stored })
    }

    fn parse(&self, typed: &str, field: &Field) -> Result<Url, String> {
        let label = field.label;
        let url = web_address::parse(typed).map_err(|must| format!("{label} must {must}."))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(format!("{label} must hold no user and no password. Enter them as a header."));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(format!("{label} must end with its path: leave out what follows ? or #."));
        }
        if url.port() == Some(GRPC_PORT) {
            return Err("This is the gRPC port. Use the HTTP port, usually 4318.".to_owned());
        }
        (self.refuse)(&url).map_or(Ok(url), Err)
    }

    /// The address without the part of the kind's path that was typed with it.
    fn without_path(&self, url: Url, values: &Values<'_>) -> Url {
        if self.path.is_empty() {
            return url;
        }
        let mut typed = segments(&url);
        while typed.last().is_some_and(String::is_empty) {
            typed.pop();
        }
        let path = self.segments(&url, values);
        let begun = (1..=path.len()).rev().find(|length| typed.ends_with(&path[..*length]));
        let ends_as_otlp = typed.ends_with(&OTLP.map(str::to_owned)) && path.ends_with(&OTLP.map(str::to_owned));
        let known = begun.unwrap_or(if ends_as_otlp { OTLP.len() } else { 0 });
        typed.truncate(typed.len() - known);
        let mut base = url;
        base.set_path(&typed.join("/"));
        base
    }

    /// The kind's path as it stands in an address.
    fn segments(&self, like: &Url, values: &Values<'_>) -> Vec<String> {
        let mut url = like.clone();
        url.set_path("");
        segments(&join(&url, self.path, values))
    }

    /// Where traces go.
    pub(super) fn traces(&self, base: &Base, values: &Values<'_>) -> Url {
        let url = self.services.as_ref().map_or_else(|| base.url.clone(), |hosts| hosts.host(&base.url, hosts.traces));
        join(&url, self.path, values)
    }

    /// Where a check of the connection test goes.
    pub(super) fn check(&self, base: &Base, path: &str, values: &Values<'_>) -> Url {
        let url = self.services.as_ref().map_or_else(|| base.url.clone(), |hosts| hosts.host(&base.url, hosts.check));
        let (path, query) = path.split_once('?').map_or((path, None), |(path, query)| (path, Some(query)));
        let mut url = join(&url, path, values);
        url.set_query(query.map(|query| fill(query, |name| values.get(name).to_owned())).as_deref());
        url
    }
}

impl Services {
    fn host(&self, url: &Url, label: &str) -> Url {
        let mut url = url.clone();
        let rest = url.domain().and_then(|host| host.split_once('.'));
        if let Some((_, rest)) = rest.filter(|(first, _)| self.labels.contains(first)) {
            let host = format!("{label}.{rest}");
            // A label in place of another makes no bad host of a good one; the address stays as it is if it did.
            let _ = url.set_host(Some(&host));
        }
        url
    }
}

/// `path` behind the path of `base`, its values encoded as parts of a path.
fn join(base: &Url, path: &str, values: &Values<'_>) -> Url {
    let mut url = base.clone();
    if path.is_empty() {
        return url;
    }
    let filled =
        path.split('/').filter(|part| !part.is_empty()).map(|part| fill(part, |name| values.get(name).to_owned()));
    if let Ok(mut parts) = url.path_segments_mut() {
        parts.pop_if_empty().extend(filled);
    }
    url
}

fn segments(url: &Url) -> Vec<String> {
    url.path_segments().map(|parts| parts.map(str::to_owned).collect()).unwrap_or_default()
}
