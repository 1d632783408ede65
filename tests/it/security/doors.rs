//! No route without its credential. The routes are those of the tables, so that a new one is not forgotten.

use crate::{
    gateway::{
        Gateway,
        answer::{Answer, names},
        credentials::{ALL, CALLBACK, CRM, ERP, TICK},
    },
    refusals::nothing_left,
};
use contract::{
    catalog,
    endpoint::{Location, Method},
    routes::{Body, Credential, Envelope, ROUTES},
};
use futures::{StreamExt, stream};
use reqwest::RequestBuilder;
use serde_json::json;

/// So many try a door at the same time.
const AT_ONCE: usize = 8;

/// Where a request can carry a credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Nowhere,
    Bearer,
    ApiKey,
    /// The query parameter of KDocs.
    Query,
    /// HTTP Basic, as the secret of the client `crm`.
    Basic,
    /// The last segment of the path.
    Path,
    /// The signature of a link.
    Signature,
}

const PLACES: [Place; 7] =
    [Place::Nowhere, Place::Bearer, Place::ApiKey, Place::Query, Place::Basic, Place::Path, Place::Signature];

/// A route, and what opens it: these secrets, in these places.
pub struct Door {
    /// Its path, with names for segments that are no fixed text.
    pub path: &'static str,
    method: Method,
    reads_json: bool,
    envelope: Envelope,
    places: &'static [Place],
    keys: &'static [&'static str],
}

const CALLERS: &[&str] = &[CRM, ERP];

/// Every route of every table but those that ask for no credential.
fn doors() -> Vec<Door> {
    let documented = catalog::endpoints().map(|endpoint| {
        let envelope = Envelope::of(endpoint.system);
        let places: &[Place] = match envelope {
            Envelope::Quntool => &[Place::ApiKey],
            Envelope::Kdocs => &[Place::Query],
            _ => &[Place::Bearer],
        };
        let reads_json = matches!(endpoint.location, Location::Body | Location::BodyOrQuery);
        Door { method: endpoint.method, path: endpoint.path, reads_json, envelope, places, keys: CALLERS }
    });
    let own = ROUTES.iter().filter_map(|route| {
        let (places, keys): (&[Place], &[&str]) = match route.credential {
            Credential::None => return None,
            Credential::Client => (&[Place::Basic], &[CRM]),
            Credential::Caller => (&[Place::Bearer, Place::ApiKey], CALLERS),
            Credential::ApiKeyOrSignature => (&[Place::ApiKey], CALLERS),
            Credential::Tick => (&[Place::Bearer], &[TICK]),
            Credential::Path => (&[Place::Path], &[CALLBACK]),
        };
        let reads_json = matches!(route.request, Body::Json(_) | Body::JsonOrForm(_));
        Some(Door { method: route.method, path: route.path, reads_json, envelope: route.envelope, places, keys })
    });
    documented.chain(own).collect()
}

/// Returns routes that read JSON: one of each method and envelope of the documented ones, and all of the gateway's own.
pub fn reading_json() -> Vec<Door> {
    let mut seen = Vec::new();
    let mut is_new = |door: &Door| {
        let own = matches!(door.envelope, Envelope::Gateway | Envelope::OAuth);
        let kind = (door.method, door.envelope);
        let known = !own && seen.contains(&kind);
        seen.push(kind);
        !known
    };
    doors().into_iter().filter(|door| door.reads_json && is_new(door)).collect()
}

impl Door {
    /// Begins a request with the right credential and this body.
    pub fn bring(&self, gateway: &Gateway, body: Vec<u8>) -> RequestBuilder {
        let request = self.knock(gateway, self.places[0], self.keys[0]);
        // Whatever body the request had is replaced.
        request.header("content-type", "application/json").body(body)
    }

    /// Begins a request with a credential in a place.
    fn knock(&self, gateway: &Gateway, place: Place, credential: &str) -> RequestBuilder {
        let token = if place == Place::Path { credential } else { "t" };
        let path = self.path.replace("{token}", token).replace("{id}", "0199").replace("{path}", "a.jpg");
        let method = self.method.as_str().parse().expect("a method");
        let mut request = gateway.request(method, &path);
        if self.method != Method::Get {
            // The token endpoint reads what is asked before it looks at who asks.
            request = request.json(&json!({"grant_type": "client_credentials"}));
        }
        match place {
            Place::Nowhere | Place::Path => request,
            Place::Bearer => request.bearer_auth(credential),
            Place::ApiKey => request.header("apikey", credential),
            Place::Query => request.query(&[("access_token", credential)]),
            Place::Basic => request.basic_auth("crm", Some(credential)),
            Place::Signature => request.query(&[("expires", "9999999999"), ("signature", credential)]),
        }
    }

