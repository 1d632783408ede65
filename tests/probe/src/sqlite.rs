//! The SQLite database, opened as the gateway opens it; a blob is `{"blob": base64}`.

use base64::{Engine, prelude::BASE64_STANDARD};
use runtime::{
    clock,
    task::{Brought, Moment},
};
use serde::Deserialize;
use serde_json::{Value, json};
use store::{Database, Sql, database::Migrations};

/// The tables are the caller's own.
const MIGRATIONS: Migrations = Migrations { owner: "probe", steps: &[] };

/// Statements that run one after the other, on one connection and with nobody in between.
#[derive(Deserialize)]
pub struct Statements {
    statements: Vec<Statement>,
}

/// A statement and its parameters.
#[derive(Deserialize)]
struct Statement {
    statement: String,
    #[serde(default)]
    parameters: Vec<Parameter>,
}

/// A parameter or a column.
#[derive(Deserialize)]
#[serde(untagged)]
enum Parameter {
    Null(()),
    Integer(i64),
    Text(String),
    Blob { blob: String },
}

/// Runs the statements; answers the rows of each. After one that fails, a transaction that is open is rolled back.
pub fn execute(Statements { statements }: Statements) -> Result<Value, String> {
    let database = Database::open(&MIGRATIONS).map_err(|error| error.to_string())?;
    let mut results = Vec::new();
    for Statement { statement, parameters } in statements {
        let parameters = parameters.into_iter().map(value).collect::<Result<Vec<_>, _>>()?;
        match database.query(&statement, &parameters) {
            Ok(rows) => results.push(rows.iter().map(|row| row.0.iter().map(shown).collect::<Value>()).collect()),
            Err(error) => {
                // Without a transaction it fails, and there is nothing to roll back.
                let _ = database.query("ROLLBACK", &[]);
                return Err(format!("{error}, at: {statement}"));
            }
        }
    }
    Ok(Value::Array(results))
}

/// A row of the table `floor`, which the benchmark makes.
#[derive(Deserialize)]
pub struct Entry {
    id: String,
    conversation: String,
    raw: String,
}

thread_local! {
    static MOMENT: Moment<Entry, Result<(), String>> = const { Moment::new() };
}

/// Inserts a row with all others of its moment by one statement, as callbacks enter the journal: what of that no component
/// can save.
pub async fn insert(entry: Entry) -> Result<Value, String> {
    let inserted = Moment::join(&MOMENT, clock::now(), entry, |entries| {
        let inserted = insert_all(&entries);
        entries.iter().for_each(|entry| entry.tell(inserted.clone()));
    });
    inserted.await.ok_or("the row was not inserted")?.map(|()| Value::Null)
}

fn insert_all(entries: &[Brought<Entry, Result<(), String>>]) -> Result<(), String> {
    let database = Database::open(&MIGRATIONS).map_err(|error| error.to_string())?;
    let values = vec!["(?, ?, ?)"; entries.len()].join(", ");
    let statement = format!("INSERT INTO floor (id, conversation, raw) VALUES {values}");
    let columns = |Entry { id, conversation, raw }: &Entry| [id, conversation, raw].map(|text| text.as_str().into());
    let parameters: Vec<store::Value> = entries.iter().flat_map(|entry| columns(&entry.what)).collect();
    database.query(&statement, &parameters).map(drop).map_err(|error| error.to_string())
}

fn value(parameter: Parameter) -> Result<store::Value, String> {
    Ok(match parameter {
        Parameter::Null(()) => store::Value::Null,
        Parameter::Integer(integer) => store::Value::Integer(integer),
        Parameter::Text(text) => store::Value::Text(text),
        Parameter::Blob { blob } => store::Value::Blob(
            BASE64_STANDARD.decode(blob).map_err(|error| format!("a parameter is not base64: {error}"))?,
        ),
    })
}

fn shown(value: &store::Value) -> Value {
    match value {
        store::Value::Null => Value::Null,
        store::Value::Integer(integer) => json!(integer),
        store::Value::Real(real) => json!(real),
        store::Value::Text(text) => json!(text),
        store::Value::Blob(bytes) => json!({ "blob": BASE64_STANDARD.encode(bytes) }),
    }
}
