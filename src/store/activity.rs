//! Tables `meters`, `request_facts` and `usage_rollups`: what is counted of the log, and what Activity reads (spec 9.1).

mod count;
mod removal;
mod requests;
mod rollups;
mod sessions;
mod unmetered;
mod usage;

pub use self::count::{Counted, count};
pub use self::removal::{delete_expired_rollups, delete_of, list_orphans};
pub use self::requests::{
    Choices, Listed, ListedRequest, MOST_WALKED, Place, Stretch, Wanted, find_newest, is_logged, list_choices,
    list_requests,
};
pub use self::rollups::{ModelTokens, Summed, sum_by_time, sum_tokens};
pub use self::sessions::{ListedSession, ListedSessions, MOST_SUMMED, Most, list_sessions, list_top_sessions};
pub use self::unmetered::{Unmetered, find_meter, list_behind, list_unmetered};
pub use self::usage::{Dimension, Group, MOST_OF_USERS, sum_by};