    /// Returns what opens nothing in a place: in the right one whatever is not the key, in another one even the key.
    fn wrong(&self, place: Place) -> Vec<String> {
        match place {
            Place::Nowhere => vec![String::new()],
            // Without a token this is another route, or the same one without a credential.
            Place::Path if !self.places.contains(&place) => Vec::new(),
            // Characters that end a segment make another route of it.
            Place::Path => wrong(CALLBACK).into_iter().filter(|wrong| !wrong.contains(['%', '"', ' '])).collect(),
            _ if self.places.contains(&place) => wrong(self.keys[0]),
            _ => [CRM, TICK, CALLBACK].map(str::to_owned).into(),
        }
        .into_iter()
        .filter(|wrong| !self.places.contains(&place) || !self.keys.contains(&wrong.as_str()))
        .collect()
    }

    /// Fails unless an answer refuses the credential in the envelope of the route's surface.
    fn is_closed(&self, answer: &Answer, place: Place, credential: &str) {
        let case = format!("{} {} {place:?} {credential:?}: {answer:?}", self.method.as_str(), self.path);
        assert_eq!(answer.status, 401, "{case}");
        let (fields, media_type): (&[&str], _) = match self.envelope {
            Envelope::Wanwang => (&["code", "data", "msg", "ok", "requestId"], "application/json"),
            Envelope::Quntool => (&["code", "data", "msg"], "application/json"),
            Envelope::Kdocs => (&["code", "data", "hint", "msg"], "application/json"),
            Envelope::OAuth => (&["error", "error_description"], "application/json"),
            Envelope::Gateway => {
                (&["code", "detail", "requestId", "status", "title", "type"], "application/problem+json")
            }
        };
        let mut found = names(&answer.body);
        found.sort_unstable();
        assert_eq!(found, fields, "{case}");
        assert!(answer.header("content-type").starts_with(media_type), "{case}");
        assert!(answer.headers.contains_key("www-authenticate"), "{case}");
        assert!(credential.len() < 8 || !answer.text.contains(credential), "it is repeated: {case}");
    }
}

/// What is no credential: nothing, something else, the right one cut off, longer or in another case, every other secret
/// of the gateway, and tokens that nobody issued.
fn wrong(right: &str) -> Vec<String> {
    let (shorter, _) = right.split_at(right.len() - 1);
    let (_, later) = right.split_at(1);
    let made = ["", "x", "undefined", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJjcm0ifQ.", "*", "' OR '1'='1", "\"", "%00"];
    let near = [shorter.to_owned(), later.to_owned(), format!("{right}x"), right.to_uppercase(), right.repeat(2)];
    made.map(str::to_owned).into_iter().chain(near).chain(ALL.map(|(_, secret)| secret.to_owned())).collect()
}

#[tokio::test]
async fn no_route_opens_without_its_credential() {
    let gateway = Gateway::start().await;
    let doors = doors();
    assert!(doors.len() > 80, "{} routes", doors.len());
    let tries = doors.iter().flat_map(|door| PLACES.into_iter().map(move |place| (door, place)));
    let tries = tries.flat_map(|(door, place)| door.wrong(place).into_iter().map(move |wrong| (door, place, wrong)));
    let answers = stream::iter(tries).map(async |(door, place, wrong)| {
        let answer = gateway.ask(door.knock(&gateway, place, &wrong)).await;
        door.is_closed(&answer, place, &wrong);
    });
    assert!(answers.buffer_unordered(AT_ONCE).count().await > 20 * doors.len());
    nothing_left(&gateway);
    for list in ["messages", "events", "deliveries"] {
        let kept = gateway.ask(gateway.get(&format!("/v1/{list}")).bearer_auth(CRM)).await;
        assert_eq!(kept.body[list], json!([]), "{kept:?}");
    }
}

#[tokio::test]
async fn every_route_opens_to_its_credential_in_its_place() {
    let gateway = Gateway::start().await;
    for door in doors() {
        for place in door.places {
            for key in door.keys {
                let answer = gateway.ask(door.knock(&gateway, *place, key)).await;
                assert_ne!(answer.status, 401, "{} {place:?}: {answer:?}", door.path);
            }
        }
    }
}

#[test]
fn one_route_asks_for_no_credential() {
    let open = ROUTES.iter().filter(|route| route.credential == Credential::None);
    assert_eq!(open.map(|route| route.path).collect::<Vec<_>>(), ["/openapi.json"]);
}
