//! Which entries become dead letters, and after how many deaths.

use proptest::prelude::*;

use super::*;

/// A log, whose entries are built in batches by workers that die over some of them.
struct World {
    entries: usize,
    batch: usize,
    deadly: Vec<usize>,
    cursor: usize,
    deaths: i32,
    noted: Noted,
    dead_letters: Vec<usize>,
}

impl World {
    fn new(entries: usize, batch: usize, deadly: Vec<usize>) -> Self {
        let noted = Noted::default();
        Self { entries, batch, deadly, cursor: 0, deaths: 0, noted, dead_letters: Vec::new() }
    }

    /// One worker's life. False: it died.
    fn lives(&mut self) -> bool {
        let mut poison = Poison::of(self.deaths, self.noted);
        self.deaths += 1;
        while self.cursor < self.entries {
            let most = if poison.is_one_by_one() { 1 } else { self.batch };
            let read = self.cursor..(self.cursor + most).min(self.entries);
            let kills = self.deadly.iter().any(|entry| read.contains(entry));
            match poison.begin() {
                Build::Never => self.dead_letters.extend(read.clone()),
                Build::Noted(noted) => {
                    self.noted = noted;
                    if kills {
                        return false;
                    }
                    self.noted = poison.end();
                }
                Build::Freely if kills => return false,
                Build::Freely => {}
            }
            // Acknowledged.
            self.cursor = read.end;
            (self.deaths, self.noted) = (0, Noted { unfinished: 0, one_by_one: poison.one_by_one() });
        }
        true
    }

    /// How many workers die before one is through.
    fn deaths(&mut self) -> usize {
        (0..1_000).take_while(|_| !self.lives()).count()
    }
}

#[test]
fn nothing_is_noted_and_no_entry_alone_while_nobody_dies() {
    let mut poison = Poison::of(0, Noted::default());
    for _ in 0..3 {
        assert_eq!(poison.begin(), Build::Freely);
        assert!(!poison.is_suspected());
    }
}

#[test]
fn a_worker_that_was_killed_elsewhere_costs_one_note() {
    let mut poison = Poison::of(1, Noted::default());
    assert_eq!(poison.begin(), Build::Noted(Noted { unfinished: 1, one_by_one: 0 }));
    assert_eq!(poison.end(), Noted::default());
    assert_eq!(poison.begin(), Build::Freely);
}

#[test]
fn an_entry_becomes_a_dead_letter_after_three_workers_died_over_it_alone() {
    let mut world = World::new(12, 500, vec![5]);
    // One over a batch that nobody noted, two over noted ones, three over the entry alone.
    assert_eq!(world.deaths(), 1 + 2 + 3);
    assert_eq!(world.dead_letters, [5]);
}

#[test]
fn entries_are_built_together_again_behind_as_many_as_a_batch_may_hold() {
    let mut poison = Poison::of(1, Noted { unfinished: 2, one_by_one: 0 });
    for _ in 0..ONE_BY_ONE {
        assert!(poison.is_one_by_one() && matches!(poison.begin(), Build::Noted(_)));
        poison.end();
    }
    assert_eq!(poison.begin(), Build::Freely);
}

proptest! {
    #[test]
    fn every_deadly_entry_and_no_other_becomes_a_dead_letter(
        entries in 1_usize..60,
        batch in 1_usize..20,
        deadly in proptest::collection::btree_set(0_usize..60, 0..4),
    ) {
        let deadly: Vec<_> = deadly.into_iter().filter(|entry| *entry < entries).collect();
        let mut world = World::new(entries, batch, deadly.clone());
        let deaths = world.deaths();
        prop_assert_eq!(&world.dead_letters, &deadly);
        prop_assert!(deaths <= 3 + 4 * deadly.len(), "{} workers died over {} entries", deaths, deadly.len());
    }
}
