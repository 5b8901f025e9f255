//! The store's door asks the control plane what the owners of its keys may do.

use aileron_s3::{Gate, Wish};
use aileron_server::{ObjectWish, Server};
use futures::future::BoxFuture;

/// The server's policy, as the door asks for it.
pub(crate) struct Policy(pub(crate) Server);

impl Gate for Policy {
    fn admit<'a>(&'a self, who: &'a str, wish: Wish, key: &'a str) -> BoxFuture<'a, Result<(), String>> {
        let wish = match wish {
            Wish::Read => ObjectWish::Read,
            Wish::Write => ObjectWish::Write,
            Wish::Remove => ObjectWish::Remove,
        };
        Box::pin(async move { self.0.admit_object(who, wish, key).await.map_err(|error| error.to_string()) })
    }
}
