//! A file of tracks while it is read: the points of each track, and what was wrong where.

use std::collections::BTreeMap;
use std::fmt::Display;

use nearcast_grid::Position;

use super::{Fix, Track};

/// Faults of a file that are told one by one.
const TOLD: usize = 20;

pub(super) struct Reading<'f> {
    file: &'f str,
    /// By the file's own name of them.
    tracks: BTreeMap<String, Vec<Fix>>,
    faults: Vec<String>,
    /// Beyond those.
    untold: usize,
}

impl<'f> Reading<'f> {
    pub(super) fn new(file: &'f str) -> Self {
        Self {
            file,
            tracks: BTreeMap::new(),
            faults: Vec::new(),
            untold: 0,
        }
    }

    pub(super) fn fault(&mut self, line: usize, sentence: impl Display) {
        if self.faults.len() < TOLD {
            self.faults
                .push(format!("{}: line {line}: {sentence}", self.file));
        } else {
            self.untold += 1;
        }
    }

    /// A point of a track, or why there is none.
    pub(super) fn point(&mut self, track: &str, line: usize, fix: Result<Fix, String>) {
        let fix = match fix {
            Ok(fix) => fix,
            Err(sentence) => return self.fault(line, sentence),
        };
        match self.tracks.get_mut(track) {
            Some(fixes) => fixes.push(fix),
            None => {
                self.tracks.insert(track.to_owned(), vec![fix]);
            }
        }
    }

    pub(super) fn finish(mut self) -> Result<Vec<Track>, Vec<String>> {
        let file = self.file;
        if self.tracks.is_empty() && self.faults.is_empty() {
            self.faults.push(format!("{file}: no point in it"));
        }
        if self.untold > 0 {
            self.faults
                .push(format!("{file}: {} more faults", self.untold));
        }
        if !self.faults.is_empty() {
            return Err(self.faults);
        }
        let tracks = self.tracks.into_iter().map(|(name, mut fixes)| {
            fixes.sort_by_key(|fix| fix.at_ms);
            fixes.dedup_by_key(|fix| fix.at_ms);
            let name = format!("{file} {name}").trim_end().to_owned();
            Track { name, fixes }
        });
        Ok(tracks.collect())
    }
}

pub(super) fn fix(lat: f64, lon: f64, at_ms: i64) -> Result<Fix, String> {
    let position = Position::new(lat, lon).map_err(|invalid| invalid.to_string())?;
    Ok(Fix { at_ms, position })
}

/// `what`: how the file calls it.
pub(super) fn number(what: &str, text: &str) -> Result<f64, String> {
    let text = text.trim();
    text.parse()
        .map_err(|_| format!("{what} {text:?} is not a number"))
}
