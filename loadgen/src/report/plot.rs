//! One plot as SVG: axes with units, bands and lines over time, and words for who cannot see it.
//!
//! It needs no script: what is under the pointer is told by titles of invisible columns.

use std::fmt::{self, Display, Formatter, Write as _};

use super::axis::Axis;
use super::escape::Text;

/// In units of the picture.
const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 250.0;
const LEFT: f64 = 92.0;
const RIGHT: f64 = 26.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 44.0;

pub(super) struct Plot {
    /// Of the elements that name the picture.
    pub(super) id: &'static str,
    pub(super) title: &'static str,
    /// What is on the upright axis, with its unit.
    pub(super) measure: &'static str,
    /// What one sees, in a sentence.
    pub(super) says: String,
    pub(super) time: Axis,
    pub(super) values: Axis,
    /// Shown but not counted: up to here.
    pub(super) measured_from_s: f64,
    pub(super) width_s: f64,
    pub(super) columns: Vec<Column>,
    pub(super) layers: Vec<Layer>,
}

/// A step of the run.
pub(super) struct Column {
    pub(super) from_s: f64,
    /// Shown under the pointer.
    pub(super) says: String,
    pub(super) faults: bool,
}

/// By column; nothing where nothing was measured.
pub(super) struct Layer {
    /// Of the style sheet.
    pub(super) class: &'static str,
    pub(super) label: &'static str,
    pub(super) shape: Shape,
}

pub(super) enum Shape {
    Line(Vec<Option<f64>>),
    Band(Vec<Option<(f64, f64)>>),
}

impl Display for Plot {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self {
            id, title, says, ..
        } = self;
        write!(
            f,
            "<figure>\n<figcaption><h3>{title}</h3><ul class=\"key\">"
        )?;
        for Layer { class, label, .. } in &self.layers {
            write!(f, "<li><i class=\"{class}\"></i>{}</li>", Text(label))?;
        }
        if self.columns.iter().any(|column| column.faults) {
            f.write_str("<li><i class=\"fault\"></i>faults found</li>")?;
        }
        write!(
            f,
            "</ul></figcaption>\n<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-labelledby=\"{id}-title {id}-says\">\
             <title id=\"{id}-title\">{title}</title><desc id=\"{id}-says\">{}</desc>\n",
            Text(says)
        )?;
        self.ground(f)?;
        for layer in &self.layers {
            let path = match &layer.shape {
                Shape::Line(values) => self.line(values),
                Shape::Band(values) => self.band(values),
            };
            writeln!(f, "<path class=\"{}\" d=\"{path}\"/>", layer.class)?;
        }
        self.pointer(f)?;
        f.write_str("</svg>\n</figure>\n")
    }
}

impl Plot {
    fn x(&self, second: f64) -> f64 {
        LEFT + self.time.share(second) * (WIDTH - LEFT - RIGHT)
    }

    fn y(&self, value: f64) -> f64 {
        HEIGHT - BOTTOM - self.values.share(value) * (HEIGHT - TOP - BOTTOM)
    }

    /// What lies under the values: axes, their ticks and labels.
    fn ground(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let (right, floor) = (WIDTH - RIGHT, HEIGHT - BOTTOM);
        if self.measured_from_s > 0.0 {
            let width = self.x(self.measured_from_s) - LEFT;
            writeln!(
                f,
                "<rect class=\"arriving\" x=\"{LEFT}\" y=\"{TOP}\" width=\"{width:.1}\" height=\"{:.1}\"/>",
                floor - TOP
            )?;
        }
        for tick in &self.values.ticks {
            let y = self.y(tick.value);
            let class = if tick.label.is_some() {
                "grid"
            } else {
                "grid fine"
            };
            writeln!(f, "<path class=\"{class}\" d=\"M{LEFT} {y:.1}H{right}\"/>")?;
            if let Some(label) = &tick.label {
                let (x, y) = (LEFT - 8.0, y + 4.0);
                writeln!(
                    f,
                    "<text class=\"upright\" x=\"{x}\" y=\"{y:.1}\">{}</text>",
                    Text(label)
                )?;
            }
        }
        for tick in &self.time.ticks {
            let (x, to) = (self.x(tick.value), floor + 4.0);
            writeln!(f, "<path class=\"axis\" d=\"M{x:.1} {floor}V{to}\"/>")?;
            if let Some(label) = &tick.label {
                let y = floor + 18.0;
                writeln!(
                    f,
                    "<text class=\"along\" x=\"{x:.1}\" y=\"{y}\">{}</text>",
                    Text(label)
                )?;
            }
        }
        let (middle, below, centre) = ((LEFT + right) / 2.0, HEIGHT - 6.0, (TOP + floor) / 2.0);
        writeln!(f, "<path class=\"axis\" d=\"M{LEFT} {floor}H{right}\"/>")?;
        writeln!(
            f,
            "<text class=\"along name\" x=\"{middle}\" y=\"{below}\">time since the run began</text>"
        )?;
        writeln!(
            f,
            "<text class=\"along name\" transform=\"translate(12 {centre}) rotate(-90)\">{}</text>",
            Text(self.measure)
        )
    }

