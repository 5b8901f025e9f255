//! ReportEvents: many events of a data plane that is another process.

use aileron_crd::ExecutionEvent;
use aileron_idl::aileron::v1::reported_event::Event;
use aileron_idl::aileron::v1::{EventOutcome, ReportEventsRequest, ReportEventsResponse, ReportedEvent};

use crate::api::error::code;
use crate::error::ServiceError;
use crate::server::App;

impl App {
    /// Records events in order, each judged by itself.
    pub(crate) async fn report_events(
        &self,
        request: ReportEventsRequest,
    ) -> Result<ReportEventsResponse, ServiceError> {
        let numbered = request.events.into_iter().enumerate();
        let events = numbered.map(|(number, reported)| event(number, reported)).collect::<Result<_, _>>()?;
        let answers = self.record_events(events).await;
        Ok(ReportEventsResponse { outcomes: answers.into_iter().map(outcome).collect() })
    }
}

fn event(number: usize, reported: ReportedEvent) -> Result<ExecutionEvent, ServiceError> {
    match reported.event {
        Some(Event::Workflow(event)) => Ok(ExecutionEvent::Workflow(Box::new(event))),
        Some(Event::Node(event)) => Ok(ExecutionEvent::Node(Box::new(event))),
        Some(Event::Task(event)) => Ok(ExecutionEvent::Task(Box::new(event))),
        None => Err(ServiceError::Missing(format!("events[{number}].event"))),
    }
}

fn outcome(answer: Result<(), ServiceError>) -> EventOutcome {
    let Err(error) = answer else { return EventOutcome::default() };
    EventOutcome {
        code: code(&error).into(),
        known: matches!(error, ServiceError::RepeatedEvent(_) | ServiceError::Terminal { .. }),
        message: error.to_string(),
    }
}
