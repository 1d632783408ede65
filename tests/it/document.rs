//! `GET /openapi.json`: the document that is served is the contract's, and says the truth about the routes.

use crate::gateway::{Gateway, credentials::CRM};
use contract::openapi;
use reqwest::Method;
use serde_json::Value;
use std::collections::BTreeMap;

/// The methods that a path of an OpenAPI document may have.
const METHODS: [Method; 7] =
    [Method::GET, Method::PUT, Method::POST, Method::DELETE, Method::OPTIONS, Method::HEAD, Method::PATCH];

/// Returns the methods of every path.
fn paths(document: &Value) -> BTreeMap<String, Vec<Method>> {
    let paths = document["paths"].as_object().expect("a document has paths");
    let methods = |path: &Value| {
        METHODS.into_iter().filter(|method| path.get(method.as_str().to_lowercase()).is_some()).collect()
    };
    paths.iter().map(|(path, described)| (path.clone(), methods(described))).collect()
}

/// Fills in what a path leaves open.
fn filled(path: &str) -> String {
    let segment =
        |segment: &str| if segment.starts_with('{') { segment.replace(['{', '}'], "x") } else { segment.to_owned() };
    path.split('/').map(segment).collect::<Vec<_>>().join("/")
}

#[tokio::test]
async fn the_document_that_is_served_is_the_contracts() {
    let gateway = Gateway::start().await;

    let answer = gateway.ask(gateway.get("/openapi.json")).await;

    assert_eq!((answer.status, &answer.body["openapi"]), (200, &Value::from("3.1.0")));
    assert!(answer.header("content-type").starts_with("application/json"));
    assert!(answer.body == openapi::document(), "they differ: are the components built?");
}

#[tokio::test]
async fn every_path_and_method_of_the_document_is_answered_and_no_other_method_is() {
    let gateway = Gateway::start().await;
    let paths = paths(&gateway.ask(gateway.get("/openapi.json")).await.body);
    assert!(paths.len() > 64, "{paths:?}");
    for (path, methods) in paths {
        for method in [Method::GET, Method::PUT, Method::POST, Method::DELETE, Method::PATCH] {
            // Without a credential: whoever has none learns no more than that the route is there.
            let answer = gateway.ask(gateway.request(method.clone(), &filled(&path))).await;
            let case = format!("{method} {path}: {answer:?}");
            match path.as_str() {
                _ if !methods.contains(&method) => {
                    assert_eq!(answer.status, 405, "{case}");
                    let mut allowed: Vec<&str> = answer.header("allow").split(", ").collect();
                    let mut described: Vec<&str> = methods.iter().map(Method::as_str).collect();
                    allowed.sort_unstable();
                    described.sort_unstable();
                    assert_eq!(allowed, described, "{case}");
                }
                "/openapi.json" => assert_eq!(answer.status, 200, "{case}"),
                // It asks for the credential after the grant.
                "/oauth2/token" => assert_eq!(answer.status, 400, "{case}"),
                _ => assert_eq!(answer.status, 401, "{case}"),
            }
        }
    }
    assert!(gateway.simulator.truth().requests.is_empty());
}

/// Whether a path is one that the document describes, with something filled in.
fn is_described(paths: &BTreeMap<String, Vec<Method>>, path: &str) -> bool {
    paths.keys().any(|template| {
        let same = |(open, given): (&str, &str)| open == given || (open.starts_with('{') && !given.is_empty());
        template.split('/').count() == path.split('/').count() && template.split('/').zip(path.split('/')).all(same)
    })
}

#[tokio::test]
async fn every_path_that_is_not_in_the_document_is_unknown() {
    let gateway = Gateway::start().await;
    let paths = paths(&gateway.ask(gateway.get("/openapi.json")).await.body);
    let mut asked = 0;
    // The path of a file has as many segments as the platform likes.
    for path in paths.keys().filter(|path| !path.starts_with("/gnapi/files/")) {
        let (parent, _) = path.rsplit_once('/').expect("a path has segments");
        for other in
            [format!("{path}/nothing"), format!("{parent}/nothing"), format!("{path}x")].map(|path| filled(&path))
        {
            if is_described(&paths, &other) {
                continue;
            }
            let answer = gateway.ask(gateway.post(&other).bearer_auth(CRM).header("apikey", CRM)).await;
            assert!(answer.status == 404 && answer.text.contains("路径不存在"), "{other}: {answer:?}");
            asked += 1;
        }
    }
    assert!(asked > 3 * 64, "{asked}");
    assert!(gateway.simulator.truth().requests.is_empty());
}
