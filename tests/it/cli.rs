//! `nearcast cell` and `nearcast distance`, as a person and as a script meet them.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

struct Said {
    status: i32,
    out: String,
    err: String,
}

impl Said {
    fn lines(&self) -> Vec<&str> {
        self.out.lines().collect()
    }

    fn json(&self) -> Vec<Value> {
        self.out
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }
}

fn start(arguments: &str) -> Child {
    Command::new(env!("CARGO_BIN_EXE_nearcast"))
        .args(arguments.split_whitespace())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn ask_lines(arguments: &str, input: &[u8]) -> Said {
    let mut nearcast = start(arguments);
    let mut stdin = nearcast.stdin.take().unwrap();
    let input = input.to_vec();
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let output = nearcast.wait_with_output().unwrap();
    // A command that refuses its arguments does not read.
    let _ = writer.join().unwrap();
    Said {
        status: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

fn ask(arguments: &str) -> Said {
    ask_lines(arguments, b"")
}

#[test]
fn a_cell_has_its_centre_bounds_and_neighbours() {
    let said = ask("cell 37.5665 126.978 --json");
    assert_eq!((said.status, said.err.as_str()), (0, ""));
    assert_eq!(
        said.json(),
        [json!({
            "cell": "wydm9q",
            "lat": 37.5650024,
            "lon": 126.9744873,
            "bounds": {
                "south": 37.562255859375,
                "west": 126.968994140625,
                "north": 37.5677490234375,
                "east": 126.97998046875,
            },
            "neighbours": [
                "wydm9r", "wydm9x", "wydm9w", "wydm9t", "wydm9m", "wydm9j", "wydm9n", "wydm9p",
            ],
        })]
    );
}

#[test]
fn the_precision_or_the_hexagons_can_be_chosen() {
    let cell = |arguments| ask(arguments).json()[0]["cell"].clone();
    assert_eq!(cell("cell 37.5665 126.978 --precision 4 --json"), "wydm");
    assert_eq!(
        cell("cell --json --precision 12 37.5665 126.978"),
        "wydm9qy89z5m"
    );
    assert_eq!(
        cell("cell --h3 7 37.5665 126.978 --json"),
        "8730e1d8cffffff"
    );
    let hexagon = ask("cell 37.5665 126.978 --h3 7 --json").json();
    assert_eq!(hexagon[0]["neighbours"].as_array().unwrap().len(), 6);
}

#[test]
fn a_person_reads_a_page_or_a_line() {
    let page = ask("cell 37.5665 126.978");
    assert_eq!(
        page.lines()[..2],
        ["cell        wydm9q", "centre      37.5650024 126.9744873"]
    );
    let lines = ask_lines("cell", b"37.5665 126.978\n90 0\n");
    assert_eq!(
        lines.lines(),
        [
            "wydm9q  centre 37.5650024 126.9744873",
            "upbpbp  centre 89.9972534 0.0054932",
        ]
    );
    assert_eq!(ask("distance 0 0 0 1").out, "111.319 km\n");
    assert_eq!(ask("distance 0 0 0 0.001").out, "111.319 m\n");
}

#[test]
fn a_distance_is_in_metres() {
    assert_eq!(
        ask("distance 0 0 0 1 --json").out,
        "{\"distance_m\":111319.491}\n"
    );
    assert_eq!(
        ask("distance 90 0 -90 0 --json").json(),
        [json!({"distance_m": 20_003_931.459})]
    );
    assert_eq!(
        ask("distance 5 5 5 5 --json").json(),
        [json!({"distance_m": 0.0})]
    );
}

#[test]
fn negative_numbers_are_coordinates_in_every_notation() {
    assert_eq!(ask("cell -37.5 -.5 --json").status, 0);
    assert_eq!(ask("distance -1e-1 -0 -1.5E1 -1e2 --json").status, 0);
    assert_eq!(ask("distance --json -- -1 -2 -3 -4").status, 0);
}

#[test]
fn a_coordinate_that_is_none_is_65_and_says_which() {
    let said = ask("cell 91 0");
    assert_eq!((said.status, said.out.as_str()), (65, ""));
    assert_eq!(said.err, "error: latitude 91 is not within -90 to 90\n");
    assert_eq!(ask("cell abc 0").err, "error: \"abc\" is not a number\n");
    assert_eq!(
        ask("distance 0 0 0 NaN").err,
        "error: longitude NaN is not a finite number\n"
    );
    let said = ask("cell 0 -180.5 --json");
    assert_eq!(said.status, 65);
    assert_eq!(
        said.json(),
        [json!({"error": "longitude -180.5 is not within -180 to 180"})]
    );
}

#[test]
fn a_command_line_that_is_none_is_64_and_says_why() {
    for (arguments, reason) in [
        ("cell 1", "2 values required"),
        ("cell 1 2 3", "2 values required"),
        ("distance 1 2 3", "4 values required"),
        (
            "cell 1 2 --precision 13",
            "geohash precision 13 is not within 1 to 12",
        ),
        (
            "cell 1 2 --precision 0",
            "geohash precision 0 is not within 1 to 12",
        ),
        ("cell 1 2 --h3 16", "H3 resolution 16 is not within 0 to 15"),
        ("cell 1 2 --h3 5 --precision 5", "cannot be used with"),
        ("cell 1 2 --colour", "--colour"),
        ("fly", "fly"),
        ("", "Usage"),
    ] {
        let said = ask(arguments);
        assert_eq!((said.status, said.out.as_str()), (64, ""), "{arguments}");
        assert!(said.err.contains(reason), "{arguments}: {}", said.err);
    }
    assert_eq!((ask("--help").status, ask("--version").status), (0, 0));
}

#[test]
fn each_line_has_one_answer_in_order_and_a_bad_one_costs_only_itself() {
    let said = ask_lines(
        "distance --json",
        b"0 0 0 1\n0,0,1,0\nnowhere\n\n 0 , 0\t0 181 \r\n\xff\xfe\n0 0 0 0 0\n0 0 0 2",
    );
    assert_eq!(said.status, 65);
    assert_eq!(
        said.json(),
        [
            json!({"distance_m": 111_319.491}),
            json!({"distance_m": 110_574.389}),
            json!({"error": "expected 4 numbers, found 1"}),
            json!({"error": "the line is empty; expected 4 numbers"}),
            json!({"error": "longitude 181 is not within -180 to 180"}),
            json!({"error": "the line is not UTF-8"}),
            json!({"error": "expected 4 numbers, found 5"}),
            json!({"distance_m": 222_638.982}),
        ]
    );
}

#[test]
fn a_person_reads_the_fault_on_its_own_line() {
    let said = ask_lines("cell", b"0 0\n0 x\x1b[31m\n");
    assert_eq!(said.lines()[1], "error: \"x\\u{1b}[31m\" is not a number");
    assert_eq!((said.lines().len(), said.status), (2, 65));
}

#[test]
fn good_lines_end_with_status_0_and_no_lines_too() {
    assert_eq!(ask_lines("cell --json", b"1 2\n3 4\n").status, 0);
    let nothing = ask_lines("cell --json", b"");
    assert_eq!((nothing.status, nothing.out.as_str()), (0, ""));
}

#[test]
fn a_line_without_end_is_one_error() {
    let mut input = vec![b'1'; 3_000_000];
    input.extend_from_slice(b"\n1 2\n");
    let said = ask_lines("cell --json", &input);
    assert_eq!(said.status, 65);
    assert_eq!(
        said.json()[0],
        json!({"error": "the line is longer than 4096 bytes"})
    );
    assert_eq!(
        (said.json().len(), &said.json()[1]["cell"]),
        (2, &json!("s01mtw"))
    );
}

#[test]
fn an_answer_comes_before_the_next_question() {
    let mut nearcast = start("cell --json");
    let mut questions = nearcast.stdin.take().unwrap();
    let mut answers = BufReader::new(nearcast.stdout.take().unwrap());
    for _ in 0..3 {
        questions.write_all(b"1 2\n").unwrap();
        let mut answer = String::new();
        answers.read_line(&mut answer).unwrap();
        assert!(answer.ends_with("}\n"));
    }
    drop(questions);
    assert!(nearcast.wait().unwrap().success());
}

#[test]
fn a_reader_who_has_seen_enough_ends_it_quietly() {
    let mut nearcast = start("cell --json");
    drop(nearcast.stdout.take());
    let mut questions = nearcast.stdin.take().unwrap();
    // It may be gone before it has read everything.
    let _ = questions.write_all("1 2\n".repeat(1000).as_bytes());
    drop(questions);
    let output = nearcast.wait_with_output().unwrap();
    assert_eq!(
        (output.status.code(), output.stderr.as_slice()),
        (Some(0), &b""[..])
    );
}
