//! The state of a graph on the page: what is drawn, from where it is seen, what is open, sought and chosen.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use aileron_compiler::layout::Layout;
use leptos::prelude::*;
use leptos::{ev, html};
use wasm_bindgen::JsCast;

use crate::address::address;
use crate::model::dag::Dag;
use crate::model::history::History;
use crate::model::items::Item;
use crate::model::phase::Phase;
use crate::model::run::Run;
use crate::model::scene::arrange::Arrangement;
use crate::model::scene::layouts::{Layouts, Wanted};
use crate::model::scene::level::Level;
use crate::model::scene::marks::Marks;
use crate::model::scene::phases_of;
use crate::model::scene::select::{Query, Subject};
use crate::model::scene::{Growth, Scene, Source, scene_with, view};
use crate::model::sorted;
use crate::model::viewport::Viewport;

/// How much one press of a zoom button magnifies.
pub(super) const ZOOM_STEP: f64 = 1.25;

/// How long the view rests before the address has it.
const REST: Duration = Duration::from_millis(400);

/// A scene that is compared by whether it is the same one.
#[derive(Clone, Debug)]
pub(crate) struct Drawn(pub(crate) Arc<Scene>);

impl PartialEq for Drawn {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

/// The items of maps, by the maps' paths.
pub(crate) type Items = Arc<BTreeMap<String, Arc<Vec<Item>>>>;

/// Lays a workflow out, and hands the layout over, or nothing if it could not.
pub(crate) type LayOut = Callback<(Wanted, Callback<Option<Layout>>)>;

/// What a run adds to the workflow that is drawn.
#[derive(Clone, Copy, Default)]
pub(crate) struct Ran {
    /// What nodes turned out to have inside.
    pub(crate) growth: Signal<Growth>,
    /// The items of maps.
    pub(crate) items: Signal<Items>,
    /// The phase of nodes that nothing was heard of.
    pub(crate) rest: Signal<Phase>,
}

/// What the pointer is over.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Hovered {
    /// An edge.
    Edge(u32),
    /// An item of an open map.
    Item(u32, u32),
}

/// What undo goes back to.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Look {
    toggled: BTreeSet<String>,
    arrangement: Arrangement,
    sought: String,
    view: Option<Viewport>,
}

/// Which nodes the search field means: all of them if it is empty.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Found {
    All,
    Some(Arc<BTreeSet<u32>>),
    Unreadable(String),
}

#[derive(Clone, Copy)]
pub(crate) struct Stage {
    pub(super) frame: NodeRef<html::Div>,
    pub(super) extent: RwSignal<(f64, f64)>,
    pub(super) view: RwSignal<Viewport>,
    pub(super) level: Memo<Level>,
    pub(crate) drawn: Memo<Drawn>,
    pub(super) toggled: RwSignal<BTreeSet<String>>,
    pub(crate) arrangement: RwSignal<Arrangement>,
    pub(crate) sought: RwSignal<String>,
    pub(super) found: Memo<Found>,
    pub(super) phases: Memo<Arc<Vec<Phase>>>,
    pub(super) runs: Signal<BTreeMap<String, Run>>,
    /// Whether any node has run, or is to.
    is_run: Memo<bool>,
    pub(crate) marks: Signal<Marks>,
    pub(super) selected: Signal<Option<String>>,
    pub(super) select: Callback<String>,
    /// The items of maps, by the maps' paths.
    pub(super) items: Signal<Items>,
    pub(super) hovered: RwSignal<Option<Hovered>>,
    pub(super) pinned: RwSignal<Option<u32>>,
    pub(super) outlined: RwSignal<bool>,
    pub(super) is_moved: RwSignal<bool>,
    pub(super) is_dragging: RwSignal<bool>,
    pub(super) held: StoredValue<Option<super::events::Held>>,
    pub(crate) history: RwSignal<History<Look>>,
    /// The node that gets the keyboard once it is a card.
    pub(super) wanted: RwSignal<Option<String>>,
}

