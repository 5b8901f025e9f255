//! URLs for objects: the store's own where it signs any, else ours, which this server answers.

use std::time::Duration;

use prost_types::Timestamp;

use crate::clock;
use crate::error::ServiceError;
use crate::server::App;
use crate::signing::{Access, Grant};

/// How long a URL holds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Life {
    length: Duration,
    pub(super) until: Timestamp,
}

impl App {
    /// What was asked for, or the longest that there is.
    pub(super) fn life(&self, asked: Option<&prost_types::Duration>) -> Result<Life, ServiceError> {
        let longest = self.settings.max_url_life;
        let length = match asked {
            None => longest,
            Some(asked) if asked.seconds == 0 && asked.nanos == 0 => longest,
            Some(asked) => clock::span(asked).ok_or_else(|| {
                ServiceError::invalid("expires_in", &format!("{}s", asked.seconds), "it must be positive")
            })?,
        };
        if length > longest {
            let problem = format!("it may be {} seconds at most", longest.as_secs());
            return Err(ServiceError::invalid("expires_in", &length.as_secs().to_string(), problem));
        }
        Ok(Life { length, until: clock::later(&clock::now(), length) })
    }

    /// A URL that gives an object; ours lies below `base`.
    pub(super) async fn download_url(
        &self,
        base: &str,
        uri: &str,
        life: Life,
    ) -> Result<String, ServiceError> {
        match self.settings.storage.download_url(uri, life.length).await? {
            Some(url) => Ok(url),
            None => self.own_url(base, Access::Download, uri, String::new(), life),
        }
    }

    /// A URL that takes an object, with this md5 (base64) if it is not empty.
    pub(super) async fn upload_url(
        &self,
        base: &str,
        uri: &str,
        md5: &str,
        life: Life,
    ) -> Result<String, ServiceError> {
        let bound_to = Some(md5).filter(|md5| !md5.is_empty());
        match self.settings.storage.upload_url(uri, life.length, bound_to).await? {
            Some(url) => Ok(url),
            None => self.own_url(base, Access::Upload, uri, md5.to_owned(), life),
        }
    }

    fn own_url(
        &self,
        base: &str,
        access: Access,
        uri: &str,
        md5: String,
        life: Life,
    ) -> Result<String, ServiceError> {
        let key = self.settings.storage.key(uri)?.to_owned();
        self.signer.url(base, &Grant { access, key, md5, expires: life.until.seconds })
    }
}
