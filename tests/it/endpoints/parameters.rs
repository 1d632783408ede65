//! Parameters that are missing, null, of another kind, empty or too long: generated from the tables.

use super::{all, bare, name, request};
use crate::{
    gateway::Gateway,
    refusals::{
        nothing_left,
        surface::{QUNTOOL, Surface, WANWANG},
    },
};
use contract::{
    Endpoint, Kind, Location, System,
    samples::{
        self,
        broken::{self, Broken, How},
    },
};
use futures::future::join_all;
use reqwest::multipart::Form;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

fn surface(endpoint: &Endpoint) -> &'static Surface {
    match endpoint.system {
        System::Wanwang => &WANWANG,
        _ => &QUNTOOL,
    }
}

/// Returns the places where an endpoint looks for its parameters.
fn places(endpoint: &Endpoint) -> &'static [Location] {
    match endpoint.location {
        Location::Query => &[Location::Query],
        Location::Body => &[Location::Body],
        Location::BodyOrQuery => &[Location::Body, Location::Query],
        Location::Multipart => &[],
    }
}

/// Returns parameters that keep every rule, as many as any sample has.
fn valid(endpoint: &Endpoint) -> Map<String, Value> {
    let samples = samples::requests().unwrap().into_iter();
    let own = samples.filter(|sample| sample.endpoint().is_ok_and(|found| name(found) == name(endpoint)));
    let given = own.filter_map(|sample| endpoint.check(sample.given(endpoint)?).ok()).map(|kept| kept.documented);
    given.max_by_key(Map::len).unwrap_or_default()
}

/// Whether what is broken can be seen at this place: in a query everything is text.
fn shows(endpoint: &Endpoint, place: Location, broken: &Broken) -> bool {
    let parameter = endpoint.parameters.iter().find(|parameter| parameter.name == broken.field);
    let is_text = parameter.is_some_and(|parameter| matches!(parameter.kind, Kind::Text | Kind::TextList));
    !(place == Location::Query && broken.how == How::WrongKind && is_text)
}

#[tokio::test]
async fn every_broken_parameter_is_refused_by_name_and_nothing_is_sent() {
    let gateway = Gateway::start().await;
    let mut refusals: BTreeMap<String, usize> = BTreeMap::new();
    for endpoint in all() {
        let requests = broken::requests(endpoint.parameters, &valid(endpoint));
        for place in places(endpoint) {
            let visible: Vec<_> = requests.iter().filter(|broken| shows(endpoint, *place, broken)).collect();
            let refused = visible.iter().map(async |broken| {
                let request = request(&gateway, endpoint, *place, &broken.given);
                let case = format!("{} {place:?} {} {:?}", name(endpoint), broken.field, broken.how);
                surface(endpoint).refuses(&gateway, &case, request, 400, &format!("参数 {} ", broken.field)).await;
            });
            join_all(refused).await;
            *refusals.entry(name(endpoint)).or_default() += visible.len();
        }
    }
    nothing_left(&gateway);
    let has_required = |endpoint: &Endpoint| endpoint.parameters.iter().any(|parameter| parameter.required);
    let untouched = all()
        .filter(|endpoint| has_required(endpoint) && refusals.get(&name(endpoint)).is_none_or(|count| *count == 0));
    assert_eq!(untouched.map(name).collect::<Vec<_>>(), ["POST /gnapi/open/file/upload"], "the next test is about it");
}

#[tokio::test]
async fn an_upload_without_a_form_is_refused_and_nothing_is_sent() {
    let gateway = Gateway::start().await;
    let endpoint = all().find(|endpoint| endpoint.location == Location::Multipart).unwrap();
    let upload = || bare(&gateway, endpoint);
    let form = || upload().header("content-type", "multipart/form-data; boundary=x");
    QUNTOOL.refuses(&gateway, "nothing", form(), 400, "参数 file ").await;
    QUNTOOL.refuses(&gateway, "no bytes", form().header("content-length", "0").body(""), 400, "参数 file ").await;
    QUNTOOL.refuses(&gateway, "no parts", upload().multipart(Form::new()), 400, "参数 file ").await;
    for media_type in
        ["application/json", "application/octet-stream", "multipart/mixed; boundary=x", "multipart/form-data"]
    {
        let request = upload().header("content-type", media_type).body("{\"file\": \"x\"}");
        QUNTOOL.refuses(&gateway, media_type, request, 415, "multipart/form-data").await;
    }
    nothing_left(&gateway);
}
