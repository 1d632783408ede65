//! 联系人: contacts outside and inside of the company.

use super::{ACCOUNT, Endpoint, Kind, Method, Parameter, Rule, endpoint, identifier, remark};

const CONTACT: Parameter = identifier("contactId", "联系人id");

pub const ENDPOINTS: &[Endpoint] = &[
    endpoint(Method::Get, "/gnapi/open/contact/external/list", "001:492")
        .titled("获取外部联系人列表", "Lists the external contacts of an account")
        .taking(&[ACCOUNT]),
    endpoint(Method::Get, "/gnapi/open/contact/extendinfo", "001:518")
        .titled("获取外部联系人的扩展信息", "Shows what an account noted about an external contact")
        .taking(&[ACCOUNT, identifier("ContactId", "客户id")]),
    endpoint(Method::Get, "/gnapi/open/contact/inner/list", "001:538")
        .titled("获取内部联系人列表", "Lists the colleagues of an account")
        .taking(&[ACCOUNT]),
    endpoint(Method::Put, "/gnapi/open/contact/remark", "001:574")
        .titled("修改内/外部联系人的备注", "Sets the remark on a contact")
        .taking(&[ACCOUNT, CONTACT, remark("remark", "备注,为空则清除")]),
    endpoint(Method::Put, "/gnapi/open/contact/desc", "001:588")
        .titled("修改内/外部联系人的描述", "Sets the description of a contact")
        .taking(&[ACCOUNT, CONTACT, remark("desc", "描述,为空则清除")]),
    endpoint(Method::Put, "/gnapi/open/contact/phone", "001:602")
        .titled("修改内/外部联系人的电话", "Sets the phone numbers of a contact")
        .taking(&[
            ACCOUNT,
            CONTACT,
            Parameter::required(
                "phones",
                Kind::TextList,
                &[Rule::Count(0, 100), Rule::NotBlank, Rule::MaxBytes(64)],
                "电话列表,为空则清除",
            ),
        ]),
    endpoint(Method::Post, "/gnapi/open/contact/remove", "001:616")
        .titled("删除好友", "Removes a contact")
        .taking(&[ACCOUNT, identifier("ContactUserId", "联系人id")]),
    endpoint(Method::Post, "/gnapi/open/contact/external/query", "001:629")
        .titled("查询客户", "Looks up external contacts")
        .taking(&[Parameter::required(
            "ContactInfos",
            Kind::ObjectList(&[identifier("WxId", "企业微信id"), identifier("ContactUserId", "客户id")]),
            &[Rule::Count(1, 1_000)],
            "要查询的客户列表",
        )]),
];
