//! Which port a connection comes from.
//!
//! Left to itself the kernel tries port after port, half of them first: with more connections to
//! one server than that half, looking takes longer than everything else. What it gave to others it
//! keeps from who chooses, for a minute after they ended; it alone gives that again.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, ErrorKind};
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicU32, Ordering};

use tokio::net::{TcpSocket, TcpStream};
use tokio::task::yield_now;

/// Of IPv6 as well.
const RANGE: &str = "/proc/sys/net/ipv4/ip_local_port_range";
/// Where that cannot be read.
const USUAL: (u16, u16) = (32_768, 60_999);
/// Ports tried before the kernel is asked, and then at once before others have their turn.
const TRIES: u32 = 64;

pub(crate) struct Ports {
    first: u16,
    count: u32,
    next: AtomicU32,
}

impl Ports {
    /// Each run begins somewhere else, and each process of a run in a part of its own.
    pub(crate) fn new(run: &str, part: u32, parts: u32) -> Self {
        let text = std::fs::read_to_string(RANGE).unwrap_or_default();
        let (first, last) = range(&text).unwrap_or(USUAL);
        let count = u32::from(last - first) + 1;
        let mut hasher = DefaultHasher::new();
        run.hash(&mut hasher);
        let begin = hasher.finish() as u32 % count + count / parts * part;
        Self {
            first,
            count,
            next: AtomicU32::new(begin),
        }
    }

    /// Connects from an address of this machine; `buffer`: what may wait to be read.
    ///
    /// # Errors
    /// When every port is in use, or something else is wrong.
    pub(crate) async fn connect(
        &self,
        from: IpAddr,
        to: SocketAddr,
        buffer: Option<u32>,
    ) -> io::Result<TcpStream> {
        for turn in 0..self.count.div_ceil(TRIES) {
            for _ in 0..TRIES {
                let port = self.next();
                if port != to.port()
                    && let Some(stream) = connect((from, port).into(), to, buffer).await?
                {
                    return Ok(stream);
                }
            }
            if turn == 0
                && let Some(stream) = connect((from, 0).into(), to, buffer).await?
            {
                return unless_itself(stream, to);
            }
            yield_now().await;
        }
        Err(io::Error::other(
            "no port is free; --source names more addresses",
        ))
    }

    fn next(&self) -> u16 {
        let step = self.next.fetch_add(1, Ordering::Relaxed);
        self.first + (step % self.count) as u16
    }
}

/// None: the port is in use. Port 0: the kernel chooses.
async fn connect(
    from: SocketAddr,
    to: SocketAddr,
    buffer: Option<u32>,
) -> io::Result<Option<TcpStream>> {
    let socket = match to {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    // Not bound at all, it chooses when it knows where to, and then more ports will do.
    if from.port() != 0 || !from.ip().is_unspecified() {
        // It may be in use towards another server, or have been until a moment ago.
        socket.set_reuseaddr(true)?;
        match socket.bind(from) {
            Err(error) if error.kind() == ErrorKind::AddrInUse => return Ok(None),
            bound => bound?,
        }
    }
    if let Some(bytes) = buffer {
        socket.set_recv_buffer_size(bytes)?;
    }
    match socket.connect(to).await {
        Err(error) if error.kind() == ErrorKind::AddrNotAvailable => Ok(None),
        connected => connected.map(Some),
    }
}

/// From its own port to itself a connection succeeds where no server is.
fn unless_itself(stream: TcpStream, to: SocketAddr) -> io::Result<TcpStream> {
    if stream.local_addr()? == to {
        return Err(ErrorKind::ConnectionRefused.into());
    }
    Ok(stream)
}

fn range(text: &str) -> Option<(u16, u16)> {
    let mut words = text.split_whitespace().map(str::parse);
    let (first, last) = (words.next()?.ok()?, words.next()?.ok()?);
    (0 < first && first <= last).then_some((first, last))
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use tokio::net::TcpListener;

    use super::*;

    const ANY: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);

    fn ports(first: u16, count: u32) -> Ports {
        Ports {
            first,
            count,
            next: AtomicU32::default(),
        }
    }

    async fn listener() -> (TcpListener, SocketAddr) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        (listener, address)
    }

    #[test]
    fn a_range_is_two_ports_in_order() {
        assert_eq!(range("32768\t60999\n"), Some((32_768, 60_999)));
        assert_eq!(range("9 9"), Some((9, 9)));
        for text in ["", "1024", "60999 32768", "0 9", "1 70000"] {
            assert_eq!(range(text), None, "{text}");
        }
    }

    #[test]
    fn each_port_has_its_turn() {
        let ports = ports(65_533, 3);
        let turns: Vec<u16> = (0..4).map(|_| ports.next()).collect();
        assert_eq!(turns, [65_533, 65_534, 65_535, 65_533]);
    }

    #[tokio::test]
    async fn ports_that_others_have_are_passed_over() {
        let ((_taken, other), (_listens, server)) = (listener().await, listener().await);
        let ports = ports(other.port(), 65_536 - u32::from(other.port()));
        let stream = ports.connect(ANY, server, None).await.unwrap();
        let port = stream.local_addr().unwrap().port();
        assert!(port > other.port() && port != server.port(), "{port}");
    }

    #[tokio::test]
    async fn a_port_that_is_connected_is_not_taken_again() {
        let ((taken, other), (_listens, server)) = (listener().await, listener().await);
        drop(taken);
        let ports = ports(other.port(), 1);
        let first = ports.connect(ANY, server, None).await.unwrap();
        assert_eq!(first.local_addr().unwrap().port(), other.port());
        let second = ports.connect(ANY, server, None).await.unwrap();
        assert_ne!(second.local_addr().unwrap().port(), other.port());
    }

    #[tokio::test]
    async fn where_none_is_free_the_kernel_finds_one() {
        let ((_taken, other), (_listens, server)) = (listener().await, listener().await);
        for port in [other.port(), server.port()] {
            let ports = ports(port, 1);
            for from in [ANY, Ipv4Addr::LOCALHOST.into()] {
                assert!(ports.connect(from, server, None).await.is_ok());
            }
        }
    }

    #[tokio::test]
    async fn where_no_server_is_nobody_reaches_herself() {
        let (listens, server) = listener().await;
        drop(listens);
        let refused = ports(server.port(), 1).connect(ANY, server, None).await;
        assert!(refused.is_err());
    }
}
