//! People out of recorded tracks: GPX, GeoJSON and CSV files of a directory.
//!
//! Tolerant of what writers of such files differ in, and of nothing else: a point that cannot be
//! read is a fault with its file and line, and all faults of all files are told at once.

mod reading;
mod time;

mod csv;
mod geojson;
mod gpx;
mod tags;

use std::path::{Path, PathBuf};

use nearcast_grid::Position;

use reading::Reading;

/// Never empty.
#[derive(Clone, Debug, PartialEq)]
pub struct Tracks {
    pub all: Vec<Track>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Track {
    /// The file's name, and which track of it.
    pub name: String,
    /// In order of time, never empty, no two at the same.
    pub fixes: Vec<Fix>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fix {
    /// Since 1970.
    pub at_ms: i64,
    pub position: Position,
}

impl Tracks {
    /// Every file of the directory that ends as one of tracks does, by name; not those below.
    ///
    /// # Errors
    /// Everything that is wrong, with file and line.
    pub fn read(dir: &Path) -> Result<Self, Vec<String>> {
        let files = files(dir).map_err(|error| vec![format!("{}: {error}", dir.display())])?;
        let (mut all, mut faults) = (Vec::new(), Vec::new());
        if files.is_empty() {
            let dir = dir.display();
            faults.push(format!(
                "{dir}: no .gpx, .geojson, .json or .csv file in it"
            ));
        }
        for path in files {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            match std::fs::read(&path) {
                Ok(bytes) => match file(&name, bytes) {
                    Ok(tracks) => all.extend(tracks),
                    Err(found) => faults.extend(found),
                },
                Err(error) => faults.push(format!("{name}: {error}")),
            }
        }
        if faults.is_empty() {
            Ok(Self { all })
        } else {
            Err(faults)
        }
    }

    /// When the first of all begins.
    #[must_use]
    pub fn begins_ms(&self) -> i64 {
        let begins = self.all.iter().map(|track| track.fixes[0].at_ms);
        begins.min().unwrap_or_default()
    }
}

fn files(dir: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(dir)? {
        let path = entry?.path();
        if matches!(ending(&path).as_str(), "gpx" | "geojson" | "json" | "csv") && path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn ending(path: &Path) -> String {
    let ending = path.extension().unwrap_or_default();
    ending.to_string_lossy().to_ascii_lowercase()
}

fn file(name: &str, bytes: Vec<u8>) -> Result<Vec<Track>, Vec<String>> {
    let text = String::from_utf8(bytes).map_err(|error| {
        let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        vec![format!("{name}: line {line}: not UTF-8")]
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let mut reading = Reading::new(name);
    match ending(Path::new(name)).as_str() {
        "gpx" => gpx::read(text, &mut reading),
        "csv" => csv::read(text, &mut reading),
        _ => geojson::read(text, &mut reading),
    }
    reading.finish()
}

#[cfg(test)]
mod tests;
