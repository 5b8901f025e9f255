//! Who calls: tokens, sessions of browsers and certificates of parts, each made into a [`Caller`].
//!
//! [`authenticate`] is the layer around every route. It takes what a request shows and never what it claims: a token is
//! checked by [`verifier`], with keys of this server ([`keys`]) or of an issuer elsewhere ([`issuer`], [`jwks`]); a cookie
//! names a session that the database has ([`session`]); a certificate was checked by TLS. What a caller may do is not
//! decided here.

pub(crate) mod authenticate;
pub(crate) mod cross_site;
pub(crate) mod issuer;
pub(crate) mod jwks;
pub(crate) mod jwt;
pub(crate) mod keys;
pub(crate) mod outgoing;
pub(crate) mod secret;
pub(crate) mod session;
pub(crate) mod verifier;

use std::sync::Arc;

use crate::access::Caller;

pub(crate) use authenticate::authenticate;

/// Who a request is of, as its extensions hold it.
pub(crate) type Known = Arc<Caller>;
