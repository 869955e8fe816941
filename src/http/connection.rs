//! One connection: its TLS handshake, its requests one after the other, its end.

use std::convert::Infallible;
use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;

use hyper::body::Incoming;
use hyper::rt::{Read, Write};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use super::door::{Door, Entry};
use super::patience::{Patience, ran_out};
use super::serve::told;
use super::visit::Visit;

/// Most headers of a request.
const MAX_HEADERS: usize = 100;
/// What hyper reads of a head before it refuses it itself, without our words. Above what `visit`
/// refuses, so that nearly everybody gets those.
const MAX_BUFFER: usize = 32 * 1024;

pub(super) async fn run(
    door: Arc<Door>,
    tcp: TcpStream,
    from: IpAddr,
    entry: Entry,
    stop: watch::Receiver<bool>,
) {
    // Answers are written whole; waiting for more would only delay them.
    let _ = tcp.set_nodelay(true);
    let Some(certificate) = &door.certificate else {
        let visit = Visit::new(door, from, false, entry);
        return converse(TokioIo::new(tcp), visit, stop).await;
    };
    let acceptor = TlsAcceptor::from(certificate.current());
    let handshake = timeout(door.times.head, acceptor.accept(tcp));
    match handshake.await {
        Ok(Ok(tls)) => {
            let visit = Visit::new(door, from, true, entry);
            converse(TokioIo::new(tls), visit, stop).await;
        }
        Ok(Err(error)) => tracing::debug!(%error, "TLS handshake"),
        Err(_) => tracing::debug!("TLS handshake: not finished in time"),
    }
}

/// Answers requests until the connection ends, becomes a WebSocket, is told to stop or is waited
/// for too long.
async fn converse<Io>(io: Io, visit: Visit, stop: watch::Receiver<bool>)
where
    Io: Read + Write + Unpin + Send + 'static,
{
    let (patience, waits) = Patience::new(visit.door.times.head);
    let visit = Arc::new(visit);
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let (visit, patience) = (Arc::clone(&visit), patience.clone());
        async move { Ok::<_, Infallible>(visit.answer(request, patience).await) }
    });
    let mut connection = pin!(
        http1::Builder::new()
            // Heads are waited for with the same patience as everything else.
            .header_read_timeout(None)
            .max_headers(MAX_HEADERS)
            .max_buf_size(MAX_BUFFER)
            .serve_connection(io, service)
            .with_upgrades()
    );
    let mut out_of_patience = pin!(ran_out(waits));
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = out_of_patience.as_mut() => return,
        () = told(stop) => {
            connection.as_mut().graceful_shutdown();
            tokio::select! {
                ended = connection => ended,
                () = out_of_patience => return,
            }
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "connection");
    }
}
