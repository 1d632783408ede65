//! What robots and KDocs refuse with, and what to do (documents 90313 and 99110; developer.kdocs.cn).

/// A documented code.
#[derive(Debug)]
pub struct Refusal {
    /// `errcode` of a robot, or `code` of KDocs.
    pub code: i64,
    /// Whose move it is and what to do, in Chinese.
    pub hint: &'static str,
}

const fn refusal(code: i64, hint: &'static str) -> Refusal {
    Refusal { code, hint }
}

/// `AccessTokenInvalid` of KDocs: nothing was done.
pub const TOKEN_DEAD: i64 = 20_007;

/// The codes that a caller or an operator can do something about.
pub const REFUSALS: &[Refusal] = &[
    refusal(-1, "企业微信繁忙,请稍后重试"),
    refusal(TOKEN_DEAD, "KDocs 的 access_token 已失效,请联系网关管理员"),
    refusal(40_004, "文件类型不符,请检查上传的文件"),
    refusal(40_005, "文件格式不符,图片应为 JPG 或 PNG,语音应为 AMR"),
    refusal(40_006, "文件大小不符,文件应为 5 字节到 20 MB,语音不超过 2 MB"),
    refusal(40_007, "media_id 无效或已过期:上传三天内有效,且只能由上传时的机器人发送,请重新上传"),
    refusal(40_008, "msgtype 不受支持,请按文档修正"),
    refusal(40_009, "图片过大,编码前不超过 2 MB"),
    refusal(40_058, "参数不符合要求(多为内容过长),请按文档修正后重试"),
    refusal(41_005, "缺少文件,请以 multipart/form-data 上传,文件放在名为 media 的部分并带文件名"),
    refusal(44_001, "文件内容为空,请检查上传的文件"),
    refusal(44_004, "内容为空,请补充 content"),
    refusal(45_009, "该机器人一分钟内的消息过多,请等待一分钟后重试"),
    refusal(45_033, "并发请求过多,请稍后重试"),
    refusal(93_000, "机器人地址无效或机器人已被移除,请在群里重新添加机器人,并更换 link 或网关的 robots 配置"),
    refusal(93_004, "机器人已被停用,请在群里启用它"),
    refusal(93_008, "机器人不在群中,请重新把它添加到群里"),
    refusal(301_019, "图片的 md5 与内容不符,请按编码前的内容计算"),
];

/// Returns what to do about a code; none if the table does not know it.
pub fn hint(code: i64) -> Option<&'static str> {
    REFUSALS.iter().find(|refusal| refusal.code == code).map(|refusal| refusal.hint)
}
