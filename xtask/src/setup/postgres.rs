//! PostgreSQL, which the tests start for themselves.

use anyhow::{Result, bail};

use super::{Need, debian};
use crate::cache::Places;

pub(super) fn server(places: &Places) -> Result<()> {
    let need = Need {
        name: "postgresql",
        how: "apt-get install postgresql",
        mend: "install Debian's package `postgresql`, or put PostgreSQL's programs on PATH",
    };
    need.meet(places, aileron_test_postgres::programs().is_ok(), |log| {
        if !debian::can_install(places) {
            bail!("only root on Debian can install it");
        }
        debian::install(places, &["postgresql"], log)
    })
}
