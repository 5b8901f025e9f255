//! Where the objects lie, as an operator says it: a URI, and for buckets how to get there.

use std::path::PathBuf;

use url::Url;

use crate::{Storage, StorageError, backend};

/// An operator's choice of a store.
#[derive(Clone, Debug, Default)]
pub struct Target {
    /// `/FOLDER` or `file:///FOLDER`, `memory://`, `s3://BUCKET/PREFIX`, `gs://BUCKET/PREFIX`,
    /// `az://CONTAINER/PREFIX` or `abfs(s)://CONTAINER[@ACCOUNT.dfs.core.windows.net]/PREFIX`.
    pub uri: String,
    /// Where a bucket is served, when it is not its provider's usual place.
    pub endpoint: Option<String>,
    /// A bucket's region.
    pub region: Option<String>,
    /// Whether a bucket's name is part of its host's name, and not of the path.
    pub virtual_host: bool,
    /// Whether a bucket may be reached without TLS.
    pub allow_http: bool,
    /// The environment, with credentials under their providers' names: `AWS_ACCESS_KEY_ID`,
    /// `AWS_SECRET_ACCESS_KEY`, ..., `GOOGLE_APPLICATION_CREDENTIALS`, ..., `AZURE_STORAGE_ACCOUNT_KEY`, ...
    pub environment: Vec<(String, String)>,
}

/// Why there is no store for a [`Target`].
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The URI is of no form that is known.
    #[error(
        "`{0}` is no place for objects; give an absolute folder, or a URI like file:///FOLDER, memory://, \
         s3://BUCKET/PREFIX, gs://BUCKET/PREFIX, az://CONTAINER/PREFIX or abfs://CONTAINER/PREFIX"
    )]
    Uri(String),
    /// A setting is missing, or does not fit the others.
    #[error("{setting}: {problem}")]
    Setting {
        /// Its name: a field of [`Target`], or a variable of the environment.
        setting: &'static str,
        /// What is wrong, and what to do.
        problem: String,
    },
    /// The client of the store refuses its settings.
    #[error("the settings of the object store `{uri}` do not fit")]
    Client {
        /// The root.
        uri: String,
        /// What the client said.
        source: object_store::Error,
    },
    /// The store is there and cannot be used.
    #[error("the object store `{uri}` cannot be used; check its name, endpoint, region and credentials")]
    Unusable {
        /// The root.
        uri: String,
        /// What failed.
        source: object_store::Error,
    },
    /// The folder cannot be made or opened.
    #[error("the folder `{folder}` cannot hold objects")]
    Folder {
        /// Which folder.
        folder: PathBuf,
        /// What failed.
        source: StorageError,
    },
}

/// The kinds of stores.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Place {
    Folder(PathBuf),
    Memory,
    S3(Bucket),
    Gcs(Bucket),
    Azure { container: Bucket, account: Option<String> },
}

/// A bucket, or a container, and the place in it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Bucket {
    pub(crate) name: String,
    /// Without slashes at its ends; may be empty.
    pub(crate) prefix: String,
    /// The prefix of every URI.
    pub(crate) root: String,
}

impl Target {
    /// The objects below a URI that needs no settings.
    pub fn new(uri: impl Into<String>) -> Target {
        Target { uri: uri.into(), ..Target::default() }
    }

    /// The store, which was not asked anything yet; see [`Storage::probe`].
    ///
    /// # Errors
    /// When the URI or a setting is wrong, or a folder cannot be made.
    pub fn open(&self) -> Result<Storage, OpenError> {
        self.check_endpoint()?;
        match self.place()? {
            Place::Folder(folder) => {
                Storage::folder(&folder).map_err(|source| OpenError::Folder { folder, source })
            }
            Place::Memory => Ok(Storage::memory()),
            Place::S3(bucket) => backend::s3::open(self, &bucket),
            Place::Gcs(bucket) => backend::gcs::open(self, &bucket),
            Place::Azure { container, account } => backend::azure::open(self, &container, account.as_deref()),
        }
    }

    /// Whether the URI has a form that is known.
    ///
    /// # Errors
    /// When it has none.
    pub fn check_uri(&self) -> Result<(), OpenError> {
        self.place().map(drop)
    }

    pub(crate) fn place(&self) -> Result<Place, OpenError> {
        let unknown = || OpenError::Uri(self.uri.clone());
        if self.uri.starts_with('/') {
            return Ok(Place::Folder(PathBuf::from(&self.uri)));
        }
        let url = Url::parse(&self.uri).map_err(|_| unknown())?;
        if url.query().is_some() || url.fragment().is_some() {
            return Err(unknown());
        }
        match url.scheme() {
            "file" => url.to_file_path().map(Place::Folder).map_err(|()| unknown()),
            "memory" if url.host_str().is_none() => Ok(Place::Memory),
            "s3" => self.bucket(&url).map(Place::S3),
            "gs" => self.bucket(&url).map(Place::Gcs),
            "az" | "abfs" | "abfss" => self.container(&url),
            _ => Err(unknown()),
        }
    }

