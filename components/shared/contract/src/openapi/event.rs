//! The schemas of events and deliveries.

use super::schema;
use crate::routes::{DELIVERY_STATES, EVENT_STATES, REPLAY};
use serde_json::{Map, Value, json};

/// What no table says. Text is smaller than the code that would build it.
const SCHEMAS: &str = include_str!("event.json");

/// Returns the schemas that the route table names.
pub fn schemas() -> Map<String, Value> {
    let mut schemas: Map<String, Value> = serde_json::from_str(SCHEMAS).unwrap_or_default();
    for (name, states) in [("EventWithDeliveries", EVENT_STATES), ("Delivery", DELIVERY_STATES)] {
        if let Some(state) = schemas.get_mut(name).and_then(|schema| schema.pointer_mut("/properties/state")) {
            *state = json!({ "enum": states });
        }
    }
    schemas.insert("ReplayRequest".into(), schema::object(REPLAY));
    schemas
}
