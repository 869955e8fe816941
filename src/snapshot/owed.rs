//! How many erasures Redis has not confirmed, from when the accounts have made each. The number
//! outlives the process in a file of the data directory; a name never does, being a trace of who is
//! erased. Where `snapshot.redis_url` or `snapshot.app` has changed since, it is the new place's.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::metrics::Metrics;

const FILE: &str = "erasures-pending";

pub(super) struct Owed {
    path: PathBuf,
    counts: Arc<Metrics>,
    number: Mutex<Number>,
}

#[derive(Default)]
struct Number {
    all: u64,
    /// Of them those that only a look at all that is there finds: they were asked for before the
    /// start, or found no room.
    nameless: u64,
    /// Since the first change.
    file: Option<File>,
}

impl Owed {
    /// With what was owed when this data directory was last used.
    pub(super) fn open(data: &Path, counts: Arc<Metrics>) -> Result<Self, String> {
        let path = data.join(FILE);
        let text = match std::fs::read_to_string(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => "0".to_owned(),
            read => read.map_err(|error| format!("read {}: {error}", path.display()))?,
        };
        let before = text.trim().parse().unwrap_or_else(|error| {
            // Empty when the machine went down as it was made.
            let path = path.display();
            tracing::warn!(%path, %error, "how many erasures wait for Redis is not known");
            0
        });
        counts.snapshot.pending(before);
        let number = Number {
            all: before,
            nameless: before,
            file: None,
        };
        Ok(Self {
            path,
            counts,
            number: Mutex::new(number),
        })
    }

    /// One is asked for.
    pub(super) fn one(&self) {
        self.change(|number| number.all += 1);
    }

    /// It found no room.
    pub(super) fn loses_a_name(&self) {
        self.number().nameless += 1;
    }

    pub(super) fn nameless(&self) -> u64 {
        self.number().nameless
    }

    /// So many who were named are nowhere in Redis.
    pub(super) fn are_done(&self, some: u64) {
        self.change(|number| number.all = number.all.saturating_sub(some));
    }

    /// So many of the nameless are.
    pub(super) fn are_found(&self, some: u64) {
        if some > 0 {
            self.change(|number| {
                number.nameless = number.nameless.saturating_sub(some);
                number.all = number.all.saturating_sub(some);
            });
        }
    }

    /// Onto the disk, for a machine that goes down.
    pub(super) fn sync(&self) {
        let file = self.number().file.as_ref().map(File::try_clone);
        self.complain(file.map_or(Ok(()), |file| file?.sync_data()));
    }

    /// In the file as well before anybody hears of it: a killed process leaves what it has told.
    fn change(&self, change: impl FnOnce(&mut Number)) {
        let mut number = self.number();
        change(&mut number);
        self.complain(number.write(&self.path));
        self.counts.snapshot.pending(number.all);
    }

    fn number(&self) -> MutexGuard<'_, Number> {
        self.number.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Erasures themselves do not depend on it.
    fn complain(&self, done: io::Result<()>) {
        if let Err(error) = done {
            let path = self.path.display();
            tracing::error!(%path, %error, "keep how many erasures wait for Redis");
        }
    }
}

impl Number {
    /// In place, and always as long: a few bytes of one page.
    fn write(&mut self, path: &Path) -> io::Result<()> {
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(
                OpenOptions::new()
                    .write(true)
                    .create(true)
                    .truncate(false)
                    .mode(0o600)
                    .open(path)?,
            ),
        };
        file.write_all_at(format!("{:020}\n", self.all).as_bytes(), 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_owed_is_owed_by_the_next_process_without_a_name() {
        let name = format!("nearcast-owed-{}", std::process::id());
        let data = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&data).unwrap();
        let metrics = Metrics::new(1);
        let told = || metrics.snapshot.now(0).pending_erasures;
        let open = || Owed::open(&data, Arc::clone(&metrics)).unwrap();
        let owed = open();
        assert_eq!((owed.nameless(), told()), (0, 0));
        for _ in 0..12 {
            owed.one();
        }
        owed.loses_a_name();
        owed.are_done(2);
        assert_eq!((owed.nameless(), told()), (1, 10));
        drop(owed);
        metrics.snapshot.pending(0);
        let owed = open();
        assert_eq!((owed.nameless(), told()), (10, 10));
        owed.one();
        owed.are_found(10);
        assert_eq!((owed.nameless(), told()), (0, 1));
        owed.are_done(1);
        owed.sync();
        assert_eq!((open().nameless(), told()), (0, 0));
        std::fs::write(data.join(FILE), "").unwrap();
        assert_eq!(open().nameless(), 0);
        std::fs::remove_dir_all(&data).unwrap();
    }
}
