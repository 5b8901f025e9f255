//! Having an image before its container is started, so that one that cannot be had has a clear error.

use std::collections::HashSet;
use std::process::Output;
use std::sync::{Mutex, PoisonError};

use aileron_engine::{ErrorKind, Failure};

use super::{Client, InImage, said};
use crate::local::runner::ProcessAttempt;
use crate::run::{Halt, Step};

/// How much of what an engine says goes into an error message, in characters.
const TOLD: usize = 2000;

/// Images that were there. One that is removed meanwhile is pulled by the engine, if it can.
#[derive(Debug, Default)]
pub(in crate::local) struct Present(Mutex<HashSet<String>>);

impl Present {
    fn has(&self, image: &str) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(image)
    }

    fn add(&self, image: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(image.to_owned());
    }
}

impl ProcessAttempt<'_> {
    /// Pulls the image unless it is there.
    pub(in crate::local) async fn have(&self, in_image: &InImage, image: &str) -> Step<()> {
        let present = &self.processes.images;
        if present.has(image) {
            return Ok(());
        }
        let client = &in_image.client;
        if !self.asked(client, &["image", "inspect", image]).await?.status.success() {
            let pulled = self.asked(client, &["pull", image]).await?;
            if !pulled.status.success() {
                return Err(Halt::Failed(not_to_be_had(client, image, &said(&pulled))));
            }
        }
        present.add(image);
        Ok(())
    }

    /// The engine's answer, unless the attempt is to end before.
    async fn asked(&self, client: &Client, words: &[&str]) -> Step<Output> {
        let asking = || async {
            let mut command = tokio::process::Command::from(client.command(words));
            command.kill_on_drop(true).output().await
        };
        tokio::select! {
            biased;
            halt = self.attempt.halted() => Err(halt),
            output = self.attempt.patiently_io(asking) => output,
        }
    }
}

fn not_to_be_had(client: &Client, image: &str, told: &str) -> Failure {
    let program = client.engine.program();
    let told: String = told.chars().take(TOLD).collect();
    let message = format!(
        "the image `{image}` is not on this machine, and {program} cannot pull it; check its name, or bring it here by \
         `{program} load` or `{program} build`; {program} says:\n{told}"
    );
    // The registry may be there again at the next try.
    Failure { kind: ErrorKind::User, ..Failure::system("ImageNotAvailable", message) }
}
