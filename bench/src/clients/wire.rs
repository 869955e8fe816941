//! A connection of a client, plain or with TLS.

use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;

use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore};
use socket2::{Domain, Protocol, Socket, Type};

pub(super) struct Wire {
    pub(super) stream: TcpStream,
    tls: Option<Box<ClientConnection>>,
}

/// Trusts the certificate of the server that the bench started, and no other.
pub(crate) fn trust(certificate: CertificateDer<'static>) -> Result<Arc<ClientConfig>, String> {
    let failed = |error| format!("prepare TLS for the clients: {error}");
    let mut roots = RootCertStore::empty();
    roots.add(certificate).map_err(failed)?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(failed)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

impl Wire {
    /// Begins to connect: writable when it is done.
    pub(super) fn connect(to: SocketAddr, tls: Option<&Arc<ClientConfig>>) -> io::Result<Self> {
        let socket = Socket::new(Domain::for_address(to), Type::STREAM, Some(Protocol::TCP))?;
        socket.set_nonblocking(true)?;
        socket.set_tcp_nodelay(true)?;
        match socket.connect(&to.into()) {
            Err(error) if error.raw_os_error() != Some(IN_PROGRESS) => return Err(error),
            _ => {}
        }
        let begin = |config: &Arc<ClientConfig>| {
            let name = ServerName::from(to.ip());
            ClientConnection::new(Arc::clone(config), name).map(Box::new)
        };
        let tls = tls.map(begin).transpose().map_err(io::Error::other)?;
        Ok(Self {
            stream: socket.into(),
            tls,
        })
    }

    pub(super) fn is_plain(&self) -> bool {
        self.tls.is_none()
    }

    /// Reads what has come; 0: the server has ended it.
    #[inline]
    pub(super) fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some(tls) = &mut self.tls else {
            return (&self.stream).read(buffer);
        };
        loop {
            match tls.reader().read(buffer) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                read => return read,
            }
            if tls.read_tls(&mut &self.stream)? == 0 {
                return Ok(0);
            }
            let processed = tls.process_new_packets();
            processed.map_err(|error| io::Error::new(ErrorKind::InvalidData, error))?;
            while tls.wants_write() {
                tls.write_tls(&mut &self.stream)?;
            }
        }
    }

    /// What a client says is short: a kernel that does not take it at once is a fault.
    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let Some(tls) = &mut self.tls else {
            return (&self.stream).write_all(bytes);
        };
        tls.writer().write_all(bytes)?;
        while tls.wants_write() {
            tls.write_tls(&mut &self.stream)?;
        }
        Ok(())
    }
}

/// EINPROGRESS.
const IN_PROGRESS: i32 = 115;
