//! Wanwang's access token, by client credentials (RFC 6749 §4.4).

use super::{Token, ask, read};
use crate::{
    configuration::Configuration,
    dispatch::Ending,
    upstream::{Answer, Outbound},
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use contract::wanwang::TOKEN_PATH;
use runtime::clock;

/// A token lives so many seconds if the platform does not say how long.
const LIFETIME: u64 = 7_200;

/// Asks for a token: with HTTP Basic, which every server supports (RFC 6749 §2.3.1), and for servers that do not, with
/// the credentials in the body.
pub(super) async fn fetch(configuration: &Configuration) -> Result<Token, Ending> {
    let (id, secret) = (&configuration.wanwang_client_id, &configuration.wanwang_client_secret);
    let basic = BASE64_STANDARD.encode(format!("{}:{}", encoded(id), encoded(secret)));
    let now = clock::now();
    let mut answer = request(configuration, Some(format!("Basic {basic}")), &[]).await?;
    if matches!(answer.status, 400 | 401) {
        answer = request(configuration, None, &[("client_id", id), ("client_secret", secret)]).await?;
    }
    read(&answer, now, LIFETIME, "请检查 wanwang_client_id 与 wanwang_client_secret")
}

async fn request(
    configuration: &Configuration,
    authorization: Option<String>,
    credentials: &[(&str, &str)],
) -> Result<Answer, Ending> {
    let body = form_urlencoded::Serializer::new(String::new())
        .append_pair("grant_type", "client_credentials")
        .extend_pairs(credentials)
        .finish();
    let mut headers = vec![
        ("content-type", "application/x-www-form-urlencoded".to_owned()),
        ("accept", "application/json".to_owned()),
    ];
    headers.extend(authorization.map(|value| ("authorization", value)));
    let url = format!("{}{TOKEN_PATH}", configuration.wanwang_token_url);
    let secrets = vec![configuration.wanwang_client_secret.clone()];
    ask(Outbound { method: "POST", url, headers, body: body.into_bytes(), secrets }).await
}

fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}
