//! Poison: an entry of the log over whose building workers die (spec 4.3). It becomes a dead letter, so that the others go on.
//!
//! A worker that dies cannot say why. So where the last one was gone before it gave its lease back, the next one notes each build
//! before it begins and after it has ended: a build that never ended has killed its worker. After two of those, entries are built one
//! by one, until the one is found. Nothing is noted in a healthy worker.

/// Workers that may die while they build one entry.
const MOST_DEATHS: i32 = 3;

/// Entries that are built one by one after workers have died over a batch: as many as the largest batch has.
const ONE_BY_ONE: i32 = 500;

/// What is known of builds at a cursor. It outlives its worker in the database, as it is noted there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Poison {
    /// Whether the next build is noted, because the last worker was gone before it gave its lease back.
    is_suspected: bool,
    noted: Noted,
}

/// What is noted in the database.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Noted {
    /// Builds of the entries at the cursor that were begun and never ended.
    pub unfinished: i32,
    /// Entries that are still to be built one by one.
    pub one_by_one: i32,
}

/// How the next entries are built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Build {
    /// Without a note.
    Freely,
    /// After this is noted. When the build has ended, [`Poison::end`] says what to note then.
    Noted(Noted),
    /// Not at all: too many workers died over this one entry.
    Never,
}

impl Poison {
    /// As the last worker left it. `lost_leases`: workers in a row that were gone before they gave the lease back.
    pub fn of(lost_leases: i32, noted: Noted) -> Self {
        let begins_one_by_one = noted.one_by_one == 0 && noted.unfinished + 1 >= MOST_DEATHS;
        let noted = if begins_one_by_one { Noted { unfinished: 0, one_by_one: ONE_BY_ONE } } else { noted };
        Self { is_suspected: lost_leases > 0, noted }
    }

    /// Whether the next build is noted. Only one batch at a time is built, sent and acknowledged then, so that the note is about the
    /// entries at the cursor.
    pub fn is_suspected(&self) -> bool {
        self.is_suspected || self.is_one_by_one()
    }

    /// Whether the next entry is built alone.
    pub fn is_one_by_one(&self) -> bool {
        self.noted.one_by_one > 0
    }

    /// Entries that are still to be built one by one.
    pub fn one_by_one(&self) -> i32 {
        self.noted.one_by_one
    }

    /// A build is about to begin.
    pub fn begin(&mut self) -> Build {
        if !self.is_suspected() {
            return Build::Freely;
        }
        if self.is_one_by_one() && self.noted.unfinished >= MOST_DEATHS {
            self.noted.unfinished = 0;
            return Build::Never;
        }
        self.noted.unfinished += 1;
        Build::Noted(self.noted)
    }

    /// The noted build has ended, and nobody died. Gives what to note now.
    pub fn end(&mut self) -> Noted {
        self.is_suspected = false;
        self.noted.unfinished = 0;
        let now = self.noted;
        self.noted.one_by_one = (now.one_by_one - 1).max(0);
        now
    }
}

#[cfg(test)]
mod tests;
