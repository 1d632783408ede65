//! 标签: labels and the contacts that carry them.

use super::{ACCOUNT, Endpoint, Kind, Method, Parameter, Rule, endpoint, identifier, identifiers};

pub const ENDPOINTS: &[Endpoint] = &[
    endpoint(Method::Get, "/gnapi/open/label/all", "001:1335")
        .titled("获取企微所有标签", "Lists all labels of an account")
        .taking(&[ACCOUNT]),
    endpoint(Method::Post, "/gnapi/open/label/contact/setlabel", "001:1363")
        .titled("给指定客户打标签", "Sets the labels of a contact")
        .noted("传入的标签替换客户已有的全部标签,传[]则清除")
        .taking(&[
            identifier("contactUserId", "客户的ID"),
            Parameter::required(
                "labelIds",
                Kind::TextList,
                &[Rule::Count(0, 1_000), Rule::NotBlank, Rule::MaxBytes(64)],
                "标签ID,可通过获取企业下所有标签接口获取",
            ),
            identifier("wxId", "客户添加的企业微信的ID"),
        ]),
    endpoint(Method::Get, "/gnapi/open/label/contact/labels", "001:1381")
        .titled("获取指定客户的标签", "Lists the labels of a contact")
        .taking(&[identifier("wxId", "客户所在的企业微信ID"), identifier("contactUserId", "客户的ID,通常以 788 开头")]),
    endpoint(Method::Post, "/gnapi/open/label/contact/search", "001:1403")
        .titled("根据标签搜索用户", "Finds contacts by label, a page at a time")
        .taking(&[
            identifiers("labelIds", "标签ID,可通过获取企微所有标签接口获取"),
            identifiers("wxids", "客户所在的企业微信ID"),
            Parameter::required("PageIndex", Kind::Integer, &[Rule::Range(1, i32::MAX as i64)], "第n页 从1开始"),
            // 100,000 is the largest page that the document shows (001:1087).
            Parameter::required("PageSize", Kind::Integer, &[Rule::Range(1, 100_000)], "每页n条"),
        ]),
    endpoint(Method::Get, "/gnapi/open/label/contacts", "001:1438")
        .titled("获取指定标签下的客户", "Lists the contacts that carry a label")
        .taking(&[
            identifier("labelId", "标签ID,可通过获取企微所有标签接口获取"),
            identifier("wxId", "客户所在的企业微信ID"),
        ]),
];
