//! The page that a manager reads: one file, no script, nothing from elsewhere.

use std::fmt::{self, Display, Formatter};

use super::escape::Text;
use super::numbers::{bytes, cores, count, many, ms, number, per_s, seconds};
use super::{Run, plots};
use crate::tally::Fault;

const STYLE: &str = include_str!("page.css");

pub(super) struct Page<'a>(pub(super) &'a Run);

impl Display for Page<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let title = Text(&self.0.occasion.title);
        write!(
            f,
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:\">\n\
             <link rel=\"icon\" href=\"data:,\">\n\
             <title>{}: {title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n",
            self.0.verdict.word()
        )?;
        self.head(f)?;
        self.verdict(f)?;
        self.numbers(f)?;
        self.facts(f)?;
        self.plots(f)?;
        self.faults(f)?;
        self.parameters(f)?;
        self.foot(f)?;
        f.write_str("</body>\n</html>\n")
    }
}

impl Page<'_> {
    fn head(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let occasion = &self.0.occasion;
        writeln!(
            f,
            "<header>\n<h1>{}</h1>\n<p class=\"quiet\">Load test of nearcast: {} people, {}, scenario {}, started {}</p>\n</header>",
            Text(&occasion.title),
            count(self.0.people.into()),
            occasion.lasted(),
            Text(&occasion.scenario),
            Text(&occasion.started)
        )
    }

    fn verdict(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let verdict = &self.0.verdict;
        let word = verdict.word();
        let sign = match word {
            "Passed" => "✓",
            "Failed" => "✗",
            _ => "!",
        };
        writeln!(
            f,
            "<section class=\"verdict {word}\">\n<strong><span aria-hidden=\"true\">{sign}</span> {word}</strong>\n<p>{}</p>",
            Text(self.0.in_short())
        )?;
        if !verdict.broken.is_empty() {
            f.write_str("<ul>\n")?;
            for sentence in &verdict.broken {
                writeln!(f, "<li>{}</li>", Text(sentence))?;
            }
            f.write_str("</ul>\n")?;
        }
        f.write_str("</section>\n")
    }

    /// The two that end each run.
    fn numbers(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let totals = &self.0.totals;
        let p99 = totals
            .latency
            .map_or_else(|| "–".to_owned(), |one| ms(one.p99_ms));
        let per_core = totals.deliveries_per_core_s;
        let per_core_text = per_core.map_or_else(|| "–".to_owned(), number);
        let mut how = "deliveries per second and core of the server".to_owned();
        if per_core.is_none() {
            how = format!("{how}: {}", totals.why_not_per_core());
        }
        writeln!(
            f,
            "<section class=\"numbers\">\n\
             <div class=\"number\"><b>{per_core_text}</b>{how}</div>\n\
             <div class=\"number\"><b>{p99}</b>p99: 99 of 100 updates arrived within this time</div>\n\
             </section>"
        )
    }

    fn facts(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let (run, totals) = (self.0, &self.0.totals);
        let time = |of: Option<f64>| of.map(ms);
        let (latency, connecting) = (totals.latency, totals.connecting);
        let facts = [
            (
                "connections, at most",
                Some(count(totals.connected_most.into())),
            ),
            (
                "connected within, p50",
                time(connecting.map(|one| one.p50_ms)),
            ),
            (
                "connected within, p99",
                time(connecting.map(|one| one.p99_ms)),
            ),
            (
                "slowest to be connected",
                time(connecting.map(|one| one.max_ms)),
            ),
            ("moves", Some(per_s(totals.moves_per_s))),
            ("deliveries", Some(per_s(totals.deliveries_per_s))),
            ("received", Some(bytes(totals.bytes as f64))),
            ("p50", time(latency.map(|one| one.p50_ms))),
            ("p90", time(latency.map(|one| one.p90_ms))),
            ("p99.9", time(latency.map(|one| one.p999_ms))),
            ("slowest", time(latency.map(|one| one.max_ms))),
            ("processor time of the server", totals.cpu_s.map(seconds)),
            (
                "memory of the server, at most",
                totals.memory_most.map(|most| bytes(most as f64)),
            ),
            ("checks", Some(count(run.checked))),
            ("faults", Some(count(run.faults.total()))),
            ("errors of connections", Some(count(totals.errors))),
            ("lateness of the tool, p99", time(totals.late_p99_ms)),
        ];
        f.write_str("<dl class=\"facts\">\n")?;
        for (name, value) in facts {
            if let Some(value) = value {
                writeln!(f, "<div><dt>{name}</dt><dd>{}</dd></div>", Text(value))?;
            }
        }
        f.write_str("</dl>\n")
    }

    fn plots(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let plots = plots::plots(self.0);
        if plots.is_empty() {
            return Ok(());
        }
        f.write_str("<h2>Over time</h2>\n")?;
        if let Some(resolution) = plots::resolution(self.0) {
            writeln!(f, "<p class=\"quiet\">{}</p>", Text(resolution))?;
        }
        if self.0.occasion.measured_from_s > 0 {
            let arriving = seconds(self.0.occasion.measured_from_s.into());
            writeln!(
                f,
                "<p class=\"quiet\">People arrived in the first {arriving}, which are shaded: they are in no total above. Faults count from the start.</p>"
            )?;
        }
        plots.iter().try_for_each(|plot| write!(f, "{plot}"))
    }

    fn faults(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let faults = &self.0.faults;
        f.write_str("<h2>Faults</h2>\n")?;
        let checked = many(self.0.checked, "check");
        if faults.total() == 0 {
            return writeln!(
                f,
                "<p>None in {checked} of what people saw against what was true.</p>"
            );
        }
        f.write_str("<table>\n<thead><tr><th>kind</th><th class=\"count\">count</th><th>what it means, and the first of them</th></tr></thead>\n<tbody>\n")?;
        for fault in Fault::ALL
            .into_iter()
            .filter(|&fault| faults.count(fault) > 0)
        {
            write!(
                f,
                "<tr><td>{}</td><td class=\"count\">{}</td><td>{}<ul>",
                fault.name(),
                count(faults.count(fault)),
                Text(fault.meaning())
            )?;
            for example in faults.examples(fault) {
                write!(f, "<li>{}</li>", Text(example))?;
            }
            f.write_str("</ul></td></tr>\n")?;
        }
        f.write_str("</tbody>\n</table>\n")
    }

    fn parameters(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("<h2>Parameters</h2>\n<table>\n<thead><tr><th>name</th><th>value</th></tr></thead>\n<tbody>\n")?;
        for (name, value) in &self.0.occasion.parameters {
            writeln!(
                f,
                "<tr><td>{}</td><td class=\"value\">{}</td></tr>",
                Text(name),
                Text(value)
            )?;
        }
        f.write_str("</tbody>\n</table>\n")
    }

    fn foot(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let server = self.0.seconds.iter().find_map(|one| one.server);
        let machine = server.map_or_else(String::new, |server| {
            format!(" The server could use {}.", cores(server.cores.into()))
        });
        writeln!(
            f,
            "<footer>\n<p>Latency is counted from the moment at which a person meant to move, not from when the tool got round to sending it: a server that stalls cannot hide.{machine} \
             All figures are in report.json, all seconds in seconds.csv.</p>\n</footer>"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;
    use crate::slo::Slo;

    fn page(run: &Run) -> String {
        Page(run).to_string()
    }

    #[test]
    fn the_page_refers_to_nothing_and_runs_nothing() {
        let page = page(&sample::run(20));
        for word in ["<script", "http:", "https:", "src=", "@import", "url("] {
            assert!(!page.contains(word), "{word}");
        }
    }

    #[test]
    fn the_two_numbers_are_those_of_the_totals() {
        let run = sample::run(20);
        let page = page(&run);
        let p99 = ms(run.totals.latency.unwrap().p99_ms);
        let per_core = number(run.totals.deliveries_per_core_s.unwrap());
        assert!(page.contains(&format!("<b>{p99}</b>")), "{p99}");
        assert!(page.contains(&format!("<b>{per_core}</b>")), "{per_core}");
    }

    #[test]
    fn the_verdict_and_each_broken_objective_are_told() {
        let failed = page(&sample::run(20));
        assert!(failed.contains("</span> Failed</strong>"));
        assert!(failed.contains("<li>missing is 4; it must be 0</li>"));
        let clean = sample::clean(20);
        let passed = page(&clean.clone().judged(&Slo::default(), None));
        assert!(passed.contains("</span> Passed</strong>"));
        assert!(passed.contains("<p>None in "));
        let invalid = page(&clean.judged(&Slo::default(), Some("no <time>".to_owned())));
        assert!(invalid.contains("</span> Invalid</strong>"));
        assert!(invalid.contains("no &lt;time&gt;"));
    }

    #[test]
    fn a_run_that_ended_early_says_so() {
        let mut run = sample::run(20);
        assert!(page(&run).contains("2,000 people, 20 s, scenario"));
        run.occasion.ended_early_of_s = Some(60.0);
        assert!(page(&run).contains("2,000 people, 20 s of 60 s, scenario"));
    }

    #[test]
    fn texts_of_others_are_escaped() {
        let page = page(&sample::run(20));
        assert!(page.contains("p0 &lt;did&gt; not see &quot;p9&quot; &amp; friends"));
        assert!(page.contains("&lt;none&gt; &amp; &quot;all&quot;"));
    }

    #[test]
    fn every_element_is_closed() {
        let page = page(&sample::run(20));
        for element in [
            "html", "section", "figure", "svg", "table", "tr", "td", "ul", "li", "dl", "title",
            "text", "p",
        ] {
            let open = page.matches(&format!("<{element}>")).count()
                + page.matches(&format!("<{element} ")).count();
            let closed = page.matches(&format!("</{element}>")).count();
            assert_eq!(open, closed, "{element}");
        }
    }

    #[test]
    fn a_run_in_which_nothing_happened_has_a_page() {
        let run = Run::new(Default::default(), &Default::default());
        let page = page(&run.judged(&Slo::default(), None));
        assert!(page.contains("<b>–</b>"));
        assert!(!page.contains("<svg"));
    }
}
