//! What the nodes of an execution wait for, in words.

use aileron_idl::aileron::v1::gate_reason::Kind;
use aileron_idl::aileron::v1::waiting_node::Reason;
use aileron_idl::aileron::v1::waiting_service_client::WaitingServiceClient;
use aileron_idl::aileron::v1::{GateReason, ListWaitingNodesRequest, UpstreamReason, WaitingNode};
use aileron_idl::core::WorkflowExecutionIdentifier;
use tonic::Code;

use crate::client::connect::Target;
use crate::client::failure::Failure;
use crate::client::output::table;
use crate::client::phase::time;

/// Most nodes that are told; the rest of a large execution wait for the same.
const MOST: u32 = 100;

/// What is known of the nodes that wait.
pub(super) enum Waiting {
    /// These do, and whether there are more.
    Nodes(Vec<WaitingNode>, bool),
    /// Nothing, as the server says why.
    Untold(String),
}

/// Asks for them. A server that cannot say is no failure: the rest is worth reading.
pub(super) async fn ask(target: &Target, id: WorkflowExecutionIdentifier) -> Result<Waiting, Failure> {
    let mut service = WaitingServiceClient::new(target.channel().await?);
    let request = ListWaitingNodesRequest { id: Some(id), limit: MOST, token: String::new() };
    match service.list_waiting_nodes(request).await {
        Ok(answer) => {
            let answer = answer.into_inner();
            Ok(Waiting::Nodes(answer.nodes, !answer.token.is_empty()))
        }
        Err(status) if matches!(status.code(), Code::Unimplemented | Code::Unavailable) => {
            Ok(Waiting::Untold(status.message().to_owned()))
        }
        Err(status) => Err(status.into()),
    }
}

impl Waiting {
    /// As a table below the nodes that have begun; nothing when no node waits.
    pub(super) fn text(&self) -> String {
        match self {
            Waiting::Nodes(nodes, _) if nodes.is_empty() => String::new(),
            Waiting::Nodes(nodes, more) => {
                let rows: Vec<_> = nodes.iter().map(|node| [node.node_id.clone(), why(node)]).collect();
                let rest = if *more { "...\n" } else { "" };
                format!("\n{}{rest}", table(["NODE", "WAITS"], &rows))
            }
            Waiting::Untold(why) => format!("\nwhat its nodes wait for is not known: {why}\n"),
        }
    }
}

fn why(node: &WaitingNode) -> String {
    match &node.reason {
        Some(Reason::Upstream(upstream)) => for_nodes(upstream),
        Some(Reason::Parallelism(most)) => {
            format!("for one of the {} task nodes that may be under way at once to end", most.limit)
        }
        Some(Reason::Items(items)) => {
            let (waiting, size, under_way) = (items.waiting, items.size, items.under_way);
            format!("for {waiting} of its {size} items to begin, {under_way} are under way")
        }
        Some(Reason::BackOff(pause)) => {
            format!("until {} to try again, attempt {}", time(pause.until.as_ref()), node.attempt)
        }
        Some(Reason::Sleep(sleep)) => format!("until {}, as it sleeps", time(sleep.until.as_ref())),
        Some(Reason::Gate(gate)) => for_someone(gate),
        Some(Reason::Lookup(_)) => "for the cache to say whether it has the outputs".to_owned(),
        Some(Reason::Reservation(held)) => format!("for {}, which computes the same", held.owner),
        Some(Reason::Slot(_)) => "for its data plane to begin the attempt".to_owned(),
        Some(Reason::Ending(_)) => "for nothing: it will not run, what it is part of is ending".to_owned(),
        None => "for something that this version of aileron does not know".to_owned(),
    }
}

fn for_nodes(upstream: &UpstreamReason) -> String {
    let named = upstream.node_ids.join(", ");
    match (upstream.count as usize).saturating_sub(upstream.node_ids.len()) {
        0 => format!("for {named}"),
        more => format!("for {named} and {more} more"),
    }
}

fn for_someone(gate: &GateReason) -> String {
    let what = match gate.kind() {
        Kind::Signal => "a value of signal",
        Kind::Approval => "the approval",
    };
    let until = gate.until.as_ref().map(|until| format!(", at most until {}", time(Some(until))));
    format!("for {what} {}{}", gate.signal_id, until.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use aileron_idl::aileron::v1::{BackOffReason, ItemsReason};

    use super::*;

    #[test]
    fn each_reason_is_a_sentence_with_its_node() {
        let node = |id: &str, reason| WaitingNode {
            node_id: id.into(),
            attempt: 2,
            reason: Some(reason),
            ..WaitingNode::default()
        };
        let until = Some(prost_types::Timestamp { seconds: 0, nanos: 0 });
        let gate = GateReason { kind: Kind::Approval.into(), signal_id: "ok".into(), until };
        let upstream = UpstreamReason { node_ids: vec!["n0".into(), "n1".into()], count: 5 };
        let nodes = vec![
            node("n2", Reason::Upstream(upstream)),
            node("n3", Reason::Items(ItemsReason { waiting: 4, under_way: 2, size: 10 })),
            node("n4", Reason::BackOff(BackOffReason { until })),
            node("n5-0-n0", Reason::Gate(gate)),
        ];
        assert_eq!(
            Waiting::Nodes(nodes, true).text(),
            "\nNODE     WAITS\n\
             n2       for n0, n1 and 3 more\n\
             n3       for 4 of its 10 items to begin, 2 are under way\n\
             n4       until 1970-01-01T00:00:00Z to try again, attempt 2\n\
             n5-0-n0  for the approval ok, at most until 1970-01-01T00:00:00Z\n...\n",
        );
        assert_eq!(Waiting::Nodes(Vec::new(), false).text(), "");
    }
}
