//! Statements that PostgreSQL keeps prepared on each connection.
//!
//! Diesel has PostgreSQL parse and plan anew, at each execution, whatever might have another text the next time: SQL
//! written by hand, updates, upserts. Parsing and planning a short statement costs more than running it.

use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::BigInt;

/// Has a statement kept prepared.
pub trait Prepare: QueryFragment<Pg> + Sized {
    /// The same statement, kept prepared under its text. Only for one of few texts, as each is kept for as long as the
    /// connection, and whose best plan does not depend on its values.
    fn prepared(self) -> Prepared<Self> {
        Prepared(self)
    }
}

impl<Q: QueryFragment<Pg>> Prepare for Q {}

/// A statement that is kept prepared; `load` and its kin run what answers rows, [`Prepared::execute`] what only writes.
#[derive(Debug, Clone, Copy)]
#[must_use = "statements do nothing until they are executed"]
pub struct Prepared<Q>(Q);

impl<Q: QueryFragment<Pg>> Prepared<Q> {
    /// Runs an `INSERT`, `UPDATE` or `DELETE` that answers nothing; how many rows it wrote.
    pub fn execute(self, connection: &mut PgConnection) -> QueryResult<usize> {
        // As a query, because Diesel asks only those whether they may be kept.
        let written: i64 = Prepared(Counted(self.0)).get_result(connection)?;
        Ok(usize::try_from(written).unwrap_or_default())
    }
}

impl<Q: QueryFragment<Pg>> QueryFragment<Pg> for Prepared<Q> {
    fn walk_ast<'b>(&'b self, pass: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        self.0.walk_ast(pass)
    }

    fn is_safe_to_cache_prepared(&self, _: &Pg) -> QueryResult<bool> {
        Ok(true)
    }
}

impl<Q> QueryId for Prepared<Q> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<Q: Query> Query for Prepared<Q> {
    type SqlType = Q::SqlType;
}

impl<Q> RunQueryDsl<PgConnection> for Prepared<Q> {}

/// How many rows a statement writes.
struct Counted<Q>(Q);

impl<Q: QueryFragment<Pg>> QueryFragment<Pg> for Counted<Q> {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        pass.push_sql("WITH written AS (");
        self.0.walk_ast(pass.reborrow())?;
        pass.push_sql(" RETURNING 1) SELECT count(*) FROM written");
        Ok(())
    }
}

impl<Q> Query for Counted<Q> {
    type SqlType = BigInt;
}
