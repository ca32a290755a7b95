//! The stylesheet's colours can be read, in light and in dark (WCAG 2.2: 4.5 for text, 3 for graphics).

use std::collections::HashMap;

const STYLESHEET: &str = include_str!("../../../crates/demo-receiver/static/receiver.css");

/// Text on ground.
const TEXT: [(&str, &str); 14] = [
    ("text", "canvas"),
    ("text", "surface"),
    ("text", "sunken"),
    ("muted", "canvas"),
    ("muted", "surface"),
    ("muted", "sunken"),
    ("accent", "canvas"),
    ("accent", "surface"),
    ("accent", "accent-soft"),
    ("on-accent", "accent"),
    ("good", "good-soft"),
    ("warn", "surface"),
    ("warn", "warn-soft"),
    ("bad", "bad-soft"),
];

/// Bars and borders on ground.
const GRAPHICS: [(&str, &str); 5] =
    [("bar", "sunken"), ("bad", "sunken"), ("line-strong", "canvas"), ("line-strong", "surface"), ("accent", "sunken")];

fn tokens() -> HashMap<&'static str, [f64; 2]> {
    let lines = STYLESHEET.lines().filter_map(|line| line.trim().strip_prefix("--")?.split_once(": light-dark("));
    let pair = |values: &str| -> [f64; 2] {
        let values: Vec<f64> = values.trim_end_matches(");").split(", ").map(luminance).collect();
        values.try_into().unwrap()
    };
    lines.map(|(name, values)| (name, pair(values))).collect()
}

fn luminance(hex: &str) -> f64 {
    let channel = |at: usize| {
        let value = f64::from(u8::from_str_radix(&hex[at..at + 2], 16).unwrap()) / 255.0;
        if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
}

#[test]
fn colours_keep_their_distance_in_light_and_in_dark() {
    let tokens = tokens();
    let pairs = TEXT.iter().map(|pair| (pair, 4.5)).chain(GRAPHICS.iter().map(|pair| (pair, 3.0)));
    for ((front, ground), least) in pairs {
        for (scheme, front_light) in tokens[front].iter().enumerate() {
            let ground_light = tokens[ground][scheme];
            let contrast = (front_light.max(ground_light) + 0.05) / (front_light.min(ground_light) + 0.05);
            assert!(contrast >= least, "{front} on {ground}, scheme {scheme}: {contrast:.2} < {least}");
        }
    }
}
