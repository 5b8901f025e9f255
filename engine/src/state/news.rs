//! What is new of an array's items and not told yet.

use crate::NodeState;
use crate::event::{ItemNews, ItemPhase};

/// News wait until they are this part of all that was told, so that telling costs no more than in
/// proportion to the array even where all that was told is rewritten each time.
const SHARE: usize = 16;
/// What is told of a small array is told at once.
const AT_ONCE: usize = 512;

/// News of one array's items. They are not persisted: what a crash loses is told at the end.
#[derive(Clone, Debug, Default)]
pub(crate) struct News {
    waiting: Vec<ItemNews>,
    told: usize,
    /// Whether some may be lost.
    pub(super) restored: bool,
}

impl News {
    pub(crate) fn add(&mut self, news: ItemNews) {
        self.waiting.push(news);
    }

    /// All that waits, once it is enough to be told.
    pub(crate) fn take(&mut self) -> Vec<ItemNews> {
        match self.waiting.len() * SHARE < self.told.saturating_sub(AT_ONCE) {
            true => Vec::new(),
            false => self.take_all(),
        }
    }

    pub(crate) fn take_all(&mut self) -> Vec<ItemNews> {
        self.told += self.waiting.len();
        std::mem::take(&mut self.waiting)
    }
}

/// How an item's attempts have ended. What came before the last one was tried again.
pub(super) fn ends(index: u32, state: &NodeState) -> impl Iterator<Item = ItemNews> + use<> {
    let last = match state {
        NodeState::Succeeded { .. } => Some(ItemPhase::Succeeded),
        NodeState::Failed { .. } => Some(ItemPhase::Failed),
        NodeState::Aborted { .. } => Some(ItemPhase::Aborted),
        _ => None,
    };
    let before =
        (0..state.attempt()).map(move |attempt| ItemNews { index, attempt, phase: ItemPhase::Failed });
    let attempt = state.attempt();
    before.chain(last.map(|phase| ItemNews { index, attempt, phase }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn news_of_a_large_array_are_told_in_few_messages() {
        let mut news = News::default();
        let (mut messages, mut told) = (0, 0);
        for index in 0..10_000 {
            news.add(ItemNews { index, attempt: 0, phase: ItemPhase::Queued });
            let taken = news.take();
            messages += usize::from(!taken.is_empty());
            told += taken.len();
        }
        assert!(messages < 700, "{messages}");
        assert_eq!(told + news.take_all().len(), 10_000);
    }
}
