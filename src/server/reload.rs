//! What SIGHUP changes in a server that runs: keys, certificates and limits.

use std::sync::Arc;

use crate::auth::Development;
use crate::config::Config;

use super::Running;

impl Running {
    /// Takes keys, certificates and limits of another configuration; the keys of the
    /// configuration that wait for a restart are answered.
    ///
    /// # Errors
    /// A sentence for each thing that could not be taken; the others are.
    pub async fn reload(&self, new: &Config) -> Result<Vec<String>, Vec<String>> {
        let (mut merged, mut waiting) = self.config.reloadable_from(new);
        let mut faults = self
            .reload_keys(&mut merged)
            .await
            .err()
            .unwrap_or_default();
        let (chain, key) = (&merged.server.tls_cert, &merged.server.tls_key);
        match (&self.certificate, chain.as_os_str().is_empty()) {
            (Some(certificate), false) => faults.extend(certificate.reload_from(chain, key).err()),
            (None, true) => {}
            // Whether there is TLS is settled at the start.
            _ => waiting.push("server.tls_cert".to_owned()),
        }
        self.limits.store(Arc::new(merged.limits.clone()));
        self.rates.set(merged.user_rules());
        self.addresses.set(merged.address_rules());
        if faults.is_empty() {
            Ok(waiting)
        } else {
            Err(faults)
        }
    }

    /// A configuration without keys has lost them, unless those for development are in force: keys
    /// of its own never give way to them.
    async fn reload_keys(&self, other: &mut Config) -> Result<(), Vec<String>> {
        let mut in_force = self.keys_in_force.lock().await;
        let auth = &mut other.auth;
        if auth.hmac_secret.is_empty() && auth.jwks.is_empty() && in_force.secret.is_none() {
            let fault = "auth.hmac_secret and auth.jwks are empty now: all keys stay";
            return Err(vec![fault.to_owned()]);
        }
        if auth.server_key.is_empty() && in_force.server_key.is_none() {
            return Err(vec![
                "auth.server_key is empty now: all keys stay".to_owned(),
            ]);
        }
        let completed = Development::complete(auth, &other.server.data);
        let completed = completed.map_err(|fault| vec![fault])?;
        self.verifier.reload(auth).await?;
        *in_force = completed;
        Ok(())
    }
}
