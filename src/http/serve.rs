//! The accept loop: from a listener to connections, until it is told to stop.
//!
//! The listener and the signal are passed in. Stopping refuses new connections at once, lets
//! requests finish, and closes what idles; what is not done within the grace is cut off.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::connection;
use super::door::Door;

/// Between two attempts to accept while the process has no descriptors or memory left.
const SHORTEST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Serves until `stop` is true, or nobody holds its other end.
pub async fn serve(listener: TcpListener, door: Arc<Door>, stop: watch::Receiver<bool>) {
    let mut connections = JoinSet::new();
    let mut pause = Duration::ZERO;
    loop {
        let accepted = tokio::select! {
            accepted = accept(&listener, pause) => accepted,
            () = told(stop.clone()) => break,
            Some(_) = connections.join_next() => continue,
        };
        match accepted {
            Ok((tcp, from)) => {
                pause = Duration::ZERO;
                if let Some(entry) = door.admit(from.ip()) {
                    let door = Arc::clone(&door);
                    connections.spawn(connection::run(door, tcp, from.ip(), entry, stop.clone()));
                }
            }
            Err(error) if is_one_connections(&error) => {}
            Err(error) => {
                if pause.is_zero() {
                    tracing::warn!(%error, "accept a connection; trying again until it works");
                }
                pause = (2 * pause).clamp(SHORTEST_PAUSE, LONGEST_PAUSE);
            }
        }
    }
    drop(listener);
    let all = async { while connections.join_next().await.is_some() {} };
    if timeout(door.grace, all).await.is_err() {
        tracing::warn!(
            cut_off = connections.len(),
            "requests took longer than the grace"
        );
        connections.shutdown().await;
    }
}

async fn accept(
    listener: &TcpListener,
    pause: Duration,
) -> io::Result<(tokio::net::TcpStream, std::net::SocketAddr)> {
    if !pause.is_zero() {
        sleep(pause).await;
    }
    listener.accept().await
}

/// Ended before it was accepted: nothing is wrong here.
fn is_one_connections(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionRefused
            | io::ErrorKind::Interrupted
    )
}

/// Waits for a signal.
pub async fn told(mut stop: watch::Receiver<bool>) {
    // An error: nobody is left to tell it.
    let _ = stop.wait_for(|stop| *stop).await;
}
