//! Changes of one moment share a commit, because what a commit costs hardly depends on how many of them it is about.

use crate::{Database, Error, Row, Sql, Value};
use runtime::{
    clock,
    task::{Brought, Moment},
};

/// A statement that is to be run.
struct Change {
    statement: &'static str,
    parameters: Vec<Value>,
}

/// The rows of a change.
type Outcome = Result<Vec<Row>, Error>;

thread_local! {
    static MOMENT: Moment<Change, Outcome> = const { Moment::new() };
}

/// Runs a statement with all others of the moment; returns its rows once what it changed is durable.
pub(crate) async fn change(database: &Database, statement: &'static str, parameters: Vec<Value>) -> Outcome {
    let change = Change { statement, parameters };
    let made = Moment::join(&MOMENT, clock::now(), change, |changes| make(database, changes)).await;
    made.unwrap_or_else(|| Err(Error::Database("a change was not made".into())))
}

/// Makes changes in one transaction, each after what those before it have changed; one that cannot be made spoils it for
/// no other, and one that nobody waits for any more is not made.
fn make(sql: &impl Sql, mut changes: Vec<Brought<Change, Outcome>>) {
    changes.retain(Brought::is_awaited);
    if changes.len() > 1 {
        if let Err(error) = sql.query("BEGIN IMMEDIATE", &[]) {
            // Each by itself would wait for the same as long again.
            return changes.iter().for_each(|change| change.tell(Err(error.clone())));
        }
        let all: Result<Vec<_>, _> = changes.iter().map(|change| change.what.make(sql)).collect();
        match all.and_then(|all| sql.query("COMMIT", &[]).map(|_| all)) {
            Ok(all) => return changes.iter().zip(all).for_each(|(change, rows)| change.tell(Ok(rows))),
            // Some errors have rolled it back by themselves.
            Err(_) => drop(sql.query("ROLLBACK", &[])),
        }
    }
    changes.iter().for_each(|change| change.tell(change.what.make(sql)));
}

impl Change {
    fn make(&self, sql: &impl Sql) -> Outcome {
        sql.query(self.statement, &self.parameters)
    }
}

#[cfg(test)]
#[cfg(feature = "memory")]
mod tests {
    use super::*;
    use crate::{database::Migrations, memory::Memory};
    use std::cell::Cell;

    const SCHEMA: Migrations =
        Migrations { owner: "test", steps: &[&["CREATE TABLE t (a INTEGER PRIMARY KEY CHECK (a < 10))"]] };
    const INSERT: &str = "INSERT INTO t VALUES (?) RETURNING (SELECT count(*) FROM t)";

    /// Makes changes, and returns what became of each: how many rows there were after it, or none.
    fn made(sql: &impl Sql, numbers: &[i64]) -> Vec<Option<i64>> {
        let change = |number: &i64| Brought::new(Change { statement: INSERT, parameters: vec![(*number).into()] });
        let (changes, outcomes): (Vec<_>, Vec<_>) = numbers.iter().map(change).unzip();
        make(sql, changes);
        outcomes.iter().map(|outcome| outcome.take().unwrap().ok().map(|rows| rows[0].get(0).unwrap())).collect()
    }

    fn rows(sql: &impl Sql) -> Vec<i64> {
        sql.query("SELECT a FROM t ORDER BY a", &[]).unwrap().iter().map(|row| row.get(0).unwrap()).collect()
    }

    /// Counts commits, and fails those statements that it is told to.
    struct Watched<'a> {
        memory: &'a Memory,
        fails: &'static str,
        commits: Cell<u32>,
    }

    impl Sql for Watched<'_> {
        fn query(&self, statement: &str, parameters: &[Value]) -> Result<Vec<Row>, Error> {
            if statement == self.fails {
                return Err(Error::Database("it was told to fail".into()));
            }
            self.commits.set(self.commits.get() + u32::from(statement == "COMMIT"));
            self.memory.query(statement, parameters)
        }
    }

    #[test]
    fn changes_of_a_moment_share_a_commit_and_see_each_other() {
        let memory = Memory::new(&SCHEMA);
        let watched = Watched { memory: &memory, fails: "", commits: Cell::default() };
        assert_eq!(made(&watched, &[1, 2, 3]), [Some(1), Some(2), Some(3)]);
        assert_eq!(watched.commits.get(), 1);
        assert_eq!(made(&watched, &[4]), [Some(4)]);
        assert_eq!(watched.commits.get(), 1, "one alone needs no transaction");
    }

    #[test]
    fn one_that_fails_spoils_it_for_no_other() {
        let memory = Memory::new(&SCHEMA);
        assert_eq!(made(&memory, &[1, 1, 12, 2]), [Some(1), None, None, Some(2)]);
        assert_eq!(rows(&memory), [1, 2]);
        memory.query("BEGIN", &[]).expect("no transaction is left open");
    }

    #[test]
    fn a_transaction_that_fails_leaves_nothing_halfway() {
        let memory = Memory::new(&SCHEMA);
        let fails = |fails| Watched { memory: &memory, fails, commits: Cell::default() };
        assert_eq!(made(&fails("BEGIN IMMEDIATE"), &[1, 2]), [None, None]);
        assert_eq!(rows(&memory), []);
        assert_eq!(made(&fails("COMMIT"), &[1, 2]), [Some(1), Some(2)]);
        assert_eq!(rows(&memory), [1, 2]);
        memory.query("BEGIN", &[]).expect("no transaction is left open");
    }

    #[test]
    fn what_nobody_waits_for_is_not_made() {
        let memory = Memory::new(&SCHEMA);
        let (change, _) = Brought::new(Change { statement: INSERT, parameters: vec![1.into()] });
        make(&memory, vec![change]);
        assert_eq!(rows(&memory), []);
    }
}
