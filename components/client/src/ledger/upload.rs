//! Files that were uploaded through the gateway.

use contract::quntool::files::Uploaded;
use store::{Error, Sql, Value, database::integer};

/// Remembers what is known of the file with this path.
pub fn remember(sql: &impl Sql, path: &str, uploaded: Uploaded, now: u64) -> Result<(), Error> {
    sql.query(
        "INSERT INTO upload (path, bytes, milliseconds, at) VALUES (?, ?, ?, ?)
         ON CONFLICT (path) DO UPDATE SET bytes = excluded.bytes, milliseconds = excluded.milliseconds, at = excluded.at",
        &[
            path.into(),
            integer(uploaded.bytes),
            uploaded.milliseconds.map_or(Value::Null, integer),
            integer(now),
        ],
    )?;
    Ok(())
}

/// Returns what is known of the file with this path.
pub fn find(sql: &impl Sql, path: &str) -> Result<Option<Uploaded>, Error> {
    sql.query_one("SELECT bytes, milliseconds FROM upload WHERE path = ?", &[path.into()])?
        .map(|row| Ok(Uploaded { bytes: row.get(0)?, milliseconds: row.get(1)? }))
        .transpose()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::{schema::MIGRATIONS, sweep};
    use store::memory::Memory;

    #[test]
    fn a_file_is_known_by_its_path_in_any_case_until_it_is_old() {
        let sql = Memory::new(&MIGRATIONS);
        let file = |bytes| Uploaded { bytes, milliseconds: Some(7) };
        remember(&sql, "/gnapi/Files/a.gif", file(1), 10).unwrap();
        remember(&sql, "/gnapi/files/A.gif", file(2), 20).unwrap();
        assert_eq!(find(&sql, "/gnapi/files/a.gif").unwrap(), Some(file(2)));
        assert_eq!(find(&sql, "/gnapi/files/b.gif").unwrap(), None);
        assert_eq!(sweep::old(&sql, 20 + sweep::RETENTION, 10).unwrap(), 0);
        assert_eq!(sweep::old(&sql, 21 + sweep::RETENTION, 10).unwrap(), 1);
        assert_eq!(find(&sql, "/gnapi/files/a.gif").unwrap(), None);
    }
}
