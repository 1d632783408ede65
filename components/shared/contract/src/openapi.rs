//! The OpenAPI 3.1 document of every route of the gateway, built from the tables.

mod components;
mod event;
mod message;
mod operation;
mod schema;

use crate::{
    catalog,
    endpoint::{Chapter, System},
    routes::{ROUTES, TITLE, TITLE_ENGLISH},
};
use serde_json::{Map, Value, json};

const DESCRIPTION: &str = "\
企业微信消息网关:万网中台、聚合聊天、KDocs 群聊机器人三个系统的接口,按其文档原样提供,凭证由网关发放。平台自身的应答(包括错误)原样返回。

A gateway to the three systems that reach people on WeCom. Their documented endpoints are answered as their documents \
say, with credentials of the gateway; what a platform itself answers, refusals included, passes through as it came. \
Quntool's paths and parameter names are case-insensitive; undocumented parameters are handed on.";

/// Builds the document.
pub fn document() -> Value {
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "wecom-gateway",
            "version": env!("CARGO_PKG_VERSION"),
            "description": DESCRIPTION,
        },
        "servers": [{ "url": "/" }],
        "tags": tags(),
        "paths": paths(),
        "components": components::all(),
    })
}

/// Writes the tag of a chapter; it is unique over all systems.
fn tag(system: System, chapter: &Chapter) -> String {
    format!("{} {}", system.name(), chapter.title)
}

fn tags() -> Value {
    let documented = System::ALL.iter().flat_map(|system| {
        let chapters = catalog::chapters(*system).iter();
        chapters.map(|chapter| json!({ "name": tag(*system, chapter), "description": chapter.title_english }))
    });
    documented.chain([json!({ "name": TITLE, "description": TITLE_ENGLISH })]).collect()
}

fn paths() -> Value {
    let mut paths = Map::new();
    let mut insert = |path: &str, method: &str, operation: Value| {
        let entry = paths.entry(path).or_insert_with(|| Value::Object(Map::new()));
        if let Value::Object(methods) = entry {
            methods.insert(method.to_ascii_lowercase(), operation);
        }
    };
    for system in System::ALL {
        for chapter in catalog::chapters(*system) {
            for endpoint in chapter.endpoints {
                let operation = operation::of_endpoint(endpoint, &tag(*system, chapter));
                insert(endpoint.path, endpoint.method.as_str(), operation);
            }
        }
    }
    for route in ROUTES {
        insert(route.path, route.method.as_str(), operation::of_route(route, TITLE));
    }
    Value::Object(paths)
}

#[cfg(test)]
mod tests;
