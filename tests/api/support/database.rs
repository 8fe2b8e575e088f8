//! SQL of tests: what the API cannot show, asked of PostgreSQL itself.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;
use serde_json::Value;

/// A connection of a test's own, with the rights of its login.
pub struct Database(PgConnection);

#[derive(QueryableByName)]
struct Json {
    #[diesel(sql_type = Text)]
    json: String,
}

impl Database {
    /// Connects to `url`.
    pub fn connect(url: &str) -> Self {
        #[expect(clippy::disallowed_methods, reason = "tests look at the database from outside the server")]
        let connection = PgConnection::establish(url).expect("the database is there");
        Self(connection)
    }

    /// The rows of `query` as JSON objects.
    #[track_caller]
    pub fn rows(&mut self, query: &str) -> Vec<Value> {
        let wrapped = format!("SELECT coalesce(json_agg(q), '[]')::text AS json FROM ({query}) q");
        let answer = diesel::sql_query(wrapped).get_result::<Json>(&mut self.0);
        let answer = answer.unwrap_or_else(|error| panic!("{error}\n{query}"));
        serde_json::from_str(&answer.json).expect("PostgreSQL writes JSON")
    }

    /// The first column of each row of `query`, as text.
    #[track_caller]
    pub fn column(&mut self, query: &str) -> Vec<String> {
        let first = |row: &Value| row.as_object().and_then(|row| row.values().next().cloned());
        let text = |value: Value| value.as_str().map_or(value.to_string(), str::to_owned);
        self.rows(query).iter().filter_map(first).map(text).collect()
    }

    /// The plan of `query` with what it cost, after running it.
    #[track_caller]
    pub fn explain(&mut self, query: &str) -> Value {
        #[derive(QueryableByName)]
        struct Plan {
            #[diesel(sql_type = diesel::sql_types::Json)]
            #[diesel(column_name = "QUERY PLAN")]
            plan: Value,
        }
        let explained = format!("EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) {query}");
        diesel::sql_query(explained).get_result::<Plan>(&mut self.0).expect("PostgreSQL explains").plan
    }

    /// Runs statements that must succeed.
    #[track_caller]
    pub fn run(&mut self, sql: &str) {
        self.0.batch_execute(sql).unwrap_or_else(|error| panic!("{error}\n{sql}"));
    }

    /// Runs one statement inside the open transaction and takes it back; answers how many rows it touched.
    pub fn attempt(&mut self, sql: &str) -> Result<usize, String> {
        self.run("SAVEPOINT attempt");
        let outcome = diesel::sql_query(sql).execute(&mut self.0).map_err(|error| error.to_string());
        self.run("ROLLBACK TO attempt");
        outcome
    }
}
