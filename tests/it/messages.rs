//! The gateway's own API: one way to send to employees, conversations and robots, and to ask after what was sent.

mod create;
mod fields;
mod idempotency;
mod list;
mod recall;

use crate::gateway::{Gateway, credentials::CRM, messages::conversation};
use contract::{
    Endpoint, System, kdocs, quntool,
    samples::{self, Sample},
    wanwang,
};
use reqwest::RequestBuilder;
use serde_json::{Map, Value, json};

const PATH: &str = "/v1/messages";

/// Begins to send a message, as `crm`.
fn post(gateway: &Gateway, message: &Value) -> RequestBuilder {
    gateway.post(PATH).bearer_auth(CRM).json(message)
}

/// A text from an account to its customer.
fn text(account: &str, content: &str) -> Value {
    let to = json!({"account": account, "conversation": conversation(account)});
    json!({"to": to, "content": {"type": "text", "content": content}})
}

/// A message as its document shows it, and the same one for `/v1/messages`.
struct Case {
    endpoint: &'static Endpoint,
    documented: Map<String, Value>,
    own: Value,
}

/// The parameters that say whom a message is for: their names in `/v1/messages`, and in the document.
fn address(system: System) -> &'static [(&'static str, &'static str)] {
    match system {
        System::Wanwang => wanwang::ADDRESS,
        System::Quntool => quntool::ADDRESS,
        System::Kdocs => &[],
    }
}

/// Every message that the documents show, each from an account of its own, so that none waits for another.
fn documented() -> Vec<Case> {
    let samples = samples::requests().unwrap().into_iter().enumerate();
    samples.filter_map(|(number, sample)| case(number, sample)).collect()
}

fn case(number: usize, sample: Sample) -> Option<Case> {
    let endpoint = sample.endpoint().unwrap();
    endpoint.message.filter(|_| endpoint.system != System::Kdocs)?;
    // The document itself writes a name in another case now and then.
    let mut documented = endpoint.check(sample.body.unwrap()).unwrap().merged();
    if endpoint.system == System::Quntool {
        documented.insert("wxId".to_owned(), json!(format!("168885435526{number:04}")));
    }
    let own = own(endpoint, documented.clone());
    Some(Case { endpoint, documented, own })
}

/// Writes the parameters of a message's endpoint as `/v1/messages` takes them.
fn own(endpoint: &Endpoint, mut content: Map<String, Value>) -> Value {
    let kind = endpoint.message.expect("the endpoint sends a message");
    let to = address(endpoint.system)
        .iter()
        .filter_map(|(own, documented)| Some(((*own).to_owned(), content.remove(*documented)?)));
    let to = to.collect::<Map<_, _>>();
    // What the document keeps in an object of the type's name stands in `content` itself.
    if let Some(Value::Object(inner)) = content.get(kind).cloned() {
        content = inner;
    }
    content.insert("type".to_owned(), json!(kind));
    json!({"to": to, "content": content})
}

/// The types of messages that robots take.
fn robot_kinds() -> Vec<&'static str> {
    kdocs::ROBOT_MESSAGES.iter().map(|message| message.kind).collect()
}
