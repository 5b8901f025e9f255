//! A container of Azure Blob Storage.

use object_store::azure::{MicrosoftAzure, MicrosoftAzureBuilder};

use super::{client, refused, retries, storage};
use crate::target::{Bucket, Target};
use crate::{OpenError, Storage};

/// The variable that names the account.
pub(crate) const ACCOUNT: &str = "AZURE_STORAGE_ACCOUNT_NAME";

pub(crate) fn open(target: &Target, container: &Bucket, account: Option<&str>) -> Result<Storage, OpenError> {
    Ok(storage(build(target, container, account)?, container))
}

fn build(target: &Target, container: &Bucket, account: Option<&str>) -> Result<MicrosoftAzure, OpenError> {
    let Some(account) = account.or_else(|| target.variable(ACCOUNT)) else {
        let problem = "not set; it says whose containers are meant".to_owned();
        return Err(OpenError::Setting { setting: ACCOUNT, problem });
    };
    let mut builder = MicrosoftAzureBuilder::new().with_client_options(client(target));
    for (name, value) in target.variables("AZURE_") {
        if let Ok(key) = name.to_ascii_lowercase().parse() {
            builder = builder.with_config(key, value);
        }
    }
    builder = builder
        .with_account(account)
        .with_container_name(&container.name)
        .with_allow_http(target.allow_http)
        .with_retry(retries());
    if let Some(endpoint) = &target.endpoint {
        builder = builder.with_endpoint(endpoint.trim_end_matches('/').to_owned());
    }
    builder.build().map_err(refused(container))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn target(uri: &str, account: &str) -> Target {
        let key = ("AZURE_STORAGE_ACCOUNT_KEY".to_owned(), "c2VjcmV0".to_owned());
        Target { environment: vec![(ACCOUNT.to_owned(), account.to_owned()), key], ..Target::new(uri) }
    }

    async fn url(target: &Target) -> String {
        crate::backend::install_crypto();
        let storage = target.open().unwrap();
        let uri = storage.uri(&["x"]);
        storage.upload_url(&uri, Duration::from_secs(60), Some("AAAA")).await.unwrap().unwrap()
    }

    #[tokio::test]
    async fn settings_shape_the_address() {
        let shown = url(&target("az://c/p", "acc")).await;
        assert!(shown.starts_with("https://acc.blob.core.windows.net/c/p/x?"), "{shown}");
        let shown = url(&target("abfs://c@own.dfs.core.windows.net/p", "acc")).await;
        assert!(shown.starts_with("https://own.blob.core.windows.net/c/p/x?"), "{shown}");
        let endpoint = Some("http://h:9/acc".into());
        let shown = url(&Target { endpoint, allow_http: true, ..target("az://c", "acc") }).await;
        assert!(shown.starts_with("http://h:9/acc/c/x?"), "{shown}");
    }

    #[test]
    fn an_account_must_be_named() {
        let text = Target::new("az://c").open().unwrap_err().to_string();
        assert!(text.starts_with("AZURE_STORAGE_ACCOUNT_NAME: not set"), "{text}");
    }
}
