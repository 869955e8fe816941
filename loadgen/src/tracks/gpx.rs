//! GPX: each `trk` is a track, its segments joined.

use super::reading::{Reading, fix, number};
use super::tags::{Tag, Tags};
use super::{Fix, time};

/// A `trkpt` that is open.
struct Point<'t> {
    tag: Tag<'t>,
    time: Option<&'t str>,
}

pub(super) fn read(text: &str, reading: &mut Reading<'_>) {
    let mut track = 0;
    let mut open: Option<Point<'_>> = None;
    let (mut is_cut, mut last) = (false, 1);
    for tag in Tags::of(text) {
        last = tag.line;
        match tag.name {
            "gpx" => is_cut = !tag.closes,
            "trk" if tag.opens => track += 1,
            "trkpt" => {
                if tag.opens {
                    open = Some(Point { tag, time: None });
                }
                if tag.closes
                    && let Some(point) = open.take()
                {
                    // So that they stand in their order by name too.
                    let name = format!("{track:04}");
                    reading.point(&name, point.tag.line, point.fix());
                }
            }
            "time" if tag.closes => {
                if let Some(point) = &mut open {
                    point.time = Some(tag.before);
                }
            }
            _ => {}
        }
    }
    if let Some(point) = open {
        reading.fault(point.tag.line, "the file ends within this point");
    } else if is_cut {
        reading.fault(last, "the file ends without </gpx>");
    }
}

impl Point<'_> {
    fn fix(&self) -> Result<Fix, String> {
        let degrees = |name: &str| match self.tag.attribute(name) {
            Some(text) => number(name, text),
            None => Err(format!("a point without {name}")),
        };
        let (lat, lon) = (degrees("lat")?, degrees("lon")?);
        let time = self.time.ok_or("a point without time")?;
        fix(lat, lon, time::of_text(time)?)
    }
}
