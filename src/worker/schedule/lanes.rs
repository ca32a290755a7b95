//! Two lanes: healthy destinations, and those that struggle because they fail or take long. Each has its own turns, requests on the
//! wire and connections to the database, so that no struggling destination delays a healthy one (spec 4.1).

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use crate::store::Store;

/// Turns in the healthy lane, as a multiple of the requests that may be on the wire: most turns wait for an answer.
const TURNS: usize = 4;

/// Turns and requests in the struggling lane, as a multiple of the requests in the healthy one. It has room for many, because each
/// holds its place for up to 30 s: hundreds of healthy receivers may begin to hang at the same time, and each that finds no room
/// here keeps a request of the healthy lane from starting.
const STRUGGLING: usize = 8;

/// The part of the struggling lane that destinations fill which have failed before, as the same multiple. The rest is for turns that
/// are demoted. Each turn keeps one body, of 4 MiB before compression, until it is answered: 128 of them take at most 512 MiB. They
/// try 3,840 receivers that hang in 15 minutes, the longest usual back-off.
const FAILING: usize = 2;

/// A request that is on the wire for longer demotes its turn.
const SLOW: Duration = Duration::from_secs(1);

/// For so long a slow turn still asks the database on the healthy lane's connections. On a busy machine answers of healthy receivers
/// are a second late, too. Seventy requests that hang are given up in the same moment, and their turns queue for the struggling
/// lane's few connections; a healthy one among them would wait for seconds.
const GRACE: Duration = Duration::from_secs(4);

#[derive(Debug)]
pub(in crate::worker) struct Admission {
    healthy: Lane,
    struggling: Lane,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::worker) enum LaneName {
    Healthy,
    Struggling,
}

#[derive(Debug)]
struct Lane {
    turns: Arc<Semaphore>,
    most_turns: usize,
    requests: Arc<Semaphore>,
    /// Batches that are read and built at the same time.
    reads: Arc<Semaphore>,
    store: Store,
    is_crowded: AtomicBool,
}

impl Lane {
    fn new(turns: usize, requests: usize, reads: usize, store: Store) -> Self {
        let bounded = |permits: usize| Arc::new(Semaphore::new(permits.min(Semaphore::MAX_PERMITS)));
        Self {
            turns: bounded(turns),
            most_turns: turns,
            requests: bounded(requests),
            reads: bounded(reads),
            store,
            is_crowded: AtomicBool::default(),
        }
    }
}

impl Admission {
    /// Lanes for a worker with so many requests to healthy destinations on the wire. Each lane has its own connections.
    pub(in crate::worker) fn new(requests: usize, healthy: Store, struggling: Store) -> Arc<Self> {
        let many = requests.saturating_mul(STRUGGLING);
        // What is read lies in memory until it is built, so no more is read than there are connections. Healthy turns do not wait
        // for each other: a fresh request would wait for a backlog.
        let reads = usize::try_from(struggling.pool().options().get_max_connections()).unwrap_or(usize::MAX);
        Arc::new(Self {
            healthy: Lane::new(requests.saturating_mul(TURNS), requests, usize::MAX, healthy),
            struggling: Lane::new(many, many, reads, struggling),
        })
    }

    fn lane(&self, name: LaneName) -> &Lane {
        match name {
            LaneName::Healthy => &self.healthy,
            LaneName::Struggling => &self.struggling,
        }
    }

    /// How many more turns may begin in a lane now.
    pub(in crate::worker) fn room(&self, lane: LaneName) -> usize {
        let Lane { turns, most_turns, .. } = self.lane(lane);
        let for_demoted = match lane {
            LaneName::Healthy => 0,
            LaneName::Struggling => most_turns / STRUGGLING * (STRUGGLING - FAILING),
        };
        turns.available_permits().saturating_sub(for_demoted)
    }

    /// Notes whether a lane had work for more turns than had room. Its turns then end after a batch, so that each destination gets one.
    pub(in crate::worker) fn set_crowded(&self, lane: LaneName, is_crowded: bool) {
        self.lane(lane).is_crowded.store(is_crowded, Ordering::Relaxed);
    }

