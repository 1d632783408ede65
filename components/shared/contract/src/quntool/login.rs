//! 登录: containers, each with one hosted account.

use super::{Endpoint, Kind, Method, Parameter, Rule, endpoint, identifier, identifiers};

const HOSTS: Parameter = identifiers("hostname", "容器id列表");

pub const ENDPOINTS: &[Endpoint] = &[
    endpoint(Method::Post, "/gnapi/open/container/verify", "001:371")
        .titled("输入登录验证码", "Enters the code that a login asks for")
        .noted("只有当回调消息类型qrcode_status_msg中data.status为10时才会用到此接口")
        .taking(&[
            identifier("hostname", "来自回调消息类型qrcode_status_msg中source字段"),
            identifier("key", "来自回调消息类型qrcode_status_msg中data.qrcode_key字段"),
            identifier("code", "从手机企业微信官方app上获取的验证码"),
        ]),
    endpoint(Method::Post, "/gnapi/open/container/create", "001:388")
        .titled("登录企业微信", "Logs an account in, in a new container")
        .noted("此接口会创建一个全新的企微登录环境,如果是下线后重新登录,请使用/container/start接口")
        .taking(&[identifier("userId", "光年账号id,通过获取光年实验室账号列表接口获取")]),
    endpoint(Method::Post, "/gnapi/open/container/stop", "001:406")
        .titled("下线企业微信", "Takes accounts offline, keeping their login")
        .noted("下线后会释放内存及CPU资源占用,但不会删除缓存文件,可以通过上线接口重新登录,不需要重新扫码")
        .taking(&[HOSTS]),
    endpoint(Method::Post, "/gnapi/open/container/start", "001:419")
        .titled("上线企业微信", "Takes accounts online again")
        .noted("用于上线登出状态的企业微信")
        .taking(&[HOSTS]),
    endpoint(Method::Post, "/gnapi/open/container/remove", "001:432")
        .titled("登出企业微信", "Logs accounts out and forgets their login")
        .noted("登出会释放内存及CPU资源占用,且会删除缓存文件,需要重新扫码登录")
        .taking(&[HOSTS]),
    endpoint(Method::Post, "/gnapi/open/container/restart", "001:445")
        .titled("重启企业微信", "Restarts accounts")
        .noted("重启后会释放企微所占用的内存及CPU资源占用")
        .taking(&[HOSTS]),
    endpoint(Method::Get, "/gnapi/open/inner/user/wx/list", "001:457")
        .titled("获取企业微信列表", "Lists the hosted accounts")
        .taking(&[
            Parameter::optional("userId", Kind::Text, &[Rule::MaxBytes(64)], "quntool里登录的用户的id,用于筛选"),
            Parameter::optional(
                "IsOnline",
                Kind::Boolean,
                &[],
                "是否在线,默认为true,当传false时会返回系统中所有的企微,包括在线,离线和登出等状态",
            ),
            Parameter::optional(
                "HostName",
                Kind::TextList,
                &[Rule::Count(0, 1_000), Rule::NotBlank, Rule::MaxBytes(64)],
                "容器id列表,用于筛选",
            ),
        ]),
];
