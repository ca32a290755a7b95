//! What Relay knows of Sentry's projects: it loads and forgets, and accepts whatever comes while it does not know. The time is
//! passed in.

use std::collections::HashMap;
use std::time::Duration;

use super::CacheTimes;
use super::project::Project;
use super::refusal::Refusal;

/// What a request names: a project's id and a public key.
pub(super) type Key = (u64, String);

/// Keys that are remembered; beyond it the memory starts anew.
const REMEMBERED: usize = 10_000;

/// Sentry's truth, and what Relay has loaded of it. Times count from any beginning, the same for all calls.
#[derive(Debug)]
pub(super) struct Relay {
    times: CacheTimes,
    /// What Sentry holds. A key that is not among them does not exist.
    sentry: HashMap<Key, Project>,
    memory: HashMap<Key, Memory>,
    upstream_is_away: bool,
}

/// What Relay remembers of one key.
#[derive(Debug, Clone, Copy, Default)]
struct Memory {
    loaded: Option<Loaded>,
    loading: Option<Loading>,
}

/// What was loaded, and when.
#[derive(Debug, Clone, Copy)]
struct Loaded {
    project: Project,
    at: Duration,
}

/// A load in the background.
#[derive(Debug, Clone, Copy)]
enum Loading {
    Until(Duration),
    /// For as long as the upstream is away.
    WaitsForUpstream,
}

/// What becomes of a request that is answered with 200.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Acceptance {
    /// Its key is known and good.
    Stored,
    /// Nobody knows yet: stored or lost when the load ends.
    Parked,
}

impl Relay {
    /// A Relay that was just started, in front of a Sentry that holds these keys, all of them enabled.
    pub(super) fn new(times: CacheTimes, keys: impl IntoIterator<Item = Key>) -> Self {
        let sentry = keys.into_iter().map(|key| (key, Project::Enabled)).collect();
        Self { times, sentry, memory: HashMap::new(), upstream_is_away: false }
    }

    /// Ends the loads that are complete by now, and tells what they found. To be asked before and after everything else.
    pub(super) fn learn(&mut self, now: Duration) -> Vec<(Key, Project)> {
        let mut found = Vec::new();
        for (key, memory) in &mut self.memory {
            if let Some(Loading::Until(at)) = memory.loading
                && at <= now
            {
                let project = self.sentry.get(key).copied().unwrap_or_default();
                *memory = Memory { loaded: Some(Loaded { project, at }), loading: None };
                found.push((key.clone(), project));
            }
        }
        found
    }

    /// Whether a request with this key is accepted now. What is not known, or not for certain, is loaded.
    ///
    /// # Errors
    /// The refusal, as far as Relay knows.
    pub(super) fn ask(&mut self, key: &Key, now: Duration) -> Result<Acceptance, Refusal> {
        self.make_room();
        let (times, load) = (self.times, self.load(now));
        let memory = self.memory.entry(key.clone()).or_default();
        memory.loaded = memory.loaded.filter(|loaded| now < loaded.at + times.believed(loaded.project));
        if memory.loaded.is_none_or(|loaded| now >= loaded.at + times.fresh(loaded.project)) {
            memory.loading.get_or_insert(load);
        }
        match memory.loaded {
            None => Ok(Acceptance::Parked),
            Some(loaded) => loaded.project.refusal().map_or(Ok(Acceptance::Stored), Err),
        }
    }

    /// What it believes of a key, and for how much longer; nothing where it does not know.
    pub(super) fn belief(&self, key: &Key, now: Duration) -> Option<(Project, Duration)> {
        let loaded = self.memory.get(key)?.loaded?;
        let left = (loaded.at + self.times.believed(loaded.project)).checked_sub(now)?;
        (!left.is_zero()).then_some((loaded.project, left))
    }

    /// What Sentry holds of a key.
    pub(super) fn truth(&self, key: &Key) -> Project {
        self.sentry.get(key).copied().unwrap_or_default()
    }

    pub(super) fn upstream_is_away(&self) -> bool {
        self.upstream_is_away
    }

    /// Changes the truth. Relay is not told.
    pub(super) fn hold(&mut self, key: Key, project: Project) {
        self.sentry.insert(key, project);
    }

    /// Forgets everything that was loaded; what was being loaded is loaded from the beginning.
    pub(super) fn restart(&mut self, now: Duration) {
        let load = self.load(now);
        self.memory.retain(|_, memory| memory.loading.is_some());
        for memory in self.memory.values_mut() {
            *memory = Memory { loaded: None, loading: Some(load) };
        }
    }

    /// From now on nothing can be loaded.
    pub(super) fn lose_upstream(&mut self, now: Duration) {
        self.upstream_is_away = true;
        self.load_again(now);
    }

    /// The upstream is back, and all loads begin.
    pub(super) fn find_upstream(&mut self, now: Duration) {
        self.upstream_is_away = false;
        self.load_again(now);
    }

    fn load_again(&mut self, now: Duration) {
        let load = self.load(now);
        for memory in self.memory.values_mut() {
            memory.loading = memory.loading.map(|_| load);
        }
    }

    /// A load that begins now.
    fn load(&self, now: Duration) -> Loading {
        if self.upstream_is_away { Loading::WaitsForUpstream } else { Loading::Until(now + self.times.load) }
    }

    /// What is being loaded stays: requests wait for it.
    fn make_room(&mut self) {
        if self.memory.len() >= REMEMBERED {
            self.memory.retain(|_, memory| memory.loading.is_some());
        }
    }
}

impl CacheTimes {
    /// For how long what was loaded is used without a question.
    fn fresh(self, project: Project) -> Duration {
        if project.has_configuration() { self.known } else { self.missing }
    }

    /// For how long it is used at all.
    fn believed(self, project: Project) -> Duration {
        if project.has_configuration() { self.known + self.grace } else { self.missing }
    }
}

#[cfg(test)]
mod tests;
