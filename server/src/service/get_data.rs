//! GetData: what a `flyte://` URL stands for.

use aileron_idl::admin::TaskExecution;
use aileron_idl::core::{LiteralMap, NodeExecutionIdentifier, WorkflowExecutionIdentifier};
use aileron_idl::service::{GetDataRequest, GetDataResponse, get_data_response::Data};

use super::{get_node_execution_data, get_task_execution_data};
use crate::error::ServiceError;
use crate::server::App;
use crate::store::filter::Filter;
use crate::store::page::Page;
use crate::store::task_executions;

/// `flyte://v1/PROJECT/DOMAIN/EXECUTION/NODE[/ATTEMPT]/{i|o|d}[/NAME]`.
#[derive(Debug, PartialEq)]
struct FlyteUrl {
    node: NodeExecutionIdentifier,
    attempt: Option<u32>,
    part: Part,
    /// One literal of the map.
    name: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Inputs,
    Outputs,
    Deck,
}

impl App {
    /// The literals of a node or an attempt, one of them, or a URL for a deck.
    pub(crate) async fn get_data(
        &self,
        base: &str,
        request: GetDataRequest,
    ) -> Result<GetDataResponse, ServiceError> {
        let url = FlyteUrl::parse(&request.flyte_url).ok_or_else(|| {
            let form = "write flyte://v1/PROJECT/DOMAIN/EXECUTION/NODE[/ATTEMPT]/{i|o|d}[/NAME]";
            ServiceError::invalid("flyte_url", &request.flyte_url, form)
        })?;
        let data = match url.part {
            Part::Deck => Data::PreSignedUrls(self.deck_urls(base, &url.node, None).await?),
            Part::Inputs | Part::Outputs => {
                let literals = self.literals(&self.literals_uri(&url).await?).await?;
                select(literals, url.name)?
            }
        };
        Ok(GetDataResponse { data: Some(data) })
    }

    async fn literals_uri(&self, url: &FlyteUrl) -> Result<String, ServiceError> {
        let is_input = url.part == Part::Inputs;
        if let Some(number) = url.attempt {
            let attempt = self.attempt_of(&url.node, number).await?;
            let outputs = get_task_execution_data::outputs_uri(&attempt).to_owned();
            return Ok(if is_input { attempt.input_uri } else { outputs });
        }
        let node = self.node_execution(Some(&url.node)).await?.node;
        let outputs = get_node_execution_data::outputs_uri(&node).to_owned();
        Ok(if is_input { node.input_uri } else { outputs })
    }

    async fn attempt_of(
        &self,
        node: &NodeExecutionIdentifier,
        number: u32,
    ) -> Result<TaskExecution, ServiceError> {
        let filter = Filter::parse(&task_executions::TABLE, &format!("eq(retry_attempt,{number})"))?;
        let found =
            task_executions::list(self.store.readers(), node, &filter, &Page::all(&task_executions::TABLE))
                .await?;
        let first = found.rows.into_iter().next();
        let missing = || ServiceError::invalid("flyte_url", &number.to_string(), "there is no such attempt");
        Ok(first.ok_or_else(missing)?.attempt)
    }
}

fn select(mut literals: LiteralMap, name: Option<String>) -> Result<Data, ServiceError> {
    let Some(name) = name else { return Ok(Data::LiteralMap(literals)) };
    let found = literals.literals.remove(&name);
    found.map(Data::Literal).ok_or_else(|| {
        let known: Vec<_> = literals.literals.keys().map(String::as_str).collect();
        ServiceError::invalid(
            "flyte_url",
            &name,
            format!("there is no such literal, only [{}]", known.join(", ")),
        )
    })
}

impl FlyteUrl {
    fn parse(url: &str) -> Option<FlyteUrl> {
        let mut parts = url.strip_prefix("flyte://v1/")?.split('/');
        let mut next = || parts.next().filter(|part| is_name(part));
        let execution = WorkflowExecutionIdentifier {
            project: next()?.to_owned(),
            domain: next()?.to_owned(),
            name: next()?.to_owned(),
            ..WorkflowExecutionIdentifier::default()
        };
        let node = NodeExecutionIdentifier { node_id: next()?.to_owned(), execution_id: Some(execution) };
        let mut part = next()?;
        let mut attempt = None;
        if part.bytes().all(|byte| byte.is_ascii_digit()) {
            attempt = Some(part.parse().ok()?);
            part = next()?;
        }
        let part = match part {
            "i" => Part::Inputs,
            "o" => Part::Outputs,
            // A deck is the node's, whichever attempt made it, and has no parts.
            "d" if attempt.is_none() => Part::Deck,
            _ => return None,
        };
        let name = parts.next();
        let is_whole = parts.next().is_none() && name.is_none_or(is_name);
        let fits = part != Part::Deck || name.is_none();
        (is_whole && fits).then_some(FlyteUrl { node, attempt, part, name: name.map(str::to_owned) })
    }
}

/// What the parts of a URL are made of.
fn is_name(part: &str) -> bool {
    !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_name_a_node_or_an_attempt() {
        let parse =
            |text: &str| FlyteUrl::parse(text).map(|url| (url.node.node_id, url.attempt, url.part, url.name));
        let node = |attempt, part, name: Option<&str>| {
            Some(("n0".to_owned(), attempt, part, name.map(str::to_owned)))
        };
        assert_eq!(parse("flyte://v1/p/d/e/n0/i"), node(None, Part::Inputs, None));
        assert_eq!(parse("flyte://v1/p/d/e/n0/2/o"), node(Some(2), Part::Outputs, None));
        assert_eq!(parse("flyte://v1/p/d/e/n0/o/o0"), node(None, Part::Outputs, Some("o0")));
        assert_eq!(parse("flyte://v1/p/d/e/n0/d"), node(None, Part::Deck, None));
        for bad in [
            "",
            "http://x",
            "flyte://v1/p/d/e",
            "flyte://v1/p/d/e/n0/x",
            "flyte://v1/p//e/n0/i",
            "flyte://v1/p/d/e/n0/i/a/b",
            "flyte://v1/p/d/e/n0/i/",
            "flyte://v1/p/d/e/n0/i/a b",
            "flyte://v1/p/d/e/n0/o/..",
            "flyte://v1/p/d/e/n0/2/d",
            "flyte://v1/p/d/e/n0/d/x",
            "flyte://v1/p/d/e/n0/99999999999/i",
            "flyte://v1/p/d/e/n0/+1/i",
            "flyte://v1/p/d/../n0/i",
            "flyte://v2/p/d/e/n0/i",
        ] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }
}
