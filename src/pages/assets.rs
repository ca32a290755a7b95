//! The style sheet, the script and the mark: embedded, named by their content, compressed once at start.

mod contrast;
mod fingerprint;

use std::sync::LazyLock;

use actix_web::http::header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, VARY};
use actix_web::{HttpRequest, HttpResponse, web};
use libdeflater::{CompressionLvl, Compressor};

use self::fingerprint::{NAME_BYTES, name};

/// All styles, in the order in which they cascade.
const STYLE_TEXT: &str = concat!(
    include_str!("../../static/css/tokens.css"),
    include_str!("../../static/css/base.css"),
    include_str!("../../static/css/frame.css"),
    include_str!("../../static/css/heading.css"),
    include_str!("../../static/css/tabs.css"),
    include_str!("../../static/css/range.css"),
    include_str!("../../static/css/switcher.css"),
    include_str!("../../static/css/card.css"),
    include_str!("../../static/css/button.css"),
    include_str!("../../static/css/switch.css"),
    include_str!("../../static/css/form.css"),
    include_str!("../../static/css/filter.css"),
    include_str!("../../static/css/notice.css"),
    include_str!("../../static/css/rows.css"),
    include_str!("../../static/css/kind.css"),
    include_str!("../../static/css/chart.css"),
    include_str!("../../static/css/spark.css"),
    include_str!("../../static/css/rules.css"),
    include_str!("../../static/css/progress.css"),
    include_str!("../../static/css/figures.css"),
    include_str!("../../static/css/table.css"),
    include_str!("../../static/css/split.css"),
    include_str!("../../static/css/blank.css"),
    include_str!("../../static/css/log.css"),
    include_str!("../../static/css/dotted.css"),
    include_str!("../../static/css/steps.css"),
    include_str!("../../static/css/audit.css"),
    include_str!("../../static/css/second_factor.css"),
    include_str!("../../static/css/verdict.css"),
    include_str!("../../static/css/code.css"),
    include_str!("../../static/css/document.css"),
    include_str!("../../static/css/receipt.css"),
    include_str!("../../static/css/waterfall.css"),
    include_str!("../../static/css/attributes.css"),
    include_str!("../../static/css/conversation.css"),
    include_str!("../../static/css/payload.css"),
);
const SCRIPT_TEXT: &str = include_str!("../../static/app.js");
const MARK_TEXT: &str = include_str!("../../static/mark.svg");

const STYLE_NAME: [u8; NAME_BYTES] = name(STYLE_TEXT, *b"css");
const SCRIPT_NAME: [u8; NAME_BYTES] = name(SCRIPT_TEXT, *b".js");
const MARK_NAME: [u8; NAME_BYTES] = name(MARK_TEXT, *b"svg");

/// Address of the style sheet; changes whenever a style does.
pub const STYLES: &str = fingerprint::text(&STYLE_NAME);
/// Address of the script.
pub const SCRIPT: &str = fingerprint::text(&SCRIPT_NAME);
/// Address of the mark, which is also the favicon.
pub const MARK: &str = fingerprint::text(&MARK_NAME);

/// All files. Each thread of the server asks for them, and they are compressed for the first one.
static ASSETS: LazyLock<[Asset; 3]> = LazyLock::new(|| {
    [
        Asset::new(STYLES, "text/css; charset=utf-8", STYLE_TEXT),
        Asset::new(SCRIPT, "text/javascript; charset=utf-8", SCRIPT_TEXT),
        Asset::new(MARK, "image/svg+xml", MARK_TEXT),
    ]
});

/// One embedded file, ready to be sent.
#[derive(Debug)]
struct Asset {
    address: &'static str,
    media_type: &'static str,
    plain: &'static str,
    gzip: web::Bytes,
}

impl Asset {
    fn new(address: &'static str, media_type: &'static str, plain: &'static str) -> Self {
        let mut compressor = Compressor::new(CompressionLvl::best());
        let mut gzip = vec![0; compressor.gzip_compress_bound(plain.len())];
        let written = compressor.gzip_compress(plain.as_bytes(), &mut gzip).unwrap_or_default();
        gzip.truncate(written);
        Self { address, media_type, plain, gzip: gzip.into() }
    }

    fn answer(&self, request: &HttpRequest) -> HttpResponse {
        let mut answer = HttpResponse::Ok();
        answer
            .insert_header((CONTENT_TYPE, self.media_type))
            .insert_header((CACHE_CONTROL, "public, max-age=31536000, immutable"))
            .insert_header((VARY, "accept-encoding"));
        if accepts_gzip(request.headers()) && !self.gzip.is_empty() {
            answer.insert_header((CONTENT_ENCODING, "gzip")).body(self.gzip.clone())
        } else {
            answer.body(self.plain)
        }
    }
}

fn accepts_gzip(headers: &HeaderMap) -> bool {
    let accepted = headers.get(ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    accepted.split(',').any(|coding| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
        name.trim() == "gzip" && !matches!(weight.trim(), "q=0" | "q=0.0")
    })
}

/// Serves the embedded files.
pub fn routes(config: &mut web::ServiceConfig) {
    for asset in ASSETS.iter() {
        let get = move |request: HttpRequest| async move { asset.answer(&request) };
        config.service(web::resource(asset.address).get(get));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn script_stays_within_three_kilobytes() {
        assert!(SCRIPT_TEXT.len() <= 3 * 1024, "{} bytes", SCRIPT_TEXT.len());
    }

    #[test]
    fn names_change_with_the_content() {
        assert_ne!(name("a", *b"css"), name("b", *b"css"));
        assert!(STYLES.starts_with("/assets/") && STYLES.ends_with(".css"), "{STYLES}");
    }

    #[test]
    fn styles_and_templates_ask_nobody_else_for_anything() {
        for text in [STYLE_TEXT, SCRIPT_TEXT] {
            assert!(!text.contains("http://") && !text.contains("https://") && !text.contains("@import"));
        }
    }
}
