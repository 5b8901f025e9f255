//! The scene in other forms: pictures, and texts that other programs draw.

mod dot;
mod html;
mod mermaid;
mod plain;
mod svg;

use super::super::phase::Phase;
use super::{Kind, Scene};

/// A form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A picture of lines and letters.
    Svg,
    /// A language of Graphviz.
    Dot,
    /// A language of Markdown's diagrams.
    Mermaid,
    /// A list of nodes with what they wait for.
    Plain,
    /// A page that needs nothing else.
    Html,
}

impl Form {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Svg, Self::Dot, Self::Mermaid, Self::Plain, Self::Html];

    /// How it is named.
    pub fn label(self) -> &'static str {
        match self {
            Self::Svg => "SVG",
            Self::Dot => "DOT",
            Self::Mermaid => "Mermaid",
            Self::Plain => "Plain text",
            Self::Html => "One HTML file",
        }
    }

    /// The ending of its files, and their type.
    pub fn file(self) -> (&'static str, &'static str) {
        match self {
            Self::Svg => ("svg", "image/svg+xml"),
            Self::Dot => ("dot", "text/vnd.graphviz"),
            Self::Mermaid => ("mmd", "text/plain"),
            Self::Plain => ("txt", "text/plain"),
            Self::Html => ("html", "text/html"),
        }
    }

    /// Writes a scene in this form. `phases` are in the scene's order.
    pub fn write(self, scene: &Scene, phases: &[Phase], title: &str) -> String {
        match self {
            Self::Svg => svg::write(scene, phases, title),
            Self::Dot => dot::write(scene, title),
            Self::Mermaid => mermaid::write(scene),
            Self::Plain => plain::write(scene, phases, title),
            Self::Html => html::write(scene, phases, title),
        }
    }
}

/// The phase of a node, if it has one that says something.
fn phase(scene: &Scene, phases: &[Phase], at: usize) -> Option<Phase> {
    let is_still = scene.nodes[at].kind.is_still();
    phases.get(at).copied().filter(|phase| !is_still && *phase != Phase::Waiting)
}

/// Text inside of XML.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            // XML knows no others.
            letter if letter.is_control() && letter != '\n' => out.push(' '),
            letter => out.push(letter),
        }
    }
    out
}

/// The shape that Graphviz and Mermaid give a kind.
fn is_round(kind: &Kind) -> bool {
    kind.is_boundary()
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::model::scene::tests::drawn;

    fn written(form: Form) -> String {
        let scene = drawn(&["n1"]);
        let mut phases = vec![Phase::Waiting; scene.nodes.len()];
        phases[scene.find("n0").unwrap() as usize] = Phase::Failed;
        form.write(&scene, &phases, "shop.outer \"<&>\"")
    }

    #[test]
    fn dot_has_boxes_inside_of_boxes() {
        let text = written(Form::Dot);
        assert!(text.starts_with("digraph \"shop.outer \\\"<&>\\\"\" {") && text.ends_with("}\n"));
        assert!(
            text.contains("subgraph \"cluster n1\" {") && text.contains("\"n1/n0\" -> \"n1/n1\";"),
            "{text}"
        );
        assert!(text.contains("lhead=\"cluster n1\""), "an edge ends at the box, not in it");
    }

    #[test]
    fn mermaid_has_plain_names() {
        let text = written(Form::Mermaid);
        assert!(text.starts_with("flowchart LR\n"));
        assert!(text.lines().all(|line| !line.contains("n1/n0")), "slashes are not of its names: {text}");
        assert!(text.contains("subgraph"));
    }

    #[test]
    fn plain_text_says_what_each_node_waits_for() {
        expect![[r#"
            shop.outer "<&>"

            Inputs (start-node) inputs
            inc (n0) python-task shop.inc · Failed ← start-node
        "#]]
        .assert_eq(&written(Form::Plain).lines().take(4).map(|line| format!("{line}\n")).collect::<String>());
    }

    #[test]
    fn a_picture_is_well_formed_and_has_everything() {
        let text = written(Form::Svg);
        let opened = text.matches("<g").count() + text.matches("<svg").count();
        assert_eq!(opened, text.matches("</g>").count() + text.matches("</svg>").count());
        assert!(text.contains("shop.outer &quot;&lt;&amp;&gt;&quot;"));
        assert_eq!(text.matches("class=\"node").count(), drawn(&["n1"]).nodes.len());
        assert_eq!(text.matches("class=\"edge").count(), drawn(&["n1"]).edges.len());
    }

    #[test]
    fn a_page_asks_nobody_for_anything() {
        let text = written(Form::Html);
        assert!(text.starts_with("<!doctype html>") && text.contains("<svg"));
        for asking in ["src=", "href=", "url(", "@import", "fetch("] {
            assert!(!text.contains(asking), "{asking}");
        }
    }
}
