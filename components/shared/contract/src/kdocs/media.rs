//! Files and voices that are uploaded for a robot (document 99110): valid for three days, and for that robot only.

/// The path that takes uploads, on WeCom.
pub const UPLOAD_PATH: &str = "/cgi-bin/webhook/upload_media";

/// The gateway's own route that takes them.
pub const ROUTE: &str = "/v1/robot/media";

/// A file is larger than so many bytes.
pub const LEAST_BYTES: u64 = 5;

/// A form may be so many bytes larger than its file.
pub const FORM_BYTES: u64 = 64 * 1024;

/// What can be uploaded.
#[derive(Debug)]
pub struct Media {
    /// Its name, `type` in the query.
    pub kind: &'static str,
    /// How many bytes it may have.
    pub bytes: u64,
    /// What it may be, in Chinese.
    pub about: &'static str,
}

/// Everything that can be uploaded.
pub const MEDIA: &[Media] = &[
    Media { kind: "file", bytes: 20 * 1024 * 1024, about: "普通文件,不超过 20 MB" },
    Media { kind: "voice", bytes: 2 * 1024 * 1024, about: "语音,不超过 2 MB 与 60 秒,AMR 格式" },
];