    fn bucket(&self, url: &Url) -> Result<Bucket, OpenError> {
        let name = url.host_str().unwrap_or_default();
        if name.is_empty() || !url.username().is_empty() || url.port().is_some() {
            return Err(OpenError::Uri(self.uri.clone()));
        }
        let prefix = url.path().trim_matches('/').to_owned();
        let root = self.uri.trim_end_matches('/').to_owned();
        Ok(Bucket { name: name.to_owned(), prefix, root })
    }

    /// `CONTAINER@ACCOUNT.dfs.core.windows.net` names the account as well.
    fn container(&self, url: &Url) -> Result<Place, OpenError> {
        let (name, account) = match url.username() {
            "" => (url.host_str().unwrap_or_default(), None),
            container => (container, url.host_str().and_then(|host| host.split('.').next())),
        };
        if name.is_empty() {
            return Err(OpenError::Uri(self.uri.clone()));
        }
        let prefix = url.path().trim_matches('/').to_owned();
        let root = self.uri.trim_end_matches('/').to_owned();
        let container = Bucket { name: name.to_owned(), prefix, root };
        Ok(Place::Azure { container, account: account.map(str::to_owned) })
    }

    fn check_endpoint(&self) -> Result<(), OpenError> {
        let Some(endpoint) = &self.endpoint else { return Ok(()) };
        let wrong = |problem: String| Err(OpenError::Setting { setting: "endpoint", problem });
        match Url::parse(endpoint).as_ref().map(Url::scheme) {
            Ok("https") => Ok(()),
            Ok("http") if self.allow_http => Ok(()),
            Ok("http") => wrong(format!("`{endpoint}` is not encrypted; allow http if that is meant")),
            _ => wrong(format!("`{endpoint}` is no URL like https://HOST:PORT")),
        }
    }

    /// A variable of the environment that has a value.
    pub(crate) fn variable(&self, name: &str) -> Option<&str> {
        let found = self.environment.iter().find(|(key, value)| key == name && !value.is_empty());
        found.map(|(_, value)| value.as_str())
    }

    /// The variables whose names begin so.
    pub(crate) fn variables(&self, prefix: &str) -> impl Iterator<Item = &(String, String)> {
        self.environment.iter().filter(move |(name, value)| name.starts_with(prefix) && !value.is_empty())
    }

    /// Two variables that only make sense together.
    pub(crate) fn check_pair(&self, one: &'static str, other: &'static str) -> Result<(), OpenError> {
        let missing = |setting, given| {
            Err(OpenError::Setting { setting, problem: format!("not set, although {given} is") })
        };
        match (self.variable(one), self.variable(other)) {
            (Some(_), None) => missing(other, one),
            (None, Some(_)) => missing(one, other),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(uri: &str) -> Option<Place> {
        Target::new(uri).place().ok()
    }

    fn bucket(name: &str, prefix: &str, root: &str) -> Bucket {
        Bucket { name: name.into(), prefix: prefix.into(), root: root.into() }
    }

    #[test]
    fn the_uri_says_which_store() {
        assert_eq!(place("/a b/c"), Some(Place::Folder("/a b/c".into())));
        assert_eq!(place("file:///a%20b/c"), Some(Place::Folder("/a b/c".into())));
        assert_eq!(place("memory://"), Some(Place::Memory));
        assert_eq!(place("s3://b"), Some(Place::S3(bucket("b", "", "s3://b"))));
        assert_eq!(place("s3://b.c-d/x/y/"), Some(Place::S3(bucket("b.c-d", "x/y", "s3://b.c-d/x/y"))));
        assert_eq!(place("gs://b/x"), Some(Place::Gcs(bucket("b", "x", "gs://b/x"))));
        let azure = |root: &str, account: Option<&str>| {
            let container = bucket("c", "x", root);
            Some(Place::Azure { container, account: account.map(str::to_owned) })
        };
        assert_eq!(place("az://c/x"), azure("az://c/x", None));
        assert_eq!(place("abfs://c/x/"), azure("abfs://c/x", None));
        let long = "abfss://c@acc.dfs.core.windows.net/x";
        assert_eq!(place(long), azure(long, Some("acc")));
    }

    #[test]
    fn what_is_no_place_is_refused() {
        for uri in [
            "",
            "objects",
            "./objects",
            "s3://",
            "s3:///x",
            "gs://",
            "az://",
            "ftp://h/x",
            "https://h/b",
            "s3://key:secret@b/x",
            "s3://b:80/x",
            "s3://b/x?y",
            "memory://x",
            "file://host/x",
        ] {
            assert!(matches!(Target::new(uri).place(), Err(OpenError::Uri(_))), "{uri}");
        }
    }

    #[test]
    fn an_endpoint_is_a_url_and_encrypted_unless_allowed() {
        let with = |endpoint: &str, allow_http| Target {
            endpoint: Some(endpoint.into()),
            allow_http,
            ..Target::new("memory://")
        };
        assert!(with("https://h", false).open().is_ok() && with("http://h:1", true).open().is_ok());
        for (target, expected) in [
            (with("http://h:1", false), "endpoint: `http://h:1` is not encrypted"),
            (with("h:1", true), "endpoint: `h:1` is no URL"),
        ] {
            assert!(target.open().unwrap_err().to_string().starts_with(expected));
        }
    }
}
