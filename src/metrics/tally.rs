//! What one socket worker counts.

use super::count::{Counts, Durations};
use super::label::{Method, MoveOutcome, ResumeOutcome, Said};
use crate::wire::{Close, Encoding, ErrorCode};

/// Written by one worker, so that no count waits for another's cache line.
#[derive(Debug, Default)]
pub struct Tally {
    pub received: Counts<Method>,
    pub sent: Counts<Said>,
    /// How long commands took, from the whole message to the answer written.
    pub commands: Durations<Method>,
    pub errors: Counts<ErrorCode>,
    pub closes: Counts<Close>,
    /// Sessions opened.
    pub connects: Counts<Encoding>,
    pub resumes: Counts<ResumeOutcome>,
    pub bytes_received: Counts<Encoding>,
    pub bytes_sent: Counts<Encoding>,
    pub moves: Counts<MoveOutcome>,
    pub sweeps: Durations<()>,
    /// Frames of changes.
    pub frames: Counts<()>,
}