    /// A column of each step, with what it says and a mark where faults were found.
    fn pointer(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let floor = HEIGHT - BOTTOM;
        for column in &self.columns {
            let x = self.x(column.from_s);
            let width = self.x(column.from_s + self.width_s) - x;
            if column.faults {
                let y = floor - 5.0;
                writeln!(
                    f,
                    "<rect class=\"fault\" x=\"{x:.1}\" y=\"{y}\" width=\"{width:.1}\" height=\"5\"/>"
                )?;
            }
            writeln!(
                f,
                "<rect class=\"pointer\" x=\"{x:.1}\" y=\"{TOP}\" width=\"{width:.1}\" height=\"{:.1}\"><title>{}</title></rect>",
                floor - TOP,
                Text(&column.says)
            )?;
        }
        Ok(())
    }

    fn line(&self, values: &[Option<f64>]) -> String {
        let mut path = String::new();
        for stretch in self.stretches(values) {
            trace(&mut path, 'M', self.points(&stretch, |value| value));
        }
        path
    }

    fn band(&self, values: &[Option<(f64, f64)>]) -> String {
        let mut path = String::new();
        for stretch in self.stretches(values) {
            trace(&mut path, 'M', self.points(&stretch, |(_, high)| high));
            let back = self.points(&stretch, |(low, _)| low).into_iter().rev();
            trace(&mut path, 'L', back);
            path.push('Z');
        }
        path
    }

    /// What was measured without a gap, as columns and values.
    fn stretches<T: Copy>(&self, values: &[Option<T>]) -> Vec<Vec<(f64, T)>> {
        let mut stretches: Vec<Vec<(f64, T)>> = Vec::new();
        for (column, value) in self.columns.iter().zip(values) {
            let Some(value) = *value else { continue };
            let before_s = column.from_s - self.width_s;
            match stretches.last_mut() {
                Some(stretch) if stretch.last().is_some_and(|last| last.0 == before_s) => {
                    stretch.push((column.from_s, value));
                }
                _ => stretches.push(vec![(column.from_s, value)]),
            }
        }
        stretches
    }

    /// A point in the middle of each column, and the ends of the first and the last: a single
    /// second can be seen too.
    fn points<T: Copy>(&self, stretch: &[(f64, T)], value: impl Fn(T) -> f64) -> Vec<(f64, f64)> {
        let mut points = Vec::with_capacity(stretch.len() + 2);
        if let (Some(first), Some(last)) = (stretch.first(), stretch.last()) {
            points.push((self.x(first.0), self.y(value(first.1))));
            let middle = self.width_s / 2.0;
            points.extend(
                stretch
                    .iter()
                    .map(|&(at, one)| (self.x(at + middle), self.y(value(one)))),
            );
            points.push((self.x(last.0 + self.width_s), self.y(value(last.1))));
        }
        points
    }
}

/// The first point with a command of its own.
fn trace(path: &mut String, first: char, points: impl IntoIterator<Item = (f64, f64)>) {
    let mut command = first;
    for (x, y) in points {
        write!(path, "{command}{x:.1} {y:.1}").expect("a String takes all");
        command = 'L';
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::numbers;

    fn plot(shape: Shape) -> Plot {
        Plot {
            id: "test",
            title: "Test",
            measure: "tests <per> second",
            says: "It says \"nothing\".".to_owned(),
            time: Axis::time(4),
            values: Axis::linear(4.0, numbers::number),
            measured_from_s: 1.0,
            width_s: 1.0,
            columns: (0..4)
                .map(|second| Column {
                    from_s: f64::from(second),
                    says: format!("at {second} s"),
                    faults: second == 2,
                })
                .collect(),
            layers: vec![Layer {
                class: "p50",
                label: "p50",
                shape,
            }],
        }
    }

    fn drawn(plot: &Plot) -> String {
        let text = plot.to_string();
        let path = text.split("<path class=\"p50\" d=\"").nth(1).unwrap();
        path.split('"').next().unwrap().to_owned()
    }

    #[test]
    fn a_gap_breaks_the_line() {
        let path = drawn(&plot(Shape::Line(vec![
            Some(4.0),
            None,
            Some(0.0),
            Some(0.0),
        ])));
        assert_eq!(
            path,
            "M92.0 12.0L172.2 12.0L252.5 12.0M413.0 206.0L493.2 206.0L653.8 206.0L734.0 206.0"
        );
    }

    #[test]
    fn a_band_is_closed_around_what_lies_between() {
        let path = drawn(&plot(Shape::Band(vec![Some((0.0, 4.0)), None, None, None])));
        assert_eq!(
            path,
            "M92.0 12.0L172.2 12.0L252.5 12.0L252.5 206.0L172.2 206.0L92.0 206.0Z"
        );
    }

    #[test]
    fn who_cannot_see_it_hears_what_it_shows() {
        let text = plot(Shape::Line(vec![Some(1.0); 4])).to_string();
        assert!(text.contains("role=\"img\" aria-labelledby=\"test-title test-says\""));
        assert!(text.contains("<desc id=\"test-says\">It says &quot;nothing&quot;.</desc>"));
        assert!(text.contains(">tests &lt;per&gt; second</text>"));
        assert_eq!(text.matches("<title>at ").count(), 4);
        assert_eq!(text.matches("<rect class=\"fault\"").count(), 1);
    }
}
