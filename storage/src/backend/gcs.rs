//! A bucket of Google Cloud Storage.

use object_store::gcp::{GoogleCloudStorage, GoogleCloudStorageBuilder, GoogleConfigKey};

use super::{client, refused, retries, storage};
use crate::target::{Bucket, Target};
use crate::{OpenError, Storage};

pub(crate) fn open(target: &Target, bucket: &Bucket) -> Result<Storage, OpenError> {
    Ok(storage(build(target, bucket)?, bucket))
}

fn build(target: &Target, bucket: &Bucket) -> Result<GoogleCloudStorage, OpenError> {
    let mut builder = GoogleCloudStorageBuilder::new().with_client_options(client(target));
    for (name, value) in target.variables("GOOGLE_") {
        if let Ok(key) = name.to_ascii_lowercase().parse() {
            builder = builder.with_config(key, value);
        }
    }
    builder = builder.with_bucket_name(&bucket.name).with_retry(retries());
    if let Some(endpoint) = &target.endpoint {
        builder = builder.with_config(GoogleConfigKey::BaseUrl, endpoint.trim_end_matches('/'));
    }
    builder.build().map_err(refused(bucket))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_shape_the_client() {
        crate::backend::install_crypto();
        let target = Target {
            endpoint: Some("http://h:9".into()),
            allow_http: true,
            environment: vec![("GOOGLE_SKIP_SIGNATURE".into(), "true".into())],
            ..Target::new("gs://b/p")
        };
        let storage = target.open().unwrap();
        assert_eq!(storage.uri(&["metadata"]), "gs://b/p/metadata");
        assert!(storage.signs_urls());
        let shown = format!("{:?}", storage.store);
        assert!(shown.contains("http://h:9") && shown.contains("bucket_name: \"b\""), "{shown}");
    }

    #[test]
    fn a_missing_key_file_is_named() {
        crate::backend::install_crypto();
        let target = Target {
            environment: vec![("GOOGLE_APPLICATION_CREDENTIALS".into(), "/nowhere/key.json".into())],
            ..Target::new("gs://b")
        };
        let error = target.open().unwrap_err();
        let source = std::error::Error::source(&error).unwrap().to_string();
        assert!(source.contains("/nowhere/key.json"), "{source}");
    }
}
