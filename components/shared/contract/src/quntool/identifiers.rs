//! 开放平台双向互通: the ids of WeCom's open platform beside Quntool's own.

use super::{ACCOUNT, Endpoint, Kind, Method, Parameter, Rule, endpoint, identifier};
use crate::endpoint::Check;

const OWNER: Parameter = identifier("WxId", "客户所属的企业微信账号");
const CONTACT: Parameter = identifier("ContactUserId", "被查询客户的 788 ID");
const EXTERNAL: Parameter = identifier("ExternalUserId", "被查询客户的 wm ID");

pub const ENDPOINTS: &[Endpoint] = &[
    endpoint(Method::Post, "/gnapi/open/contact/externalUserId", "001:1171")
        .titled("788ID 转 wm ID", "Turns a contact's id into an external user id")
        .taking(&[OWNER, CONTACT]),
    endpoint(Method::Post, "/gnapi/open/contact/externalUserIdFromDb", "001:1188")
        .titled("788ID 转 wm ID(从数据库查询)", "Looks up the external user id of a contact's id")
        .noted("从数据库中查询对应关系,如果数据库中无此数据返回空字符串")
        .taking(&[OWNER, CONTACT]),
    endpoint(Method::Post, "/gnapi/open/contact/contactUserId", "001:1207")
        .titled("wm ID 转 788ID", "Turns an external user id into a contact's id")
        .taking(&[OWNER, EXTERNAL]),
    endpoint(Method::Post, "/gnapi/open/contact/contactUserIdFromDb", "001:1224")
        .titled("wm ID 转 788ID(从数据库查询)", "Looks up the contact's id of an external user id")
        .noted("从数据库中查询对应关系,如果数据库中无此数据返回空字符串")
        .taking(&[OWNER, EXTERNAL]),
    endpoint(Method::Post, "/gnapi/open/group/externalRoomId", "001:1243")
        .titled("RoomId 转 wr ID", "Turns a group's id into an external group id")
        .taking(&[OWNER, identifier("RoomId", "被查询群的 RoomId,如 R:1089265998532XXXX")]),
    endpoint(Method::Post, "/gnapi/open/group/RoomId", "001:1261")
        .titled("wr ID 转 RoomId", "Turns an external group id into a group's id")
        .taking(&[OWNER, identifier("ExternalRoomId", "被查询群的 wr ID")]),
    endpoint(Method::Get, "/gnapi/open/contact/relation", "001:1281")
        .titled("外部联系人ID互查", "Looks up all ids of an external contact by one of them")
        .noted("需要用到UnionId时才使用此接口,否则直接使用转换接口即可")
        .taking(&[
            ACCOUNT,
            Parameter::optional(
                "ContactUserId",
                Kind::Text,
                &[Rule::MaxBytes(64)],
                "被查询客户的userid,可不传(微信联系人为788开头,企业微信联系人以1688开头)",
            ),
            Parameter::optional(
                "ExternalUserId",
                Kind::Text,
                &[Rule::MaxBytes(64)],
                "被查询客户在当前主体下的ExternalUserid,可不传(微信联系人以wm开头,企业微信联系人以wo开头)",
            ),
        ])
        .checked(&[Check::AnyOf(&["ContactUserId", "ExternalUserId"])]),
    endpoint(Method::Post, "/gnapi/open/contact/relation/sync", "001:1306")
        .titled("同步联系人ExternalUserid", "Synchronises the external user id of a contact")
        .noted("新增用户的ExternalUserid会自动进行同步,但是偶尔会同步失败,此时可以通过此接口进行同步")
        .taking(&[
            ACCOUNT,
            identifier("ContactUserId", "被查询客户的userid(微信联系人为788开头,企业微信联系人以1688开头)"),
        ]),
];
