//! Changing a destination: an empty secret keeps the stored one, unless it would travel to another host.

use std::collections::BTreeMap;

use secrecy::ExposeSecret;
use url::Url;

use super::{Connection, FieldErrors, Kind, Settings, Stored, masking, own_headers};

/// Whether the secrets must be typed again because the new endpoint is another server (spec 5.3): else a co-member
/// could have them sent to a host of their own. Scheme and port belong to the server's identity.
pub fn requires_secret_again(old: &Url, new: &Url) -> bool {
    old.origin() != new.origin()
}

impl Kind {
    /// Whether values that were typed over stored ones may lead elsewhere, so that they have to be tested. A secret that is empty or
    /// masked is the stored one.
    pub fn requires_test(
        &self,
        typed: &Settings,
        open: &BTreeMap<String, String>,
        masked: &BTreeMap<String, String>,
    ) -> bool {
        let fields = self.manifest.fields.iter().filter(|field| !field.is_default());
        fields.into_iter().any(|field| {
            let (typed, of) = (typed.get(field.name), if field.is_secret() { masked } else { open });
            let stored = of.get(field.name).map_or("", String::as_str);
            typed != stored && !(field.is_secret() && typed.is_empty())
        })
    }

    /// Whether the defaults of [`super::Field::is_default`] that were typed are the stored ones.
    pub fn keeps_defaults(&self, typed: &Settings, open: &BTreeMap<String, String>) -> bool {
        let mut defaults = self.manifest.fields.iter().filter(|field| field.is_default());
        defaults.all(|field| typed.get(field.name) == open.get(field.name).map_or("", String::as_str))
    }

    /// Where traces go by settings whose secrets are not known; those do not change that. None: another version stored them.
    pub fn address(&self, open: &BTreeMap<String, String>) -> Option<Url> {
        let examples = self.manifest.secrets().map(|field| (field.name.to_owned(), field.example.into()));
        let connection = self.connect(&Settings::merge(open, &examples.collect())).ok()?;
        Some(connection.wire().url().clone())
    }

    /// Parses the defaults of [`super::Field::is_default`] that were typed for a stored destination. Gives all its open settings.
    ///
    /// # Errors
    /// One sentence for each field that has to be corrected.
    pub fn edit_defaults(
        &self,
        typed: &Settings,
        open: &BTreeMap<String, String>,
    ) -> Result<BTreeMap<String, String>, FieldErrors> {
        let (mut settings, mut edited) = (Settings::merge(open, &BTreeMap::new()), open.clone());
        let defaults: Vec<_> = self.manifest.fields.iter().filter(|field| field.is_default()).collect();
        for field in &defaults {
            let value = typed.get(field.name);
            settings.insert(field.name, value);
            edited.remove(field.name);
            if !value.is_empty() {
                edited.insert(field.name.to_owned(), value.to_owned());
            }
        }
        // Without its secrets the destination has mistakes that are none.
        let mut errors = FieldErrors::default();
        let found = self.connect(&settings).err().unwrap_or_default();
        for error in found.iter().filter(|error| defaults.iter().any(|field| field.name == error.field)) {
            errors.add(error.field, error.sentence.clone());
        }
        if errors.is_empty() { Ok(edited) } else { Err(errors) }
    }

    /// Parses what was typed for a new destination.
    ///
    /// # Errors
    /// One sentence for each field that has to be corrected; among them the secrets that are masks.
    pub fn create(&self, typed: &Settings) -> Result<Connection, FieldErrors> {
        let mut errors = FieldErrors::default();
        for field in self.manifest.secrets() {
            let value = typed.get(field.name);
            if masking::is_mask(value) || field.holds_headers() && own_headers::hold_mask(value) {
                let label = field.label;
                errors.add(
                    field.name,
                    format!("This value is masked, and is not the stored one: enter the {label} in full."),
                );
            }
        }
        if errors.is_empty() { self.connect(typed) } else { Err(errors) }
    }

    /// Parses what was typed over a stored destination. A secret field that is empty, or holds the stored value's masked
    /// form, keeps the stored value.
    ///
    /// # Errors
    /// One sentence for each field that has to be corrected; among them the secrets, when the endpoint moves to another
    /// server and they were kept.
    pub fn edit(&self, typed: &Settings, stored: &Stored) -> Result<Connection, FieldErrors> {
        let old = self.connect(&Settings::from(stored)).ok();
        let mut settings = typed.clone();
        let mut kept = Vec::new();
        for field in self.manifest.secrets() {
            let value = typed.get(field.name);
            let Some(secret) = stored.secret.get(field.name) else { continue };
            let masked = old.as_ref().and_then(|old| old.masked(field.name));
            let is_masked =
                masked.is_some_and(|masked| masked == value) || masking::stands_for(value, secret.expose_secret());
            if field.holds_headers()
                && let Some(headers) = own_headers::kept(value, secret.expose_secret())
            {
                settings.insert(field.name, headers);
                kept.push(field);
            } else if value.is_empty() || is_masked {
                settings.insert(field.name, secret.expose_secret());
                // A field without a masked form holds no secret.
                if old.is_none() || masked.is_some() {
                    kept.push(field);
                }
            }
        }
        let new = self.create(&settings)?;
        let is_other_server = old.is_none_or(|old| requires_secret_again(old.wire().url(), new.wire().url()));
        let mut errors = FieldErrors::default();
        for field in kept.into_iter().filter(|_| is_other_server) {
            errors.add(field.name, format!("The endpoint is on another server now: enter the {} again.", field.label));
        }
        if errors.is_empty() { Ok(new) } else { Err(errors) }
    }
}
