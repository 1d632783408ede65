//! The documentation of every route, rendered from the tables: `docs/endpoints.md`.

use crate::{
    catalog,
    endpoint::{Endpoint, Kind, Location, Parameter, System},
    kdocs, quntool,
    routes::{self, ROUTES, Route},
};

const HEAD: &str = "\
# 接口 · Endpoints

Every route of the gateway. The documented ones stand in tables (`components/shared/contract`), from which routing,
validation, `GET /openapi.json` and this page are derived. **Bold** parameters are required; lengths in 字节 are bytes of
UTF-8. Paths and parameter names of 聚合聊天 are case-insensitive. The last column is the line in the platform's document
(000 万网中台, 001 聚合聊天, 002 KDocs).
Bodies and answers of the gateway's own routes stand in `GET /openapi.json`.
";

/// Renders the page.
pub fn render() -> String {
    let mut page = HEAD.to_owned();
    for system in System::ALL {
        for chapter in catalog::chapters(*system) {
            page.push_str(&format!("\n## {}:{} · {}\n\n", system.name(), chapter.title, chapter.title_english));
            page.push_str("| 方法 | 路径 | 说明 | 参数 | 来源 |\n|---|---|---|---|---|\n");
            chapter.endpoints.iter().for_each(|endpoint| page.push_str(&of_endpoint(endpoint)));
        }
    }
    page.push_str("\n### `data` 中的消息 · Messages of `data`\n\n| msgtype | 说明 | 字段 |\n|---|---|---|\n");
    for message in kdocs::ROBOT_MESSAGES {
        let mut fields = parameters(message.parameters);
        fields.extend(message.checks.iter().map(ToString::to_string));
        let fields = fields.join("<br>");
        page.push_str(&row(&[format!("`{}`", message.kind), message.summary.to_owned(), fields]));
    }
    page.push_str(&format!("\n## {} · {}\n\n", routes::TITLE, routes::TITLE_ENGLISH));
    page.push_str("| 方法 | 路径 | 说明 | 查询参数 | 凭证 |\n|---|---|---|---|---|\n");
    ROUTES.iter().for_each(|route| page.push_str(&of_route(route)));
    page
}

fn of_endpoint(endpoint: &Endpoint) -> String {
    let mut summary = vec![endpoint.summary.to_owned(), endpoint.summary_english.to_owned()];
    summary.extend(Some(endpoint.note.to_owned()).filter(|note| !note.is_empty()));
    summary.extend(endpoint.mqtt.then(|| quntool::mqtt::ABOUT.to_owned()));
    summary.extend(endpoint.limits().iter().map(|limit| limit.about.to_owned()));
    let mut parameters = parameters(endpoint.parameters);
    parameters.extend(endpoint.checks.iter().map(ToString::to_string));
    parameters.extend(location(endpoint).map(str::to_owned));
    row(&[
        endpoint.method.as_str().to_owned(),
        format!("`{}`", endpoint.path),
        summary.join("<br>"),
        parameters.join("<br>"),
        endpoint.source.to_owned(),
    ])
}

fn of_route(route: &Route) -> String {
    row(&[
        route.method.as_str().to_owned(),
        format!("`{}`", route.path),
        format!("{}<br>{}", route.summary, route.summary_english),
        parameters(route.query).join("<br>"),
        route.credential.name().to_owned(),
    ])
}

/// Where the parameters are, if the method does not say it.
const fn location(endpoint: &Endpoint) -> Option<&'static str> {
    match endpoint.location {
        Location::Query | Location::Body => None,
        Location::BodyOrQuery => Some("参数可放在请求体或查询中"),
        Location::Multipart => Some("请求体为 multipart/form-data"),
    }
}

fn parameters(table: &[Parameter]) -> Vec<String> {
    table.iter().flat_map(|parameter| of_parameter(parameter, "")).collect()
}

/// Describes a parameter, and the fields inside of it under their paths.
fn of_parameter(parameter: &Parameter, prefix: &str) -> Vec<String> {
    let name = format!("{prefix}{}", parameter.name);
    let shown = if parameter.required { format!("**`{name}`**") } else { format!("`{name}`") };
    let rules: String = parameter.rules.iter().map(|rule| format!(";{rule}")).collect();
    let mut lines = vec![format!("{shown} {}{rules}:{}", parameter.kind.name(), parameter.about)];
    let (fields, separator): (&[Parameter], _) = match parameter.kind {
        Kind::Object(fields) => (fields, "."),
        Kind::ObjectList(fields) => (fields, "[]."),
        _ => (&[], ""),
    };
    lines.extend(fields.iter().flat_map(|field| of_parameter(field, &format!("{name}{separator}"))));
    lines
}

fn row(cells: &[String]) -> String {
    let cells: Vec<String> = cells.iter().map(|cell| cell.replace('|', "\\|")).collect();
    format!("| {} |\n", cells.join(" | "))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::render;
    use std::{env, fs};

    /// The folder of the pages that come out of tables.
    pub const DOCUMENTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../docs");

    /// Compares a page with what the tables say, after writing it where that is wanted.
    pub fn is_what_the_tables_say(name: &str, rendered: &str) {
        let path = format!("{DOCUMENTS}/{name}");
        if env::var_os("UPDATE_DOCS").is_some() {
            fs::write(&path, rendered).unwrap();
        }
        let page = fs::read_to_string(&path).unwrap_or_default();
        assert!(page == rendered, "refresh docs/{name}: UPDATE_DOCS=1 cargo test -p contract");
    }

    #[test]
    fn the_page_is_what_the_tables_say() {
        is_what_the_tables_say("endpoints.md", &render());
    }
}
