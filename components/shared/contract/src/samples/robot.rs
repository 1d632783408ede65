//! A message of every type that a robot takes, with every field that the document names.

use serde_json::{Map, Value, json};

/// Returns the fields of a message of this type; they keep every rule. None for a type that there is not.
pub fn fields(kind: &str) -> Map<String, Value> {
    let fields = match kind {
        "text" => json!({
            "content": "广州今日天气:29度,大部分多云,降雨概率:60%",
            "mentioned_list": ["wangqing", "@all"], "mentioned_mobile_list": ["13800001111", "@all"],
        }),
        "markdown" => json!({
            "content": "实时新增用户反馈<font color=\"warning\">132例</font>,请相关同事注意。\n> 类型:<font color=\"comment\">用户反馈</font>",
        }),
        "markdown_v2" => {
            json!({ "content": "# 一级标题\n| 项目 | 结果 |\n|---|:-:|\n| 构建 | 通过 |\n```\n代码\n```" })
        }
        "image" => json!({
            "base64": "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGP4DwABAQEAGN2NsAAAAABJRU5ErkJggg==",
            "md5": "1311501eeedce7131018eb70dd53892e",
        }),
        "news" => json!({ "articles": [{
            "title": "中秋节礼品领取", "description": "今年中秋节公司有豪礼相送", "url": "https://www.qq.com",
            "picurl": "https://res.mail.qq.com/node/ww/wwopenmng/images/independent/doc/test_pic_msg1.png",
        }] }),
        "file" | "voice" => json!({ "media_id": "3a8asd892asd8asd" }),
        "template_card" => card(),
        _ => Value::Null,
    };
    if let Value::Object(fields) = fields { fields } else { Map::new() }
}

fn card() -> Value {
    let jump = json!({ "type": 1, "url": "https://work.weixin.qq.com", "title": "企业微信官网", "appid": "a", "pagepath": "p" });
    let image = "https://wework.qpic.cn/wwpic/354393_4zpkKXd7SrGMvfg_1629280616/0";
    json!({
        "card_type": "news_notice",
        "source": { "icon_url": image, "desc": "企业微信", "desc_color": 0 },
        "main_title": { "title": "欢迎使用企业微信", "desc": "您的好友正在邀请您加入企业微信" },
        "emphasis_content": { "title": "100", "desc": "数据含义" },
        "card_image": { "url": image, "aspect_ratio": 2.25 },
        "image_text_area": {
            "type": 1, "url": "https://work.weixin.qq.com", "appid": "a", "pagepath": "p", "title": "欢迎", "desc": "邀请",
            "image_url": image,
        },
        "quote_area": {
            "type": 1, "url": "https://work.weixin.qq.com", "appid": "a", "pagepath": "p", "title": "引用文本标题",
            "quote_text": "Jack:企业微信真的很好用",
        },
        "sub_title_text": "下载企业微信还能抢红包!",
        "vertical_content_list": [{ "title": "惊喜红包等你来拿", "desc": "下载企业微信还能抢红包!" }],
        "horizontal_content_list": [{
            "type": 1, "keyname": "企微官网", "value": "点击访问", "url": "https://work.weixin.qq.com", "media_id": "m",
            "userid": "zhangsan",
        }],
        "jump_list": [jump],
        "card_action": { "type": 1, "url": "https://work.weixin.qq.com", "appid": "a", "pagepath": "p" },
    })
}
