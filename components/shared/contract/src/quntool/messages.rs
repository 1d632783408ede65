//! 消息: what an account sends to a person or a group.
//!
//! The sizes that the document names (gif 5 MB, video 50 MB, voice 60 s) are the file's. What was uploaded through the
//! gateway is known and checked; what stands elsewhere only the platform fetches.

use super::{
    ACCOUNT, CONVERSATION, Endpoint, Kind, Method, Parameter, ROOM, Rule, content, endpoint, identifier, remark,
};
use crate::endpoint::Check;

/// An address or a path whose form is the platform's own.
const fn reference(name: &'static str, about: &'static str) -> Parameter {
    Parameter::required(name, Kind::Text, &[Rule::NotBlank, Rule::MaxBytes(4_096)], about)
}

const MEBIBYTE: u64 = 1024 * 1024;

const fn file(about: &'static str) -> Parameter {
    limited_file(&[Rule::NotEmpty, Rule::MaxBytes(2_048), Rule::File], about)
}

const fn limited_file(rules: &'static [Rule], about: &'static str) -> Parameter {
    Parameter::required("fileUrl", Kind::Text, rules, about)
}

pub const ENDPOINTS: &[Endpoint] = &[
    endpoint(Method::Post, "/gnapi/open/msg/text", "001:666")
        .titled("发送文字消息", "Sends a text")
        .sending("text")
        .by_mqtt()
        .taking(&[ACCOUNT, CONVERSATION, content("content", "发送内容")]),
    endpoint(Method::Post, "/gnapi/open/msg/roomAt", "001:686")
        .titled("发送群@消息", "Sends a text to a group that mentions members")
        .noted("只支持文本消息;若指定位置@某人,用 {$@} 占位,依次替换为 atList 中成员的昵称")
        .sending("roomAt")
        .by_mqtt()
        .taking(&[
            ACCOUNT,
            ROOM,
            content("content", "发送的内容"),
            Parameter::required(
                "atList",
                Kind::TextList,
                // 2,000: WeCom's largest group.
                &[Rule::Count(1, 2_000), Rule::NotBlank, Rule::MaxBytes(64), Rule::Alone("0")],
                "用户id列表,@所有人传[\"0\"]",
            ),
        ])
        .checked(&[Check::Placeholders { text: "content", placeholder: "{$@}", list: "atList" }]),
    endpoint(Method::Post, "/gnapi/open/msg/image", "001:708")
        .titled("发送图片消息", "Sends an image")
        .sending("image")
        .by_mqtt()
        .taking(&[file("要发送的图片地址,可直接传http开头的地址或通过文件上传接口获取"), ACCOUNT, CONVERSATION]),
    endpoint(Method::Post, "/gnapi/open/msg/file", "001:728")
        .titled("发送文件消息", "Sends a file")
        .sending("file")
        .by_mqtt()
        .taking(&[file("要发送的文件地址,可直接传http开头的地址或通过文件上传接口获取"), ACCOUNT, CONVERSATION]),
    endpoint(Method::Post, "/gnapi/open/msg/gif", "001:748")
        .titled("发送gif动图消息", "Sends an animated image")
        .noted("超过5M的gif需要用文件消息接口(/msg/file)发送")
        .sending("gif")
        .by_mqtt()
        .taking(&[
            limited_file(
                &[
                    Rule::NotEmpty,
                    Rule::MaxBytes(2_048),
                    Rule::File,
                    Rule::FileBytes(5 * MEBIBYTE, "更大的请用 /msg/file 发送"),
                ],
                "要发送的gif动图地址,可直接传http开头的地址或通过文件上传接口获取",
            ),
            ACCOUNT,
            CONVERSATION,
        ]),
    endpoint(Method::Post, "/gnapi/open/msg/video", "001:769")
        .titled("发送视频消息", "Sends a video")
        .noted("视频大小不要超过50MB,否则腾讯那边会拦截掉")
        .sending("video")
        .by_mqtt()
        .taking(&[
            limited_file(
                &[
                    Rule::NotEmpty,
                    Rule::MaxBytes(2_048),
                    Rule::File,
                    Rule::FileBytes(50 * MEBIBYTE, "更大的会被腾讯拦截,请压缩后重新上传"),
                ],
                "要发送的视频地址,可直接传http开头的地址或通过文件上传接口获取",
            ),
            ACCOUNT,
            CONVERSATION,
        ]),
    endpoint(Method::Post, "/gnapi/open/msg/voice", "001:790")
        .titled("发送语音消息", "Sends a voice message")
        .noted("这个接口尽量少调用,否则有封号风险;语音文件必须是12000的采样率,播放长度不超过60s")
        .sending("voice")
        .taking(&[
            limited_file(
                &[Rule::NotEmpty, Rule::MaxBytes(2_048), Rule::File, Rule::FileSeconds(60)],
                "要发送的语音地址,可直接传http开头的地址或通过文件上传接口获取",
            ),
            ACCOUNT,
            CONVERSATION,
        ]),
    endpoint(Method::Post, "/gnapi/open/msg/personCard", "001:812")
        .titled("发送名片消息", "Sends a contact's card")
        .sending("personCard")
        .by_mqtt()
        .taking(&[
            ACCOUNT,
            CONVERSATION,
            identifier("personCardUserId", "要发送名片用户的 id"),
            Parameter::required("nickName", Kind::Text, &[Rule::NotEmpty, Rule::MaxBytes(512)], "用户昵称"),
            remark("avatar", "用户头像,没有头像则为空"),
        ]),
    endpoint(Method::Post, "/gnapi/open/msg/link", "001:836")
        .titled("发送链接消息", "Sends a link with a title")
        .sending("link")
        .by_mqtt()
        .taking(&[
            ACCOUNT,
            CONVERSATION,
            Parameter::required("title", Kind::Text, &[Rule::NotBlank, Rule::MaxBytes(4_096)], "链接标题,光空格也不行"),
            Parameter::optional("desc", Kind::Text, &[Rule::MaxBytes(4_096)], "链接描述"),
            Parameter::required("url", Kind::Text, &[Rule::NotEmpty, Rule::MaxBytes(2_048), Rule::Http], "链接地址"),
            Parameter::optional("imageUrl", Kind::Text, &[Rule::MaxBytes(2_048), Rule::File], "链接图片URL"),
        ]),
    endpoint(Method::Post, "/gnapi/open/msg/miniProgram", "001:862")
        .titled("发送小程序消息", "Sends a mini program")
        .noted("wxId、conversationId 以外的参数在接收小程序消息回调中获取")
        .sending("miniProgram")
        .by_mqtt()
        .taking(&[
            ACCOUNT,
            CONVERSATION,
            reference("username", "小程序账号原始ID"),
            reference("appid", "小程序的appid"),
            reference("appname", "小程序的名称"),
            remark("appicon", "小程序的图标地址"),
            reference("title", "标题"),
            reference("page_path", "点击后打开的页面"),
            remark("cover_path", "封面图片的路径"),
        ]),
    endpoint(Method::Post, "/gnapi/open/msg/videoNum", "001:895")
        .titled("发送视频号消息", "Sends a video number card")
        .noted("wxId、conversationId 以外的参数在接收视频号消息回调中获取")
        .sending("videoNum")
        .by_mqtt()
        .taking(&[
            ACCOUNT,
            CONVERSATION,
            reference("cover_url", "封面图片的地址"),
            remark("desc", "描述"),
            Parameter::optional("feed_type", Kind::Integer, &[Rule::Range(0, i32::MAX as i64)], "视频的类型,默认为4"),
            reference("nickname", "视频号博主昵称"),
            reference("thumb_url", "缩略图的地址"),
            reference("url", "视频的地址"),
            Parameter::required("extras", Kind::Text, &[Rule::MaxBytes(65_536)], "回调中的原值,可以为空"),
            remark("avatar", "视频号博主头像的地址"),
        ]),
    endpoint(Method::Post, "/gnapi/open/msg/quote", "001:931")
        .titled("发送引用(回复)消息", "Sends a reply that quotes a message")
        .noted("已知能被引用的消息类型:文本、图片、视频、文件、语音、链接卡片、表情(gif)、小程序、视频号、地理位置等")
        .sending("quote")
        .taking(&[
            ACCOUNT,
            CONVERSATION,
            content("content", "发送的内容"),
            identifier("serverId", "被引用的消息的回调消息中的server_id字段"),
            Parameter::optional(
                "quote",
                Kind::Text,
                &[Rule::MaxBytes(65_536)],
                "被引用的消息的内容,该字段不传也能发送,传了可以在回调消息中获取到被引用消息的内容",
            ),
        ]),
];
