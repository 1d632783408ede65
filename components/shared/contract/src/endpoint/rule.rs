//! Rules for one value.

use std::fmt;

/// What a value must be beyond its kind.
#[derive(Clone, Copy, Debug)]
pub enum Rule {
    /// A string that is not empty; for a list, each of its strings.
    NotEmpty,
    /// Not only white space; for a list, each of its strings.
    NotBlank,
    /// At most so many bytes of UTF-8; for a list, each of its strings.
    MaxBytes(usize),
    /// At most so many characters.
    MaxCharacters(usize),
    /// Between so many and so many entries.
    Count(usize, usize),
    /// Between so much and so much.
    Range(i64, i64),
    /// A number between so much and so much.
    Between(f64, f64),
    /// One of these numbers.
    OneOf(&'static [i64]),
    /// One of these words.
    Words(&'static [&'static str]),
    /// A conversation id: `S:` and two ids, the smaller first, or `R:` and an id.
    Conversation,
    /// The conversation id of a group: `R:` and an id.
    Room,
    /// An address with the scheme `http` or `https`.
    Http,
    /// An address with the scheme `http` or `https`, or the path of an uploaded file (`/gnapi/…`).
    File,
    /// Ids between commas, between so many and so many different ones, each of at most 64 bytes.
    Identifiers(usize, usize),
    /// If this string is in the list, nothing else is.
    Alone(&'static str),
    /// A file of at most so many bytes; what a larger one asks for. Known of uploaded files alone
    /// ([`crate::quntool::files`]).
    FileBytes(u64, &'static str),
    /// A recording that plays for at most so many seconds. Known of uploaded files alone, in formats that tell.
    FileSeconds(u64),
}

impl Rule {
    /// Whether the rule is about the file that the value names.
    pub const fn is_about_the_file(&self) -> bool {
        matches!(self, Self::FileBytes(..) | Self::FileSeconds(_))
    }
}

impl fmt::Display for Rule {
    /// Writes the rule in Chinese, as the documentation shows it.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotEmpty => formatter.write_str("不为空"),
            Self::NotBlank => formatter.write_str("不为空白"),
            Self::MaxBytes(limit) => write!(formatter, "≤ {limit} 字节"),
            Self::MaxCharacters(limit) => write!(formatter, "≤ {limit} 个字符"),
            Self::Count(least, most) => write!(formatter, "{least} 到 {most} 项"),
            Self::Range(least, most) => write!(formatter, "{least} 到 {most}"),
            Self::Between(least, most) => write!(formatter, "{least} 到 {most}"),
            Self::OneOf(allowed) => write!(formatter, "取值 {}", numbers(allowed)),
            Self::Words(allowed) => write!(formatter, "取值 {}", allowed.join("、")),
            Self::Conversation => formatter.write_str("会话ID:S:较小id_较大id 或 R:群id"),
            Self::Room => formatter.write_str("群聊会话ID:R:群id"),
            Self::Http => formatter.write_str("http(s) 地址"),
            Self::File => formatter.write_str("http(s) 地址或上传返回的 /gnapi/ 路径"),
            Self::Identifiers(least, most) => write!(formatter, "{least} 到 {most} 个不同的 id,英文逗号隔开"),
            Self::Alone(entry) => write!(formatter, "{entry} 只能单独出现"),
            Self::FileBytes(limit, advice) => write!(formatter, "经网关上传的文件 ≤ {limit} 字节,{advice}"),
            Self::FileSeconds(limit) => {
                write!(formatter, "经网关上传的录音(WAV、AMR、SILK)播放长度 ≤ {limit} 秒")
            }
        }
    }
}

/// Writes numbers as a list in Chinese.
pub(crate) fn numbers(numbers: &[i64]) -> String {
    let numbers: Vec<String> = numbers.iter().map(i64::to_string).collect();
    numbers.join("、")
}
