//! Several processes for one run: each is told its part on its standard input, and tells every
//! second on its standard output. It ends when its input does, so none outlives who leads it.

use std::io::Write as _;
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::mpsc;

use crate::drive::Order;
use crate::tally::Second;

/// Seconds that wait to be added up.
const QUEUE: usize = 256;

type Told = Result<Second, String>;

/// The others.
pub(crate) struct Led {
    children: Vec<Child>,
    inputs: Vec<ChildStdin>,
    pub(crate) seconds: mpsc::Receiver<Told>,
}

impl Led {
    /// # Errors
    /// A sentence, when one cannot be started.
    pub(crate) async fn start(orders: &[Order]) -> Result<Self, String> {
        let program = std::env::current_exe();
        let program = program.map_err(|error| format!("find this program: {error}"))?;
        let (tell, seconds) = mpsc::channel(QUEUE);
        let (mut children, mut inputs) = (Vec::new(), Vec::new());
        for order in orders {
            let failed = |error: std::io::Error| format!("start another process: {error}");
            let mut child = Command::new(&program)
                .arg("play")
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                // Ctrl-C is for who leads.
                .process_group(0)
                .kill_on_drop(true)
                .spawn()
                .map_err(failed)?;
            let mut stdin = child.stdin.take().expect("it was asked for");
            let stdout = child.stdout.take().expect("it was asked for");
            let mut line = serde_json::to_vec(order).expect("an order is JSON");
            line.push(b'\n');
            stdin.write_all(&line).await.map_err(failed)?;
            let last_s = (order.lasts_ms / 1000) as u32;
            tokio::spawn(listen(stdout, order.part, last_s, tell.clone()));
            children.push(child);
            inputs.push(stdin);
        }
        Ok(Self {
            children,
            inputs,
            seconds,
        })
    }

    /// They are to end, and tell their last second.
    pub(crate) fn end(&mut self) {
        self.inputs.clear();
    }

    /// # Errors
    /// A sentence about the first that did not end well.
    pub(crate) async fn ended(mut self) -> Result<(), String> {
        self.end();
        for child in &mut self.children {
            let status = child.wait().await;
            let status = status.map_err(|error| format!("wait for a process: {error}"))?;
            if !status.success() {
                return Err(format!("a process of this run ended with {status}"));
            }
        }
        Ok(())
    }
}

/// Passes on what one of them tells, and that it tells no more before its time.
async fn listen(stdout: ChildStdout, part: u32, seconds: u32, tell: mpsc::Sender<Told>) {
    let (mut lines, mut told) = (BufReader::new(stdout).lines(), 0);
    while told < seconds {
        let Ok(Some(line)) = lines.next_line().await else {
            let early = format!("process {part} ended after {told} of {seconds} seconds");
            // Who does not listen any more knows it.
            let _ = tell.send(Err(early)).await;
            return;
        };
        let second = Second::from_line(&line);
        let second = second.map_err(|error| format!("process {part}: {error}"));
        told += 1;
        if tell.send(second).await.is_err() {
            return;
        }
    }
}

/// What a process that is led does.
///
/// # Errors
/// A sentence, for its leader's standard error.
pub(crate) async fn follow() -> Result<(), String> {
    let mut stdin = BufReader::new(tokio::io::stdin());
    let mut line = String::new();
    let read = stdin.read_line(&mut line).await;
    read.map_err(|error| format!("read the order: {error}"))?;
    let order: Order =
        serde_json::from_str(&line).map_err(|error| format!("read the order: {error}"))?;
    let play = order.play(order.town()?)?;
    let stop = async {
        // Nothing more is said; it ends.
        let _ = stdin.read(&mut [0]).await;
    };
    let tell = |second: Second| {
        // Who does not listen any more has ended too.
        let _ = writeln!(std::io::stdout().lock(), "{}", second.to_line());
    };
    play.run(None, tell, stop).await
}
