//! An object's request: its address, and AWS's signature under it.

use chrono::DateTime;
use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use super::object_name::PathTemplate;
use crate::destination::sign::Sign;
use crate::destination::{Header, Method, Occasion, Parcel, Request};
use crate::signature::aws_v4::{self, Signed, Signer};

const CONTENT: &str = "x-amz-content-sha256";
const DATE: &str = "x-amz-date";
const TOKEN: &str = "x-amz-security-token";

/// Headers of this prefix have to be signed.
const AMAZONS: &str = "x-amz-";

/// Where objects go, and who puts them there.
#[derive(Debug)]
pub(super) struct Upload {
    pub(super) signer: Signer,
    pub(super) session_token: Option<SecretString>,
    pub(super) template: PathTemplate,
}

impl Sign for Upload {
    fn sign(&self, request: &mut Request, parcel: &Parcel, occasion: Occasion) {
        let name = match parcel.carried.first() {
            Some(carried) if !occasion.is_test => self.template.object(carried),
            _ => self.template.test(occasion.at),
        };
        let path = format!("{}{}", request.url.path(), aws_v4::percent_encoded(&name));
        request.url.set_path(&path);
        let at = DateTime::from_timestamp_nanos(i64::try_from(occasion.at.0).unwrap_or(i64::MAX));
        let payload = aws_v4::hash(&request.body);
        request.set(Header::open(CONTENT, payload.clone()));
        request.set(Header::open(DATE, aws_v4::date(at)));
        if let Some(token) = &self.session_token {
            request.set(Header::secret(TOKEN, token.clone(), "...".to_owned()));
        }
        let host = host(&request.url);
        let mut headers: Vec<(&str, &str)> = vec![("host", &host)];
        let amazons = request.headers.iter().filter(|header| header.name.starts_with(AMAZONS));
        headers.extend(amazons.map(|header| (header.name.as_ref(), header.expose())));
        headers.sort_unstable();
        let method = match request.method {
            Method::Get => "GET",
            Method::Post => "POST",
            Method::Put => "PUT",
        };
        let signed = Signed { method, path: request.url.path(), query: "", headers: &headers, payload: &payload, at };
        let authorization = self.signer.authorization(&signed);
        let shown = authorization.split_once("Signature=").map_or("", |(before, _)| before);
        let shown = format!("{shown}Signature=...");
        request.set(Header::secret("authorization", authorization, shown));
    }
}

/// The value of the header `host`: the port where it is not the scheme's own.
fn host(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

impl Upload {
    /// The secrets that a store may repeat, each with what is shown in its place.
    pub(super) fn redactions(&self) -> Vec<(SecretString, String)> {
        let secrets = [Some(&self.signer.secret_access_key), self.session_token.as_ref()];
        let long = secrets.into_iter().flatten().filter(|secret| secret.expose_secret().len() >= 8);
        long.map(|secret| (secret.clone(), "...".to_owned())).collect()
    }
}
