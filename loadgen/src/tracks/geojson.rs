//! GeoJSON: a LineString with a list of `times` is a track, and so are all Points of a file with a
//! `time` each, or those of one `user`.

use serde_json::Value;

use super::reading::{Reading, fix};
use super::{Fix, time};

pub(super) fn read(text: &str, reading: &mut Reading<'_>) {
    let whole: Value = match serde_json::from_str(text) {
        Ok(whole) => whole,
        Err(error) => return reading.fault(error.line(), format!("not JSON: {error}")),
    };
    match (whole["type"].as_str(), &whole["features"]) {
        (Some("FeatureCollection"), Value::Array(features)) => {
            let lines = lines_of_features(text).chain(std::iter::repeat(1));
            for ((number, feature), line) in (1..).zip(features).zip(lines) {
                self::feature(number, feature, line, reading);
            }
        }
        (Some("Feature"), _) => feature(1, &whole, 1, reading),
        _ => reading.fault(1, "neither a FeatureCollection nor a Feature"),
    }
}

fn feature(number: usize, feature: &Value, line: usize, reading: &mut Reading<'_>) {
    let (geometry, properties) = (&feature["geometry"], &feature["properties"]);
    match geometry["type"].as_str() {
        Some("LineString") => {
            // So that they stand in their order by name too.
            let track = format!("{number:04}");
            line_string(&track, &geometry["coordinates"], properties, line, reading);
        }
        Some("Point") => {
            let track = match &properties["user"] {
                Value::String(user) => user.clone(),
                Value::Null => String::new(),
                other => other.to_string(),
            };
            let fix = point(&geometry["coordinates"], &properties["time"]);
            reading.point(&track, line, fix);
        }
        Some(other) => {
            let sentence = format!("a {other}, where a LineString or a Point was expected");
            reading.fault(line, sentence);
        }
        None => reading.fault(line, "a feature without geometry"),
    }
}

fn line_string(
    track: &str,
    coordinates: &Value,
    properties: &Value,
    line: usize,
    reading: &mut Reading<'_>,
) {
    // The second is how the converters of GPX call it.
    let times = [&properties["times"], &properties["coordTimes"]];
    let times = times.into_iter().find_map(Value::as_array);
    let (Some(points), Some(times)) = (coordinates.as_array(), times) else {
        return reading.fault(line, "a LineString without its list of times");
    };
    if points.len() != times.len() {
        let (points, times) = (points.len(), times.len());
        return reading.fault(line, format!("{points} points with {times} times"));
    }
    for (number, (coordinates, time)) in (1..).zip(points.iter().zip(times)) {
        let fix = point(coordinates, time).map_err(|fault| format!("point {number}: {fault}"));
        reading.point(track, line, fix);
    }
}

/// Longitude comes first.
fn point(coordinates: &Value, time: &Value) -> Result<Fix, String> {
    let (Some(lon), Some(lat)) = (coordinates[0].as_f64(), coordinates[1].as_f64()) else {
        return Err(format!("coordinates {coordinates} are not two numbers"));
    };
    let at_ms = match time {
        Value::String(text) => time::of_text(text)?,
        Value::Number(number) => time::of_number(number.as_f64().unwrap_or(f64::NAN))?,
        Value::Null => return Err("a point without time".to_owned()),
        other => return Err(format!("time {other} is neither a text nor a number")),
    };
    fix(lat, lon, at_ms)
}

/// Where each feature of a collection begins; the reader of JSON forgets it.
fn lines_of_features(text: &str) -> impl Iterator<Item = usize> {
    let start = text.find("\"features\"").unwrap_or(text.len());
    let mut line = text[..start].matches('\n').count() + 1;
    let (mut depth, mut is_text, mut is_escaped) = (0_u32, false, false);
    text[start..].bytes().filter_map(move |byte| {
        match byte {
            b'\n' => line += 1,
            _ if is_escaped => is_escaped = false,
            b'\\' if is_text => is_escaped = true,
            b'"' => is_text = !is_text,
            b'{' | b'[' if !is_text => {
                depth += 1;
                return (byte == b'{' && depth == 2).then_some(line);
            }
            b'}' | b']' if !is_text => depth = depth.saturating_sub(1),
            _ => {}
        }
        None
    })
}