impl Stage {
    pub(super) fn new(
        dag: &Arc<Dag>,
        runs: Signal<BTreeMap<String, Run>>,
        selected: Signal<Option<String>>,
        select: Callback<String>,
        marks: Signal<Marks>,
        ran: Ran,
        lay_out: LayOut,
    ) -> Self {
        let (open, set_open) = address().kept("open");
        let (words, set_words) = address().kept("select");
        let split =
            |text: String| sorted::set(text.split(',').filter(|path| !path.is_empty()).map(str::to_owned));
        let toggled: RwSignal<BTreeSet<String>> =
            RwSignal::new(open.get_untracked().map(split).unwrap_or_default());
        let sought = RwSignal::new(words.get_untracked().unwrap_or_default());
        Effect::new(move |_| {
            let paths = toggled.with(|toggled| toggled.iter().cloned().collect::<Vec<_>>().join(","));
            set_open.set(Some(paths).filter(|paths| !paths.is_empty()));
        });
        Effect::new(move |_| set_words.set(Some(sought.get()).filter(|words| !words.is_empty())));
        let arrangement = RwSignal::new(Arrangement::default());
        let drawn = drawing(dag.clone(), ran.growth, toggled, arrangement, lay_out);
        let view = RwSignal::new(Viewport { x: 0.0, y: 0.0, scale: 1.0 });
        let phases = phases(drawn, runs, ran.rest);
        let found = found(drawn, sought, phases, marks);
        Self {
            frame: NodeRef::new(),
            extent: RwSignal::new((1.0, 1.0)),
            view,
            level: Memo::new(move |_| view.with(view::level)),
            drawn,
            toggled,
            arrangement,
            sought,
            found,
            phases,
            runs,
            is_run: Memo::new(move |_| !runs.with(BTreeMap::is_empty)),
            marks,
            selected,
            select,
            items: ran.items,
            hovered: RwSignal::new(None),
            pinned: RwSignal::new(None),
            outlined: RwSignal::new(false),
            is_moved: RwSignal::new(false),
            is_dragging: RwSignal::new(false),
            held: StoredValue::new(None),
            history: RwSignal::default(),
            wanted: RwSignal::new(None),
        }
    }

    /// Keeps the view in the address once it rests, if the reader has moved it; takes it from there at first.
    pub(super) fn keep_view(self) {
        let (view, keep) = address().kept("view");
        if let Some(view) = view.get_untracked().and_then(|text| text.parse().ok()) {
            self.view.set(view);
            self.is_moved.set(true);
        }
        let turn = StoredValue::new(0_u32);
        Effect::new(move |_| {
            let (view, is_moved) = (self.view.get(), self.is_moved.get());
            turn.update_value(|turn| *turn = turn.wrapping_add(1));
            let mine = turn.get_value();
            let settled = move || {
                if turn.try_get_value() == Some(mine) {
                    keep.set(is_moved.then(|| view.to_string()));
                }
            };
            set_timeout(settled, REST);
        });
    }

    /// The scene as it is now.
    pub(crate) fn scene(self) -> Arc<Scene> {
        self.drawn.with_untracked(|drawn| drawn.0.clone())
    }

    /// The phase of a node.
    pub(super) fn phase(self, path: &str) -> Phase {
        let at = self.drawn.with(|drawn| drawn.0.find(path));
        let phase = at.and_then(|at| self.phases.with(|phases| phases.get(at as usize).copied()));
        phase.unwrap_or_default()
    }

    /// The phase of a node to be told; `None` in a workflow that is only looked at.
    pub(super) fn told(self, path: &str) -> Option<Phase> {
        self.is_run.get().then(|| self.phase(path))
    }

    /// The phases of its nodes, in the scene's order.
    pub(crate) fn phases_now(self) -> Arc<Vec<Phase>> {
        self.phases.get_untracked()
    }

