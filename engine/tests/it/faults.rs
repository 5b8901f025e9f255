//! What may go wrong between the engine and its world, and how likely each is.

/// Hundredths a step, or a time that it could happen.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Faults {
    /// The driver dies before it saved a decision.
    pub(crate) crash_unsaved: u32,
    /// The driver dies after it saved a decision and before it carried it out.
    pub(crate) crash_saved: u32,
    /// The driver dies between two effects of one decision.
    pub(crate) crash_between: u32,
    /// The driver dies again before it has made good what its death left undone.
    pub(crate) crash_again: u32,
    /// An effect is carried out twice.
    pub(crate) duplicate: u32,
    /// An effect is not carried out until a full look asks again.
    pub(crate) drop: u32,
    /// An effect is carried out once more, some time later.
    pub(crate) late: u32,
    /// Effects are carried out in another order.
    pub(crate) reorder: u32,
    /// What was seen earlier is seen once more after what is newer.
    pub(crate) stale: u32,
    /// For a while nothing is carried out and nothing is seen.
    pub(crate) outage: u32,
    /// A crash takes a running attempt with it.
    pub(crate) lose: u32,
    /// A running attempt is gone, and nobody says why.
    pub(crate) vanish: u32,
    /// The platform takes away an attempt that it may take away.
    pub(crate) interrupt: u32,
    /// An attempt is never begun.
    pub(crate) stuck: u32,
    /// The clock steps by up to an hour, either way.
    pub(crate) clock: u32,
    /// The cache does not answer.
    pub(crate) uncached: u32,
    /// For a while the database does not take what was decided.
    pub(crate) unkept: u32,
    /// For a while nobody can read what a task has left.
    pub(crate) unread: u32,
    /// A task's inputs cannot be written, or what it has left cannot be read, for longer than anybody waits.
    pub(crate) unreadable: u32,
    /// What a task has left is gone before anybody reads it.
    pub(crate) forgotten: u32,
}

impl Faults {
    pub(crate) const NONE: Faults = Faults {
        crash_unsaved: 0,
        crash_saved: 0,
        crash_between: 0,
        crash_again: 0,
        duplicate: 0,
        drop: 0,
        late: 0,
        reorder: 0,
        stale: 0,
        outage: 0,
        lose: 0,
        vanish: 0,
        interrupt: 0,
        stuck: 0,
        clock: 0,
        uncached: 0,
        unkept: 0,
        unread: 0,
        unreadable: 0,
        forgotten: 0,
    };

    /// What every driver has to live with.
    pub(crate) const MANY: Faults = Faults {
        crash_unsaved: 5,
        crash_saved: 5,
        crash_between: 3,
        crash_again: 30,
        duplicate: 20,
        drop: 15,
        late: 10,
        reorder: 30,
        lose: 40,
        vanish: 2,
        ..Faults::NONE
    };

    /// A driver that sees its world through somebody else's memory, which may be gone for a while.
    pub(crate) const CLOUDED: Faults = Faults { stale: 20, outage: 5, ..Faults::MANY };
}
