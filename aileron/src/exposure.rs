//! Whether what the settings open may be reached from where it is: the rule that nobody opens a server by mistake.
//!
//! On a loopback address everybody is trusted, as everybody there can run commands anyway. Elsewhere callers must say who
//! they are, and nobody may listen to it; who wants it otherwise says so by name.

use std::net::SocketAddr;

use anyhow::{Result, bail};

use crate::settings::{Auth, Settings};

/// Refuses addresses that are open to others without authentication or TLS.
pub(crate) fn check(settings: &Settings) -> Result<()> {
    tls_is_whole(settings)?;
    if settings.auth != Auth::Off && !settings.listen.ip().is_loopback() && settings.public_url.is_none() {
        bail!(
            "public_url: tokens are for one address; say by which one clients reach this server, with --public-url"
        )
    }
    let doors = [("listen", Some(settings.listen)), ("s3_listen", settings.s3_listen)];
    for (setting, address) in doors.into_iter().filter_map(|(name, address)| Some((name, address?))) {
        if let Some(problem) = problem(settings, setting, address) {
            bail!("{setting}: {address} {problem}");
        }
    }
    Ok(())
}

fn tls_is_whole(settings: &Settings) -> Result<()> {
    match (&settings.tls_cert, &settings.tls_key) {
        (Some(_), None) => bail!("tls_cert: a certificate needs its key; give `tls_key` too"),
        (None, Some(_)) => bail!("tls_key: a key needs its certificate; give `tls_cert` too"),
        (None, None) if settings.tls_client_ca.is_some() => {
            bail!("tls_client_ca: clients have certificates in TLS alone; give `tls_cert` and `tls_key` too")
        }
        _ => Ok(()),
    }
}

/// What is wrong with an address; the store's own door asks for a key at all times, and speaks no TLS.
fn problem(settings: &Settings, setting: &str, address: SocketAddr) -> Option<&'static str> {
    let is_store = setting == "s3_listen";
    if address.ip().is_loopback() {
        None
    } else if !is_store && settings.auth == Auth::Off && !settings.allow_anonymous {
        Some(
            "can be reached by others, and whoever reaches it may run commands here; give --auth=builtin or \
             --auth=oidc (docs/security.md), listen on 127.0.0.1, or, where all who reach it are trusted, give \
             --allow-anonymous=true",
        )
    } else if (is_store || settings.tls_cert.is_none()) && !settings.allow_plaintext {
        Some(
            "can be reached by others, who can read what is said there; give --tls-cert and --tls-key, or, where \
             something before it speaks TLS or nobody listens, --allow-plaintext=true",
        )
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings;

    fn checked(flags: &[&str]) -> Result<(), String> {
        check(&settings::of_flags(flags)).map_err(|error| error.to_string())
    }

    #[test]
    fn loopback_is_trusted() {
        for address in ["127.0.0.1:1", "[::1]:1", "127.9.9.9:0"] {
            assert_eq!(checked(&["--listen", address, "--s3-listen", address]), Ok(()), "{address}");
        }
    }

    #[test]
    fn what_others_reach_needs_authentication_and_tls_or_flags_that_say_otherwise() {
        for address in ["0.0.0.0:1", "[::]:1", "10.0.0.1:1", "[::ffff:127.0.0.1]:1"] {
            let told = checked(&["--listen", address]).unwrap_err();
            assert!(told.contains("--allow-anonymous=true"), "{told}");
            let open = ["--listen", address, "--allow-anonymous=true"];
            let told = checked(&open).unwrap_err();
            assert!(told.contains("--tls-cert"), "{told}");
            assert_eq!(checked(&[&open[..], &["--allow-plaintext=true"]].concat()), Ok(()));
            assert_eq!(checked(&[&open[..], &["--tls-cert=c", "--tls-key=k"]].concat()), Ok(()));
        }
    }

    #[test]
    fn callers_that_are_told_apart_reach_one_address() {
        let flags = ["--listen", "0.0.0.0:1", "--auth=builtin", "--allow-plaintext=true"];
        assert!(checked(&flags).unwrap_err().starts_with("public_url: "));
        assert_eq!(checked(&[&flags[..], &["--public-url=https://a.test"]].concat()), Ok(()));
        assert!(
            checked(&[&flags[..3], &["--public-url=https://a.test"]].concat())
                .unwrap_err()
                .contains("--tls-cert")
        );
    }

    #[test]
    fn the_door_of_the_store_needs_to_be_said_plain() {
        let told = checked(&["--s3-listen", "0.0.0.0:1"]).unwrap_err();
        assert!(told.starts_with("s3_listen: 0.0.0.0:1") && told.contains("--allow-plaintext"), "{told}");
        assert_eq!(checked(&["--s3-listen", "0.0.0.0:1", "--allow-plaintext=true"]), Ok(()));
    }

    #[test]
    fn half_a_pair_is_told() {
        for flag in ["--tls-cert=c", "--tls-key=k", "--tls-client-ca=c"] {
            assert!(checked(&[flag]).unwrap_err().starts_with(&flag[2..7].replace('-', "_")), "{flag}");
        }
    }
}
