//! What a row of the event table says of one field of `data`.

/// A field that becomes part of an event's content.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// Its name in the event.
    pub name: &'static str,
    /// What it is in the event.
    pub shape: Shape,
    /// Whether every sample of the document carries it. An event whose callback lacks it is an event all the same.
    pub required: bool,
    /// Where `data` has it, the best place first; a dot leads into an object.
    pub paths: &'static [&'static str],
    /// What it means, in Chinese.
    pub about: &'static str,
}

impl Field {
    /// A field that every sample carries.
    pub(super) const fn required(
        name: &'static str,
        shape: Shape,
        paths: &'static [&'static str],
        about: &'static str,
    ) -> Self {
        Self { name, shape, required: true, paths, about }
    }

    /// A field that some samples lack.
    pub(super) const fn optional(
        name: &'static str,
        shape: Shape,
        paths: &'static [&'static str],
        about: &'static str,
    ) -> Self {
        Self { required: false, ..Self::required(name, shape, paths, about) }
    }
}

/// What a field is in the event. The platform writes numbers as strings and strings as numbers at times: both are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// A text.
    Text,
    /// An integer.
    Integer,
    /// A number.
    Number,
    /// True or false; the platform also writes 1 and 0.
    Boolean,
    /// What stands behind a path's last slash.
    FileName,
    /// People: `[{"id", "name"}]`.
    People,
    /// The name of a QR code's state ([`super::qr_code::STATES`]).
    QrCodeState,
}

impl Shape {
    /// Returns the shape's name in Chinese, for the documentation.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Text | Self::FileName => "字符串",
            Self::Integer => "整数",
            Self::Number => "数值",
            Self::Boolean => "布尔值",
            Self::People => "成员数组 `[{id, name}]`",
            Self::QrCodeState => "二维码状态名",
        }
    }
}

/// A field that is a file: a path of the platform, or an address elsewhere.
#[derive(Clone, Copy, Debug)]
pub struct Media {
    /// What the file is to the event.
    pub role: Role,
    /// What is in it.
    pub kind: MediaKind,
    /// Whether every sample of the document carries it.
    pub required: bool,
    /// Where `data` has it.
    pub path: &'static str,
}

impl Media {
    /// A file that every sample carries.
    pub(super) const fn required(role: Role, kind: MediaKind, path: &'static str) -> Self {
        Self { role, kind, required: true, path }
    }
}

/// What a file is to an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The message itself.
    Body,
    /// What a card shows.
    Cover,
    /// A small form of the cover.
    Thumbnail,
    /// Somebody's picture.
    Avatar,
    /// The sign of a mini program, or the picture of who logs in.
    Icon,
    /// The sign of a company.
    Logo,
    /// A QR code to scan.
    QrCode,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 7] =
        [Self::Body, Self::Cover, Self::Thumbnail, Self::Avatar, Self::Icon, Self::Logo, Self::QrCode];

    /// Returns the role as events write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Body => "body",
            Self::Cover => "cover",
            Self::Thumbnail => "thumbnail",
            Self::Avatar => "avatar",
            Self::Icon => "icon",
            Self::Logo => "logo",
            Self::QrCode => "qrcode",
        }
    }
}

/// What is in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MediaKind {
    /// A picture.
    Image,
    /// A video.
    Video,
    /// A voice message.
    Voice,
    /// Any file.
    File,
}

impl MediaKind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Image, Self::Video, Self::Voice, Self::File];

    /// Returns the kind as events write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Video => "video",
            Self::Voice => "voice",
            Self::File => "file",
        }
    }
}
