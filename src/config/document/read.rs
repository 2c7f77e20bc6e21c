//! Values that can be written in more than one way. What is none of them has been reported and taken out.

use serde_json::Value;

use super::limits::DaysText;
use super::{DeliverEntry, ItemText, PersonalText, SinkDeclaration};

impl From<Value> for PersonalText {
    fn from(value: Value) -> Self {
        value.as_bool().map_or(Self::Auto, Self::Fixed)
    }
}

impl From<Value> for ItemText {
    fn from(value: Value) -> Self {
        Self { id: value.as_str().or_else(|| value.get("id")?.as_str()).map(str::to_owned) }
    }
}

impl From<Value> for DeliverEntry {
    fn from(value: Value) -> Self {
        let Value::Object(entries) = value else { return Self::default() };
        let Some((sink, settings)) = entries.into_iter().next() else { return Self::default() };
        let settings = SinkDeclaration(settings.as_object().cloned().unwrap_or_default());
        Self { sink: Some(sink), settings }
    }
}

impl From<Value> for DaysText {
    fn from(value: Value) -> Self {
        let list = value.as_array().map_or(std::slice::from_ref(&value), Vec::as_slice);
        Self(list.iter().filter_map(Value::as_str).map(str::to_owned).collect())
    }
}
