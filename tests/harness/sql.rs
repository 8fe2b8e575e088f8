//! A look into the database from outside, as its owner.

use std::path::Path;

use cauce::platform::embedded::EmbeddedPostgres;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;
use serde_json::Value;

/// A connection of the owner.
pub struct Sql(PgConnection);

impl Sql {
    /// Connects to the database that runs on `data_dir`.
    #[expect(clippy::disallowed_methods, reason = "tests look from outside")]
    pub fn connect(data_dir: &Path) -> Self {
        let url = EmbeddedPostgres::attach(data_dir).unwrap().admin_url();
        Self(PgConnection::establish(&url).unwrap())
    }

    /// The URLs of the server's login and of the owner, for another program on the database of `data_dir`.
    pub fn urls(data_dir: &Path) -> (String, String) {
        let address = EmbeddedPostgres::attach(data_dir).unwrap();
        (address.url_for("cauce_app", "cauce"), address.admin_url())
    }

    /// Whether the database on `data_dir` takes connections.
    #[expect(clippy::disallowed_methods, reason = "tests look from outside")]
    pub fn is_there(data_dir: &Path) -> bool {
        let address = EmbeddedPostgres::attach(data_dir);
        address.is_ok_and(|address| PgConnection::establish(&address.admin_url()).is_ok())
    }

    /// The rows that `query` answers, as JSON objects.
    pub fn rows(&mut self, query: &str) -> Vec<Value> {
        let query = format!("SELECT coalesce(json_agg(row_to_json(t)), '[]')::text FROM ({query}) t");
        match serde_json::from_str(&self.text(&query)).unwrap() {
            Value::Array(rows) => rows,
            other => panic!("not rows: {other}"),
        }
    }

    /// The number that `query` answers.
    pub fn number(&mut self, query: &str) -> i64 {
        self.text(&format!("SELECT ({query})::bigint::text")).parse().unwrap()
    }

    /// Runs statements.
    pub fn execute(&mut self, statements: &str) {
        self.0.batch_execute(statements).unwrap();
    }

    fn text(&mut self, query: &str) -> String {
        #[derive(QueryableByName)]
        struct One {
            #[diesel(sql_type = Text)]
            answer: String,
        }
        let query = format!("SELECT q.answer FROM ({query}) q(answer)");
        diesel::sql_query(query).get_result::<One>(&mut self.0).unwrap().answer
    }
}
