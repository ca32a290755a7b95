//! Holds the contrast of our own colours: WCAG 2.2 AA in light and in dark (1.4.3 for text, 1.4.11 for controls).
#![cfg(test)]

use std::collections::HashMap;

type Colour = [f64; 3];

/// Every token that is a pair of colours: name to `[light, dark]`.
fn pairs() -> HashMap<&'static str, [Colour; 2]> {
    let lines = include_str!("../../../static/css/tokens.css").lines();
    lines
        .filter_map(|line| {
            let (name, value) = line.trim().split_once(": light-dark(#")?;
            let (light, dark) = value.strip_suffix(");")?.split_once(", #")?;
            Some((name, [colour(light), colour(dark)]))
        })
        .collect()
}

fn colour(hex: &str) -> Colour {
    [0, 2, 4].map(|at| f64::from(u8::from_str_radix(&hex[at..at + 2], 16).unwrap()) / 255.0)
}

fn luminance(colour: Colour) -> f64 {
    let linear = colour.map(|part| if part <= 0.040_45 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) });
    0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
}

fn contrast(one: Colour, other: Colour) -> f64 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

fn assert_contrast(front: &str, back: &str, least: f64) {
    let tokens = pairs();
    for (scheme, at) in [("light", 0), ("dark", 1)] {
        let found = contrast(tokens[front][at], tokens[back][at]);
        assert!(found >= least, "{front} on {back} in {scheme}: {found:.2}, not {least}");
    }
}

#[test]
fn text_is_readable_on_every_ground() {
    for front in ["--text", "--text-muted", "--accent", "--accent-strong", "--good", "--warn", "--bad"] {
        for back in ["--canvas", "--surface", "--sunken", "--hover"] {
            assert_contrast(front, back, 4.5);
        }
    }
}

#[test]
fn text_is_readable_on_tinted_grounds() {
    for (front, back) in [
        ("--on-accent", "--accent"),
        ("--on-accent", "--accent-strong"),
        ("--on-bad", "--bad"),
        ("--accent-strong", "--accent-soft"),
        ("--good", "--good-soft"),
        ("--warn", "--warn-soft"),
        ("--bad", "--bad-soft"),
        ("--text", "--good-soft"),
        ("--text", "--warn-soft"),
        ("--text", "--accent-soft"),
    ] {
        assert_contrast(front, back, 4.5);
    }
}

#[test]
fn controls_stand_out_from_their_ground() {
    for back in ["--canvas", "--surface", "--sunken"] {
        assert_contrast("--line-strong", back, 3.0);
        assert_contrast("--accent", back, 3.0);
    }
}

#[test]
fn charts_stand_out_from_the_ground_they_are_drawn_on() {
    for front in ["--series", "--series-soft", "--series-rest", "--wait", "--bad"] {
        assert_contrast(front, "--surface", 3.0);
    }
}
