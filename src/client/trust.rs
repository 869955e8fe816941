//! Whose certificates a client believes.

use std::fmt;
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, RootCertStore};

/// Read once, used for many connections.
#[derive(Clone)]
pub struct Trust(Arc<ClientConfig>);

impl Trust {
    /// The roots of the system, and no others.
    ///
    /// # Errors
    /// When TLS cannot be set up, or there is no root to be read.
    pub fn system() -> Result<Self, String> {
        Self::with(&[])
    }

    /// The roots of the system and these: for a test's own authority.
    ///
    /// # Errors
    /// When one of them is no certificate.
    pub fn with(extra: &[CertificateDer<'_>]) -> Result<Self, String> {
        let mut roots = RootCertStore::empty();
        // A root that cannot be read is one less to believe, but not all of them.
        let found = rustls_native_certs::load_native_certs();
        if let (true, true, Some(error)) = (
            found.certs.is_empty(),
            extra.is_empty(),
            found.errors.first(),
        ) {
            return Err(format!("read whom this machine believes: {error}"));
        }
        roots.add_parsable_certificates(found.certs);
        for root in extra {
            roots
                .add(root.clone().into_owned())
                .map_err(|error| format!("believe an extra root: {error}"))?;
        }
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| format!("set up TLS: {error}"))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self(Arc::new(config)))
    }

    pub(super) fn connector(&self) -> tokio_rustls::TlsConnector {
        Arc::clone(&self.0).into()
    }
}

impl fmt::Debug for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Trust")
    }
}
