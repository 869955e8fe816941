//! What a run leaves behind: a page for people, JSON and CSV for programs, and what changed from
//! one run to another.
//!
//! A report must never show a number that `report.json` does not hold.

mod axis;
mod compare;
mod csv;
mod escape;
mod figures;
pub(crate) mod numbers;
mod page;
mod plot;
mod plots;
mod run;
#[cfg(test)]
pub(crate) mod sample;
mod spread;
mod steps;
mod summary;
mod verdict;

use std::fs;
use std::path::Path;

pub use compare::compare;
pub use run::{Occasion, Point, Run, Server, Totals};
pub use summary::summary;
pub use verdict::Verdict;

const JSON: &str = "report.json";

/// Writes `index.html`, `report.json` and `seconds.csv` into a folder, which is made.
///
/// # Errors
/// When a file cannot be written.
pub fn write(run: &Run, dir: &Path) -> Result<(), String> {
    fs::create_dir_all(dir)
        .map_err(|error| format!("make the folder {}: {error}", dir.display()))?;
    let json = serde_json::to_string_pretty(run).expect("numbers and texts are JSON");
    for (name, text) in [
        (JSON, json),
        ("seconds.csv", csv::seconds(run)),
        ("index.html", page::Page(run).to_string()),
    ] {
        let file = dir.join(name);
        fs::write(&file, text).map_err(|error| format!("write {}: {error}", file.display()))?;
    }
    Ok(())
}

/// Of a folder that [`write()`] filled, or of its `report.json`.
///
/// # Errors
/// When there is none, or it is not a report.
pub fn read(path: &Path) -> Result<Run, String> {
    let file = if path.is_dir() {
        path.join(JSON)
    } else {
        path.to_owned()
    };
    let text =
        fs::read_to_string(&file).map_err(|error| format!("read {}: {error}", file.display()))?;
    serde_json::from_str(&text).map_err(|error| format!("read {}: {error}", file.display()))
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    fn folder(name: &str) -> PathBuf {
        let own = format!("nearcast-loadgen-report-{name}-{}", std::process::id());
        std::env::temp_dir().join(own)
    }

    #[test]
    fn what_was_written_is_read_back_to_the_last_digit() {
        let dir = folder("whole");
        let run = sample::run(20);
        write(&run, &dir.join("deeper")).unwrap();
        assert_eq!(read(&dir.join("deeper")).as_ref(), Ok(&run));
        assert_eq!(read(&dir.join("deeper/report.json")), Ok(run));
        for name in ["index.html", "seconds.csv"] {
            assert!(dir.join("deeper").join(name).is_file(), "{name}");
        }
        fs::remove_dir_all(&dir).unwrap();
    }

    #[test]
    fn what_is_no_report_is_refused_by_name() {
        let dir = folder("none");
        let refused = read(&dir).unwrap_err();
        assert!(refused.contains(dir.to_str().unwrap()), "{refused}");
        fs::create_dir_all(&dir).unwrap();
        fs::write(dir.join(JSON), "{\"title\":\"x\"}").unwrap();
        let refused = read(&dir).unwrap_err();
        assert!(refused.contains("report.json"), "{refused}");
        let below = dir.join(JSON).join("deeper");
        assert!(
            write(&sample::run(1), &below)
                .unwrap_err()
                .starts_with("make the folder")
        );
        fs::remove_dir_all(&dir).unwrap();
    }
}
