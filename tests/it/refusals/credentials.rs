//! No credential, a wrong one, or one that opens another door.

use super::{
    nothing_left,
    surface::{SURFACES, WANWANG},
};
use crate::gateway::{
    Gateway,
    credentials::{ALL, CRM, ERP},
};

#[tokio::test]
async fn nobody_calls_without_a_callers_credential() {
    let gateway = Gateway::start().await;
    for surface in SURFACES {
        let request = || gateway.post(surface.path).json(&(surface.sample)());
        surface.refuses(&gateway, "without a credential", request(), 401, "凭证").await;
        for wrong in ["", "wrong", "sandbox", CRM.trim_end_matches('x'), "eyJhbGciOiJub25lIn0.eyJzdWIiOiJjcm0ifQ."] {
            let request = (surface.authorize)(request(), wrong);
            surface.refuses(&gateway, wrong, request, 401, "凭证").await;
        }
    }
    nothing_left(&gateway);
}

#[tokio::test]
async fn no_other_secret_opens_a_surface() {
    let gateway = Gateway::start().await;
    for surface in SURFACES {
        for (what, secret) in ALL.into_iter().filter(|(_, secret)| ![CRM, ERP].contains(secret)) {
            let request = (surface.authorize)(gateway.post(surface.path).json(&(surface.sample)()), secret);
            surface.refuses(&gateway, what, request, 401, "凭证").await;
        }
    }
    nothing_left(&gateway);
}

#[tokio::test]
async fn a_credential_counts_only_where_the_surface_looks_for_it() {
    let gateway = Gateway::start().await;
    for surface in SURFACES {
        for other in SURFACES.into_iter().filter(|other| other.path != surface.path) {
            let request = (other.authorize)(gateway.post(surface.path).json(&(surface.sample)()), CRM);
            surface.refuses(&gateway, other.path, request, 401, "凭证").await;
        }
    }
    nothing_left(&gateway);
}

#[tokio::test]
async fn a_refused_credential_is_not_repeated() {
    let gateway = Gateway::start().await;
    for surface in SURFACES {
        let request = (surface.authorize)(gateway.post(surface.path).json(&(surface.sample)()), "presented-secret");
        let answer = gateway.ask(request).await;
        assert!(!answer.text.contains("presented-secret"), "{answer:?}");
        assert_eq!(answer.header("www-authenticate"), "Bearer");
    }
    let request = WANWANG.request(&gateway).json(&(WANWANG.sample)());
    assert_eq!(gateway.ask(request).await.status, 200, "the sample itself is taken");
}
