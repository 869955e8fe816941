//! What a run must reach: `p99<250ms,missing=0,deliveries>1000`.
//!
//! Faults need no objective to count: kinds that none speaks of must not be found at all.

use std::fmt::{self, Display, Formatter};

use crate::report::Run;
use crate::report::numbers::{ms, number};
use crate::tally::{Fault, Percentiles};

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Slo(Vec<Objective>);

#[derive(Clone, Copy, Debug, PartialEq)]
struct Objective {
    figure: Figure,
    sign: Sign,
    limit: f64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Figure {
    P50,
    P90,
    P99,
    P999,
    Max,
    /// The p99 of the time to be connected.
    Connect,
    Fault(Fault),
    Errors,
    /// A second.
    Deliveries,
    /// At most at once.
    Connected,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Sign {
    Below,
    AtMost,
    Above,
    AtLeast,
    Exactly,
}

/// The longer before what begins it.
const SIGNS: [(&str, Sign); 5] = [
    ("<=", Sign::AtMost),
    (">=", Sign::AtLeast),
    ("<", Sign::Below),
    (">", Sign::Above),
    ("=", Sign::Exactly),
];

impl Slo {
    /// # Errors
    /// Everything that is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (mut objectives, mut refused) = (Vec::new(), Vec::new());
        for one in text.split(',') {
            match Objective::parse(one.trim()) {
                Ok(objective) => objectives.push(objective),
                Err(why) => refused.push(why),
            }
        }
        if refused.is_empty() {
            return Ok(Self(objectives));
        }
        Err(refused.join("\n"))
    }

    /// A sentence for each objective that was not met.
    #[must_use]
    pub fn broken(&self, run: &Run) -> Vec<String> {
        let asked = |fault| self.0.iter().any(|one| one.figure == Figure::Fault(fault));
        let unasked = Fault::ALL.into_iter().filter(|&fault| !asked(fault));
        let none = unasked.map(|fault| Objective {
            figure: Figure::Fault(fault),
            sign: Sign::Exactly,
            limit: 0.0,
        });
        let objectives = self.0.iter().copied().chain(none);
        objectives
            .filter_map(|objective| objective.broken(run))
            .collect()
    }
}

impl Objective {
    fn parse(text: &str) -> Result<Self, String> {
        let split = SIGNS.iter().find_map(|&(sign, meaning)| {
            let (name, limit) = text.split_once(sign)?;
            Some((name.trim(), meaning, limit.trim()))
        });
        let Some((name, sign, limit)) = split else {
            return Err(format!(
                "\"{text}\" is no objective: write a figure, one of < <= > >= =, and a limit, as in p99<250ms"
            ));
        };
        let Some(figure) = Figure::named(name) else {
            let names: Vec<_> = Figure::all().map(Figure::name).collect();
            return Err(format!(
                "\"{text}\": there is no \"{name}\"; there are {}",
                names.join(", ")
            ));
        };
        let limit = figure
            .limit(limit)
            .map_err(|why| format!("\"{text}\": {why}"))?;
        Ok(Self {
            figure,
            sign,
            limit,
        })
    }

    fn broken(self, run: &Run) -> Option<String> {
        let name = self.figure.name();
        let Some(value) = self.figure.of(run) else {
            let what = match self.figure {
                Figure::Connect => "nobody was connected",
                _ => "nothing was delivered",
            };
            return Some(format!("{name} must be {self}, but {what}"));
        };
        let shown = self.figure.shown(value);
        (!self.sign.holds(value, self.limit))
            .then(|| format!("{name} is {shown}; it must be {self}"))
    }
}

/// Goes on after "must be".
impl Display for Objective {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let words = match self.sign {
            Sign::Below => "below ",
            Sign::AtMost => "at most ",
            Sign::Above => "above ",
            Sign::AtLeast => "at least ",
            Sign::Exactly => "",
        };
        write!(f, "{words}{}", self.figure.shown(self.limit))
    }
}

impl Sign {
    fn holds(self, value: f64, limit: f64) -> bool {
        match self {
            Self::Below => value < limit,
            Self::AtMost => value <= limit,
            Self::Above => value > limit,
            Self::AtLeast => value >= limit,
            Self::Exactly => value == limit,
        }
    }
}

impl Figure {
    fn all() -> impl Iterator<Item = Self> {
        let latencies = [Self::P50, Self::P90, Self::P99, Self::P999, Self::Max];
        let latencies = latencies.into_iter().chain([Self::Connect]);
        let counts = [Self::Errors, Self::Deliveries, Self::Connected];
        let faults = Fault::ALL.into_iter().map(Self::Fault);
        latencies.chain(faults).chain(counts)
    }

    fn named(name: &str) -> Option<Self> {
        Self::all().find(|figure| figure.name() == name)
    }

