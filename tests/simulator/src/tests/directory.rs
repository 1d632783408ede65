//! Contacts, groups, labels and ids.

use reqwest::Method;
use serde_json::{Value, json};

use super::support::{ACCOUNT, CUSTOMER, Platforms};

/// Calls an endpoint that must succeed, and gives its `data`.
async fn call(platforms: &Platforms, method: Method, path: &str, body: Value) -> Value {
    let (_, mut answer) = platforms.call(method, &format!("/gnapi/open/{path}"), body).await;
    assert_eq!((&answer["code"], &answer["msg"]), (&json!(0), &json!("")), "{path}: {answer}");
    answer["data"].take()
}

async fn get(platforms: &Platforms, path: &str, query: &str) -> Value {
    call(platforms, Method::GET, &format!("{path}?wxId={ACCOUNT}&{query}"), json!({})).await
}

async fn post(platforms: &Platforms, path: &str, body: Value) -> Value {
    call(platforms, Method::POST, path, body).await
}

#[tokio::test]
async fn remembers_what_is_said_of_a_contact() {
    let platforms = Platforms::start().await;
    let of = |field: &str, value: Value| json!({"wxId": ACCOUNT, "contactId": CUSTOMER, field: value});
    call(&platforms, Method::PUT, "contact/remark", of("remark", json!("备注"))).await;
    call(&platforms, Method::PUT, "contact/desc", of("desc", json!("描述"))).await;
    call(&platforms, Method::PUT, "contact/phone", of("phones", json!(["18268181111"]))).await;
    let extended = get(&platforms, "contact/extendinfo", &format!("ContactId={CUSTOMER}")).await;
    assert_eq!((&extended["remark"], &extended["desc"]), (&json!("备注"), &json!("描述")));
    assert_eq!(extended["phone_list"], json!(["18268181111"]));
    post(&platforms, "contact/remove", json!({"wxId": ACCOUNT, "ContactUserId": CUSTOMER})).await;
    let infos = json!({"ContactInfos": [{"WxId": ACCOUNT, "ContactUserId": CUSTOMER}]});
    let found = post(&platforms, "contact/external/query", infos).await;
    assert_eq!((&found[0]["remark"], &found[0]["is_delete"]), (&json!("备注"), &json!(true)));
    assert_eq!(found[0]["delete_time"].as_str().unwrap().len(), 19);
    assert_eq!(get(&platforms, "contact/inner/list", "").await[0]["user_id"], "1688850000000901");
}

#[tokio::test]
async fn finds_someone_by_phone_and_makes_them_a_contact() {
    let (platforms, _subscriber) = Platforms::with_callbacks().await;
    let found = get(&platforms, "contact/search", "keyword=13400008000").await;
    let someone = &found["datalist"][0];
    assert_eq!((&found["keyword"], &found["error_code"]), (&json!("13400008000"), &json!(0)));
    let id = &someone["contact_info_wx"]["uin"];
    let body = json!({"wxId": ACCOUNT, "contactUserId": id, "openid": someone["openid"], "wxticket": "", "verify": ""});
    post(&platforms, "contact/search/add", body).await;
    let event = platforms.callback(1).await;
    assert_eq!((&event["type"], &event["data"]["user_id"]), (&json!("notify_type_contact_add"), id));
    let contacts = get(&platforms, "contact/external/list", "").await;
    assert!(contacts.as_array().unwrap().iter().any(|contact| contact["user_id"] == *id));
}

#[tokio::test]
async fn a_group_is_made_named_joined_and_left() {
    let (platforms, _subscriber) = Platforms::with_callbacks().await;
    let body = json!({"wxId": ACCOUNT, "memberWxIds": "7881300000000001,7881300000000002"});
    let made = post(&platforms, "group", body).await;
    assert_eq!((&made["createruin"], &made["error_code"]), (&json!(ACCOUNT), &json!(0)));
    let room = json!(format!("R:{}", made["roomid"].as_str().unwrap()));
    assert_eq!(platforms.callback(1).await["data"]["room_conversation_id"], room);
    let with = |field: &str, value: &str| json!({"wxId": ACCOUNT, "conversationId": room, field: value});
    call(&platforms, Method::PUT, "group/name", with("name", "PK赛第五场")).await;
    assert_eq!(platforms.callback(2).await["data"]["room_name"], "PK赛第五场");
    call(&platforms, Method::POST, "group/member", with("memberWxIds", "7883")).await;
    assert_eq!(platforms.callback(3).await["data"]["member_list"][0]["user_id"], "7883");
    call(&platforms, Method::DELETE, "group/member", with("memberWxIds", "7881300000000001")).await;
    assert_eq!(platforms.callback(4).await["type"], "notify_type_room_del_member");
    call(
        &platforms,
        Method::POST,
        "group/member/contact",
        json!({"wxId": ACCOUNT, "conversationId": room, "memberWxId": "7883", "verify": ""}),
    )
    .await;
    call(&platforms, Method::POST, "group/notice", with("Content", "这是群公告")).await;
    let listed = get(&platforms, "group/list", "").await;
    assert_eq!(
        (&listed[0]["nickname"], &listed[0]["total"], &listed[0]["is_creator"]),
        (&json!("PK赛第五场"), &json!(3), &json!(1))
    );
    let members = get(&platforms, "group/member/list", &format!("conversationId={}", room.as_str().unwrap())).await;
    let ids: Vec<&str> =
        members["member_list"].as_array().unwrap().iter().map(|row| row["user_id"].as_str().unwrap()).collect();
    assert_eq!(ids, [ACCOUNT, "7881300000000002", "7883"]);
    assert_eq!(members["member_list"][1]["username"], "卡卡");
}

