//! The lines of an import: cut from a body of any length, a batch at a time, and read.

use std::time::Duration;

use axum::body::Body;
use http_body_util::BodyExt;
use hyper::body::{Buf, Bytes, Frame};

use crate::store::Imported;

use super::import::Fault;
use super::said::import_line;

/// Most bytes of a line.
const MAX_LINE: usize = 16 * 1024;

/// A body that is read line by line.
pub(super) struct Lines {
    body: Body,
    most: usize,
    /// What came behind the last batch.
    rest: Bytes,
    /// The line that is not finished.
    line: Vec<u8>,
    /// It is longer than a line may be; the rest of it is passed over.
    too_long: bool,
    /// Lines so far.
    count: u64,
    ended: bool,
}

/// Lines that are written together.
pub(super) struct Batch {
    /// The first and the last, counted from 1.
    pub(super) lines: [u64; 2],
    content: Vec<(u64, Line)>,
}

enum Line {
    Text(Vec<u8>),
    TooLong,
}

impl Lines {
    pub(super) fn new(body: Body, most: usize) -> Self {
        Self {
            body,
            most: most.max(1),
            rest: Bytes::new(),
            line: Vec::new(),
            too_long: false,
            count: 0,
            ended: false,
        }
    }

    /// The next lines: as many as a batch has, or fewer when nothing more comes for a while.
    pub(super) async fn batch(&mut self, lull: Duration) -> Option<Batch> {
        let first = self.count + 1;
        let mut content = Vec::new();
        while self.count + 1 - first < self.most as u64 {
            if let Some(line) = self.cut() {
                content.extend(line);
            } else if self.ended {
                break;
            } else if content.is_empty() {
                let frame = self.body.frame().await;
                self.take(frame);
            } else {
                match tokio::time::timeout(lull, self.body.frame()).await {
                    Ok(frame) => self.take(frame),
                    Err(_) => break,
                }
            }
        }
        (self.count >= first).then_some(Batch {
            lines: [first, self.count],
            content,
        })
    }

    fn take(&mut self, frame: Option<Result<Frame<Bytes>, axum::Error>>) {
        match frame {
            Some(Ok(frame)) => self.rest = frame.into_data().unwrap_or_default(),
            None => self.ended = true,
            Some(Err(_)) => {
                // Half a line may still be JSON, and say something else than the whole.
                self.line.clear();
                self.ended = true;
            }
        }
    }

    /// Cuts the next line from what has come. A blank one is counted and says nothing.
    fn cut(&mut self) -> Option<Option<(u64, Line)>> {
        let end = self.rest.iter().position(|&byte| byte == b'\n');
        let part = match end {
            Some(end) => {
                let part = self.rest.split_to(end);
                self.rest.advance(1);
                part
            }
            None => std::mem::take(&mut self.rest),
        };
        if self.line.len() + part.len() > MAX_LINE {
            self.too_long = true;
            self.line.clear();
        }
        if !self.too_long {
            self.line.extend_from_slice(&part);
        }
        if end.is_none() && !(self.ended && (self.too_long || !self.line.is_empty())) {
            return None;
        }
        self.count += 1;
        let line = std::mem::take(&mut self.line);
        let said = match std::mem::take(&mut self.too_long) {
            true => Some(Line::TooLong),
            false if line.trim_ascii().is_empty() => None,
            false => Some(Line::Text(line)),
        };
        Some(said.map(|said| (self.count, said)))
    }
}

impl Batch {
    /// Reads the lines: what they say, from which line each comes, and which say nothing.
    pub(super) fn read(
        &self,
        avatar_hosts: &[String],
        now: u64,
    ) -> (Vec<Imported>, Vec<u64>, Vec<Fault>) {
        let (mut good, mut numbers, mut faults) = (Vec::new(), Vec::new(), Vec::new());
        for (number, line) in &self.content {
            let said = match line {
                Line::Text(text) => import_line(text, avatar_hosts, now),
                Line::TooLong => Err(format!("longer than {MAX_LINE} bytes")),
            };
            match said {
                Ok(said) => {
                    good.push(said);
                    numbers.push(*number);
                }
                Err(error) => faults.push(Fault {
                    line: *number,
                    error,
                }),
            }
        }
        (good, numbers, faults)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn batches(parts: &[&str], most: usize) -> Vec<([u64; 2], Vec<String>)> {
        let parts: Vec<Bytes> = parts
            .iter()
            .map(|part| Bytes::from((*part).to_owned()))
            .collect();
        let mut lines = Lines::new(Body::new(Parts(parts)), most);
        let mut all = Vec::new();
        while let Some(batch) = lines.batch(Duration::from_secs(60)).await {
            let (_, numbers, faults) = batch.read(&[], 0);
            let mut said: Vec<String> = numbers.iter().map(|line| format!("{line} good")).collect();
            said.extend(
                faults
                    .iter()
                    .map(|fault| format!("{} {}", fault.line, fault.error)),
            );
            all.push((batch.lines, said));
        }
        all
    }

    /// A body in the given parts.
    struct Parts(Vec<Bytes>);

    impl hyper::body::Body for Parts {
        type Data = Bytes;
        type Error = std::convert::Infallible;

        fn poll_frame(
            mut self: std::pin::Pin<&mut Self>,
            _: &mut std::task::Context<'_>,
        ) -> std::task::Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
            let next = (!self.0.is_empty()).then(|| Ok(Frame::data(self.0.remove(0))));
            std::task::Poll::Ready(next)
        }
    }

    #[tokio::test]
    async fn lines_are_the_same_however_the_body_is_cut() {
        let text = "{\"friends\":[\"a\",\"b\"]}\n\n{\"user\":{\"id\":\"c\"}}\r\nnonsense";
        let whole = batches(&[text], 10).await;
        assert_eq!(whole.len(), 1);
        assert_eq!(whole[0].0, [1, 4]);
        assert_eq!(whole[0].1[..2], ["1 good", "3 good"]);
        assert!(whole[0].1[2].starts_with("4 malformed JSON"), "{whole:?}");
        for at in 1..text.len() {
            let (one, other) = text.split_at(at);
            assert_eq!(batches(&[one, other], 10).await, whole, "cut at {at}");
        }
    }

    #[tokio::test]
    async fn a_batch_has_as_many_lines_as_it_may_and_the_last_the_rest() {
        let text = "{\"friends\":[\"a\",\"b\"]}\n".repeat(5);
        let found: Vec<_> = batches(&[&text], 2)
            .await
            .into_iter()
            .map(|one| one.0)
            .collect();
        assert_eq!(found, [[1, 2], [3, 4], [5, 5]]);
        assert!(batches(&[""], 2).await.is_empty());
    }

    #[tokio::test]
    async fn a_line_that_is_too_long_is_named_and_takes_no_other_with_it() {
        let long = format!("{{\"x\":\"{}\"}}", "y".repeat(MAX_LINE));
        let good = "{\"friends\":[\"a\",\"b\"]}";
        let text = format!("{good}\n{long}\n{good}\n{long}");
        let found = batches(&[&text], 10).await;
        let fault = "longer than 16384 bytes";
        let expected = [
            "1 good",
            "3 good",
            &format!("2 {fault}"),
            &format!("4 {fault}"),
        ];
        assert_eq!(found[0].1, expected);
    }
}
