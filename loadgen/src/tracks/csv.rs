//! CSV: a header that names `lat`, `lon` and `time` in any order among others, and perhaps `user`,
//! whose rows are one track each.

use super::reading::{Reading, fix, number};
use super::{Fix, time};

/// A column by the names that it goes by.
type Names = &'static [&'static str];

const LAT: Names = &["lat", "latitude"];
const LON: Names = &["lon", "lng", "longitude"];
const TIME: Names = &["time", "timestamp"];
const USER: Names = &["user"];

struct Columns {
    lat: usize,
    lon: usize,
    time: usize,
    user: Option<usize>,
}

pub(super) fn read(text: &str, reading: &mut Reading<'_>) {
    let mut lines = (1..)
        .zip(text.lines())
        .filter(|(_, line)| !line.trim().is_empty());
    let Some((line, header)) = lines.next() else {
        return;
    };
    let columns = match Columns::of(header) {
        Ok(columns) => columns,
        Err(missing) => {
            let sentence = |name| format!("no column {name} in {header:?}");
            return missing
                .into_iter()
                .for_each(|name| reading.fault(line, sentence(name)));
        }
    };
    for (line, row) in lines {
        let cells = cells(row);
        let user = columns.user.and_then(|user| cells.get(user));
        let user = user.map_or("", String::as_str);
        reading.point(user, line, columns.fix(&cells));
    }
}

impl Columns {
    /// Or the names of those that are missing.
    fn of(header: &str) -> Result<Self, Vec<&'static str>> {
        let cells = cells(&header.to_ascii_lowercase());
        let find = |names: Names| {
            let place = cells.iter().position(|cell| names.contains(&cell.as_str()));
            place.ok_or(names[0])
        };
        match (find(LAT), find(LON), find(TIME)) {
            (Ok(lat), Ok(lon), Ok(time)) => Ok(Self {
                lat,
                lon,
                time,
                user: find(USER).ok(),
            }),
            (lat, lon, time) => {
                let missing = [lat, lon, time].into_iter().filter_map(Result::err);
                Err(missing.collect())
            }
        }
    }

    fn fix(&self, cells: &[String]) -> Result<Fix, String> {
        let cell = |place: usize| {
            let cell = cells.get(place).map(String::as_str);
            cell.ok_or_else(|| format!("{} cells, and no more", cells.len()))
        };
        let lat = number("lat", cell(self.lat)?)?;
        let lon = number("lon", cell(self.lon)?)?;
        fix(lat, lon, time::of_text(cell(self.time)?)?)
    }
}

/// Between commas; quotes hold commas, and two of them hold one.
fn cells(row: &str) -> Vec<String> {
    let mut cells = Vec::new();
    let (mut cell, mut is_quoted) = (String::new(), false);
    let mut letters = row.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if is_quoted && letters.peek() == Some(&'"') => {
                letters.next();
                cell.push('"');
            }
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => cells.push(std::mem::take(&mut cell).trim().to_owned()),
            letter => cell.push(letter),
        }
    }
    cells.push(cell.trim().to_owned());
    cells
}

#[cfg(test)]
mod tests {
    use super::cells;

    #[test]
    fn quotes_hold_commas_and_quotes() {
        assert_eq!(
            cells("a, b ,,\"c, d\",\"e \"\"f\"\"\""),
            ["a", "b", "", "c, d", "e \"f\""]
        );
        assert_eq!(cells(""), [""]);
    }
}
