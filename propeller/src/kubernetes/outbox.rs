//! Events on their way to the control plane: each at least once, in order for its execution.
//!
//! While the control plane is away all of them wait. An event that it does not take for the event's own sake, as when it
//! lets this propeller report from some projects alone, holds up its execution only: the events of that wait aside, and
//! are tried again by themselves. What no control plane will ever take is logged and dropped.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aileron_crd::ExecutionEvent;
use aileron_idl::core::WorkflowExecutionIdentifier as Execution;
use tokio::sync::{Notify, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::journal::LAST;
use crate::sink::{EventSink, SinkError};

/// Most events of one delivery.
const BATCH: usize = 256;
/// Most events that wait before rounds do, and most that wait aside before the rounds of their executions do: enough for a
/// minute's absence of a control plane, and a bound on memory.
const BACKLOG: usize = 200_000;
/// First and longest pause before events are sent again to a control plane that is away.
const PAUSE: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(5));
/// The same for an execution whose events wait aside. Once those of another are taken it is tried at once.
const ASIDE: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(60));

/// All events that wait.
#[derive(Default)]
pub(super) struct Outbox {
    queue: Mutex<Queue>,
    /// Told when there are events.
    news: Notify,
    /// Told when some have gone.
    gone: watch::Sender<()>,
}

#[derive(Default)]
struct Queue {
    /// The number of the last event that was put in.
    last: u64,
    /// By their numbers.
    order: VecDeque<Numbered>,
    /// Of executions whose events are not taken now; none of these is in `order`.
    aside: HashMap<Execution, Aside>,
}

struct Numbered {
    number: u64,
    event: ExecutionEvent,
}

struct Aside {
    events: VecDeque<Numbered>,
    pause: Duration,
    /// When they are tried again.
    due: Instant,
}

/// The control plane is away.
struct Away(SinkError);

impl Outbox {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts events out behind all that wait; the number of the last of them.
    pub(super) fn put(&self, events: Vec<ExecutionEvent>) -> u64 {
        let mut queue = self.queue();
        events.into_iter().for_each(|event| queue.put(event));
        self.news.notify_one();
        queue.last
    }

    /// Waits until an execution may put more out.
    pub(super) async fn wait_for_room(&self, execution: &Execution) {
        let mut gone = self.gone.subscribe();
        // The sender lives as long as this.
        let _ = gone.wait_for(|()| self.queue().has_room(execution)).await;
    }

    /// Waits until an execution's events up to a number have gone.
    pub(super) async fn until_delivered(&self, execution: &Execution, number: u64) {
        let mut gone = self.gone.subscribe();
        let _ = gone.wait_for(|()| !self.queue().holds(execution, number)).await;
    }

    /// Delivers events until the driver stops; what is there then goes too, if the sink takes it soon.
    pub(super) async fn deliver(&self, sink: &dyn EventSink, stop: CancellationToken) {
        let mut pause = PAUSE.0;
        loop {
            let delivered = tokio::select! {
                () = stop.cancelled() => break,
                delivered = self.deliver_some(sink) => delivered,
            };
            let Err(Away(error)) = delivered else {
                pause = PAUSE.0;
                continue;
            };
            tracing::warn!(%error, ?pause, "events are not delivered; they are kept and sent again");
            tokio::select! {
                () = stop.cancelled() => break,
                () = tokio::time::sleep(pause) => pause = (pause * 2).min(PAUSE.1),
            }
        }
        let rest = async { while !self.queue().order.is_empty() && self.deliver_some(sink).await.is_ok() {} };
        if tokio::time::timeout(LAST, rest).await.is_err() {
            tracing::info!("some events are not delivered; whoever goes on with their runs tells them again");
        }
    }

    /// Delivers what is due of what waits aside, else the oldest events, once there are some.
    async fn deliver_some(&self, sink: &dyn EventSink) -> Result<(), Away> {
        let due = self.queue().due();
        if let Some(execution) = due {
            return self.try_aside(sink, execution).await;
        }
        let (batch, last) = self.queue().oldest();
        if batch.is_empty() {
            self.news().await;
            return Ok(());
        }
        match sink.record(batch).await {
            Ok(()) => {
                self.queue().drop_up_to(last);
                self.gone.send_replace(());
                Ok(())
            }
            Err(SinkError::Held(_) | SinkError::Refused(_)) => self.deliver_each(sink, last).await,
            Err(error @ SinkError::Unavailable(_)) => Err(Away(error)),
        }
    }

