//! KDocs' access token: the operator's own until it dies, then one by the refresh token (developer.kdocs.cn, 授权).

use super::{Issuer, Token, ask, kept, read};
use crate::{
    configuration::Configuration,
    dispatch::Ending,
    upstream::{Answer, Outbound, hidden},
};
use contract::kdocs::TOKEN_PATH;
use runtime::clock;
use serde_json::json;

/// A token lives for a day if the platform does not say how long, in seconds.
const LIFETIME: u64 = 86_400;

/// Whether the operator gave what a renewal needs.
pub const fn can_renew(configuration: &Configuration) -> bool {
    !configuration.kdocs_client_id.is_empty()
        && !configuration.kdocs_client_secret.is_empty()
        && !configuration.kdocs_refresh_token.is_empty()
}

/// Returns a token that is valid as far as is known: the operator's own, until there is a newer one.
pub async fn current(configuration: &Configuration) -> Result<String, Ending> {
    let own = &configuration.kdocs_access_token;
    if !can_renew(configuration) || (!own.is_empty() && kept(Issuer::Kdocs, configuration).is_none()) {
        return Ok(own.clone());
    }
    super::current(Issuer::Kdocs, configuration).await
}

/// Asks for a token by the newest refresh token. The platform may replace that one too; it is kept then.
pub(super) async fn fetch(configuration: &Configuration) -> Result<Token, Ending> {
    let refresh = kept(Issuer::Kdocs, configuration)
        .and_then(|kept| kept.refresh)
        .unwrap_or_else(|| configuration.kdocs_refresh_token.clone());
    let query =
        form_urlencoded::Serializer::new(String::new()).append_pair("app_id", &configuration.kdocs_client_id).finish();
    let url = format!("{}{TOKEN_PATH}?{query}", configuration.kdocs_token_url);
    let body = json!({ "app_key": configuration.kdocs_client_secret, "refresh_token": refresh });
    let now = clock::now();
    let answer = ask(Outbound::post(url, &body).hiding(&configuration.kdocs_client_secret)).await?;
    let hint = "请检查 kdocs_client_id、kdocs_client_secret 与 kdocs_refresh_token;刷新令牌失效时需重新授权";
    let token = read(&answer, now, LIFETIME, hint).or_else(|_| {
        // What refuses must not repeat the refresh token; what renews may answer the same one.
        let refused = Answer { body: hidden(answer.body, std::slice::from_ref(&refresh)), status: answer.status };
        read(&refused, now, LIFETIME, hint)
    })?;
    Ok(Token { refresh: token.refresh.or(Some(refresh)), ..token })
}
