//! Table `artifacts`, with their tags and partitions. Literals are objects; a row says where they lie.

use aileron_idl::datacatalog::{Artifact, DatasetId, Metadata, Partition, Tag};
use prost::Message;
use prost_types::Timestamp;

use crate::clock;
use crate::store::filter::{Filter, Join, Table, instant, integer, text};
use crate::store::page::{Found, Page};
use crate::store::sql::Query;
use crate::store::{Connection, Pool, StoreError, decode, select};

static TAGS: Table =
    Table { name: "tags", entity: "tag", columns: &[text("name")], aliases: &[], order: "name", joins: &[] };

static PARTITIONS: Table = Table {
    name: "partitions",
    entity: "partition",
    columns: &[text("key"), text("value")],
    aliases: &[],
    order: "key",
    joins: &[],
};

/// The table as lists see it.
pub(crate) static TABLE: Table = Table {
    name: "artifacts",
    entity: "artifact",
    columns: &[integer("id"), text("artifact_id"), instant("created_at")],
    aliases: &[],
    order: "created_at",
    joins: &[
        Join { table: &TAGS, on: "tags.artifact_key = artifacts.id", many: true, kept: &[] },
        Join { table: &PARTITIONS, on: "partitions.artifact_key = artifacts.id", many: true, kept: &[] },
    ],
};

const FIELDS: &str =
    "artifacts.id, artifacts.artifact_id, artifacts.metadata, artifacts.data, artifacts.created_at";

/// Name and URI of each literal of an artifact.
pub(crate) type Data = Vec<(String, String)>;

/// An artifact as it is stored: with the places of its literals instead of them.
#[derive(Clone, Debug)]
pub(crate) struct ArtifactRow {
    pub(crate) key: i64,
    pub(crate) id: String,
    pub(crate) metadata: Metadata,
    pub(crate) data: Data,
    pub(crate) created_at: Option<Timestamp>,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: i64,
    artifact_id: String,
    metadata: Vec<u8>,
    data: String,
    created_at: String,
}

impl TryFrom<Row> for ArtifactRow {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(ArtifactRow {
            key: row.id,
            id: row.artifact_id,
            metadata: decode(TABLE.name, &row.metadata)?,
            data: serde_json::from_str(&row.data).unwrap_or_default(),
            created_at: clock::parse(&row.created_at),
        })
    }
}

/// Inserts an artifact of a dataset with its partitions and tags.
pub(crate) async fn insert(
    connection: &mut Connection,
    dataset_key: i64,
    artifact: &Artifact,
    data: &Data,
) -> Result<(), StoreError> {
    let now = clock::text(&clock::now());
    let inserted: (i64,) = Query::new(
        "INSERT INTO artifacts (dataset_id, artifact_id, metadata, data, created_at, updated_at) \
         VALUES ($1, $2, $3, $4, $5, $5) RETURNING id",
    )
    .bind(dataset_key)
    .bind(&artifact.id)
    .bind(artifact.metadata.clone().unwrap_or_default().encode_to_vec())
    .bind(serde_json::json!(data).to_string())
    .bind(now)
    .fetch_one(&mut *connection)
    .await?;
    for partition in &artifact.partitions {
        Query::new("INSERT INTO partitions (artifact_key, key, value) VALUES ($1, $2, $3)")
            .bind(inserted.0)
            .bind(&partition.key)
            .bind(&partition.value)
            .execute(&mut *connection)
            .await?;
    }
    for tag in &artifact.tags {
        add_tag(connection, dataset_key, inserted.0, &tag.name).await?;
    }
    Ok(())
}

/// Tags an artifact; a tag of a dataset never moves.
pub(crate) async fn add_tag(
    connection: &mut Connection,
    dataset_key: i64,
    artifact_key: i64,
    name: &str,
) -> Result<(), StoreError> {
    Query::new("INSERT INTO tags (dataset_id, name, artifact_key) VALUES ($1, $2, $3)")
        .bind(dataset_key)
        .bind(name)
        .bind(artifact_key)
        .execute(connection)
        .await?;
    Ok(())
}

/// Replaces data and metadata.
pub(crate) async fn update(
    connection: &mut Connection,
    key: i64,
    data: &Data,
    metadata: Option<&Metadata>,
) -> Result<(), StoreError> {
    Query::new(
        "UPDATE artifacts SET data = $2, metadata = COALESCE($3, metadata), updated_at = $4 WHERE id = $1",
    )
    .bind(key)
    .bind(serde_json::json!(data).to_string())
    .bind(metadata.map(Metadata::encode_to_vec))
    .bind(clock::text(&clock::now()))
    .execute(connection)
    .await?;
    Ok(())
}

/// How an artifact of a dataset is named.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Handle<'a> {
    /// By its own id.
    Id(&'a str),
    /// By one of its tags.
    Tag(&'a str),
}

/// The artifact of a handle.
pub(crate) async fn find(
    pool: &Pool,
    dataset_key: i64,
    handle: Handle<'_>,
) -> Result<Option<ArtifactRow>, StoreError> {
    let mut query = select(&TABLE, FIELDS);
    match handle {
        Handle::Id(id) => {
            query.push(" WHERE artifacts.dataset_id = ").push_bind(dataset_key);
            query.push(" AND artifacts.artifact_id = ").push_bind(id.to_owned());
        }
        Handle::Tag(name) => {
            query.push(" JOIN tags ON tags.artifact_key = artifacts.id");
            query.push(" WHERE tags.dataset_id = ").push_bind(dataset_key);
            query.push(" AND tags.name = ").push_bind(name.to_owned());
        }
    }
    let row: Option<Row> = query.fetch_optional(pool).await?;
    row.map(ArtifactRow::try_from).transpose()
}

/// The tags of an artifact.
pub(crate) async fn tags(
    pool: &Pool,
    artifact: &ArtifactRow,
    dataset: &DatasetId,
) -> Result<Vec<Tag>, StoreError> {
    let names = Query::new("SELECT name FROM tags WHERE artifact_key = $1 ORDER BY name");
    let names: Vec<(String,)> = names.bind(artifact.key).fetch_all(pool).await?;
    let tag = |(name,)| Tag { name, artifact_id: artifact.id.clone(), dataset: Some(dataset.clone()) };
    Ok(names.into_iter().map(tag).collect())
}

/// The partitions of an artifact.
pub(crate) async fn partitions(pool: &Pool, key: i64) -> Result<Vec<Partition>, StoreError> {
    let rows = Query::new("SELECT key, value FROM partitions WHERE artifact_key = $1 ORDER BY key");
    let rows: Vec<(String, String)> = rows.bind(key).fetch_all(pool).await?;
    Ok(rows.into_iter().map(|(key, value)| Partition { key, value }).collect())
}

/// One page of a dataset's artifacts.
pub(crate) async fn list(
    pool: &Pool,
    dataset_key: i64,
    filter: &Filter,
    page: &Page,
) -> Result<Found<ArtifactRow>, StoreError> {
    page.read::<Row, _>(query(dataset_key, filter, page), pool).await
}

/// The query of [`list`].
pub(in crate::store) fn query(dataset_key: i64, filter: &Filter, page: &Page) -> Query {
    let mut query = page.select(FIELDS);
    query.push(" WHERE artifacts.dataset_id = ").push_bind(dataset_key);
    filter.push_predicates(&mut query);
    page.push(&mut query);
    query
}
