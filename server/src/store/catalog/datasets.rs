//! Table `datasets`.

use aileron_idl::datacatalog::{Dataset, DatasetId, Metadata};
use prost::Message;

use crate::clock;
use crate::store::filter::{Filter, Table, instant, integer, text};
use crate::store::page::{Found, Page};
use crate::store::sql::Query;
use crate::store::{Connection, Pool, StoreError, decode, select};

/// The table as lists see it.
pub(crate) static TABLE: Table = Table {
    name: "datasets",
    entity: "dataset",
    columns: &[
        integer("id"),
        text("project"),
        text("domain"),
        text("name"),
        text("version"),
        instant("created_at"),
    ],
    aliases: &[],
    order: "created_at",
    joins: &[],
};

const FIELDS: &str = "datasets.id, datasets.uuid, datasets.project, datasets.domain, datasets.name, \
     datasets.version, datasets.metadata, datasets.partition_keys";

/// A dataset as it is stored.
#[derive(Clone, Debug)]
pub(crate) struct DatasetRow {
    pub(crate) key: i64,
    pub(crate) dataset: Dataset,
}

impl DatasetRow {
    /// Its id, with the UUID.
    pub(crate) fn id(&self) -> DatasetId {
        self.dataset.id.clone().unwrap_or_default()
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    id: i64,
    uuid: String,
    project: String,
    domain: String,
    name: String,
    version: String,
    metadata: Vec<u8>,
    partition_keys: String,
}

impl TryFrom<Row> for DatasetRow {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let id = DatasetId {
            project: row.project,
            domain: row.domain,
            name: row.name,
            version: row.version,
            uuid: row.uuid,
            ..DatasetId::default()
        };
        let dataset = Dataset {
            id: Some(id),
            metadata: Some(decode::<Metadata>(TABLE.name, &row.metadata)?),
            partition_keys: serde_json::from_str(&row.partition_keys).unwrap_or_default(),
        };
        Ok(DatasetRow { key: row.id, dataset })
    }
}

/// Inserts a dataset, which has its UUID.
pub(crate) async fn insert(connection: &mut Connection, dataset: &Dataset) -> Result<(), StoreError> {
    let id = dataset.id.clone().unwrap_or_default();
    Query::new(
        "INSERT INTO datasets (uuid, project, domain, name, version, metadata, partition_keys, created_at, \
         updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)",
    )
    .bind(id.uuid)
    .bind(id.project)
    .bind(id.domain)
    .bind(id.name)
    .bind(id.version)
    .bind(dataset.metadata.clone().unwrap_or_default().encode_to_vec())
    .bind(serde_json::json!(dataset.partition_keys).to_string())
    .bind(clock::text(&clock::now()))
    .execute(connection)
    .await?;
    Ok(())
}

/// The dataset of an id: by its UUID if that is given, else by its names.
pub(crate) async fn find(pool: &Pool, id: &DatasetId) -> Result<Option<DatasetRow>, StoreError> {
    let mut query = select(&TABLE, FIELDS);
    if id.uuid.is_empty() {
        query.push(" WHERE project = ").push_bind(id.project.clone());
        query.push(" AND domain = ").push_bind(id.domain.clone());
        query.push(" AND name = ").push_bind(id.name.clone());
        query.push(" AND version = ").push_bind(id.version.clone());
    } else {
        query.push(" WHERE uuid = ").push_bind(id.uuid.clone());
    }
    let row: Option<Row> = query.fetch_optional(pool).await?;
    row.map(DatasetRow::try_from).transpose()
}

/// One page of the datasets.
pub(crate) async fn list(pool: &Pool, filter: &Filter, page: &Page) -> Result<Found<DatasetRow>, StoreError> {
    page.read::<Row, _>(query(filter, page), pool).await
}

/// The query of [`list`].
pub(in crate::store) fn query(filter: &Filter, page: &Page) -> Query {
    let mut query = page.select(FIELDS);
    query.push(" WHERE 1 = 1");
    filter.push_predicates(&mut query);
    page.push(&mut query);
    query
}
