//! The plots of a run.

use super::Run;
use super::axis::Axis;
use super::numbers::{bytes, cores, count, ms, number, per_s, seconds};
use super::plot::{Column, Layer, Plot, Shape};
use super::steps::{Step, Steps};
use crate::tally::Percentiles;

/// All that there is something to show for.
pub(super) fn plots(run: &Run) -> Vec<Plot> {
    let steps = Steps::of(&run.seconds);
    if steps.steps.is_empty() {
        return Vec::new();
    }
    let drawing = Drawing { run, steps };
    let plots = [
        drawing.latency(),
        Some(drawing.throughput()),
        Some(drawing.connections()),
        drawing.connecting(),
        drawing.processor(),
        drawing.memory(),
    ];
    plots.into_iter().flatten().collect()
}

/// What the steps of the plots stand for, if not for seconds.
pub(super) fn resolution(run: &Run) -> Option<String> {
    let width_s = Steps::of(&run.seconds).width_s;
    (width_s > 1).then(|| {
        format!(
            "Each step of a plot is {}: rates and processor time are means, all else is its worst second.",
            seconds(width_s.into())
        )
    })
}

struct Drawing<'a> {
    run: &'a Run,
    steps: Steps,
}

impl Drawing<'_> {
    fn latency(&self) -> Option<Plot> {
        let all = || self.steps.steps.iter().filter_map(|step| step.latency);
        let least = all().map(|one| one.p50_ms).reduce(f64::min)?;
        let most = all().map(|one| one.max_ms).reduce(f64::max)?;
        let (p50, p90): (Value, Value) = (|one| one.p50_ms, |one| one.p90_ms);
        let told: Of = |step| step.latency;
        let (p99, p999): (Value, Value) = (|one| one.p99_ms, |one| one.p999_ms);
        let layers = vec![
            self.band("b999", "p99.9 to slowest", told, p999, |one| one.max_ms),
            self.band("b99", "p99 to p99.9", told, p99, p999),
            self.band("b90", "p90 to p99", told, p90, p99),
            self.band("b50", "p50 to p90", told, p50, p90),
            self.line("p99", "p99", |step| step.latency.map(|one| one.p99_ms)),
            self.line("p50", "p50", |step| step.latency.map(|one| one.p50_ms)),
        ];
        let whole = self.run.totals.latency;
        let whole = whole.map_or_else(String::new, |whole| {
            format!(
                "Half of all updates arrived within {}, 99 of 100 within {}. ",
                ms(whole.p50_ms),
                ms(whole.p99_ms)
            )
        });
        Some(Plot {
            says: format!("{whole}The slowest took {}.", ms(most)),
            ..self.plot(
                ("latency", "Latency", "latency, logarithmic"),
                Axis::logarithmic(least, most, ms),
                |step| {
                    step.latency.map_or_else(
                        || "nothing arrived".to_owned(),
                        |one| {
                            format!(
                                "p50 {}, p90 {}, p99 {}, p99.9 {}, slowest {}",
                                ms(one.p50_ms),
                                ms(one.p90_ms),
                                ms(one.p99_ms),
                                ms(one.p999_ms),
                                ms(one.max_ms)
                            )
                        },
                    )
                },
                layers,
            )
        })
    }

    fn throughput(&self) -> Plot {
        let most = self.most(|step| Some(step.deliveries_per_s.max(step.moves_per_s)));
        let totals = &self.run.totals;
        Plot {
            says: format!(
                "On average {} moves and {} deliveries a second.",
                number(totals.moves_per_s),
                number(totals.deliveries_per_s)
            ),
            ..self.plot(
                ("throughput", "Throughput", "per second"),
                Axis::linear(most.unwrap_or_default(), per_s),
                |step| {
                    format!(
                        "{} deliveries, {} moves a second",
                        number(step.deliveries_per_s),
                        number(step.moves_per_s)
                    )
                },
                vec![
                    self.line("one", "deliveries", |step| Some(step.deliveries_per_s)),
                    self.line("two", "moves", |step| Some(step.moves_per_s)),
                ],
            )
        }
    }

    fn connections(&self) -> Plot {
        let most = self.run.totals.connected_most;
        Plot {
            says: format!("At most {} at once.", count(most.into())),
            ..self.plot(
                ("connections", "Connections", "connections"),
                Axis::linear(most.into(), number),
                |step| format!("{} connections", count(step.connected.into())),
                vec![self.line("one", "connected", |step| Some(step.connected.into()))],
            )
        }
    }

    fn connecting(&self) -> Option<Plot> {
        let all = || self.steps.steps.iter().filter_map(|step| step.connecting);
        let least = all().map(|one| one.p50_ms).reduce(f64::min)?;
        let most = all().map(|one| one.max_ms).reduce(f64::max)?;
        let (p50, p99): (Value, Value) = (|one| one.p50_ms, |one| one.p99_ms);
        let welcomed: Of = |step| step.connecting;
        Some(Plot {
            says: format!(
                "From when somebody wanted to be connected to her welcome, every try counted. The slowest took {}.",
                ms(most)
            ),
            ..self.plot(
                ("connecting", "Time to connect", "time, logarithmic"),
                Axis::logarithmic(least, most, ms),
                |step| {
                    step.connecting.map_or_else(
                        || "nobody was connected".to_owned(),
                        |one| {
                            format!(
                                "p50 {}, p99 {}, slowest {}",
                                ms(one.p50_ms),
                                ms(one.p99_ms),
                                ms(one.max_ms)
                            )
                        },
                    )
                },
                vec![
                    self.band("b99", "p99 to slowest", welcomed, p99, |one| one.max_ms),
                    self.band("b50", "p50 to p99", welcomed, p50, p99),
                    self.line("p99", "p99", |step| Some(step.connecting?.p99_ms)),
                    self.line("p50", "p50", |step| Some(step.connecting?.p50_ms)),
                ],
            )
        })
    }

    fn processor(&self) -> Option<Plot> {
        let most = self.most(|step| step.busy_cores)?;
        let server = self.run.seconds.iter().find_map(|one| one.server)?;
        Some(Plot {
            says: format!(
                "At most {} of {} were busy.",
                number(most),
                cores(server.cores.into())
            ),
            ..self.plot(
                ("processor", "Processor of the server", "cores busy"),
                Axis::linear(most, number),
                |step| {
                    step.busy_cores.map_or_else(
                        || "not measured".to_owned(),
                        |busy| format!("{} busy", cores(busy)),
                    )
                },
                vec![self.line("one", "cores busy", |step| step.busy_cores)],
            )
        })
    }

    fn memory(&self) -> Option<Plot> {
        let most = self.most(|step| step.memory)?;
        Some(Plot {
            says: format!("At most {}.", bytes(most)),
            ..self.plot(
                ("memory", "Memory of the server", "resident memory"),
                Axis::linear(most, bytes),
                |step| step.memory.map_or_else(|| "not measured".to_owned(), bytes),
                vec![self.line("one", "resident", |step| step.memory)],
            )
        })
    }

    fn most(&self, value: impl Fn(&Step) -> Option<f64>) -> Option<f64> {
        self.steps.steps.iter().filter_map(value).reduce(f64::max)
    }

    fn line(
        &self,
        class: &'static str,
        label: &'static str,
        value: impl Fn(&Step) -> Option<f64>,
    ) -> Layer {
        Layer {
            class,
            label,
            shape: Shape::Line(self.steps.steps.iter().map(value).collect()),
        }
    }

    fn band(
        &self,
        class: &'static str,
        label: &'static str,
        of: Of,
        low: Value,
        high: Value,
    ) -> Layer {
        let between = |one: Percentiles| (low(&one), high(&one));
        let steps = self.steps.steps.iter();
        Layer {
            class,
            label,
            shape: Shape::Band(steps.map(|step| of(step).map(between)).collect()),
        }
    }

    /// `says` nothing yet.
    fn plot(
        &self,
        (id, title, measure): (&'static str, &'static str, &'static str),
        values: Axis,
        says: impl Fn(&Step) -> String,
        layers: Vec<Layer>,
    ) -> Plot {
        let columns = self.steps.steps.iter().map(|step| Column {
            from_s: step.from_s.into(),
            says: format!("at {}: {}", seconds(step.from_s.into()), says(step)),
            faults: step.faults > 0,
        });
        Plot {
            id,
            title,
            measure,
            says: String::new(),
            time: Axis::time(self.steps.end_s()),
            values,
            measured_from_s: self.run.occasion.measured_from_s.into(),
            width_s: self.steps.width_s.into(),
            columns: columns.collect(),
            layers,
        }
    }
}

