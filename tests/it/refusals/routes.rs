//! Paths and methods that are not there.

use super::{nothing_left, surface::SURFACES};
use crate::gateway::{Gateway, credentials::CRM};
use reqwest::Method;

#[tokio::test]
async fn an_unknown_path_is_refused_in_the_envelope_of_its_surface() {
    let gateway = Gateway::start().await;
    let beside = ["/nothing", "/", "/../x"];
    for surface in SURFACES {
        let (parent, _) = surface.path.rsplit_once('/').expect("a path has segments");
        let paths = beside.map(|end| format!("{}{end}", surface.path)).into_iter().chain([format!("{parent}/nothing")]);
        for path in paths {
            let request = (surface.authorize)(gateway.post(&path).json(&(surface.sample)()), CRM);
            surface.refuses(&gateway, &path, request, 404, "路径").await;
        }
    }
    nothing_left(&gateway);
}

#[tokio::test]
async fn another_method_is_refused_and_the_right_one_is_named() {
    let gateway = Gateway::start().await;
    for surface in SURFACES {
        for method in [Method::GET, Method::PUT, Method::PATCH, Method::DELETE] {
            let request = (surface.authorize)(gateway.request(method.clone(), surface.path), CRM);
            surface.refuses(&gateway, method.as_str(), request, 405, "方法").await;
        }
        let request = (surface.authorize)(gateway.get(surface.path), CRM);
        assert_eq!(gateway.ask(request).await.header("allow"), "POST");
    }
    nothing_left(&gateway);
}
