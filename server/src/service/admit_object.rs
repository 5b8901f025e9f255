//! What callers may do with objects themselves, where the store's own door asks: the policy of the RPCs, by the project and
//! domain that a key belongs to.

use crate::access::caller::{Caller, Via, Who};
use crate::access::role::Right;
use crate::error::ServiceError;
use crate::server::App;
use crate::store::audit::Record;

/// What somebody wants of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ObjectWish {
    /// To read it, or to see that it is there.
    Read,
    /// To write it.
    Write,
    /// To remove it.
    Remove,
}

impl ObjectWish {
    pub(super) const fn action(self) -> &'static str {
        match self {
            ObjectWish::Read => "s3/read",
            ObjectWish::Write => "s3/write",
            ObjectWish::Remove => "s3/remove",
        }
    }

    /// What it needs. Who writes may replace what others have sent, and what runs have left.
    const fn right(self) -> Right {
        match self {
            ObjectWish::Read => Right::Read,
            ObjectWish::Write => Right::Register,
            ObjectWish::Remove => Right::Manage,
        }
    }
}

impl App {
    /// Whether `user:NAME`, `client:NAME` or a run may do something with an object, or with all whose keys begin so.
    pub(crate) async fn admit_object(
        &self,
        who: &str,
        wish: ObjectWish,
        key: &str,
    ) -> Result<(), ServiceError> {
        if let Ok(run) = who.parse() {
            return self.admit_run(&run, wish, key).await;
        }
        let who = match who.split_once(':') {
            Some(("user", name)) => Who::Person(name.to_owned()),
            Some(("client", name)) => Who::Client(name.to_owned()),
            _ => return Err(ServiceError::Unauthenticated(format!("`{who}` is nobody that is known here"))),
        };
        let shown = who.to_string();
        let caller = self.access.still(self, Caller::known(who, Via::Key)).await?;
        let Some(caller) = caller else {
            return Err(ServiceError::Unauthenticated(format!("{shown} is not known here any more")));
        };
        let place = super::object_place::place(key, &self.settings.domains);
        let judged = self.require(&caller, wish.right(), place).await;
        let (project, domain) = place.names();
        self.note(Record::new(&caller, wish.action()).at(project, domain).about(key).of(&judged)).await;
        judged
    }
}