type Of = fn(&Step) -> Option<Percentiles>;
type Value = fn(&Percentiles) -> f64;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn a_server_that_is_not_ours_has_no_plots_of_its_own() {
        let mut run = sample::run(20);
        let titles = |run: &Run| {
            plots(run)
                .into_iter()
                .map(|plot| plot.id)
                .collect::<Vec<_>>()
        };
        assert_eq!(
            titles(&run),
            [
                "latency",
                "throughput",
                "connections",
                "connecting",
                "processor",
                "memory"
            ]
        );
        for point in &mut run.seconds {
            point.server = None;
        }
        for point in &mut run.seconds {
            point.connecting = None;
        }
        assert_eq!(titles(&run), ["latency", "throughput", "connections"]);
        for point in &mut run.seconds {
            point.latency = None;
        }
        assert_eq!(titles(&run), ["throughput", "connections"]);
        run.seconds.clear();
        assert!(titles(&run).is_empty());
    }

    #[test]
    fn the_slow_second_shows_in_the_plot_and_under_the_pointer() {
        let run = sample::run(20);
        let slow = run.seconds[sample::SLOW_S as usize].latency.unwrap();
        let text = plots(&run)[0].to_string();
        assert!(
            text.contains(&format!("at 12 s: p50 {}", ms(slow.p50_ms))),
            "{text}"
        );
        assert!(text.contains(&format!("The slowest took {}.", ms(slow.max_ms))));
    }

    #[test]
    fn a_long_run_says_what_a_step_is() {
        assert_eq!(resolution(&sample::run(20)), None);
        let mut run = sample::run(1);
        run.seconds[0].at_s = 3_599;
        assert!(resolution(&run).unwrap().contains("is 15 s"));
    }
}
