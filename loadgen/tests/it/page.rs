//! The page of a report as a browser has it: nothing is refused, every plot is drawn, and its
//! figures are those of `report.json`.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

use crate::machine::shared;
use crate::tool::{Folder, Ran, hamlet_of};

/// What one opens it with; `cargo xtask test` installs it where it is missing.
const BROWSER: &str = "chromium";

/// Says how large each plot, and each line and band of it, came out.
const MEASURE: &str = "<script>
for (const svg of document.querySelectorAll('svg')) {
  const box = svg.getBoundingClientRect();
  const sizes = [...svg.querySelectorAll('path:not(.grid):not(.axis)')].map((path) => {
    const size = path.getBBox();
    return `${size.width.toFixed(0)} ${getComputedStyle(path).display}`;
  });
  svg.dataset.measured = `${box.width.toFixed(0)} ${box.height.toFixed(0)};${sizes.join(';')}`;
}
</script>";

/// The document after it was shown, and what the console says.
fn opened(page: &Path) -> Output {
    let profile = Folder::new();
    let output = Command::new(BROWSER)
        .args(["--headless", "--no-sandbox", "--disable-gpu"])
        .args([
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--window-size=1000,3000",
        ])
        .args(["--enable-logging=stderr", "--v=0", "--timeout=60000"])
        .arg(format!("--user-data-dir={}", profile.0.display()))
        .arg("--dump-dom")
        .arg(format!("file://{}", page.display()))
        .output();
    output
        .unwrap_or_else(|error| panic!("start {BROWSER}: {error}: `cargo xtask test` installs it"))
}

fn complaints(output: &Output) -> Vec<String> {
    let said = String::from_utf8_lossy(&output.stderr);
    let lines = said.lines().filter(|line| line.contains("CONSOLE"));
    lines.map(str::to_owned).collect()
}

fn document(output: &Output) -> String {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    assert!(text.contains("<h2>Faults</h2>"), "{output:?}");
    text
}

/// What stands between two words, for each time that they come.
fn between<'t>(text: &'t str, from: &'t str, to: &'t str) -> Vec<&'t str> {
    let parts = text.split(from).skip(1);
    parts.map(|part| part.split(to).next().unwrap()).collect()
}

/// A figure of the page as `report.json` has it: milliseconds, bytes, seconds of processor time.
fn value(shown: &str) -> f64 {
    let shown = shown.trim_end_matches("/s").replace(',', "");
    let (digits, unit) = shown.split_once(' ').unwrap_or((&shown, ""));
    let number: f64 = digits
        .parse()
        .unwrap_or_else(|_| panic!("{shown} is no figure"));
    number
        * match unit {
            "" | "ms" | "B" => 1.0,
            "kB" | "s" => 1e3,
            "MB" => 1e6,
            "GB" => 1e9,
            _ => panic!("{unit} is no unit"),
        }
}

/// To the three digits that a page shows.
fn is(shown: &str, found: &Value, name: &str) {
    let (shown, found) = (value(shown), found.as_f64().unwrap());
    let slack = found.abs() / 150.0 + 0.000_6;
    assert!(
        (shown - found).abs() <= slack,
        "{name}: {shown} is not {found}"
    );
}

