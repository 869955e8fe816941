//! A certificate chain and its key from their files: whole, or a sentence that says why not.

use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;

/// Reads `server.tls_cert` and `server.tls_key`. The sentence never holds what is in the key.
pub fn certified_key(certificate: &Path, key: &Path) -> Result<Arc<CertifiedKey>, String> {
    let chain = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| format!("read the certificate {}: {error}", certificate.display()))?;
    if chain.is_empty() {
        let name = certificate.display();
        return Err(format!("read the certificate {name}: there is none in it"));
    }
    let private = PrivateKeyDer::from_pem_file(key)
        .map_err(|error| format!("read the key {}: {error}", key.display()))?;
    let provider = rustls::crypto::aws_lc_rs::default_provider();
    CertifiedKey::from_der(chain, private, &provider)
        .map(Arc::new)
        .map_err(|error| format!("put certificate and key together: {error}"))
}
