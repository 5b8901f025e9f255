//! How callers are told apart, of the settings.

use std::path::PathBuf;
use std::time::Duration;

use aileron_server::{Authentication, BuiltIn, External, Secret};
use anyhow::{Result, bail};

use crate::secret_file;
use crate::settings::{Auth, Settings};

/// Between two fetches of an identity provider's keys because a token names one that is not known.
const LEAST_KEY_PAUSE: Duration = Duration::from_secs(10);

/// Who tells callers apart.
pub(crate) fn authentication(settings: &Settings) -> Result<Authentication> {
    Ok(match settings.auth {
        Auth::Off => Authentication::Off,
        Auth::BuiltIn => Authentication::BuiltIn(BuiltIn {
            key_file: key_file(settings),
            access_life: settings.access_token_life.0,
            refresh_life: settings.refresh_token_life.0,
        }),
        Auth::Oidc => Authentication::External(Box::new(external(settings)?)),
    })
}

/// The file with the keys that sign tokens.
pub(crate) fn key_file(settings: &Settings) -> PathBuf {
    settings.token_key_file.clone().unwrap_or_else(|| settings.data_dir.join("token.key"))
}

fn external(settings: &Settings) -> Result<External> {
    let Some(issuer) = settings.oidc_issuer.clone() else {
        bail!("oidc_issuer: it is needed with --auth=oidc; give the address of the identity provider")
    };
    if settings.oidc_audience.is_empty() {
        bail!(
            "oidc_audience: it is needed with --auth=oidc, or tokens for any other service would count here"
        )
    }
    let client_secret = match &settings.oidc_client_secret_file {
        Some(path) => Some(Secret::new(secret_file::read("oidc_client_secret_file", path)?)),
        None => None,
    };
    Ok(External {
        issuer,
        audience: settings.oidc_audience.clone(),
        client_id: settings.oidc_client_id.clone(),
        client_secret,
        public_client_id: settings.oidc_public_client_id.clone(),
        scopes: settings.oidc_scopes.clone(),
        client_audience: settings.oidc_client_audience.clone().unwrap_or_default(),
        required_scope: settings.oidc_required_scope.clone().unwrap_or_default(),
        algorithms: settings.oidc_algorithms.clone(),
        user_claim: settings.oidc_user_claim.clone(),
        groups_claim: settings.oidc_groups_claim.clone(),
        least_key_pause: LEAST_KEY_PAUSE,
    })
}
