//! Numbers that identify a person's money: cards, bank accounts, social security. Each function reads from the beginning of a word.

use super::word::is_of_word;

/// Digits behind the beginning of a card number.
const FURTHER_DIGITS: usize = 12;

/// Countries that have bank account numbers of ISO 13616.
const COUNTRIES: &str = "AD AE AL AO AT AZ BA BE BF BG BH BI BJ BR BY CF CG CH CI CM CR CV CY CZ DE DJ DK DO DZ EE EG ES FI FO FR GA \
    GB GE GI GL GQ GR GT GW HN HR HU IE IL IQ IR IS IT JO KM KW KZ LB LC LI LT LU LV LY MA MC MD ME MG MK ML MR MT MU MZ NE NI NL NO \
    PK PL PS PT QA RO RS RU SA SC SE SI SK SM SN ST SV TD TG TL TN TR UA VA VG XK";

/// A card number, with or without a blank or hyphen before each digit behind its beginning.
pub(super) fn is_card(text: &str) -> bool {
    let Some(beginning) = card_beginning(text.as_bytes()) else { return false };
    let mut rest = &text[beginning..];
    for _ in 0..FURTHER_DIGITS {
        let digits = rest.strip_prefix(|c: char| c == '-' || c.is_whitespace()).unwrap_or(rest);
        let Some(next) = digits.strip_prefix(|c: char| c.is_ascii_digit()) else { return false };
        rest = next;
    }
    ends_word(rest)
}

/// How many digits show whose card it is.
fn card_beginning(digits: &[u8]) -> Option<usize> {
    match digits {
        [b'3', b'4' | b'7', b'0'..=b'9', ..] => Some(3),
        [b'4', b'0'..=b'9', b'0'..=b'9', b'0'..=b'9', ..]
        | [b'5', b'1'..=b'5', b'0'..=b'9', b'0'..=b'9', ..]
        | [b'6', b'5', b'0'..=b'9', b'0'..=b'9', ..]
        | [b'6', b'0', b'1', b'1', ..] => Some(4),
        _ => None,
    }
}

/// `078-05-1120`
pub(super) fn is_social_security(text: &str) -> bool {
    let digits = |text: &str| text.len() == text.bytes().filter(u8::is_ascii_digit).count();
    let Some((number, rest)) = text.split_at_checked("078-05-1120".len()) else { return false };
    let parts: Vec<&str> = number.split('-').collect();
    matches!(parts[..], [a, b, c] if [a.len(), b.len(), c.len()] == [3, 2, 4] && [a, b, c].into_iter().all(digits))
        && ends_word(rest)
}

/// `DE89370400440532013000`: a country, two digits, and 11 to 29 letters and digits.
pub(super) fn is_bank_account(text: &str) -> bool {
    let word = text.split(|c| !is_of_word(c)).next().unwrap_or_default();
    let Some((country, number)) = word.split_at_checked(2) else { return false };
    (13..=31).contains(&number.len())
        && number.bytes().take(2).all(|byte| byte.is_ascii_digit())
        && number.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && COUNTRIES.split(' ').any(|known| known == country)
}

fn ends_word(rest: &str) -> bool {
    !rest.starts_with(is_of_word)
}