    /// The ids of the outermost nodes that are meant: those sought, or the selected one and its neighbours.
    pub(crate) fn meant(self) -> String {
        let scene = self.scene();
        let nodes: Vec<u32> = match self.found.get_untracked() {
            Found::Some(found) => found.iter().copied().collect(),
            Found::All | Found::Unreadable(_) => {
                let at = self.selected.get_untracked().and_then(|path| scene.find(&path));
                let around =
                    at.and_then(|at| scene.node(at)).map(|node| node.upstream.iter().chain(&node.downstream));
                at.into_iter().chain(around.into_iter().flatten().copied()).collect()
            }
        };
        let outermost = nodes.iter().filter_map(|at| scene.node(*at)).filter(|node| node.parent.is_none());
        outermost.map(|node| node.id.clone()).collect::<Vec<_>>().join(",")
    }

    /// What is due later may be due only after the graph is gone.
    pub(super) fn is_gone(self) -> bool {
        self.view.try_get_untracked().is_none()
    }

    pub(super) fn measure(self) -> (f64, f64) {
        self.frame
            .try_get_untracked()
            .flatten()
            .map_or((1.0, 1.0), |frame| (f64::from(frame.client_width()), f64::from(frame.client_height())))
    }

    pub(super) fn fit_quietly(self) {
        let scene = self.scene();
        let size = (f64::from(scene.width), f64::from(scene.height));
        self.view.set(Viewport::fit(size, self.extent.get_untracked()));
    }

    pub(crate) fn fit(self) {
        self.note();
        self.is_moved.set(false);
        self.fit_quietly();
    }

    pub(super) fn change(self, next: impl FnOnce(Viewport) -> Viewport) {
        self.is_moved.set(true);
        self.view.update(|view| *view = next(*view));
    }

    pub(super) fn zoom(self, factor: f64) {
        let (width, height) = self.extent.get_untracked();
        self.change(|view| view.zoomed(factor, (width / 2.0, height / 2.0)));
    }

    /// Brings a node into sight with the least movement, and near enough to be read.
    pub(crate) fn reveal(self, path: &str) {
        let scene = self.scene();
        let Some(node) = scene.find(path).and_then(|at| scene.node(at)) else { return };
        let extent = self.extent.get_untracked();
        let rect = node.rect;
        let head = f64::from(rect.height.min(view_height()));
        let place = (f64::from(rect.x), f64::from(rect.y), f64::from(rect.width), head);
        let is_readable = view::level(&self.view.get_untracked()) == Level::Cards;
        let view = if is_readable {
            self.view.get_untracked().revealing(place, extent)
        } else {
            let middle = (place.0 + place.2 / 2.0, place.1 + place.3 / 2.0);
            Viewport { scale: 1.0, ..self.view.get_untracked() }.centred(middle, extent)
        };
        if view != self.view.get_untracked() {
            self.is_moved.set(true);
            self.view.set(view);
        }
    }

    /// Opens a node, or shuts it, and keeps its corner where it is on the screen.
    pub(crate) fn toggle(self, path: &str) {
        self.note();
        let scene = self.scene();
        let Some(node) = scene.find(path).and_then(|at| scene.node(at)) else { return };
        let before = node.rect;
        self.toggled.update(|toggled| {
            if !toggled.remove(path) {
                toggled.insert(path.to_owned());
            }
        });
        let scene = self.scene();
        let Some(after) = scene.find(path).and_then(|at| scene.node(at)).map(|node| node.rect) else {
            return;
        };
        self.change(|view| {
            let shift = |from: f32, to: f32| f64::from(from - to) * view.scale;
            view.panned(shift(before.x, after.x), shift(before.y, after.y))
        });
    }

    fn look(self) -> Look {
        Look {
            toggled: self.toggled.get_untracked(),
            arrangement: self.arrangement.get_untracked(),
            sought: self.sought.get_untracked(),
            view: self.is_moved.get_untracked().then(|| self.view.get_untracked()),
        }
    }

    /// Notes how it looks, before something changes it.
    pub(super) fn note(self) {
        let look = self.look();
        self.history.update(|history| history.leave(look));
    }

