//! Checks across the parameters of an endpoint.

use std::fmt;

/// What the parameters of an endpoint must be to each other.
#[derive(Clone, Copy, Debug)]
pub enum Check {
    /// One of these texts at least is there and not blank; `a.b` is inside of another parameter.
    AnyOf(&'static [&'static str]),
    /// A text holds a placeholder at most as often as a list has entries.
    Placeholders {
        /// The parameter with the text.
        text: &'static str,
        /// The placeholder.
        placeholder: &'static str,
        /// The parameter with the list.
        list: &'static str,
    },
    /// While a parameter has a value, another one is there and not blank. Both are paths: `a.b` is inside of another
    /// parameter, and `a[].b` of each entry of a list.
    Needs {
        /// The parameter that decides.
        when: &'static str,
        /// Its value, as text.
        is: &'static str,
        /// The parameter that must be there.
        field: &'static str,
    },
    /// While a flag is 1, the path of an address ends in one of these extensions.
    Extension {
        /// The parameter with the flag.
        flag: &'static str,
        /// The parameter with the address.
        address: &'static str,
        /// The extensions, in lower case and without a dot; addresses may have them in any case.
        extensions: &'static [&'static str],
    },
}

impl fmt::Display for Check {
    /// Writes the check in Chinese, as the documentation shows it.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AnyOf(names) => write!(formatter, "{} 不可同时为空", names.join("、")),
            Self::Placeholders { text, placeholder, list } => {
                write!(formatter, "{text} 中 {placeholder} 的个数不多于 {list} 的项数")
            }
            Self::Needs { when, is, field } => write!(formatter, "{when} 为 {is} 时 {field} 必填"),
            Self::Extension { flag, address, extensions } => {
                write!(formatter, "{flag} 为 1 时 {address} 的文件格式应为 {}", extensions.join("、"))
            }
        }
    }
}
