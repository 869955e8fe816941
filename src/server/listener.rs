//! The listening socket.

use std::net::SocketAddr;

use tokio::net::{TcpListener, TcpSocket};

/// Connections that wait to be accepted when everybody comes back at once; the kernel may allow
/// fewer.
const BACKLOG: u32 = 16_384;

pub(super) fn open(address: SocketAddr) -> Result<TcpListener, String> {
    let socket = if address.is_ipv4() {
        TcpSocket::new_v4()
    } else {
        TcpSocket::new_v6()
    };
    let listening = socket.and_then(|socket| {
        // After a restart, connections of the one before may still be closing.
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        socket.listen(BACKLOG)
    });
    listening.map_err(|error| format!("listen on {address}: {error}"))
}

pub(super) fn address(listener: &TcpListener) -> Result<SocketAddr, String> {
    listener
        .local_addr()
        .map_err(|error| format!("listen: {error}"))
}