    fn name(self) -> &'static str {
        match self {
            Self::P50 => "p50",
            Self::P90 => "p90",
            Self::P99 => "p99",
            Self::P999 => "p999",
            Self::Max => "max",
            Self::Connect => "connect",
            Self::Fault(fault) => fault.name(),
            Self::Errors => "errors",
            Self::Deliveries => "deliveries",
            Self::Connected => "connected",
        }
    }

    /// In milliseconds, where it is a latency.
    fn of(self, run: &Run) -> Option<f64> {
        let latency = |of: fn(Percentiles) -> f64| run.totals.latency.map(of);
        match self {
            Self::P50 => latency(|one| one.p50_ms),
            Self::P90 => latency(|one| one.p90_ms),
            Self::P99 => latency(|one| one.p99_ms),
            Self::P999 => latency(|one| one.p999_ms),
            Self::Max => latency(|one| one.max_ms),
            Self::Connect => run.totals.connecting.map(|one| one.p99_ms),
            Self::Fault(fault) => Some(run.faults.count(fault) as f64),
            Self::Errors => Some(run.totals.errors as f64),
            Self::Deliveries => Some(run.totals.deliveries_per_s),
            Self::Connected => Some(run.totals.connected_most.into()),
        }
    }

    fn is_latency(self) -> bool {
        matches!(
            self,
            Self::P50 | Self::P90 | Self::P99 | Self::P999 | Self::Max | Self::Connect
        )
    }

    fn limit(self, text: &str) -> Result<f64, String> {
        let (digits, unit) = text.split_at(text.find(char::is_alphabetic).unwrap_or(text.len()));
        let factor = match (self.is_latency(), unit) {
            (true, "ms") | (false, "") => 1.0,
            (true, "s") => 1000.0,
            (true, _) => {
                return Err(format!(
                    "{} is a time; write it as 250ms or 0.25s",
                    self.name()
                ));
            }
            (false, _) => return Err(format!("{} is a number without a unit", self.name())),
        };
        match digits.trim_end().parse::<f64>() {
            Ok(limit) if limit.is_finite() && limit >= 0.0 => Ok(limit * factor),
            _ => Err(format!("\"{digits}\" is not a number from 0 on")),
        }
    }

    fn shown(self, value: f64) -> String {
        match self {
            Self::Deliveries => format!("{} a second", number(value)),
            _ if self.is_latency() => ms(value),
            _ => number(value),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    fn broken(slo: &str, run: &Run) -> Vec<String> {
        Slo::parse(slo).unwrap().broken(run)
    }

    #[test]
    fn objectives_that_are_met_are_not_mentioned() {
        let run = sample::clean(20);
        let slo = "connect<10ms,p50<1s, p99 < 1.5s ,max<=60s,missing=0,forbidden=0,errors=0,deliveries>500,connected>=2000";
        assert_eq!(broken(slo, &run), Vec::<String>::new());
    }

    #[test]
    fn each_that_is_not_met_is_a_sentence() {
        let mut run = sample::clean(20);
        run.totals.latency.as_mut().unwrap().p99_ms = 312.4;
        run.totals.deliveries_per_s = 970.0;
        assert_eq!(
            broken("p99<250ms,deliveries>1000,connected=1999,errors>=1", &run),
            [
                "p99 is 312 ms; it must be below 250 ms",
                "deliveries is 970 a second; it must be above 1,000 a second",
                "connected is 2,000; it must be 1,999",
                "errors is 0; it must be at least 1",
            ]
        );
    }

    #[test]
    fn a_limit_itself_is_at_most_and_not_below() {
        let mut run = sample::clean(20);
        run.totals.latency.as_mut().unwrap().p99_ms = 250.0;
        assert!(broken("p99<=250ms", &run).is_empty());
        assert!(broken("p99>=0.25s", &run).is_empty());
        assert_eq!(broken("p99<250ms", &run).len(), 1);
        assert_eq!(broken("p99>250ms", &run).len(), 1);
    }

    #[test]
    fn faults_that_nobody_speaks_of_must_not_be_there() {
        let run = sample::run(20);
        assert_eq!(broken("late<=1", &run), ["missing is 4; it must be 0"]);
        assert_eq!(broken("missing<10", &run), ["late is 1; it must be 0"]);
        assert_eq!(Slo::default().broken(&run).len(), 2);
    }

    #[test]
    fn a_latency_of_nothing_is_not_met() {
        let mut run = sample::clean(20);
        run.totals.latency = None;
        assert_eq!(
            broken("p99<250ms", &run),
            ["p99 must be below 250 ms, but nothing was delivered"]
        );
    }

    #[test]
    fn everything_wrong_is_told_at_once() {
        let refused =
            Slo::parse("p99<250,mising=0,missing=1ms,errors,p50<-1ms,late=many").unwrap_err();
        let lines: Vec<_> = refused.lines().collect();
        let expected = [
            "write it as 250ms or 0.25s",
            "there is no \"mising\"; there are p50, p90, p99, p999, max, connect, forbidden,",
            "missing is a number without a unit",
            "\"errors\" is no objective",
            "\"-1\" is not a number from 0 on",
            "late is a number without a unit",
        ];
        assert_eq!(lines.len(), expected.len(), "{refused}");
        for (line, part) in lines.into_iter().zip(expected) {
            assert!(line.contains(part), "{line}");
        }
        assert!(Slo::parse("").is_err());
    }
}
