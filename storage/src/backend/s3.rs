//! A bucket of S3, or of whatever speaks its protocol.

use object_store::aws::{AmazonS3, AmazonS3Builder};

use super::{client, refused, retries, storage};
use crate::target::{Bucket, Target};
use crate::{OpenError, Storage};

/// What a store elsewhere calls the region that is no region.
const NO_REGION: &str = "us-east-1";

pub(crate) fn open(target: &Target, bucket: &Bucket) -> Result<Storage, OpenError> {
    Ok(storage(build(target, bucket)?, bucket))
}

/// Explicit settings win over the environment.
fn build(target: &Target, bucket: &Bucket) -> Result<AmazonS3, OpenError> {
    target.check_pair("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")?;
    let mut builder = AmazonS3Builder::new().with_region(NO_REGION).with_client_options(client(target));
    for (name, value) in target.variables("AWS_") {
        if let Ok(key) = name.to_ascii_lowercase().parse() {
            builder = builder.with_config(key, value);
        }
    }
    builder = builder
        .with_bucket_name(&bucket.name)
        .with_virtual_hosted_style_request(target.virtual_host)
        .with_allow_http(target.allow_http)
        .with_retry(retries());
    if let Some(endpoint) = &target.endpoint {
        builder = builder.with_endpoint(endpoint.trim_end_matches('/'));
    }
    if let Some(region) = &target.region {
        builder = builder.with_region(region);
    }
    builder.build().map_err(refused(bucket))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn target(uri: &str) -> Target {
        let variable = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        Target {
            environment: vec![
                variable("AWS_ACCESS_KEY_ID", "AK"),
                variable("AWS_SECRET_ACCESS_KEY", "SK"),
                variable("AWS_REGION", "eu-west-1"),
                variable("HOME", "/"),
            ],
            ..Target::new(uri)
        }
    }

    async fn url(target: &Target) -> String {
        crate::backend::install_crypto();
        let storage = target.open().unwrap();
        let uri = storage.uri(&["metadata", "x y"]);
        storage.upload_url(&uri, Duration::from_secs(60), Some("AAAA")).await.unwrap().unwrap()
    }

    #[tokio::test]
    async fn settings_shape_the_address() {
        let shown = url(&target("s3://b/p")).await;
        assert!(shown.starts_with("https://s3.eu-west-1.amazonaws.com/b/p/metadata/x%20y?"), "{shown}");
        assert!(
            shown.contains("X-Amz-Credential=AK%2F") && shown.contains("%2Feu-west-1%2Fs3%2F"),
            "{shown}"
        );
        assert!(shown.contains("X-Amz-SignedHeaders=content-md5%3Bhost"), "{shown}");
        let virtual_host = Target { virtual_host: true, region: Some("r-1".into()), ..target("s3://b/p") };
        let shown = url(&virtual_host).await;
        assert!(shown.starts_with("https://b.s3.r-1.amazonaws.com/p/metadata/"), "{shown}");
        let elsewhere = Target { endpoint: Some("http://h:9/".into()), allow_http: true, ..target("s3://b") };
        let shown = url(&elsewhere).await;
        assert!(shown.starts_with("http://h:9/b/metadata/x%20y?"), "{shown}");
    }

    #[test]
    fn half_a_credential_is_refused_by_name() {
        let mut target = target("s3://b");
        target.environment.remove(1);
        let text = target.open().unwrap_err().to_string();
        assert_eq!(text, "AWS_SECRET_ACCESS_KEY: not set, although AWS_ACCESS_KEY_ID is");
    }
}