#[tokio::test]
async fn says_success_when_nothing_happens_in_a_group() {
    let platforms = Platforms::start().await;
    let made = post(&platforms, "group", json!({"wxId": ACCOUNT, "memberWxIds": "1688001,1688002"})).await;
    let room = format!("R:{}", made["roomid"].as_str().unwrap());
    let by = |account: &str, members: &str| json!({"wxId": account, "conversationId": room, "memberWxIds": members});
    post(&platforms, "group/member", by(ACCOUNT, "7881")).await;
    call(&platforms, Method::DELETE, "group/member", by("1688001", "1688002")).await;
    assert_eq!(get(&platforms, "group/list", "").await[0]["total"], 3);
    let (_, too_few) =
        platforms.call(Method::POST, "/gnapi/open/group", json!({"wxId": ACCOUNT, "memberWxIds": "1"})).await;
    assert_eq!(too_few["code"], 400);
}

#[tokio::test]
async fn a_label_that_is_set_is_found() {
    let platforms = Platforms::start().await;
    let label = get(&platforms, "label/all", "").await[0].clone();
    let id = label["labelId"].as_str().unwrap();
    let set = |labels: Value| json!({"wxId": ACCOUNT, "contactUserId": CUSTOMER, "labelIds": labels});
    post(&platforms, "label/contact/setlabel", set(json!([id]))).await;
    let own = get(&platforms, "label/contact/labels", &format!("contactUserId={CUSTOMER}")).await;
    assert_eq!(own, json!([{"name": label["name"], "label_id": id}]));
    let labelled = get(&platforms, "label/contacts", &format!("labelId={id}")).await;
    assert_eq!(labelled[0]["user_id"], CUSTOMER);
    let search = |page: u32| json!({"wxids": [ACCOUNT], "labelIds": [id], "PageIndex": page, "PageSize": 1});
    assert_eq!(post(&platforms, "label/contact/search", search(1)).await[0]["user_id"], CUSTOMER);
    assert_eq!(post(&platforms, "label/contact/search", search(2)).await, json!([]));
    post(&platforms, "label/contact/setlabel", set(json!([]))).await;
    assert_eq!(get(&platforms, "label/contact/labels", &format!("contactUserId={CUSTOMER}")).await, json!([]));
}

#[tokio::test]
async fn translates_ids_there_and_back() {
    let platforms = Platforms::start().await;
    let contact = json!({"WxId": ACCOUNT, "ContactUserId": CUSTOMER});
    let unknown = post(&platforms, "contact/externalUserIdFromDb", contact.clone()).await;
    assert_eq!(unknown["ExternalUserId"], "");
    let external = post(&platforms, "contact/externalUserId", contact.clone()).await["ExternalUserId"].clone();
    assert!(external.as_str().unwrap().starts_with("wm"), "{external}");
    assert_eq!(post(&platforms, "contact/externalUserIdFromDb", contact.clone()).await["ExternalUserId"], external);
    let back = json!({"WxId": ACCOUNT, "ExternalUserId": external});
    for path in ["contact/contactUserId", "contact/contactUserIdFromDb"] {
        assert_eq!(post(&platforms, path, back.clone()).await["ContactUserId"], CUSTOMER);
    }
    let related = get(&platforms, "contact/relation", &format!("ExternalUserId={}", external.as_str().unwrap())).await;
    assert_eq!(related["ContactUserId"], CUSTOMER);
    assert_eq!(post(&platforms, "contact/relation/sync", contact).await["ExternalUserId"], external);
    let room = json!({"WxId": ACCOUNT, "RoomId": "R:1089265998532"});
    let external = post(&platforms, "group/externalRoomId", room).await["ExternalRoomId"].clone();
    let back = post(&platforms, "group/RoomId", json!({"WxId": ACCOUNT, "ExternalRoomId": external})).await;
    assert_eq!(back["RoomId"], "R:1089265998532");
}

#[tokio::test]
async fn lists_saved_cards_and_confirms_a_batch() {
    let platforms = Platforms::start().await;
    assert_eq!(get(&platforms, "miniprogram/list", "").await[0]["id"], 7);
    assert_eq!(get(&platforms, "videonum/list", "").await[0]["id"], 20);
    assert_eq!(
        call(&platforms, Method::POST, &format!("batchmsg/confirm?wxId={ACCOUNT}"), json!({})).await,
        Value::Null
    );
}

#[tokio::test]
async fn a_closed_directory_knows_only_what_it_was_given() {
    let platforms = Platforms::start().await;
    let account = crate::AccountSetting { wx_id: ACCOUNT.to_owned(), online: true, username: Some("YNG".to_owned()) };
    platforms.simulator.set_accounts(vec![account], true);
    let remark = json!({"wxId": ACCOUNT, "contactId": CUSTOMER, "remark": "备注"});
    let (_, answer) = platforms.call(Method::PUT, "/gnapi/open/contact/remark", remark).await;
    assert_eq!(answer["code"], 404);
    let (_, answer) = platforms
        .call(
            Method::POST,
            "/gnapi/open/group/notice",
            json!({"wxId": ACCOUNT, "conversationId": "R:1", "content": "a"}),
        )
        .await;
    assert_eq!(answer["code"], 404);
    let listed = platforms.get("/gnapi/open/inner/user/wx/list").await;
    assert_eq!(listed["data"][0]["username"], "YNG");
}