#[test]
fn the_page_shows_the_figures_of_the_json_and_draws_its_plots() {
    let _place = shared();
    let ran = Ran::with_server(&hamlet_of(240), &["--duration", "6s"]);
    let page = ran.folder.0.join("out/index.html");
    let output = opened(&page);
    assert_eq!(complaints(&output), Vec::<String>::new());
    let dom = document(&output);

    let totals = &ran.report["totals"];
    let numbers = between(&dom, "<div class=\"number\"><b>", "</b>");
    is(numbers[0], &totals["deliveries_per_core_s"], "per core");
    is(numbers[1], &totals["latency"]["p99_ms"], "p99");
    let facts: Vec<(&str, &str)> = between(&dom, "<dt>", "</dd>")
        .into_iter()
        .map(|fact| fact.split_once("</dt><dd>").unwrap())
        .collect();
    for (name, pointer) in [
        ("connections, at most", "/totals/connected_most"),
        ("connected within, p50", "/totals/connecting/p50_ms"),
        ("connected within, p99", "/totals/connecting/p99_ms"),
        ("slowest to be connected", "/totals/connecting/max_ms"),
        ("moves", "/totals/moves_per_s"),
        ("deliveries", "/totals/deliveries_per_s"),
        ("received", "/totals/bytes"),
        ("p50", "/totals/latency/p50_ms"),
        ("p90", "/totals/latency/p90_ms"),
        ("p99.9", "/totals/latency/p999_ms"),
        ("slowest", "/totals/latency/max_ms"),
        ("memory of the server, at most", "/totals/memory_most"),
        ("checks", "/checked"),
        ("errors of connections", "/totals/errors"),
        ("lateness of the tool, p99", "/totals/late_p99_ms"),
    ] {
        let fact = facts.iter().find(|(dt, _)| *dt == name);
        let (_, shown) = fact.unwrap_or_else(|| panic!("no {name} in {facts:?}"));
        is(shown, ran.report.pointer(pointer).unwrap(), name);
    }
    seconds(&dom, &ran.report);
    is_drawn(&page);
}

/// What a plot says under the pointer, second by second.
fn seconds(dom: &str, report: &Value) {
    let latency = between(dom, "<title id=\"latency-title\"", "</svg>")[0];
    let columns = between(latency, "<title>", "</title>");
    let seconds = report["seconds"].as_array().unwrap();
    assert_eq!(columns.len(), seconds.len());
    let mut shown = 0;
    for (column, second) in columns.iter().zip(seconds) {
        assert!(
            column.starts_with(&format!("at {} s: ", second["at_s"])),
            "{column}"
        );
        if second["latency"].is_null() {
            assert!(column.ends_with("nothing arrived"), "{column}");
            continue;
        }
        let figures = column.split_once(": ").unwrap().1.split(", ");
        let names = ["p50", "p90", "p99", "p99.9", "slowest"];
        for (figure, name) in figures.zip(names) {
            let key = match name {
                "slowest" => "max_ms".to_owned(),
                name => format!("{}_ms", name.replace('.', "")),
            };
            let text = figure.strip_prefix(name).unwrap().trim();
            is(text, &second["latency"][key], name);
            shown += 1;
        }
    }
    assert!(shown > 0);
}

/// With a script in it, which the page itself forbids.
fn is_drawn(page: &Path) {
    let text = std::fs::read_to_string(page).unwrap();
    let policy = between(&text, "<meta http-equiv", ">")[0];
    let text = text.replace(&format!("<meta http-equiv{policy}>"), "");
    let measured = page.with_file_name("measured.html");
    std::fs::write(
        &measured,
        text.replace("</body>", &format!("{MEASURE}</body>")),
    )
    .unwrap();
    let dom = document(&opened(&measured));
    let plots = between(&dom, "data-measured=\"", "\"");
    assert_eq!(plots.len(), 6, "{plots:?}");
    for plot in plots {
        let (size, layers) = plot.split_once(';').unwrap();
        let (width, height) = size.split_once(' ').unwrap();
        let sizes = [width, height].map(|size| size.parse::<f64>().unwrap());
        assert!(sizes[0] > 400.0 && sizes[1] > 100.0, "{plot}");
        for layer in layers.split(';') {
            let (width, display) = layer.split_once(' ').unwrap();
            // A part of a second at least, in a picture of six.
            assert!(width.parse::<f64>().unwrap() > 50.0, "{plot}");
            assert_eq!(display, "inline", "{plot}");
        }
    }
}

/// The test's own eyes.
#[test]
fn a_script_that_the_page_forbids_is_a_complaint() {
    let folder = Folder::new();
    let page = folder.write(
        "index.html",
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'\">\
         <h2>Faults</h2><script>1</script>",
    );
    let output = opened(Path::new(&page));
    document(&output);
    assert!(!complaints(&output).is_empty(), "{output:?}");
}
