//! Where a part of a destination's log begins, as addresses name it.

use chrono::{DateTime, Datelike as _};

use super::Before;
use crate::id::DeliveryId;
use crate::store::log::Position;
use crate::store::xid::Xid;

impl Before {
    /// When the attempt began, to the microsecond, and its identifier.
    pub fn name(self) -> String {
        format!("{}.{}", self.started_at.timestamp_micros(), self.id)
    }

    pub fn parse(name: &str) -> Option<Self> {
        let (micros, id) = name.split_once('.')?;
        let started_at = DateTime::from_timestamp_micros(micros.parse().ok()?)?;
        // Beyond these years Postgres and this program do not agree on what a time is.
        let is_usual = (1970..=9999).contains(&started_at.year());
        is_usual.then_some(Self { started_at, id: id.parse().map(DeliveryId).ok()? })
    }
}

impl Position {
    pub fn name(self) -> String {
        format!("{}.{}", self.xid.0, self.position)
    }

    pub fn parse(name: &str) -> Option<Self> {
        let (xid, position) = name.split_once('.')?;
        Some(Self { xid: Xid(xid.parse().ok()?), position: position.parse().ok()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_comes_back_from_its_name_and_nothing_else_is_one() {
        let id = "0190a0b0-0000-7000-8000-000000000000".parse().unwrap();
        let before = Before { started_at: DateTime::from_timestamp_micros(1_800_000_000_123_456).unwrap(), id };
        assert_eq!(Before::parse(&before.name()), Some(before));
        let no_year = format!("{}.{id}", i64::MAX);
        for wrong in ["", ".", "1", "1.", "x.y", "1.x", "-9000000000000000.x", &no_year] {
            assert_eq!(Before::parse(wrong), None, "{wrong}");
        }
        let restored = Position { xid: Xid(3), position: -12 };
        assert_eq!(Position::parse(&restored.name()), Some(restored));
        for wrong in ["", ".", "1", "1.", "-1.1", "x.y", "1.9223372036854775808"] {
            assert_eq!(Position::parse(wrong), None, "{wrong}");
        }
    }
}
