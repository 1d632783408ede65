//! 群聊: groups and their members.

use super::{ACCOUNT, Endpoint, Kind, Method, Parameter, ROOM, Rule, content, endpoint, identifier, remark, room};

/// WeCom's largest group.
const MEMBERS: usize = 2_000;

const fn members(rules: &'static [Rule], about: &'static str) -> Parameter {
    Parameter::required("memberWxIds", Kind::Text, rules, about)
}

pub const ENDPOINTS: &[Endpoint] = &[
    endpoint(Method::Post, "/gnapi/open/group", "001:955").titled("创建群聊", "Creates a group").taking(&[
        ACCOUNT,
        members(
            &[Rule::NotBlank, Rule::Identifiers(2, MEMBERS)],
            "不需要包含自己的微信id,至少需要传两个其他用户的微信id,多个用英文逗号隔开",
        ),
    ]),
    endpoint(Method::Get, "/gnapi/open/group/list", "001:995")
        .titled("获取群聊列表", "Lists the groups of an account")
        .taking(&[ACCOUNT]),
    endpoint(Method::Put, "/gnapi/open/group/name", "001:1018").titled("修改群聊名称", "Renames a group").taking(&[
        ACCOUNT,
        ROOM,
        Parameter::required("name", Kind::Text, &[Rule::NotBlank, Rule::MaxBytes(512)], "群聊名称"),
    ]),
    endpoint(Method::Get, "/gnapi/open/group/member/list", "001:1036")
        .titled("获取群聊成员列表", "Lists the members of a group")
        .taking(&[ACCOUNT, ROOM]),
    endpoint(Method::Post, "/gnapi/open/group/member", "001:1093")
        .titled("群聊批量添加成员", "Adds members to a group")
        .noted("内部群只能邀请员工,否则即使接口返回成功,实际拉不进群的")
        .taking(&[
            ACCOUNT,
            ROOM,
            members(&[Rule::NotBlank, Rule::Identifiers(1, MEMBERS)], "要添加的用户的微信id,多个用英文逗号隔开"),
        ]),
    endpoint(Method::Delete, "/gnapi/open/group/member", "001:1112")
        .titled("群聊批量移除成员", "Removes members from a group")
        .noted("只有群主或者管理员才可以,否则即使接口返回成功,实际不会移除的")
        .taking(&[
            ACCOUNT,
            ROOM,
            members(&[Rule::NotBlank, Rule::Identifiers(1, MEMBERS)], "要移除的用户的微信id,多个用英文逗号隔开"),
        ]),
    endpoint(Method::Post, "/gnapi/open/group/member/contact", "001:1131")
        .titled("添加群聊成员为联系人", "Asks a member of a group to become a contact")
        .taking(&[
            ACCOUNT,
            ROOM,
            identifier("memberWxId", "要添加的用户的微信id"),
            remark("verify", "验证信息,可以为空"),
        ]),
    endpoint(Method::Post, "/gnapi/open/group/notice", "001:1151")
        .titled("发布群公告", "Puts up a notice in a group")
        .noted("只有群主或管理员才能发布群公告;普通成员发布时接口也返回成功")
        .taking(&[identifier("WxId", "企业微信id"), room("ConversationId"), content("Content", "公告内容")]),
];
