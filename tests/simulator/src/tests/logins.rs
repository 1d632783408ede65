//! Logging in, going offline and coming back.

use serde_json::{Value, json};

use super::support::{ACCOUNT, PATIENCE, Platforms};

async fn types(platforms: &Platforms, count: usize) -> Vec<String> {
    let truth = platforms.simulator.wait_until(PATIENCE, |truth| truth.callbacks.len() >= count).await.unwrap();
    truth.callbacks.iter().filter_map(|callback| callback.kind.clone()).collect()
}

async fn statuses(platforms: &Platforms) -> Vec<(String, i64)> {
    let listed = platforms.get("/gnapi/open/inner/user/wx/list?IsOnline=false").await;
    let row = |row: &Value| (row["wxId"].as_str().unwrap().to_owned(), row["Status"].as_i64().unwrap());
    listed["data"].as_array().unwrap().iter().map(row).collect()
}

#[tokio::test]
async fn runs_a_login_through_its_qr_code_to_the_account() {
    let (platforms, _subscriber) = Platforms::with_callbacks().await;
    let created = platforms.post("/gnapi/open/container/create", json!({"userId": "apps-1"})).await;
    let asked = platforms.callback(2).await;
    assert_eq!((&asked["type"], &asked["data"]["status"]), (&json!("qrcode_status_msg"), &json!(10)));
    assert_eq!((&asked["source"], &asked["wxid"]), (&created["data"]["hostname"], &json!("")));
    let verify = |code: &str| json!({"hostname": asked["source"], "key": asked["data"]["qrcode_key"], "code": code});
    let wrong = platforms.post("/gnapi/open/container/verify", verify("000000")).await;
    assert!(wrong["code"] == 0 && wrong["data"]["errcode"].as_i64().unwrap() < 0, "{wrong}");
    let right = platforms.post("/gnapi/open/container/verify", verify("386317")).await;
    assert_eq!(right["data"], json!({"errcode": 0, "errmsg": "ok"}));
    let login = platforms.callback(4).await;
    assert_eq!((&login["type"], &login["source"]), (&json!("user_login"), &asked["source"]));
    let listed = platforms.get("/gnapi/open/inner/user/wx/list").await;
    assert_eq!((&listed["data"][0]["wxId"], &listed["data"][0]["Status"]), (&login["wxid"], &json!(0)));
}

#[tokio::test]
async fn goes_offline_comes_back_and_logs_out() {
    let (platforms, _subscriber) = Platforms::with_callbacks().await;
    platforms.text("the account comes into being").await;
    types(&platforms, 1).await;
    let listed = platforms.get("/gnapi/open/inner/user/wx/list").await;
    let host = json!({"hostname": [listed["data"][0]["hostname"]]});
    platforms.post("/gnapi/open/container/stop", host.clone()).await;
    assert_eq!(types(&platforms, 2).await[1..], ["user_offline"]);
    assert_eq!(statuses(&platforms).await, [(ACCOUNT.to_owned(), 1)]);
    assert_eq!(platforms.get("/gnapi/open/inner/user/wx/list").await["data"], json!([]));
    assert_ne!(platforms.text("refused").await["code"], 0);
    platforms.post("/gnapi/open/container/start", host.clone()).await;
    assert_eq!(types(&platforms, 3).await[2..], ["user_login"]);
    platforms.post("/gnapi/open/container/restart", host.clone()).await;
    assert_eq!(types(&platforms, 5).await[3..], ["user_offline", "user_login"]);
    platforms.post("/gnapi/open/container/remove", host.clone()).await;
    assert_eq!(types(&platforms, 6).await[5..], ["user_offline"]);
    assert_eq!(statuses(&platforms).await, [(ACCOUNT.to_owned(), 2)]);
    platforms.post("/gnapi/open/container/start", host).await;
    assert_eq!(types(&platforms, 8).await[6..], ["qrcode_status_msg", "qrcode_status_msg"]);
    assert_eq!(statuses(&platforms).await, [(ACCOUNT.to_owned(), 4)]);
}

#[tokio::test]
async fn shows_users_and_the_memory_of_online_accounts() {
    let platforms = Platforms::start().await;
    platforms.text("the account comes into being").await;
    let users = platforms.get("/gnapi/open/inner/user/list").await;
    assert_eq!(users["data"][1]["IsAdmin"], true);
    let memory = platforms.get("/gnapi/open/container/memory").await;
    assert_eq!(memory["data"][0]["WxId"], ACCOUNT);
    assert!(memory["data"][0]["Memory"].as_u64().unwrap() > 0);
}
