//! One answer for each query, in order, on standard output.

use std::io::{self, BufWriter, ErrorKind, Write};

use serde::Serialize;

use super::lines::{Line, Lines, MOST_BYTES};
use super::query::{BadQuery, words};
use super::{BAD_QUERY, complain};

/// What a command found, for a program (as JSON) and for a person.
pub(crate) trait Answer: Serialize {
    /// One line, among others.
    fn line(&self) -> String;

    /// All there is to say, when it was the only question.
    fn page(&self) -> String {
        self.line()
    }
}

/// Answers the query in the arguments, or where there is none each line of standard input.
/// What it returns is the exit status.
pub(crate) fn answer<A: Answer>(
    arguments: &[String],
    json: bool,
    ask: impl Fn(&[&str]) -> Result<A, BadQuery>,
) -> io::Result<u8> {
    let mut output = BufWriter::new(io::stdout().lock());
    let status = if arguments.is_empty() {
        answer_lines(&mut output, json, ask)
    } else {
        let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
        answer_one(&mut output, json, &ask(&words))
    };
    match status {
        // The reader has seen enough.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(0),
        status => status,
    }
}

fn answer_one<A: Answer>(
    output: &mut impl Write,
    json: bool,
    found: &Result<A, BadQuery>,
) -> io::Result<u8> {
    match found {
        Ok(answer) if !json => writeln!(output, "{}", answer.page())?,
        Err(fault) if !json => complain(&fault.to_string()),
        found => write_line(output, json, found)?,
    }
    output.flush()?;
    Ok(if found.is_ok() { 0 } else { BAD_QUERY })
}

fn answer_lines<A: Answer>(
    output: &mut impl Write,
    json: bool,
    ask: impl Fn(&[&str]) -> Result<A, BadQuery>,
) -> io::Result<u8> {
    let mut lines = Lines::new(io::stdin().lock());
    let mut status = 0;
    while let Some(line) = lines.next()? {
        let found = match line {
            Line::Whole(line) => words(line).and_then(|words| ask(&words.collect::<Vec<_>>())),
            Line::TooLong => Err(BadQuery::TooLong { most: MOST_BYTES }),
        };
        if found.is_err() {
            status = BAD_QUERY;
        }
        write_line(output, json, &found)?;
        // Whoever asks line by line may wait for this answer before the next question.
        output.flush()?;
    }
    Ok(status)
}

#[derive(Serialize)]
struct Refusal {
    error: String,
}

fn write_line<A: Answer>(
    output: &mut impl Write,
    json: bool,
    found: &Result<A, BadQuery>,
) -> io::Result<()> {
    match found {
        Ok(answer) if json => serde_json::to_writer(&mut *output, answer)?,
        Ok(answer) => output.write_all(answer.line().as_bytes())?,
        Err(fault) if json => {
            let error = fault.to_string();
            serde_json::to_writer(&mut *output, &Refusal { error })?;
        }
        Err(fault) => write!(output, "error: {fault}")?,
    }
    output.write_all(b"\n")
}