    /// Waits for events, or until some that wait aside are due.
    async fn news(&self) {
        let due = self.queue().next_due();
        let due = async {
            match due {
                Some(due) => tokio::time::sleep_until(due).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = self.news.notified() => {}
            () = due => {}
        }
    }

    /// What is not taken together goes one by one, so that only what is not taken itself is dropped or waits.
    async fn deliver_each(&self, sink: &dyn EventSink, last: u64) -> Result<(), Away> {
        loop {
            let Some(event) = self.queue().first_up_to(last) else { return Ok(()) };
            let held = self.deliver_one(sink, &event).await?;
            match held {
                None => drop(self.queue().order.pop_front()),
                Some(why) => {
                    let execution = of(&event);
                    let Execution { project, domain, name, .. } = &execution;
                    tracing::warn!(
                        project,
                        domain,
                        name,
                        why,
                        "an execution's events are not taken; they wait aside"
                    );
                    self.queue().put_aside(execution);
                }
            }
            self.gone.send_replace(());
        }
    }

    /// Tries the first event of those that wait aside. Once it has gone the others take their place among all again.
    async fn try_aside(&self, sink: &dyn EventSink, execution: Execution) -> Result<(), Away> {
        let first = self.queue().first_aside(&execution);
        let Some(first) = first else { return Ok(()) };
        match self.deliver_one(sink, &first).await? {
            None => self.queue().release(&execution),
            Some(why) => {
                let (name, pause) = (&execution.name, self.queue().wait_longer(&execution));
                tracing::warn!(name, why, ?pause, "an execution's events are still not taken");
            }
        }
        self.gone.send_replace(());
        Ok(())
    }

    /// Delivers an event, or drops one that never will be; why it is held up, if it is.
    async fn deliver_one(
        &self,
        sink: &dyn EventSink,
        event: &ExecutionEvent,
    ) -> Result<Option<String>, Away> {
        match sink.record(vec![event.clone()]).await {
            Ok(()) => Ok(None),
            Err(SinkError::Held(why)) => Ok(Some(why)),
            Err(SinkError::Refused(why)) => {
                tracing::error!(%why, ?event, "an event was refused and is dropped");
                Ok(None)
            }
            Err(error @ SinkError::Unavailable(_)) => Err(Away(error)),
        }
    }
}

impl Queue {
    fn put(&mut self, event: ExecutionEvent) {
        self.last += 1;
        let number = self.last;
        let aside = if self.aside.is_empty() { None } else { self.aside.get_mut(&of(&event)) };
        let events = aside.map_or(&mut self.order, |aside| &mut aside.events);
        events.push_back(Numbered { number, event });
    }

    fn has_room(&self, execution: &Execution) -> bool {
        let aside = || self.aside.values().map(|aside| aside.events.len()).sum::<usize>();
        self.order.len() < BACKLOG && (!self.aside.contains_key(execution) || aside() < BACKLOG)
    }

    /// Whether something that the execution told up to a number may still be here.
    fn holds(&self, execution: &Execution, number: u64) -> bool {
        let begins = |events: &VecDeque<Numbered>| events.front().is_some_and(|first| first.number <= number);
        begins(&self.order) || self.aside.get(execution).is_some_and(|aside| begins(&aside.events))
    }

    /// The events of the next delivery, and the number of the last of them.
    fn oldest(&self) -> (Vec<ExecutionEvent>, u64) {
        let last = self.order.iter().take(BATCH).next_back().map_or(0, |last| last.number);
        (self.order.iter().take(BATCH).map(|numbered| numbered.event.clone()).collect(), last)
    }

    fn first_up_to(&self, last: u64) -> Option<ExecutionEvent> {
        self.order.front().filter(|first| first.number <= last).map(|first| first.event.clone())
    }

    fn drop_up_to(&mut self, last: u64) {
        while self.order.pop_front_if(|first| first.number <= last).is_some() {}
    }

    fn put_aside(&mut self, execution: Execution) {
        let is_of_it = |numbered: &Numbered| of(&numbered.event) == execution;
        let (events, order) = std::mem::take(&mut self.order).into_iter().partition(is_of_it);
        self.order = order;
        let aside = Aside { events, pause: ASIDE.0, due: Instant::now() + ASIDE.0 };
        self.aside.insert(execution, aside);
    }

    fn due(&self) -> Option<Execution> {
        let now = Instant::now();
        self.aside.iter().find(|(_, aside)| aside.due <= now).map(|(execution, _)| execution.clone())
    }

    fn next_due(&self) -> Option<Instant> {
        self.aside.values().map(|aside| aside.due).min()
    }

    fn first_aside(&self, execution: &Execution) -> Option<ExecutionEvent> {
        self.aside.get(execution)?.events.front().map(|first| first.event.clone())
    }

    fn wait_longer(&mut self, execution: &Execution) -> Option<Duration> {
        let aside = self.aside.get_mut(execution)?;
        aside.pause = (aside.pause * 2).min(ASIDE.1);
        aside.due = Instant::now() + aside.pause;
        Some(aside.pause)
    }

    /// The first event aside has gone: the others go back to where they came from, and whoever else waits aside is due.
    fn release(&mut self, execution: &Execution) {
        let Some(mut aside) = self.aside.remove(execution) else { return };
        aside.events.pop_front();
        let mut order: Vec<_> = std::mem::take(&mut self.order).into_iter().chain(aside.events).collect();
        order.sort_by_key(|numbered| numbered.number);
        self.order = order.into();
        let now = Instant::now();
        self.aside.values_mut().for_each(|aside| aside.due = now);
    }
}

fn of(event: &ExecutionEvent) -> Execution {
    event.execution().cloned().unwrap_or_default()
}
