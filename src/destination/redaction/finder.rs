//! Where a text holds values that detectors recognise.
//!
//! Each detector is a regular expression and, where the form alone says too little, a check. A byte that every value of its kind
//! has decides first whether the expression is asked at all.

use std::net::IpAddr;
use std::ops::Range;

use regex::Regex;

use super::detector::Detector;

/// One detector, ready to search.
#[derive(Debug, Clone)]
pub(super) struct Finder {
    pub(super) detector: Detector,
    regex: Regex,
}

// Without Unicode's tables, where it can be: they are compiled for each turn of a destination.
const EMAIL: &str = r#"[^\s@<>()\[\]{},;:"'=|]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+"#;
const PHONE: &str = concat!(
    r"(?-u)(?:\+|\b00)\d[\d ()./-]{5,18}\d|\(\d{2,5}\)[ -]?\d[\d -]{4,12}\d",
    r"|\b\d{3}[-. ]\d{3}[-. ]\d{4}\b"
);
const CARD: &str = r"(?-u)\b\d(?:[ -]?\d){12,}\b";
const IBAN: &str = r"(?-u)\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,}";
const IP: &str = r"(?-u)\d{1,3}(?:\.\d{1,3}){3}|[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}";
const TOKEN: &str = concat!(
    r"(?-u)\b(?:sk|pk|rk)[-_][\w-]{16,}|\btck-(?:inf|mgt)-[\w-]{16,}|\bgh[pousr]_\w{20,}|\bgithub_pat_\w{20,}",
    r"|\bglpat-[\w-]{16,}|\bxox[abeoprs]-[\w-]{10,}|\b(?:AKIA|ASIA)[0-9A-Z]{16}|\bAIza[\w-]{30,}|\bhf_\w{20,}",
    r"|\bnpm_\w{20,}|\blsv2_\w{20,}|\beyJ[\w-]{8,}\.eyJ[\w-]{4,}\.[\w-]*",
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----(?su:.*?)(?:-----END [A-Z ]*PRIVATE KEY-----|\z)",
);

impl Finder {
    /// None: it is no built-in detector.
    pub(super) fn built_in(detector: Detector) -> Option<Self> {
        let expression = match detector {
            Detector::Email => EMAIL,
            Detector::Phone => PHONE,
            Detector::Card => CARD,
            Detector::Iban => IBAN,
            Detector::Ip => IP,
            Detector::Token => TOKEN,
            Detector::Custom => return None,
        };
        Some(Self { detector, regex: Regex::new(expression).ok()? })
    }

    pub(super) fn custom(regex: Regex) -> Self {
        Self { detector: Detector::Custom, regex }
    }

    /// The expression of a person. None: it is built in.
    pub(super) fn expression(&self) -> Option<&str> {
        (self.detector == Detector::Custom).then(|| self.regex.as_str())
    }

    /// Where the values are, in order.
    pub(super) fn find<'t>(&'t self, text: &'t str) -> impl Iterator<Item = Range<usize>> + 't {
        let is_asked = self.may_find(text);
        let found = is_asked.then(|| self.regex.find_iter(text)).into_iter().flatten();
        found.flat_map(move |found| self.values(text, found.range()))
    }

    /// Whether the text has what all values of the kind have.
    fn may_find(&self, text: &str) -> bool {
        let has = |byte: u8| text.as_bytes().contains(&byte);
        match self.detector {
            Detector::Email => has(b'@'),
            Detector::Phone | Detector::Card | Detector::Iban => text.bytes().any(|byte| byte.is_ascii_digit()),
            Detector::Ip => has(b'.') || has(b':'),
            Detector::Token | Detector::Custom => true,
        }
    }

