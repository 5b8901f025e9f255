//! Both folders of migrations lead to the same schema.

use aileron_test_postgres::Cluster;

use super::sql::Query;
use super::{Database, Store};

/// One line a column: table, name, kind, whether it may be NULL.
const COLUMNS: [&str; 2] = [
    "SELECT t.name || '.' || c.name || ' ' || CASE c.type WHEN 'INTEGER' THEN 'bigint' WHEN 'BLOB' THEN 'bytea' \
     WHEN 'TEXT' THEN 'text C' ELSE c.type END || CASE WHEN c.\"notnull\" OR c.pk THEN '' ELSE ' NULL' END \
     FROM sqlite_master t JOIN pragma_table_info(t.name) c \
     WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite%' AND t.name NOT LIKE '_sqlx%'",
    "SELECT table_name || '.' || column_name || ' ' || data_type || coalesce(' ' || collation_name, '') || \
     CASE is_nullable WHEN 'NO' THEN '' ELSE ' NULL' END FROM information_schema.columns \
     WHERE table_schema = current_schema AND table_name NOT LIKE '\\_sqlx%'",
];

/// One line an index: table, what it is for, columns. Only those that a migration names have names.
const INDEXES: [&str; 2] = [
    "SELECT t.name || CASE i.origin WHEN 'c' THEN ' ' || i.name ELSE '' END || \
     CASE WHEN i.\"unique\" THEN ' unique' ELSE '' END || CASE WHEN i.partial THEN ' partial' ELSE '' END || ' ' || \
     (SELECT group_concat(c.name) FROM (SELECT name FROM pragma_index_info(i.name) ORDER BY seqno) c) \
     FROM sqlite_master t JOIN pragma_index_list(t.name) i WHERE t.type = 'table' AND t.name NOT LIKE '_sqlx%'",
    "SELECT t.relname || CASE WHEN c.oid IS NULL THEN ' ' || x.relname ELSE '' END || \
     CASE WHEN i.indisunique THEN ' unique' ELSE '' END || \
     CASE WHEN i.indpred IS NULL THEN '' ELSE ' partial' END || ' ' || \
     (SELECT string_agg(trim(both '\"' from pg_get_indexdef(i.indexrelid, k, true)), ',' ORDER BY k) \
      FROM generate_series(1, i.indnkeyatts) k) \
     FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid JOIN pg_class x ON x.oid = i.indexrelid \
     LEFT JOIN pg_constraint c ON c.conindid = i.indexrelid AND c.contype IN ('p', 'u') \
     WHERE t.relnamespace = current_schema::regnamespace AND t.relname NOT LIKE '\\_sqlx%' \
     AND NOT (i.indisprimary AND i.indnkeyatts = 1)",
];

/// One line a reference.
const REFERENCES: [&str; 2] = [
    "SELECT t.name || '.' || f.\"from\" || ' ' || f.\"table\" FROM sqlite_master t \
     JOIN pragma_foreign_key_list(t.name) f WHERE t.type = 'table'",
    "SELECT t.relname || '.' || a.attname || ' ' || r.relname FROM pg_constraint c \
     JOIN pg_class t ON t.oid = c.conrelid JOIN pg_class r ON r.oid = c.confrelid \
     JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = c.conkey[1] WHERE c.contype = 'f'",
];

async fn lines(store: &Store, sql: &'static str) -> String {
    let lines: Vec<(String,)> = Query::new(sql).fetch_all(store.readers()).await.unwrap();
    // A row's id ends each index of SQLite, be it named or not.
    let named = |(line,): (String,)| line.strip_suffix(",id").unwrap_or(&line).to_owned();
    let mut lines: Vec<String> = lines.into_iter().map(named).collect();
    lines.sort();
    lines.join("\n")
}

#[tokio::test]
async fn both_databases_have_the_same_schema() {
    let folder = tempfile::tempdir().unwrap();
    let sqlite = Store::open(&Database::Sqlite(folder.path().join("aileron.db"))).await.unwrap();
    let postgres = Cluster::shared().database().unwrap().parse().unwrap();
    let postgres = Store::open(&postgres).await.unwrap();
    for [of_sqlite, of_postgres] in [COLUMNS, INDEXES, REFERENCES] {
        let expected = lines(&sqlite, of_sqlite).await;
        assert!(expected.lines().count() > 10, "{expected}");
        assert_same(&expected, &lines(&postgres, of_postgres).await);
    }
}

/// Tells the lines that differ alone.
fn assert_same(sqlite: &str, postgres: &str) {
    let only = |these: &str, those: &str| -> Vec<String> {
        these.lines().filter(|line| !those.lines().any(|other| other == *line)).map(str::to_owned).collect()
    };
    assert_eq!(only(sqlite, postgres), only(postgres, sqlite), "in SQLite alone, and in PostgreSQL alone");
}
