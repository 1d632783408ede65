//! What callers order: texts over every surface that sends.

use rand::Rng;
use rand::rngs::StdRng;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::chaos::stage::Stage;
use crate::sandbox::CREDENTIAL;

const EMPLOYEES: &str = "/integration/wx_work/sendByWorkIds";
const CHAT: &str = "/gnapi/open/msg/text";
const ROBOT: &str = "/api/v1/openapi/notification/wecom";
const OWN: &str = "/v1/messages";

/// What the paths of requests to the platforms begin with; the empty one is all of them.
pub const PATHS: [&str; 7] = [EMPLOYEES, CHAT, ROBOT, "/oauth2/", "/integration/", "/gnapi/open/", ""];

/// How many hosted accounts, employees and robots there are: few enough that limits are met.
const ACCOUNTS: u64 = 20;
const MEMBERS: u64 = 60;
const ROBOTS: u64 = 60;

/// What stands around a message's number.
const BRACKETS: (char, char) = ('⟦', '⟧');

/// Where a message goes in.
#[derive(Clone, Copy)]
enum Surface {
    Employees,
    Chat,
    Relay,
    Own,
}

/// Whom it is for.
enum To {
    Members(Vec<String>),
    Conversation { account: String, conversation: String },
    Robot(String),
}

/// A message to be sent.
pub struct Order {
    /// Its number.
    pub number: u64,
    /// Its `Idempotency-Key`.
    pub key: Option<String>,
    /// What its recipient is called in the ledger, if it has the recipient for itself.
    pub own_recipient: Option<String>,
    surface: Surface,
    to: To,
    later: bool,
    urgent: bool,
}

impl Order {
    /// Makes one up.
    pub fn random(number: u64, dice: &mut StdRng) -> Self {
        let surface = match dice.random_range(0..10) {
            0..2 => Surface::Employees,
            2..5 => Surface::Chat,
            5..7 => Surface::Relay,
            _ => Surface::Own,
        };
        let platform = match surface {
            Surface::Employees => 0,
            Surface::Chat => 1,
            Surface::Relay => 2,
            Surface::Own => dice.random_range(0..3),
        };
        // Only with a key is a robot's message found again: the ledger calls robots by names of its own.
        let keyed = platform == 2 || dice.random_bool(0.6);
        let account = format!("16888543552600{:02}", dice.random_range(0..ACCOUNTS));
        let to = match (platform, keyed) {
            (0, true) => To::Members((0..dice.random_range(1..4)).map(|_| member(dice)).collect()),
            (0, false) => To::Members(vec![format!("own{number}")]),
            (1, true) => To::Conversation { conversation: format!("S:{account}_7881300839070000"), account },
            (1, false) => To::Conversation { conversation: format!("S:{account}_99{number:014}"), account },
            (_, _) => To::Robot(format!("robot-{}", dice.random_range(0..ROBOTS))),
        };
        let own_recipient = match &to {
            _ if keyed => None,
            To::Members(members) => Some(members.concat()),
            To::Conversation { conversation, .. } => Some(conversation.clone()),
            To::Robot(_) => None,
        };
        let key = keyed.then(|| format!("\"chaos-{number}\""));
        let (later, urgent) = (dice.random_bool(0.3), dice.random_bool(0.1));
        Self { number, key, own_recipient, surface, to, later, urgent }
    }

    /// Begins its request to one of the gateways; each try is the same.
    pub fn request(&self, stage: &Stage, gateway: usize) -> RequestBuilder {
        let content = format!("{}{}{}混沌之中,一字不差。", BRACKETS.0, self.number, BRACKETS.1);
        let post = |path: &str| stage.request(Method::POST, gateway, path);
        let mut request = match self.surface {
            Surface::Own => {
                post(OWN).json(&json!({"to": self.to.own(), "content": {"type": "text", "content": content}}))
            }
            _ => match &self.to {
                To::Members(members) => post(EMPLOYEES).json(&json!({"workIds": members, "content": content})),
                To::Conversation { account, conversation } => {
                    let message = json!({"wxId": account, "conversationId": conversation, "content": content});
                    post(CHAT).header("apikey", CREDENTIAL).json(&message)
                }
                To::Robot(key) => {
                    let data = json!([{"msgtype": "text", "text": {"content": content}}]);
                    post(ROBOT).query(&[("access_token", CREDENTIAL)]).json(&json!({"link": link(key), "data": data}))
                }
            },
        };
        if let Some(key) = &self.key {
            request = request.header("idempotency-key", key);
        }
        if self.later {
            request = request.header("prefer", "respond-async");
        }
        if self.urgent {
            request = request.header("x-priority", "high");
        }
        request
    }
}

impl To {
    /// Writes it as `/v1/messages` takes it.
    fn own(&self) -> Value {
        match self {
            Self::Members(members) => json!({"workIds": members}),
            Self::Conversation { account, conversation } => json!({"account": account, "conversation": conversation}),
            Self::Robot(key) => json!({"robot": link(key)}),
        }
    }
}

fn member(dice: &mut StdRng) -> String {
    format!("ww{:04}", dice.random_range(0..MEMBERS))
}

fn link(key: &str) -> String {
    format!("https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key={key}")
}

/// Finds the number of the message that a text is about.
pub fn number_in(text: &str) -> Option<u64> {
    let (_, rest) = text.split_once(BRACKETS.0)?;
    rest.split_once(BRACKETS.1)?.0.parse().ok()
}
