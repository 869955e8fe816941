//! `nearcast cell`: the cell that a position is in, and what is around it.

use std::io;

use clap::builder::TypedValueParser;
use nearcast_grid::{Cell, Grid};
use serde::Serialize;

use super::answer::{Answer, answer};
use super::query::positions;

const DEFAULT_PRECISION: u8 = 6;

/// The cell of a position: its name, centre, bounds and neighbours
///
/// Without coordinates each line of standard input is a query, and gets one line of answer.
#[derive(clap::Args)]
#[command(override_usage = "nearcast cell [LAT LON] [--precision P | --h3 RES] [--json]")]
pub(crate) struct Args {
    /// A position in degrees
    #[arg(value_names = ["LAT", "LON"], num_args = 2, allow_negative_numbers = true)]
    coordinates: Vec<String>,
    /// Characters of the geohash, 1 to 12; 6 when nothing is said
    #[arg(long, value_name = "P", value_parser = geohash())]
    precision: Option<Grid>,
    /// A hexagon of H3 instead, of resolution 0 to 15
    #[arg(long, value_name = "RES", value_parser = hex(), conflicts_with = "precision")]
    h3: Option<Grid>,
    /// Answer with one JSON object per query
    #[arg(long)]
    json: bool,
}

fn geohash() -> impl TypedValueParser<Value = Grid> {
    clap::value_parser!(u8).try_map(Grid::geohash)
}

fn hex() -> impl TypedValueParser<Value = Grid> {
    clap::value_parser!(u8).try_map(Grid::hex)
}

impl Args {
    pub(crate) fn run(&self) -> io::Result<u8> {
        let grid = self.h3.or(self.precision).unwrap_or_else(|| {
            Grid::geohash(DEFAULT_PRECISION).expect("the default is a precision")
        });
        answer(&self.coordinates, self.json, |words| {
            let [position] = positions(words.iter().copied())?;
            Ok(CellAnswer::new(grid.cell_at(position)))
        })
    }
}

#[derive(Serialize)]
struct CellAnswer {
    cell: String,
    lat: f64,
    lon: f64,
    bounds: Bounds,
    neighbours: Vec<String>,
}

#[derive(Serialize)]
struct Bounds {
    south: f64,
    west: f64,
    north: f64,
    east: f64,
}

impl CellAnswer {
    fn new(cell: Cell) -> Self {
        let (centre, bounds) = (cell.centre(), cell.bounds());
        Self {
            cell: cell.text().to_string(),
            lat: centre.lat(),
            lon: centre.lon(),
            bounds: Bounds {
                south: bounds.south,
                west: bounds.west,
                north: bounds.north,
                east: bounds.east,
            },
            neighbours: cell
                .neighbours()
                .iter()
                .map(|cell| cell.text().to_string())
                .collect(),
        }
    }
}

impl Answer for CellAnswer {
    fn line(&self) -> String {
        format!("{}  centre {:.7} {:.7}", self.cell, self.lat, self.lon)
    }

    fn page(&self) -> String {
        let Bounds {
            south,
            west,
            north,
            east,
        } = self.bounds;
        format!(
            "cell        {}\n\
             centre      {:.7} {:.7}\n\
             latitude    {south:.7} to {north:.7}\n\
             longitude   {west:.7} to {east:.7}\n\
             neighbours  {}",
            self.cell,
            self.lat,
            self.lon,
            self.neighbours.join(" "),
        )
    }
}
