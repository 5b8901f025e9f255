//! ListObjects, in both versions: sorted by key, in pages, folded at a delimiter.

use std::collections::BTreeMap;

use aileron_storage::{Entry, Storage};
use s3s::S3Result;
use s3s::dto::{
    CommonPrefix, ListObjectsInput, ListObjectsOutput, ListObjectsV2Input, ListObjectsV2Output, Object,
};

use super::{e_tag, signed};
use crate::Door;
use crate::error::refusal;

/// Most rows of one page.
const PAGE: i32 = 1000;

/// What is asked.
struct Asked<'q> {
    prefix: &'q str,
    delimiter: &'q str,
    /// Only what sorts after it.
    after: &'q str,
    limit: usize,
}

/// One page, by key; what is folded has no entry.
struct Page {
    rows: BTreeMap<String, Option<Entry>>,
    /// The last key, when there are more.
    next: Option<String>,
}

impl Door {
    pub(crate) async fn list(&self, input: ListObjectsInput) -> S3Result<ListObjectsOutput> {
        let max_keys = input.max_keys.unwrap_or(PAGE).clamp(0, PAGE);
        let asked = Asked {
            prefix: input.prefix.as_deref().unwrap_or_default(),
            delimiter: input.delimiter.as_deref().unwrap_or_default(),
            after: input.marker.as_deref().unwrap_or_default(),
            limit: usize::try_from(max_keys).unwrap_or_default(),
        };
        let page = asked.page(&self.buckets.find(&input.bucket)?.0).await?;
        Ok(ListObjectsOutput {
            is_truncated: Some(page.next.is_some()),
            contents: Some(page.objects()),
            common_prefixes: Some(page.folded()),
            next_marker: page.next,
            name: Some(input.bucket),
            prefix: input.prefix,
            marker: input.marker,
            delimiter: input.delimiter,
            max_keys: Some(max_keys),
            ..ListObjectsOutput::default()
        })
    }

    pub(crate) async fn list_v2(&self, input: ListObjectsV2Input) -> S3Result<ListObjectsV2Output> {
        let max_keys = input.max_keys.unwrap_or(PAGE).clamp(0, PAGE);
        let after = input.continuation_token.as_deref().or(input.start_after.as_deref());
        let asked = Asked {
            prefix: input.prefix.as_deref().unwrap_or_default(),
            delimiter: input.delimiter.as_deref().unwrap_or_default(),
            after: after.unwrap_or_default(),
            limit: usize::try_from(max_keys).unwrap_or_default(),
        };
        let page = asked.page(&self.buckets.find(&input.bucket)?.0).await?;
        Ok(ListObjectsV2Output {
            is_truncated: Some(page.next.is_some()),
            key_count: i32::try_from(page.rows.len()).ok(),
            contents: Some(page.objects()),
            common_prefixes: Some(page.folded()),
            next_continuation_token: page.next,
            name: Some(input.bucket),
            prefix: input.prefix,
            continuation_token: input.continuation_token,
            start_after: input.start_after,
            delimiter: input.delimiter,
            max_keys: Some(max_keys),
            ..ListObjectsV2Output::default()
        })
    }
}

impl Asked<'_> {
    async fn page(&self, storage: &Storage) -> S3Result<Page> {
        let mut rows = self.rows(storage).await?;
        rows.retain(|key, _| key.starts_with(self.prefix) && key.as_str() > self.after);
        let rest = rows.keys().nth(self.limit).cloned().map(|first| rows.split_off(&first));
        let next = rest.and_then(|_| rows.keys().next_back().cloned());
        Ok(Page { rows, next })
    }

    /// At least what the prefix and the delimiter ask for. A folder is not walked for what is folded.
    async fn rows(&self, storage: &Storage) -> S3Result<BTreeMap<String, Option<Entry>>> {
        let folder = self.prefix.rsplit_once('/').map_or("", |(folder, _)| folder);
        let Ok(folder) =
            (if folder.is_empty() { Ok(storage.root().to_owned()) } else { storage.uri_of_key(folder) })
        else {
            // No key begins so.
            return Ok(BTreeMap::new());
        };
        let key = |uri: &str| storage.key(uri).map(str::to_owned).map_err(refusal);
        if self.delimiter == "/" {
            let (objects, folders) = storage.list_folder(&folder).await.map_err(refusal)?;
            let objects = objects.into_iter().map(|entry| Ok((key(&entry.uri)?, Some(entry))));
            let folders = folders.into_iter().map(|uri| Ok((format!("{}/", key(&uri)?), None)));
            return objects.chain(folders).collect();
        }
        let objects = storage.list(&folder).await.map_err(refusal)?;
        objects.into_iter().map(|entry| Ok(self.folded(key(&entry.uri)?, entry))).collect()
    }

    /// A key that has the delimiter after the prefix stands for all that have it there.
    fn folded(&self, key: String, entry: Entry) -> (String, Option<Entry>) {
        let rest = key.strip_prefix(self.prefix).filter(|_| !self.delimiter.is_empty());
        match rest.and_then(|rest| rest.find(self.delimiter)) {
            Some(at) => (key[..self.prefix.len() + at + self.delimiter.len()].to_owned(), None),
            None => (key, Some(entry)),
        }
    }
}

impl Page {
    fn objects(&self) -> Vec<Object> {
        let entries = self.rows.iter().filter_map(|(key, entry)| Some((key, entry.as_ref()?)));
        let object = |(key, entry): (&String, &Entry)| Object {
            key: Some(key.clone()),
            size: Some(signed(entry.size)),
            e_tag: e_tag(entry),
            last_modified: Some(entry.modified.into()),
            ..Object::default()
        };
        entries.map(object).collect()
    }

    fn folded(&self) -> Vec<CommonPrefix> {
        let folded = self.rows.iter().filter(|(_, entry)| entry.is_none());
        folded.map(|(prefix, _)| CommonPrefix { prefix: Some(prefix.clone()) }).collect()
    }
}
