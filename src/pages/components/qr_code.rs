//! A text as a QR code: a picture in the address itself, which the Content-Security-Policy allows.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use qrcodegen::{QrCode, QrCodeEcc};

/// Light modules around the code, which scanners need (ISO/IEC 18004, 9.1).
const MARGIN: i32 = 4;

/// A `data:` address of the code as SVG, dark on light whatever the page's colours. None: the text is too long.
pub(in crate::pages) fn data_uri(text: &str) -> Option<String> {
    let code = QrCode::encode_text(text, QrCodeEcc::Medium).ok()?;
    let side = code.size() + 2 * MARGIN;
    let mut path = String::new();
    for y in 0..code.size() {
        for x in (0..code.size()).filter(|x| code.get_module(*x, y)) {
            write!(path, "M{} {}h1v1h-1z", x + MARGIN, y + MARGIN).ok()?;
        }
    }
    let svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {side} {side}\" shape-rendering=\"crispEdges\">\
         <rect width=\"{side}\" height=\"{side}\" fill=\"#fff\"/><path fill=\"#000\" d=\"{path}\"/></svg>"
    );
    Some(format!("data:image/svg+xml;base64,{}", STANDARD.encode(svg)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_a_picture_with_its_margin() {
        let uri = data_uri("otpauth://totp/Tracecast:ada").unwrap();
        let svg = STANDARD.decode(uri.strip_prefix("data:image/svg+xml;base64,").unwrap()).unwrap();
        let svg = String::from_utf8(svg).unwrap();
        assert!(svg.contains("M4 4h1v1h-1z"), "the corner of the first finder pattern");
        assert!(!svg.contains("style") && !svg.contains("script"));
        assert_eq!(data_uri(&"x".repeat(5_000)), None);
    }
}
