//! Tasks that connectors run: services that speak Flyte's connector protocol, such as `pyflyte serve connector`.
//!
//! Which task types they are for, in which versions, they say themselves ([`offers`]); settings may say otherwise
//! ([`settings`]). An attempt of such a task is a job of theirs, whatever the driver: [`Routed`] stands before the
//! driver's own way to run tasks. A type that a plugin or a container of the driver is for goes there, unless a setting
//! sends it to a connector.
//!
//! What it deliberately does not do: start connectors, or hold their secrets. They read those themselves, where they
//! run.
//!
//! Start reading at [`Connectors`], then `runner.rs`.

mod answer;
mod call;
mod offers;
mod request;
mod resource;
mod runner;
pub mod settings;

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use offers::Offers;
use settings::{ConnectorSettings, SettingsError};

use crate::run::TaskRunner;
use runner::Routed;

/// A driver's way to run tasks, with connectors before it if there are some.
pub(crate) fn with_connectors(
    connectors: Option<&Connectors>,
    otherwise: Arc<dyn TaskRunner>,
) -> Arc<dyn TaskRunner> {
    match connectors {
        Some(connectors) => Arc::new(Routed { connectors: connectors.clone(), otherwise }),
        None => otherwise,
    }
}

/// The connectors of a driver. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Connectors {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    settings: ConnectorSettings,
    services: Vec<call::Service>,
    offers: Offers,
}

impl Connectors {
    /// The connectors that settings name; none of them has to be there yet.
    ///
    /// # Errors
    /// When an address is none, or a task type is sent to a connector that is not named.
    pub fn new(settings: ConnectorSettings) -> Result<Connectors, SettingsError> {
        settings.check()?;
        let services = settings
            .services()
            .map(|(name, service)| call::Service::new(name, service))
            .collect::<Result<Vec<_>, _>>()?;
        let offers = Offers::new(services.len());
        Ok(Connectors { shared: Arc::new(Shared { settings, services, offers }) })
    }

    /// Asks all connectors what they offer, over and over until the driver stops.
    pub(crate) async fn discover(self, stop: CancellationToken) {
        let asked = (0..self.shared.services.len()).map(|place| self.clone().discover_one(place));
        tokio::select! {
            () = stop.cancelled() => {}
            _ = futures::future::join_all(asked) => {}
        }
    }

    async fn discover_one(self, place: usize) {
        let service = &self.shared.services[place];
        loop {
            match service.list().await {
                Ok(agents) => self.shared.offers.learn(place, &agents, service.name()),
                Err(error) => self.shared.offers.missed(place, service.name(), &error),
            }
            tokio::time::sleep(self.shared.offers.pause(place, self.shared.settings.poll_interval)).await;
        }
    }
}
