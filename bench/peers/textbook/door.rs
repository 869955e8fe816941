//! HTTP until the upgrade, on a thread of its own; the streams after it go to the gateway.

use std::convert::Infallible;
use std::io;
use std::net::{TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use http_body_util::Empty;
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use nearcast::socket::upgrade::{Accepted, Line, accept};
use rustix::event::{EventfdFlags, eventfd};

/// Upgraded connections that the gateway has not taken yet.
const WAITING: usize = 1024;

/// A user whose connection is a WebSocket now, and what she has said already.
pub(crate) struct Guest {
    pub(crate) stream: TcpStream,
    pub(crate) early: Vec<u8>,
}

/// Somebody may stand there: a descriptor that is readable then.
pub(crate) struct Arrivals(Arc<OwnedFd>);

impl Arrivals {
    pub(crate) fn bell(&self) -> &OwnedFd {
        &self.0
    }

    /// Who rings now is heard later.
    pub(crate) fn quiet(&self) -> io::Result<()> {
        match rustix::io::read(&*self.0, &mut [0_u8; 8]) {
            Ok(_) | Err(rustix::io::Errno::AGAIN) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

#[derive(Clone)]
struct Way {
    guests: SyncSender<Guest>,
    bell: Arc<OwnedFd>,
}

pub(crate) fn open(listener: TcpListener) -> io::Result<(Receiver<Guest>, Arrivals)> {
    listener.set_nonblocking(true)?;
    let (guests, waiting) = sync_channel(WAITING);
    let bell = Arc::new(eventfd(0, EventfdFlags::NONBLOCK | EventfdFlags::CLOEXEC)?);
    let way = Way {
        guests,
        bell: Arc::clone(&bell),
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()?;
    thread::spawn(move || {
        if let Err(error) = runtime.block_on(let_in(listener, way)) {
            eprintln!("let users in: {error}");
        }
    });
    Ok((waiting, Arrivals(bell)))
}

async fn let_in(listener: TcpListener, way: Way) -> io::Result<()> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let way = way.clone();
        tokio::spawn(async move {
            let service = service_fn(move |request| {
                let way = way.clone();
                async move { Ok::<_, Infallible>(answer(request, way)) }
            });
            let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
            if let Err(error) = connection.with_upgrades().await {
                eprintln!("serve a request: {error}");
            }
        });
    }
}

fn answer(mut request: Request<Incoming>, way: Way) -> Response<Empty<Bytes>> {
    match accept(&mut request) {
        Ok((response, accepted)) => {
            tokio::spawn(async move {
                if let Err(error) = way.hand_over(accepted).await {
                    eprintln!("hand a connection over: {error}");
                }
            });
            response
        }
        Err(refused) => {
            let mut response = Response::new(Empty::new());
            *response.status_mut() = refused.status();
            response
        }
    }
}

impl Way {
    async fn hand_over(&self, accepted: Accepted) -> io::Result<()> {
        let (Line::Plain(stream), early) = accepted.stream().await? else {
            return Err(io::Error::other("no TLS is offered here"));
        };
        let stream = stream.into_std()?;
        // The gateway takes them faster than they come.
        let gone = |_| io::Error::other("the gateway has ended");
        self.guests.send(Guest { stream, early }).map_err(gone)?;
        rustix::io::write(&*self.bell, &1_u64.to_ne_bytes())?;
        Ok(())
    }
}
