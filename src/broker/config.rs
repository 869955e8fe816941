//! What the broker is told once: its limits and the rules that a product chooses.

use nearcast_grid::Grid;

/// Fewer than a glance can name, and a session's number.
pub(super) const MOST_WORKERS: usize = 64;

/// Each bound here is the answer to "what if there are more".
#[derive(Clone, Debug)]
pub struct Config {
    /// Residents at once; one more is refused. Memory is taken as they come.
    pub users: usize,
    /// Words for the edges of all channels together; a friendship beyond them is not watched.
    pub edges: usize,
    /// Marks that may wait for one worker; when they are more, it looks at everybody once.
    pub marks: usize,
    /// Marks that one worker may sort before a sweep; when they are more, it puts them on their
    /// pairs at once, where they need no room.
    pub collected: usize,
    /// Friends of one user who are resident at once.
    pub friends: u32,
    /// Residents whom one user may block.
    pub blocks: u32,
    /// Sessions of one user; one more ends the oldest.
    pub sessions_per_user: usize,
    /// How long a position counts.
    pub ttl_ms: u64,
    /// A move shorter than this only says that somebody is still there.
    pub move_min_m: f64,
    /// How often that is told to the watchers of somebody who stands still.
    pub refresh_s: u64,
    /// How long a session's view is kept for a client that lost its connection.
    pub resume_window_ms: u64,
    /// Keys for the hashes that must not be guessed from outside.
    pub key: [u8; 32],
    /// Another one each time that the keys are taken up again, so that aliases are others then: who
    /// is kept from whom is forgotten.
    pub start: u64,
    pub strangers: Strangers,
}

/// The rules for who is shown to strangers; see ARCHITECTURE.md, "Strangers".
#[derive(Clone, Debug)]
pub struct Strangers {
    /// The cells that are shown.
    pub privacy: Grid,
    /// The coarser cells that a client listens to.
    pub reach: Grid,
    pub epoch_ms: u64,
    pub alias_ms: u64,
    /// People shown to one viewer.
    pub view_max: usize,
    /// A cell into which fewer of one pool are released shows nobody.
    pub min_people: u32,
    /// Reach cells that a user may enter in an hour.
    pub cells_per_hour: u32,
    /// Metres per second between cell centres beyond which a viewer is not believed.
    pub speed_max_mps: f64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            users: 1_000_000,
            edges: 64_000_000,
            marks: 4_000_000,
            collected: 4_000_000,
            friends: 5_000,
            blocks: 5_000,
            sessions_per_user: 10,
            ttl_ms: 600_000,
            move_min_m: 10.0,
            refresh_s: 60,
            resume_window_ms: 60_000,
            key: [0; 32],
            start: 0,
            strangers: Strangers::default(),
        }
    }
}

impl Default for Strangers {
    fn default() -> Self {
        Self {
            privacy: Grid::geohash(6).expect("6 is a precision"),
            reach: Grid::geohash(5).expect("5 is a precision"),
            epoch_ms: 15_000,
            alias_ms: 3_600_000,
            view_max: 50,
            min_people: 1,
            cells_per_hour: 30,
            speed_max_mps: 340.0,
        }
    }
}
