//! The certificate: read from PEM files, exchanged when they change, never for a worse one.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use arc_swap::ArcSwap;
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::sign::SingleCertAndKey;
use tokio::sync::watch;

use crate::config::certified_key;

/// A chain with its key, as they are now.
pub struct Certificate {
    files: Mutex<Files>,
    current: ArcSwap<ServerConfig>,
}

#[derive(Clone)]
struct Files {
    chain: PathBuf,
    key: PathBuf,
    /// Of when they were last read; none: they could not be.
    stamp: Option<Stamp>,
}

/// When both files were changed, and their sizes.
type Stamp = [(SystemTime, u64); 2];

impl Certificate {
    /// # Errors
    /// A sentence that names the file and what is wrong with it.
    pub fn load(chain: &Path, key: &Path) -> Result<Arc<Self>, String> {
        let files = Files::at(chain, key);
        Ok(Arc::new(Self {
            current: ArcSwap::new(read(chain, key)?),
            files: Mutex::new(files),
        }))
    }

    /// Reads the files again, whether they changed or not. Connections that are open keep what
    /// they have.
    ///
    /// # Errors
    /// As [`Certificate::load`]; then the old certificate stays.
    pub fn reload(&self) -> Result<(), String> {
        let Files { chain, key, .. } = self.files();
        self.reload_from(&chain, &key)
    }

    /// The same, from now on of these files.
    ///
    /// # Errors
    /// As [`Certificate::load`]; then the old certificate stays until these change.
    pub fn reload_from(&self, chain: &Path, key: &Path) -> Result<(), String> {
        let new = Files::at(chain, key);
        *self.files.lock().unwrap_or_else(PoisonError::into_inner) = new;
        self.current.store(read(chain, key)?);
        Ok(())
    }

    fn files(&self) -> Files {
        let files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        files.clone()
    }

    /// Looks at the files again and again, until told to stop.
    pub async fn watch(self: Arc<Self>, every: Duration, stop: watch::Receiver<bool>) {
        loop {
            tokio::select! {
                () = tokio::time::sleep(every) => {}
                () = super::serve::told(stop.clone()) => return,
            }
            let certificate = Arc::clone(&self);
            let look = tokio::task::spawn_blocking(move || certificate.look());
            if look.await.is_err() {
                return;
            }
        }
    }

    fn look(&self) {
        let Files { chain, key, stamp } = self.files();
        if Files::at(&chain, &key).stamp == stamp {
            return;
        }
        match self.reload() {
            Ok(()) => tracing::info!("the certificate was exchanged"),
            Err(problem) => tracing::error!(%problem, "the old certificate stays"),
        }
    }

    pub(super) fn current(&self) -> Arc<ServerConfig> {
        self.current.load_full()
    }
}

impl Files {
    fn at(chain: &Path, key: &Path) -> Self {
        Self {
            chain: chain.to_owned(),
            key: key.to_owned(),
            stamp: stamp(chain, key).ok(),
        }
    }
}

fn stamp(chain: &Path, key: &Path) -> io::Result<Stamp> {
    let of = |path| {
        let about = fs::metadata(path)?;
        io::Result::Ok((about.modified()?, about.len()))
    };
    Ok([of(chain)?, of(key)?])
}

fn read(chain: &Path, key: &Path) -> Result<Arc<ServerConfig>, String> {
    let certified = certified_key(chain, key)?;
    let provider = Arc::new(aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("the provider has ciphers for both versions")
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(SingleCertAndKey::from(certified)));
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A directory with a certificate and its key in it.
    struct Files(PathBuf);

    impl Files {
        fn new(name: &str) -> Self {
            let name = format!("nearcast-tls-{name}-{}", std::process::id());
            let dir = std::env::temp_dir().join(name);
            fs::create_dir_all(&dir).unwrap();
            let files = Self(dir);
            files.write(&pair(), &pair());
            files
        }

        fn chain(&self) -> PathBuf {
            self.0.join("chain.pem")
        }

        fn key(&self) -> PathBuf {
            self.0.join("key.pem")
        }

        fn write(&self, chain: &(String, String), key: &(String, String)) {
            fs::write(self.chain(), &chain.0).unwrap();
            fs::write(self.key(), &key.1).unwrap();
        }
    }

    impl Drop for Files {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn pair() -> (String, String) {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        (made.cert.pem(), made.signing_key.serialize_pem())
    }

    #[test]
    fn a_key_of_another_certificate_is_refused_and_both_are_named() {
        let files = Files::new("other-key");
        let said = Certificate::load(&files.chain(), &files.key())
            .err()
            .unwrap();
        assert!(
            said.starts_with("put certificate and key together"),
            "{said}"
        );
        fs::write(files.chain(), "no PEM at all").unwrap();
        let said = Certificate::load(&files.chain(), &files.key())
            .err()
            .unwrap();
        assert!(said.contains("chain.pem"), "{said}");
        fs::remove_file(files.key()).unwrap();
        fs::write(files.chain(), pair().0).unwrap();
        let said = Certificate::load(&files.chain(), &files.key())
            .err()
            .unwrap();
        assert!(said.contains("key.pem"), "{said}");
    }

    #[test]
    fn a_bad_new_file_keeps_the_old_certificate_and_a_good_one_replaces_it() {
        let files = Files::new("exchange");
        let first = pair();
        files.write(&first, &first);
        let certificate = Certificate::load(&files.chain(), &files.key()).unwrap();
        let old = certificate.current();
        fs::write(files.chain(), "half a certif").unwrap();
        certificate.look();
        assert!(Arc::ptr_eq(&old, &certificate.current()));
        assert!(certificate.reload().is_err());
        assert!(Arc::ptr_eq(&old, &certificate.current()));
        let second = pair();
        files.write(&second, &second);
        certificate.look();
        assert!(!Arc::ptr_eq(&old, &certificate.current()));
        let new = certificate.current();
        certificate.look();
        assert!(Arc::ptr_eq(&new, &certificate.current()), "nothing changed");
    }
}
