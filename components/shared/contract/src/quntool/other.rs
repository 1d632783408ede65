//! 其他: users, search, memory, saved cards, files, batch messages.

use super::{ACCOUNT, CONVERSATION, Endpoint, Kind, Method, Parameter, Rule, endpoint, identifier, remark};
use crate::endpoint::Location;

/// The id of a saved card, a number in the document.
const fn card(name: &'static str, about: &'static str) -> Parameter {
    Parameter::required(name, Kind::IntegerOrDigits, &[Rule::Range(0, i64::MAX)], about)
}

pub const ENDPOINTS: &[Endpoint] = &[
    endpoint(Method::Get, "/gnapi/open/inner/user/list", "001:1466")
        .titled("获取光年实验室账号列表", "Lists the users of the platform"),
    endpoint(Method::Get, "/gnapi/open/contact/search", "001:1497")
        .titled("通过手机号搜索微信联系人信息", "Searches a WeChat user by phone number")
        .taking(&[identifier("wxId", "发起搜索的企业微信账号"), identifier("keyword", "要搜索的手机号")]),
    endpoint(Method::Post, "/gnapi/open/contact/search/add", "001:1886")
        .titled("添加搜索到的联系人", "Asks a user that a search found to become a contact")
        .taking(&[
            identifier("wxId", "添加好友的企业微信账号"),
            identifier(
                "contactUserId",
                "用户id,/contact/search 接口返回的data.datalist[0].contact_info_wx.uin(若加企业微信用户,用contact_info.uin)",
            ),
            identifier("openid", "/contact/search 接口返回的data.datalist[0].openid"),
            remark("wxticket", "/contact/search 接口返回的data.datalist[0].wx_ticket,可以为空"),
            remark("verify", "验证消息,可以为空"),
        ]),
    endpoint(Method::Get, "/gnapi/open/container/memory", "001:1909")
        .titled("查询在线企微内存占用", "Shows the memory that each account takes"),
    endpoint(Method::Get, "/gnapi/open/miniprogram/list", "001:1948")
        .titled("获取收藏的小程序列表", "Lists the saved mini programs"),
    endpoint(Method::Post, "/gnapi/open/miniProgram/send", "001:1972")
        .titled("通过id发送小程序消息", "Sends a saved mini program")
        .sending("savedMiniProgram")
        .taking(&[ACCOUNT, CONVERSATION, card("miniProgramId", "小程序列表接口返回的id")]),
    endpoint(Method::Get, "/gnapi/open/videonum/list", "001:1992")
        .titled("获取收藏的视频号列表", "Lists the saved video numbers"),
    endpoint(Method::Post, "/gnapi/open/videonum/send", "001:2017")
        .titled("通过id发送视频号消息", "Sends a saved video number card")
        .sending("savedVideoNum")
        .taking(&[ACCOUNT, CONVERSATION, card("videoNumId", "视频号列表接口返回的id")]),
    endpoint(Method::Post, "/gnapi/open/file/upload", "001:2036")
        .titled("文件上传", "Uploads a file")
        .noted("需要使用form-data格式;返回的data即为文件的相对路径,可直接用于发送消息")
        .reading(Location::Multipart)
        .taking(&[Parameter::required("file", Kind::File, &[], "文件的二进制数据")]),
    endpoint(Method::Post, "/gnapi/open/batchmsg/confirm", "001:2048")
        .titled("群发确认(目前仅支持群发到客户)", "Confirms the latest message to many customers")
        .noted("如果有多条未确认的群发消息,只会发送最近一次的群发消息")
        .reading(Location::BodyOrQuery)
        .taking(&[ACCOUNT]),
];