    /// Admits a turn into a lane, once there is room.
    pub(in crate::worker) async fn admit(self: &Arc<Self>, lane: LaneName) -> Permit {
        // The semaphores are never closed; without a permit the turn would only be uncounted.
        let turn = self.lane(lane).turns.clone().acquire_owned().await.ok();
        let place = Place { lane, store_from: Instant::now(), turn };
        Permit { admission: self.clone(), slow: SLOW, grace: GRACE, place: Mutex::new(place) }
    }
}

/// A turn's permit. It is for one lane at a time: a turn that struggles is demoted, and a turn that is well again is promoted.
#[derive(Debug)]
pub(in crate::worker) struct Permit {
    admission: Arc<Admission>,
    slow: Duration,
    grace: Duration,
    place: Mutex<Place>,
}

#[derive(Debug)]
struct Place {
    lane: LaneName,
    /// From when on the turn uses the lane's connections.
    store_from: Instant,
    turn: Option<OwnedSemaphorePermit>,
}

impl Permit {
    /// Whether others wait for a turn in this lane.
    pub(in crate::worker) fn is_crowded(&self) -> bool {
        self.lane().is_crowded.load(Ordering::Relaxed)
    }

    /// Whether the turn is in the healthy lane.
    pub(in crate::worker) fn is_healthy(&self) -> bool {
        self.place().lane == LaneName::Healthy
    }

    /// Whether the turn may wait for the next request: only a healthy one, while half of the lane is free.
    pub(in crate::worker) fn may_stay(&self) -> bool {
        let healthy = &self.admission.healthy;
        let is_roomy = healthy.turns.available_permits() * 2 >= healthy.most_turns;
        self.is_healthy() && !self.is_crowded() && is_roomy
    }

    /// Where to ask the database now.
    pub(in crate::worker) fn store(&self) -> &Store {
        let place = self.place();
        let lane = if place.store_from <= Instant::now() { place.lane } else { LaneName::Healthy };
        &self.admission.lane(lane).store
    }

    /// Waits until the lane has room to read and build one more batch.
    pub(in crate::worker) async fn read(&self) -> Option<OwnedSemaphorePermit> {
        let reads = self.lane().reads.clone();
        reads.acquire_owned().await.ok()
    }

    /// Waits until the lane has room for one more request on the wire.
    pub(in crate::worker) async fn request(&self) -> Option<OwnedSemaphorePermit> {
        let requests = self.lane().requests.clone();
        requests.acquire_owned().await.ok()
    }

    /// Waits for `request`, which has this room on the wire. Once it is slow, the turn is demoted, and the request moves with it.
    pub(in crate::worker) async fn hold<T>(
        &self,
        mut room: Option<OwnedSemaphorePermit>,
        request: impl Future<Output = T>,
    ) -> T {
        let mut request = std::pin::pin!(request);
        if let Ok(done) = tokio::time::timeout(self.slow, &mut request).await {
            return done;
        }
        self.demote(self.grace);
        if let Ok(moved) = self.admission.struggling.requests.clone().try_acquire_owned() {
            room.replace(moved);
        }
        request.await
    }

    /// Takes in whether the receiver accepted a batch in time.
    pub(in crate::worker) fn learn(&self, is_well: bool) {
        if is_well { self.promote() } else { self.demote(Duration::ZERO) }
    }

    /// Moves the turn into the struggling lane. Where that is full, the turn keeps its place in the healthy one.
    fn demote(&self, grace: Duration) {
        let mut place = self.place();
        let store_from = Instant::now() + grace;
        place.store_from = if place.lane == LaneName::Healthy { store_from } else { place.store_from.min(store_from) };
        if place.lane == LaneName::Healthy
            && let Ok(turn) = self.admission.struggling.turns.clone().try_acquire_owned()
        {
            place.turn.replace(turn);
        }
        place.lane = LaneName::Struggling;
    }

    fn promote(&self) {
        let mut place = self.place();
        if place.lane == LaneName::Struggling
            && let Ok(turn) = self.admission.healthy.turns.clone().try_acquire_owned()
        {
            place.turn.replace(turn);
            place.lane = LaneName::Healthy;
        }
    }

    fn lane(&self) -> &Lane {
        self.admission.lane(self.place().lane)
    }

    fn place(&self) -> MutexGuard<'_, Place> {
        self.place.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
