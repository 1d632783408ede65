//! Parameters and the kinds of their values.

use super::Rule;

/// One parameter of an endpoint, or one field of an object parameter.
#[derive(Clone, Copy, Debug)]
pub struct Parameter {
    /// Its name, as the documents write it.
    pub name: &'static str,
    /// What kind of value it takes.
    pub kind: Kind,
    /// Whether it must be there.
    pub required: bool,
    /// What else is asked of the value; checked in order. An empty text that is not required counts as absent, and is
    /// handed on unchecked.
    pub rules: &'static [Rule],
    /// What it means, in Chinese.
    pub about: &'static str,
}

impl Parameter {
    /// A parameter that must be there.
    pub const fn required(name: &'static str, kind: Kind, rules: &'static [Rule], about: &'static str) -> Self {
        Self { name, kind, required: true, rules, about }
    }

    /// A parameter that may be left out or `null`.
    pub const fn optional(name: &'static str, kind: Kind, rules: &'static [Rule], about: &'static str) -> Self {
        Self { name, kind, required: false, rules, about }
    }
}

/// The kinds of values.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// A string.
    Text,
    /// An integer.
    Integer,
    /// An integer, or a string of its decimal digits, which becomes the integer.
    IntegerOrDigits,
    /// Any number.
    Number,
    /// True or false.
    Boolean,
    /// A list of strings.
    TextList,
    /// An object with these fields.
    Object(&'static [Parameter]),
    /// A list of objects with these fields.
    ObjectList(&'static [Parameter]),
    /// A list of robot messages, each checked by its own table ([`crate::kdocs::ROBOT_MESSAGES`]).
    AnyObjectList,
    /// The bytes of a file, in a part of a multipart form.
    File,
}

impl Kind {
    /// Returns the kind's name in Chinese, for messages to callers.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Text => "字符串",
            Self::Integer => "整数",
            Self::IntegerOrDigits => "整数(或其十进制字符串)",
            Self::Number => "数值",
            Self::Boolean => "布尔值",
            Self::TextList => "字符串数组",
            Self::Object(_) => "对象",
            Self::ObjectList(_) | Self::AnyObjectList => "对象数组",
            Self::File => "文件",
        }
    }
}
