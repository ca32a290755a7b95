//! What a turn knows of the log behind what it has read: whether it is time to read on.

use std::time::Duration;

use tokio::time::Instant;

use super::wake::SWEEP;

/// First and longest pause before reading again what an older transaction holds back; they double.
const HELD_BACK: (Duration, Duration) = (Duration::from_millis(1), Duration::from_secs(1));
/// How often that is done before a turn that has nothing else to do leaves it to the sweeps.
const MOST_LOOKS: u32 = 5;

/// The end of what was read.
#[derive(Debug)]
pub(super) struct Horizon {
    behind: Behind,
    /// When to read again without being told: what was held back, or what nobody told of, for notifications are hints and the
    /// sweeps pass over a destination that has its turn.
    look_at: Option<Instant>,
    looks: u32,
    /// How often it was looked for what nobody told of, and nothing was there.
    in_vain: u32,
}

/// What lies behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Behind {
    /// Probably more.
    More,
    /// What was recorded meanwhile.
    News,
    /// Nothing.
    Nothing,
}

impl Horizon {
    /// Nothing was read yet.
    pub(super) fn new() -> Self {
        Self { behind: Behind::More, look_at: None, looks: 0, in_vain: 0 }
    }

    /// Whether it is time to read on. What there was from the beginning is read ahead; news only when they can be sent at once
    /// (`is_room`), so that what comes with them goes along.
    pub(super) fn is_time(&self, is_room: bool) -> bool {
        match self.behind {
            Behind::More => true,
            Behind::News => is_room,
            Behind::Nothing => false,
        }
    }

    /// Whether all is read, as far as is known.
    pub(super) fn is_end(&self) -> bool {
        self.behind == Behind::Nothing
    }

    /// Reading on begins: what it will see is not known, and what is told from now on may lie behind it.
    pub(super) fn reads(&mut self) {
        self.behind = Behind::Nothing;
    }

    /// There may be more behind what was read.
    pub(super) fn has_more(&mut self) {
        self.behind = Behind::More;
    }

    /// Something was recorded, and it may lie behind what was read.
    pub(super) fn has_news(&mut self) {
        if self.behind == Behind::Nothing {
            self.behind = Behind::News;
        }
    }

    /// Something was read.
    pub(super) fn has_read(&mut self) {
        self.in_vain = 0;
        self.is_clear();
    }

    /// Nothing is held back here. What nobody told of waits at most as long as the turn has read nothing: where many receivers
    /// hang, their turns ask the database for little.
    pub(super) fn is_clear(&mut self) {
        let pause = SWEEP.saturating_mul(2_u32.saturating_pow(self.in_vain));
        (self.look_at, self.looks) = (Some(Instant::now() + pause), 0);
        self.in_vain = self.in_vain.saturating_add(1);
    }

    /// What comes next cannot be read before an older transaction has ended. Others cannot read it either while the turn goes on,
    /// so it looks again and again.
    pub(super) fn is_held_back(&mut self) {
        let pause = HELD_BACK.0.saturating_mul(2_u32.saturating_pow(self.looks)).min(HELD_BACK.1);
        self.look_at = Some(Instant::now() + pause);
        self.looks = self.looks.saturating_add(1);
    }

    /// Whether what is held back takes so long that a turn need not wait for it.
    pub(super) fn is_given_up(&self) -> bool {
        self.looks > MOST_LOOKS
    }

    /// Waits until it is time to look again.
    pub(super) fn look(&self) -> impl Future<Output = ()> + use<> {
        let look_at = self.look_at;
        async move {
            match look_at {
                Some(time) => tokio::time::sleep_until(time).await,
                None => std::future::pending().await,
            }
        }
    }

    /// That time has come.
    pub(super) fn looks_again(&mut self) {
        self.look_at = None;
        self.has_news();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_recorded_while_it_is_read_is_read_when_there_is_room() {
        let mut horizon = Horizon::new();
        assert!(horizon.is_time(false), "what there was from the beginning is read ahead");
        horizon.reads();
        assert!(horizon.is_end());
        horizon.has_news();
        assert!(!horizon.is_end());
        assert_eq!((horizon.is_time(false), horizon.is_time(true)), (false, true));
    }

    #[test]
    fn news_do_not_hide_that_there_is_more() {
        let mut horizon = Horizon::new();
        horizon.reads();
        horizon.has_news();
        horizon.has_more();
        horizon.has_news();
        assert!(horizon.is_time(false));
    }

    #[tokio::test]
    async fn what_is_held_back_is_looked_for_again_and_again_and_does_not_keep_a_turn_that_is_through() {
        let mut horizon = Horizon::new();
        for _ in 0..MOST_LOOKS {
            horizon.reads();
            horizon.is_held_back();
            assert!(!horizon.is_given_up());
            horizon.look().await;
            horizon.looks_again();
            assert!(horizon.is_time(true));
        }
        for _ in 0..100 {
            horizon.reads();
            horizon.is_held_back();
            assert!(horizon.is_end() && horizon.is_given_up());
        }
        assert!(horizon.look_at.is_some_and(|time| time <= Instant::now() + HELD_BACK.1));
        horizon.is_clear();
        assert!(!horizon.is_given_up());
    }

    #[test]
    fn what_nobody_told_of_is_looked_for_too() {
        let mut horizon = Horizon::new();
        horizon.reads();
        horizon.is_clear();
        assert!(!horizon.is_time(true));
        let pause = |horizon: &Horizon| horizon.look_at.unwrap() - Instant::now();
        assert!(pause(&horizon) <= SWEEP);
        horizon.looks_again();
        assert!(horizon.is_time(true));
        for _ in 0..100 {
            horizon.is_clear();
        }
        assert!(pause(&horizon) > 100 * SWEEP, "in vain");
        horizon.has_read();
        assert!(pause(&horizon) <= SWEEP);
    }
}
