//! Connections are open files, of which a process has so many.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::run::Piece;
use crate::town::Town;

/// Open files of a process beside its connections.
const OTHERS: u64 = 100;

/// Most that one process will have.
pub(crate) fn connections(piece: &Piece, people: u32, processes: u32) -> u32 {
    if piece.tracks.is_some() || processes == 1 {
        return people;
    }
    let districts = Town::districts(&piece.scenario);
    districts.div_ceil(processes) * people.div_ceil(districts.max(1))
}

/// Asks for as many open files as the system allows, for this process and those that it starts.
///
/// # Errors
/// A sentence, when that is not enough.
pub(crate) fn has_room_for(connections: u32) -> Result<(), String> {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        maximum: limit.maximum,
    };
    // Where it cannot be raised it stays as it is.
    let most = match setrlimit(Resource::Nofile, raised) {
        Ok(()) => limit.maximum,
        Err(_) => limit.current,
    };
    let needed = u64::from(connections) + OTHERS;
    match most {
        Some(most) if most < needed => Err(format!(
            "{connections} connections in one process need {needed} open files, and {most} are \
             allowed: say --processes, or raise `ulimit -n`"
        )),
        _ => Ok(()),
    }
}
