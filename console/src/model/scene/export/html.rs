//! One file that opens from a disk: the picture, and every node as text.

use std::fmt::Write;

use super::super::super::phase::Phase;
use super::super::Scene;
use super::{escaped, plain, svg};

pub(super) fn write(scene: &Scene, phases: &[Phase], title: &str) -> String {
    let mut page = String::from("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">");
    let _ = write!(
        page,
        "<meta name=\"viewport\" content=\"width=device-width\"><title>{}</title>",
        escaped(title)
    );
    page.push_str(
        "<style>:root{color-scheme:light dark}body{margin:24px;font:14px/1.5 system-ui,sans-serif}\
         svg{max-width:100%;height:auto}pre{white-space:pre-wrap}</style></head><body>",
    );
    let _ = write!(page, "<h1>{}</h1>", escaped(title));
    page.push_str(&svg::write(scene, phases, title));
    let _ = write!(page, "<h2>Nodes</h2><pre>{}</pre>", escaped(&plain::write(scene, phases, title)));
    page.push_str("</body></html>\n");
    page
}
