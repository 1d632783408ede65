//! Saved cards: a mini program and a video number that can be sent by id.

use serde_json::{Map, Value, json};

use super::arguments::Arguments;
use super::{Quntool, Refusal, Reply};

fn saved_mini_program() -> Value {
    json!({
        "id": 7,
        "username": "gh_f13a9ccf230b@app",
        "appid": "wxa07672d4ed4d166a",
        "appname": "多好APP",
        "appicon": "http://mmbiz.qpic.cn/mmbiz_png/0joUEzY1oVcB8cJrPfp8DM5yr83TeJwUTej/640?wx_fmt=png&wxfrom=200",
        "title": "Jason邀请你加入「多好」APP,一起分享靠谱的信息吧!",
        "page_path": "pages/home/home.html?r=vz9qNQYrle",
        "cover_path": "/gnapi/files/Cache/20230526/12e7349969ff4075a4d6d73e4e31247c/6b31e561-a32b-43b9-b83f-ab25b5653030.png",
        "type": 1,
    })
}

fn saved_video_number() -> Value {
    json!({
        "id": 20,
        "cover_url": "/gnapi/files/Storage/20230605/4f34402f67044e048fafa10e512e3073/f5f55172-51ca-46f6-9d63-db409c3e86b1",
        "desc": "远离境外高薪诱惑,防止网络诈骗#提高警惕 #反诈宣传 #中国反诈中心",
        "feed_type": 4,
        "nickname": "通仔99",
        "thumb_url": "http://wxapp.tc.qq.com/251/20304/stodownload?encfilekey=oibeqyX228riaCwo9STVsGLIBn9G5YG8Z",
        "url": "https://channels.weixin.qq.com/web/pages/feed?eid=export%2FUzFfAgtgekIEAQAAAAAAFgk3kA6cgwAAAAst",
        "extras": "CAEQACKdHQAE9OmXBAAAAQAAAAAAFxcaAlyWpjpNCcilfWQgAAAAaeq5SzX7s7sPwaz04zCEwYwyALHF",
        "avatar": "http://wx.qlogo.cn/finderhead/ver_1/T8aSGefbN4oJzuGjRaHfJZ5E8ae7up9QLic3NMUbTAQQtiaKy/0",
        "type": 1,
    })
}

/// Lists the saved mini programs.
pub(super) fn mini_programs(_: &mut Quntool, _: &Arguments, _: u64) -> Reply {
    Ok(json!([saved_mini_program()]))
}

/// Lists the saved video numbers.
pub(super) fn video_numbers(_: &mut Quntool, _: &Arguments, _: u64) -> Reply {
    Ok(json!([saved_video_number()]))
}

/// Gives the fields of a saved mini program.
pub(super) fn mini_program(id: Option<i64>) -> Result<Map<String, Value>, Refusal> {
    fields(saved_mini_program(), id, "miniProgramId")
}

/// Gives the fields of a saved video number.
pub(super) fn video_number(id: Option<i64>) -> Result<Map<String, Value>, Refusal> {
    fields(saved_video_number(), id, "videoNumId")
}

fn fields(card: Value, id: Option<i64>, what: &str) -> Result<Map<String, Value>, Refusal> {
    match card {
        Value::Object(fields) if fields.get("id").and_then(Value::as_i64) == id => Ok(fields),
        _ => Err(Refusal::unknown(what, &id.unwrap_or_default().to_string())),
    }
}