    /// The values within what looks like one.
    fn values(&self, text: &str, found: Range<usize>) -> Vec<Range<usize>> {
        let inside = &text[found.clone()];
        match self.detector {
            Detector::Email | Detector::Token => vec![found],
            Detector::Custom => Some(found).filter(|found| !found.is_empty()).into_iter().collect(),
            Detector::Phone => {
                let digits = inside.bytes().filter(u8::is_ascii_digit).count();
                Some(found).filter(|_| (7..=15).contains(&digits)).into_iter().collect()
            }
            Detector::Card => cards(inside, found.start),
            Detector::Iban => iban(inside, found.start).into_iter().collect(),
            Detector::Ip => Some(found).filter(|found| is_ip(text, found)).into_iter().collect(),
        }
    }
}

/// The numbers of cards in a run of digits, from left to right. A number is made of whole groups: within a long number there is
/// nearly always some part with a valid checksum.
fn cards(run: &str, offset: usize) -> Vec<Range<usize>> {
    let groups = groups(run);
    let (mut values, mut first) = (Vec::new(), 0);
    while first < groups.len() {
        let whole = |last: &usize| {
            let digits: Vec<u8> =
                run[groups[first].start..groups[*last].end].bytes().filter(u8::is_ascii_digit).collect();
            (13..=19).contains(&digits.len()) && is_card(&digits)
        };
        match (first..groups.len()).rev().find(whole) {
            Some(last) => {
                values.push(offset + groups[first].start..offset + groups[last].end);
                first = last + 1;
            }
            None => first += 1,
        }
    }
    values
}

/// Where a run has digits without a separator between them.
fn groups(run: &str) -> Vec<Range<usize>> {
    let mut groups: Vec<Range<usize>> = Vec::new();
    for (at, _) in run.bytes().enumerate().filter(|(_, byte)| byte.is_ascii_digit()) {
        match groups.last_mut().filter(|group| group.end == at) {
            Some(group) => group.end = at + 1,
            None => groups.push(at..at + 1),
        }
    }
    groups
}

/// The longest valid IBAN at the beginning of what looks like one.
fn iban(run: &str, offset: usize) -> Option<Range<usize>> {
    let places: Vec<usize> =
        run.bytes().enumerate().filter(|(_, byte)| byte.is_ascii_alphanumeric()).map(|at| at.0).take(34).collect();
    let characters: Vec<u8> = places.iter().map(|at| run.as_bytes()[*at]).collect();
    let size = (15..=characters.len()).rev().find(|size| is_iban(&characters[..*size]))?;
    Some(offset..offset + places[size - 1] + 1)
}

/// The checksum of Luhn. A row of one digit is no number of a card.
fn is_card(digits: &[u8]) -> bool {
    let sum: u32 = digits.iter().rev().enumerate().map(|(at, digit)| luhn(at, *digit)).sum();
    sum.is_multiple_of(10) && digits.iter().any(|digit| *digit != digits[0])
}

fn luhn(place: usize, digit: u8) -> u32 {
    let digit = u32::from(digit - b'0');
    match (place % 2, digit * 2) {
        (0, _) => digit,
        (_, doubled) if doubled > 9 => doubled - 9,
        (_, doubled) => doubled,
    }
}

/// The checksum of ISO 7064: the number, its first four characters moved behind, leaves 1 when divided by 97.
fn is_iban(characters: &[u8]) -> bool {
    let moved = characters[4..].iter().chain(&characters[..4]);
    let rest = moved.fold(0_u32, |rest, byte| match byte {
        b'0'..=b'9' => (rest * 10 + u32::from(byte - b'0')) % 97,
        _ => (rest * 100 + u32::from(byte - b'A') + 10) % 97,
    });
    rest == 1
}

/// An address that no word, number or path goes on from. `d::` in a program is none.
fn is_ip(text: &str, found: &Range<usize>) -> bool {
    let inside = &text[found.clone()];
    let is_joined =
        |character: Option<char>| character.is_some_and(|it| it.is_alphanumeric() || it == ':' || it == '_');
    if is_joined(text[..found.start].chars().next_back()) || is_joined(text[found.end..].chars().next()) {
        return false;
    }
    match inside.parse::<IpAddr>() {
        Ok(IpAddr::V4(_)) => true,
        Ok(IpAddr::V6(_)) => inside.bytes().filter(u8::is_ascii_hexdigit).count() > 3,
        Err(_) => false,
    }
}
