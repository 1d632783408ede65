//! Messages: what somebody wrote to the account, and what the account wrote (seed 001:84-152).

use super::{
    EventType, Field, Media,
    field::{
        MediaKind::{File, Image, Video, Voice},
        Role,
        Shape::{Boolean, FileName, Integer, Number, Text},
    },
};

pub(super) const COMMON: &[Field] = &[
    Field::optional("serverId", Text, &["server_id"], "企业微信服务端消息id,引用该消息时使用"),
    Field::optional("localId", Text, &["local_id"], "本地消息id"),
    Field::optional("contentType", Integer, &["content_type"], "平台的内容类型编号"),
    Field::optional("isPc", Boolean, &["is_pc"], "平台字段 is_pc"),
    Field::optional("appInfo", Text, &["appinfo"], "平台字段 appinfo"),
];

const fn message(
    name: &'static str,
    source: &'static str,
    summary: &'static str,
    summary_english: &'static str,
    fields: &'static [Field],
) -> EventType {
    EventType { is_message: true, ..EventType::new(name, source, summary, summary_english, fields) }
}

const MD5: Field = Field::optional("md5", Text, &["cdn.md5"], "文件的 MD5");
const SIZE: Field = Field::optional("size", Integer, &["file_size", "cdn.size"], "文件大小(字节)");
const DURATION: Field = Field::optional("duration", Integer, &["duration"], "时长(秒)");
const TITLE: Field = Field::required("title", Text, &["title"], "标题");
const DESCRIPTION: Field = Field::required("description", Text, &["desc"], "描述");

pub(super) const TYPES: &[EventType] = &[
    message("text_msg", "001:85", "文字消息", "A text", &[Field::required("text", Text, &["content"], "文字内容")]),
    message(
        "image_msg",
        "001:91",
        "图片消息",
        "An image",
        &[
            Field::required("width", Integer, &["imgWidth", "width"], "宽(像素)"),
            Field::required("height", Integer, &["imgHeight", "height"], "高(像素)"),
            SIZE,
            MD5,
        ],
    )
    .showing(&[Media::required(Role::Body, Image, "file_path")]),
    message(
        "video_msg",
        "001:98",
        "视频消息",
        "A video",
        &[
            DURATION,
            Field::required("width", Integer, &["videoWidth", "width"], "宽(像素)"),
            Field::required("height", Integer, &["videoHeight", "height"], "高(像素)"),
            SIZE,
            MD5,
        ],
    )
    .showing(&[Media::required(Role::Body, Video, "file_path")]),
    message("voice_msg", "001:104", "语音消息", "A voice message", &[Field { required: true, ..DURATION }, SIZE, MD5])
        .showing(&[Media::required(Role::Body, Voice, "file_path")]),
    message(
        "file_msg",
        "001:110",
        "文件消息",
        "A file",
        &[
            Field::required("fileName", FileName, &["cdn.file_name", "file_path"], "文件名"),
            Field { required: true, ..SIZE },
            Field { required: true, ..MD5 },
        ],
    )
    .showing(&[Media::required(Role::Body, File, "file_path")]),
    message(
        "location_msg",
        "001:116",
        "位置消息",
        "A place",
        &[
            TITLE,
            Field::required("address", Text, &["address"], "地址"),
            Field::required("latitude", Number, &["latitude"], "纬度"),
            Field::required("longitude", Number, &["longitude"], "经度"),
            Field::required("zoom", Integer, &["zoom"], "地图缩放级别"),
        ],
    ),
    message(
        "link_card_msg",
        "001:120",
        "链接卡片消息",
        "A link card",
        &[TITLE, DESCRIPTION, Field::required("url", Text, &["url"], "链接地址")],
    )
    .showing(&[Media::required(Role::Cover, Image, "image_url")]),
    message(
        "emoticon_msg",
        "001:126",
        "表情消息",
        "An emoticon",
        &[
            Field::optional("name", Text, &["name"], "表情名称"),
            Field::required("width", Integer, &["width"], "宽(像素)"),
            Field::required("height", Integer, &["height"], "高(像素)"),
            Field::optional("emoticonType", Integer, &["type"], "平台的表情类型编号"),
            Field::optional("sourceType", Integer, &["source_type"], "平台的表情来源编号"),
            MD5,
        ],
    )
    .showing(&[Media::required(Role::Body, Image, "url")]),
    message(
        "red_packet_msg",
        "001:132",
        "红包消息",
        "A red packet",
        &[
            DESCRIPTION,
            Field::required("remark", Text, &["remark"], "红包留言"),
            Field::required("money", Integer, &["money"], "平台字段 money,文档未说明单位"),
            Field::required("packetId", Text, &["packet_id"], "红包id"),
        ],
    ),
    message(
        "person_card_msg",
        "001:136",
        "个人名片消息",
        "A person's card",
        &[
            Field::required("userId", Text, &["user_id"], "名片好友的id"),
            Field::required("nickname", Text, &["nickname"], "名片好友的昵称"),
            Field::optional("corpId", Text, &["corp_id"], "名片好友的企业id"),
            Field::optional("corpName", Text, &["corp_name"], "名片好友的企业名称"),
            Field::optional("source", Text, &["source"], "名片来源"),
        ],
    )
    .showing(&[Media::required(Role::Avatar, Image, "avatar")]),
    message(
        "mini_program_msg",
        "001:142",
        "小程序消息",
        "A mini program",
        &[
            TITLE,
            Field::required("appId", Text, &["appid"], "小程序 appid"),
            Field::required("appName", Text, &["appname"], "小程序名称"),
            Field::required("username", Text, &["username"], "小程序账号原始id"),
            Field::required("pagePath", Text, &["page_path"], "页面路径"),
            Field::optional("thumbnailWidth", Integer, &["thumb_width"], "封面宽(像素)"),
            Field::optional("thumbnailHeight", Integer, &["thumb_height"], "封面高(像素)"),
        ],
    )
    .showing(&[Media::required(Role::Cover, Image, "cover_path"), Media::required(Role::Icon, Image, "appicon")]),
    message(
        "video_num_msg",
        "001:148",
        "视频号消息",
        "A post of a video channel",
        &[
            Field::required("nickname", Text, &["nickname"], "视频号博主的昵称"),
            DESCRIPTION,
            Field::required("url", Text, &["url"], "视频号地址"),
            Field::required("feedType", Integer, &["feed_type"], "平台字段 feed_type"),
            Field::required("extras", Text, &["extras"], "平台字段 extras,转发时需要"),
            Field::optional("objectId", Text, &["object_id"], "视频id"),
            Field::optional("objectNonceId", Text, &["object_nonce_id"], "平台字段 object_nonce_id"),
        ],
    )
    .showing(&[
        Media::required(Role::Cover, Image, "cover_url"),
        Media::required(Role::Thumbnail, Image, "thumb_url"),
        Media::required(Role::Avatar, Image, "avatar"),
    ]),
];
