//! Who runs a shard: whoever holds its lease.
//!
//! The holder renews it; one who cannot for [`RENEW`] stops the shard's runs, well before anyone else may take the
//! lease at [`LEASE`]. One that stops in good order gives it back, so that the next takes over at once.

use std::time::Duration;

use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{MicroTime, ObjectMeta};
use kube::Client;
use kube::api::{Api, PostParams};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::{clock, told};

/// How long a lease lasts that is not renewed.
const LEASE: Duration = Duration::from_secs(15);
/// For how long its holder may fail to renew it.
const RENEW: Duration = Duration::from_secs(10);
/// How often it is renewed, or asked for.
const RETRY: Duration = Duration::from_secs(2);

/// One shard's lease.
#[derive(Clone)]
pub(super) struct Claim {
    api: Api<Lease>,
    name: String,
    identity: String,
}

/// What is seen of a lease.
#[derive(Clone, Debug, PartialEq)]
struct Sight {
    holder: Option<String>,
    renewed: Option<MicroTime>,
    since: Instant,
}

impl Claim {
    pub(super) fn new(client: Client, namespace: &str, name: String, identity: &str) -> Claim {
        Claim { api: Api::namespaced(client, namespace), name, identity: identity.to_owned() }
    }

    /// Waits until the lease is ours; `false` when the driver stops before that.
    pub(super) async fn acquire(&self, stop: &CancellationToken) -> bool {
        let mut sight = None;
        loop {
            match self.try_acquire(&mut sight).await {
                Ok(true) => return true,
                Ok(false) => {}
                Err(error) => {
                    tracing::warn!(lease = self.name, error = told(&error), "a lease is not read");
                }
            }
            tokio::select! {
                () = stop.cancelled() => return false,
                () = tokio::time::sleep(RETRY) => {}
            }
        }
    }

    /// A lease is free when it has no holder, or when this process has seen it not renewed for its length: clocks
    /// of two machines are never compared.
    async fn try_acquire(&self, sight: &mut Option<Sight>) -> Result<bool, kube::Error> {
        let Some(found) = self.api.get_opt(&self.name).await? else { return self.create().await };
        let spec = found.spec.clone().unwrap_or_default();
        let holder = spec.holder_identity.filter(|holder| !holder.is_empty());
        let fresh = Sight { holder: holder.clone(), renewed: spec.renew_time, since: Instant::now() };
        let same = |before: &Sight| before.holder == fresh.holder && before.renewed == fresh.renewed;
        let since = sight.as_ref().filter(|before| same(before)).map_or(fresh.since, |before| before.since);
        *sight = Some(Sight { since, ..fresh });
        let is_free =
            holder.as_ref().is_none_or(|holder| *holder == self.identity) || since.elapsed() >= LEASE;
        if is_free { self.replace(found).await } else { Ok(false) }
    }

    async fn create(&self) -> Result<bool, kube::Error> {
        let metadata = ObjectMeta { name: Some(self.name.clone()), ..Default::default() };
        let lease = Lease { metadata, spec: Some(self.spec(Some(&self.identity), 0)) };
        conflicts_aside(self.api.create(&PostParams::default(), &lease).await)
    }

    /// The version that was read is replaced, or none: of two who try, one wins.
    async fn replace(&self, found: Lease) -> Result<bool, kube::Error> {
        let before = found.spec.as_ref();
        let transitions = before.and_then(|spec| spec.lease_transitions).unwrap_or(0);
        let changes = before.and_then(|spec| spec.holder_identity.as_ref()) != Some(&self.identity);
        let spec = self.spec(Some(&self.identity), transitions + i32::from(changes));
        let lease = Lease { spec: Some(spec), ..found };
        conflicts_aside(self.api.replace(&self.name, &PostParams::default(), &lease).await)
    }

    fn spec(&self, holder: Option<&str>, transitions: i32) -> LeaseSpec {
        let now = clock::micro(clock::now());
        LeaseSpec {
            holder_identity: holder.map(str::to_owned),
            lease_duration_seconds: Some(i32::try_from(LEASE.as_secs()).unwrap_or(i32::MAX)),
            acquire_time: Some(now.clone()),
            renew_time: Some(now),
            lease_transitions: Some(transitions),
            ..Default::default()
        }
    }

    /// Renews the lease until it cannot be any more.
    pub(super) async fn hold(&self) {
        let mut renewed = Instant::now();
        loop {
            tokio::time::sleep(RETRY).await;
            match tokio::time::timeout(RENEW, self.renew()).await {
                Ok(Ok(true)) => renewed = Instant::now(),
                Ok(Ok(false)) => return,
                Ok(Err(error)) => {
                    tracing::warn!(lease = self.name, error = told(&error), "a lease is not renewed");
                }
                Err(_) => {}
            }
            if renewed.elapsed() >= RENEW {
                return;
            }
        }
    }

    async fn renew(&self) -> Result<bool, kube::Error> {
        let Some(found) = self.api.get_opt(&self.name).await? else { return self.create().await };
        let holder = found.spec.as_ref().and_then(|spec| spec.holder_identity.as_ref());
        if holder != Some(&self.identity) {
            return Ok(false);
        }
        self.replace(found).await
    }

    /// Gives the lease back.
    pub(super) async fn give_back(&self) {
        let given = async {
            let Some(found) = self.api.get_opt(&self.name).await? else { return Ok(()) };
            let holder = found.spec.as_ref().and_then(|spec| spec.holder_identity.as_ref());
            if holder != Some(&self.identity) {
                return Ok(());
            }
            let transitions = found.spec.as_ref().and_then(|spec| spec.lease_transitions).unwrap_or(0);
            let lease = Lease { spec: Some(self.spec(None, transitions)), ..found };
            self.api.replace(&self.name, &PostParams::default(), &lease).await.map(drop)
        };
        if let Err(error) = given.await {
            let error: kube::Error = error;
            tracing::info!(lease = self.name, error = told(&error), "a lease is not given back; it expires");
        }
    }
}

/// Someone else was faster.
fn conflicts_aside<T>(answer: Result<T, kube::Error>) -> Result<bool, kube::Error> {
    match answer {
        Ok(_) => Ok(true),
        Err(kube::Error::Api(status)) if status.code == 409 => Ok(false),
        Err(error) => Err(error),
    }
}