    fn show(self, look: Option<Look>) {
        let Some(look) = look else { return };
        self.toggled.set(look.toggled);
        self.arrangement.set(look.arrangement);
        self.sought.set(look.sought);
        self.is_moved.set(look.view.is_some());
        match look.view {
            Some(view) => self.view.set(view),
            None => self.fit_quietly(),
        }
    }

    pub(crate) fn back(self) {
        let (now, mut look) = (self.look(), None);
        self.history.update(|history| look = history.back(now));
        self.show(look);
    }

    pub(crate) fn forth(self) {
        let (now, mut look) = (self.look(), None);
        self.history.update(|history| look = history.forth(now));
        self.show(look);
    }
}

fn view_height() -> f32 {
    crate::model::scene::CARD.1
}

/// The scene of what is open now. The first one has been made with the dag.
fn drawing(
    dag: Arc<Dag>,
    growth: Signal<Growth>,
    toggled: RwSignal<BTreeSet<String>>,
    arrangement: RwSignal<Arrangement>,
    lay_out: LayOut,
) -> Memo<Drawn> {
    let made = RwSignal::new(Layouts::default());
    let drawn = Memo::new(move |_| {
        let growth = growth.get();
        toggled.with(|toggled| {
            arrangement.with(|arrangement| {
                made.with(|made| {
                    if is_as_at_first(&dag, toggled, arrangement, &growth, made) {
                        return Drawn(dag.scene.clone());
                    }
                    let source = Source { growth, ..dag.source.clone() };
                    Drawn(Arc::new(scene_with(&source, toggled, arrangement, Some(made))))
                })
            })
        })
    });
    let asked = StoredValue::new(BTreeSet::new());
    Effect::new(move |_| {
        for wanted in drawn.get().0.wanted.clone() {
            let key = wanted.key;
            let is_new = asked.try_update_value(|asked| asked.insert(key)) == Some(true);
            let hand_over = Callback::new(move |layout: Option<Layout>| {
                asked.try_update_value(|asked| asked.remove(&key));
                if let Some(layout) = layout {
                    made.try_update(|made| made.insert(key, layout));
                }
            });
            if is_new {
                lay_out.run((wanted, hand_over));
            }
        }
    });
    drawn
}

/// Whether the scene that was made with the dag is what is to be drawn.
fn is_as_at_first(
    dag: &Dag,
    toggled: &BTreeSet<String>,
    arrangement: &Arrangement,
    growth: &Growth,
    made: &Layouts,
) -> bool {
    let has_nothing_new = dag.scene.wanted.iter().all(|wanted| !made.has(wanted.key));
    has_nothing_new && toggled.is_empty() && arrangement.is_empty() && *growth == dag.source.growth
}

/// The phase of each node, in the scene's order.
fn phases(
    drawn: Memo<Drawn>,
    runs: Signal<BTreeMap<String, Run>>,
    rest: Signal<Phase>,
) -> Memo<Arc<Vec<Phase>>> {
    Memo::new(move |_| Arc::new(runs.with(|runs| phases_of(&drawn.get().0, runs, rest.get()))))
}

fn found(
    drawn: Memo<Drawn>,
    sought: RwSignal<String>,
    phases: Memo<Arc<Vec<Phase>>>,
    marks: Signal<Marks>,
) -> Memo<Found> {
    Memo::new(move |_| match Query::parse(&sought.get()) {
        Ok(None) => Found::All,
        Err(wrong) => Found::Unreadable(wrong.to_string()),
        Ok(Some(query)) => {
            let (scene, phases) = (drawn.get().0, phases.get());
            marks.with(|marks| {
                let subject = Subject { scene: &scene, marks, phases: &phases };
                Found::Some(Arc::new(query.nodes(subject)))
            })
        }
    })
}

/// Keys that are pressed in a field belong to the field.
pub(crate) fn is_typing(event: &ev::KeyboardEvent) -> bool {
    let target = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
    target.is_some_and(|target| matches!(target.tag_name().as_str(), "INPUT" | "TEXTAREA" | "SELECT"))
}
