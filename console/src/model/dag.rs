//! A workflow with the drawing that it has at first: a [`Scene`] of its [`Source`].

use std::collections::BTreeSet;
use std::sync::Arc;

use super::scene::arrange::Arrangement;
use super::scene::layouts::Layouts;
pub use super::scene::{END, Kind, START};
use super::scene::{Scene, Source, scene_with};

/// A workflow with its drawing.
#[derive(Clone, Debug, Default)]
pub struct Dag {
    /// What it is made of.
    pub source: Source,
    /// The drawing as it is at first; what is large is laid out elsewhere, and empty until then.
    pub scene: Arc<Scene>,
}

impl Dag {
    /// Draws a source.
    pub fn of(source: Source) -> Self {
        let scene = scene_with(&source, &BTreeSet::new(), &Arrangement::default(), Some(&Layouts::default()));
        Self { source, scene: Arc::new(scene) }
    }
}
