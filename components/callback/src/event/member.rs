//! What an event consists of: JSON whose texts stay where the callback has them.

use serde::{Serialize, Serializer};
use serde_json::{Number, value::RawValue};
use std::borrow::Cow;

/// What a name of an event stands for.
#[derive(Serialize)]
#[serde(untagged)]
pub enum Member<'a> {
    /// A text.
    Text(Cow<'a, str>),
    /// A number.
    Number(Number),
    /// True or false.
    Boolean(bool),
    /// Several.
    List(Vec<Self>),
    /// Members by their names.
    Object(Object<'a>),
    /// JSON as it came.
    Raw(&'a RawValue),
}

/// Returns a text as a member.
pub fn text<'a>(text: impl Into<Cow<'a, str>>) -> Member<'a> {
    Member::Text(text.into())
}

/// Returns a number as a member.
pub fn number<'a>(number: impl Into<Number>) -> Member<'a> {
    Member::Number(number.into())
}

/// Members by their names, in the order in which they were put.
#[derive(Default)]
pub struct Object<'a>(Vec<(&'static str, Member<'a>)>);

impl<'a> Object<'a> {
    /// Puts a member that is there.
    pub fn put(&mut self, name: &'static str, member: Option<Member<'a>>) {
        self.0.extend(member.map(|member| (name, member)));
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Serialize for Object<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, member)| (name, member)))
    }
}
