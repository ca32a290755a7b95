//! AWS Signature Version 4, in the Authorization header.

use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};

use super::hmac_sha256;

const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// Who signs, and for which region of which service.
#[derive(Debug, Clone)]
pub struct Signer {
    pub access_key_id: String,
    pub secret_access_key: SecretString,
    pub region: String,
    pub service: &'static str,
}

/// A request as it is signed.
#[derive(Debug, Clone, Copy)]
pub struct Signed<'a> {
    pub method: &'a str,
    /// Percent-encoded once, as it is sent.
    pub path: &'a str,
    /// Sorted, and percent-encoded as it is sent; without the question mark.
    pub query: &'a str,
    /// In lower case and in order of their names; among them `host` and `x-amz-date`.
    pub headers: &'a [(&'a str, &'a str)],
    /// [`hash`] of the body.
    pub payload: &'a str,
    pub at: DateTime<Utc>,
}

impl Signer {
    /// The value of the header `authorization`.
    pub fn authorization(&self, request: &Signed<'_>) -> String {
        let day = request.at.format("%Y%m%d").to_string();
        let scope = format!("{day}/{}/{}/aws4_request", self.region, self.service);
        let text = format!("{ALGORITHM}\n{}\n{scope}\n{}", date(request.at), hash(request.canonical().as_bytes()));
        let signature = hex::encode(hmac_sha256(&self.key(&day), &[text.as_bytes()]));
        format!(
            "{ALGORITHM} Credential={}/{scope}, SignedHeaders={}, Signature={signature}",
            self.access_key_id,
            request.names()
        )
    }

    /// The key of one day, region and service.
    fn key(&self, day: &str) -> [u8; 32] {
        let secret = format!("AWS4{}", self.secret_access_key.expose_secret());
        let parts = [day, &self.region, self.service, "aws4_request"];
        let first = hmac_sha256(secret.as_bytes(), &[parts[0].as_bytes()]);
        parts[1..].iter().fold(first, |key, part| hmac_sha256(&key, &[part.as_bytes()]))
    }
}

impl Signed<'_> {
    fn canonical(&self) -> String {
        let headers: String = self.headers.iter().map(|(name, value)| format!("{name}:{}\n", value.trim())).collect();
        let Self { method, path, query, payload, .. } = self;
        format!("{method}\n{path}\n{query}\n{headers}\n{}\n{payload}", self.names())
    }

    fn names(&self) -> String {
        self.headers.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(";")
    }
}

/// The value of `x-amz-date`.
pub fn date(at: DateTime<Utc>) -> String {
    at.format("%Y%m%dT%H%M%SZ").to_string()
}

/// SHA-256 in hexadecimal digits: the value of `x-amz-content-sha256`.
pub fn hash(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// A path, percent-encoded once; slashes stay.
pub fn percent_encoded(path: &str) -> String {
    path.bytes()
        .map(|byte| match byte {
            b'/' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
            byte if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
            byte => format!("%{byte:02X}"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "6e86291e8372ff2a2260956d9b8aae1d763fbf315fa00fa31553b73ebf194267";

    fn signer(access_key_id: &str, secret: &str, service: &'static str) -> Signer {
        Signer {
            access_key_id: access_key_id.into(),
            secret_access_key: secret.into(),
            region: "us-east-1".into(),
            service,
        }
    }

    fn signature(signer: &Signer, request: &Signed<'_>) -> String {
        let authorization = signer.authorization(request);
        authorization.split_once("Signature=").unwrap().1.to_owned()
    }

    /// "Signature Calculations for the Authorization Header: Transferring Payload in a Single Chunk", in the documentation of S3.
    #[test]
    fn signature_of_an_object_is_the_documented_one() {
        let signer = signer("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "s3");
        let at = "2013-05-24T00:00:00Z".parse().unwrap();
        let (payload, date, path) = (hash(b"Welcome to Amazon S3."), date(at), percent_encoded("/test$file.text"));
        let put = Signed {
            method: "PUT",
            path: &path,
            query: "",
            headers: &[
                ("date", "Fri, 24 May 2013 00:00:00 GMT"),
                ("host", "examplebucket.s3.amazonaws.com"),
                ("x-amz-content-sha256", &payload),
                ("x-amz-date", &date),
                ("x-amz-storage-class", "REDUCED_REDUNDANCY"),
            ],
            payload: &payload,
            at,
        };
        assert_eq!(
            signer.authorization(&put),
            "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, \
             SignedHeaders=date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class, \
             Signature=98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"
        );
        let nothing = hash(b"");
        let list = Signed {
            method: "GET",
            path: "/",
            query: "max-keys=2&prefix=J",
            headers: &[
                ("host", "examplebucket.s3.amazonaws.com"),
                ("x-amz-content-sha256", &nothing),
                ("x-amz-date", &date),
            ],
            payload: &nothing,
            at,
        };
        assert_eq!(signature(&signer, &list), "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
    }

    /// `get-utf8` and `get-vanilla-with-session-token` of AWS's test suite.
    #[test]
    fn signature_is_that_of_the_test_suite() {
        let signer = signer("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "service");
        let at = "2015-08-30T12:36:00Z".parse().unwrap();
        let (payload, path) = (hash(b""), percent_encoded("/ሴ"));
        let headers =
            [("host", "example.amazonaws.com"), ("x-amz-date", "20150830T123600Z"), ("x-amz-security-token", TOKEN)];
        let vanilla = Signed { method: "GET", path: "/", query: "", headers: &headers, payload: &payload, at };
        assert_eq!(signature(&signer, &vanilla), "07ec1639c89043aa0e3e2de82b96708f198cceab042d4a97044c66dd9f74e7f8");
        let utf8 = Signed { path: &path, headers: &headers[..2], ..vanilla };
        assert_eq!(signature(&signer, &utf8), "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85");
    }

    #[test]
    fn secret_key_is_never_printed() {
        let shown = format!("{:?}", signer("AKIDEXAMPLE", "a canary", "s3"));
        assert!(!shown.contains("canary"), "{shown}");
    }
}
