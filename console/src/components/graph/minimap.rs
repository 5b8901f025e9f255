//! All of the scene, small, with what is seen of it; pressing it leads there.

use leptos::prelude::*;
use leptos::{ev, html};
use wasm_bindgen::JsCast;
use web_sys::CanvasRenderingContext2d;

use super::palette::{Palette, style_of, tone};
use super::stage::Stage;
use crate::model::scene::Scene;
use crate::model::scene::view;

/// Largest width and height, in pixels of the screen.
const MOST: (f64, f64) = (176.0, 108.0);

#[component]
pub(super) fn Minimap(stage: Stage) -> impl IntoView {
    let canvas = NodeRef::<html::Canvas>::new();
    let size = Memo::new(move |_| {
        let scene = stage.drawn.get().0;
        let (width, height) = (f64::from(scene.width).max(1.0), f64::from(scene.height).max(1.0));
        let scale = (MOST.0 / width).min(MOST.1 / height);
        (scale, (width * scale).max(8.0), (height * scale).max(8.0))
    });
    // A change of the theme is seen with the next change of the scene or of phases.
    Effect::new(move |_| {
        let (scene, phases, size) = (stage.drawn.get().0, stage.phases.get(), size.get());
        let Some(canvas) = canvas.get() else { return };
        let Some(style) = style_of(&canvas) else { return };
        let palette = Palette::read(&style);
        let ratio = window().device_pixel_ratio();
        canvas.set_width((size.1 * ratio) as u32);
        canvas.set_height((size.2 * ratio) as u32);
        let context = canvas.get_context("2d").ok().flatten().and_then(|context| context.dyn_into().ok());
        if let Some(context) = context {
            paint(
                &context,
                &palette,
                &scene,
                &|at| phases.get(at as usize).map_or(0, |phase| tone(*phase)),
                size.0 * ratio,
            );
        }
    });
    let seen = move || {
        let ((scale, width, height), view, extent) = (size.get(), stage.view.get(), stage.extent.get());
        let (x, y) = view.under((0.0, 0.0));
        let (right, bottom) = view.under(extent);
        let clip = |at: f64, most: f64| (at * scale).clamp(0.0, most);
        let (left, top) = (clip(x, width), clip(y, height));
        format!(
            "left:{left}px;top:{top}px;width:{}px;height:{}px",
            (clip(right, width) - left).max(3.0),
            (clip(bottom, height) - top).max(3.0)
        )
    };
    let is_needed = move || {
        let (scene, view, extent) = (stage.drawn.get().0, stage.view.get(), stage.extent.get());
        let (width, height) = (f64::from(scene.width) * view.scale, f64::from(scene.height) * view.scale);
        width > extent.0 || height > extent.1 || scene.nodes.len() > 60
    };
    let go = move |event: ev::PointerEvent| {
        if event.buttons() & 1 == 0 {
            return;
        }
        let Some(canvas) = canvas.get_untracked() else { return };
        let corner = canvas.get_bounding_client_rect();
        let scale = size.get_untracked().0;
        let (x, y) =
            (f64::from(event.client_x()) - corner.left(), f64::from(event.client_y()) - corner.top());
        let extent = stage.extent.get_untracked();
        stage.change(|view| view.centred((x / scale, y / scale), extent));
    };
    view! {
        <div class="minimap" aria-hidden="true" hidden=move || !is_needed() style:width=move || format!("{}px", size.get().1) style:height=move || format!("{}px", size.get().2)
            on:pointerdown=go on:pointermove=go>
            <canvas node_ref=canvas></canvas>
            <div class="seen" style=seen></div>
        </div>
    }
}

fn paint(
    context: &CanvasRenderingContext2d,
    palette: &Palette,
    scene: &Scene,
    tone: &dyn Fn(u32) -> usize,
    scale: f64,
) {
    let bars = view::bars(scene, (2.0 / scale) as f32, tone);
    for bar in bars {
        let strongest = [3, 4, 1, 2, 0].into_iter().find(|tone| bar.counts[*tone] > 0).unwrap_or(5);
        context.set_fill_style_str(&palette.tones[strongest].0);
        let at = |place: f32| f64::from(place) * scale;
        context.set_global_alpha(if strongest == 0 || strongest == 5 { 0.55 } else { 1.0 });
        context.fill_rect(
            at(bar.rect.x),
            at(bar.rect.y),
            at(bar.rect.width).max(1.0),
            at(bar.rect.height).max(1.0),
        );
    }
}
