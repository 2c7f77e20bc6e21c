//! Bodies as they travel.
//!
//! Portals differ in small things: a field is missing, null, or a number written as text. What is read here accepts
//! all of that; what must be there is asked for by who needs it. No type that holds a secret has `Debug`.

use std::ops::Deref;

use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::model::Secret;

/// What can be read from several ways to write it.
pub(super) trait Written: Sized {
    fn read(value: &Value) -> Option<Self>;
}

/// A scalar as text.
impl Written for String {
    fn read(value: &Value) -> Option<Self> {
        match value {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            Value::Bool(flag) => Some(flag.to_string()),
            Value::Null | Value::Array(_) | Value::Object(_) => None,
        }
    }
}

/// A whole number, also one written as text or with a fraction of zero.
impl Written for i64 {
    fn read(value: &Value) -> Option<Self> {
        match value {
            Value::Number(number) => number.as_i64().or_else(|| whole(number.as_f64()?)),
            Value::String(text) => {
                let text = text.trim();
                text.parse().ok().or_else(|| whole(text.parse().ok()?))
            }
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        }
    }
}

/// `number`, if it is whole and small enough to be exact.
fn whole(number: f64) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    #[expect(clippy::cast_possible_truncation, reason = "it is whole and within 2^53")]
    (number.fract() == 0.0 && number.abs() <= EXACT).then_some(number as i64)
}

impl Written for bool {
    fn read(value: &Value) -> Option<Self> {
        match value {
            Value::Bool(flag) => Some(*flag),
            Value::String(text) => text.trim().to_ascii_lowercase().parse().ok(),
            Value::Number(number) => number.as_i64().map(|number| number != 0),
            Value::Null | Value::Array(_) | Value::Object(_) => None,
        }
    }
}

impl Written for Vec<String> {
    fn read(value: &Value) -> Option<Self> {
        match value {
            Value::Array(list) => Some(list.iter().filter_map(String::read).collect()),
            Value::String(list) => match serde_json::from_str(list) {
                Ok(Value::Array(list)) => Some(list.iter().filter_map(String::read).collect()),
                Ok(_) | Err(_) => {
                    Some(list.split(',').map(|one| one.trim().to_owned()).filter(|s| !s.is_empty()).collect())
                }
            },
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => None,
        }
    }
}

/// A value in whichever way portals write it; none where it is missing, null or something else.
#[derive(Default)]
pub(super) struct Tolerant<T>(pub(super) Option<T>);

pub(super) type Text = Tolerant<String>;
pub(super) type Int = Tolerant<i64>;
pub(super) type Flag = Tolerant<bool>;
pub(super) type List = Tolerant<Vec<String>>;

impl<'de, T: Written> Deserialize<'de> for Tolerant<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Value::deserialize(from).map(|value| Self(T::read(&value)))
    }
}

impl<T> Deref for Tolerant<T> {
    type Target = Option<T>;

    fn deref(&self) -> &Option<T> {
        &self.0
    }
}

/// A value that is there or not; null is there.
fn present<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(from).map(Some)
}

/// Straight from the body into the type that nothing prints.
fn secret<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Secret>, D::Error> {
    Option::<String>::deserialize(from).map(|text| text.map(Secret::new))
}

/// An object, or nothing where something else stands.
fn opt_object<'de, D: Deserializer<'de>, T: serde::de::DeserializeOwned>(from: D) -> Result<Option<T>, D::Error> {
    let value = Value::deserialize(from)?;
    if !value.is_object() {
        return Ok(None);
    }
    T::deserialize(value).map(Some).map_err(serde::de::Error::custom)
}

/// A list, or none where nothing stands.
fn list<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Vec<T>, D::Error> {
    Option::<Vec<T>>::deserialize(from).map(Option::unwrap_or_default)
}

/// A list, empty where null stands; none only where nothing is said.
fn said<'de, D: Deserializer<'de>>(from: D) -> Result<List, D::Error> {
    let value = Value::deserialize(from)?;
    Ok(Tolerant(if value.is_null() { Some(Vec::new()) } else { Written::read(&value) }))
}

/// What every answer may say about itself.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Envelope {
    #[serde(deserialize_with = "error")]
    pub(super) error: Option<Value>,
    pub(super) success: Flag,
    pub(super) status: Text,
    pub(super) code: Int,
    pub(super) message: Text,
    pub(super) messages: List,
    #[serde(rename = "statusMessage")]
    pub(super) status_message: Text,
}

/// An error; null, false and empty ones are none.
fn error<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(from).map(|value| match &value {
        Value::Null | Value::Bool(false) => None,
        Value::String(text) if text.is_empty() => None,
        Value::Object(members) if members.is_empty() => None,
        _ => Some(value),
    })
}

/// The answer to `generateToken`.
#[derive(Deserialize)]
pub(super) struct TokenWire {
    #[serde(default, deserialize_with = "secret")]
    pub(super) token: Option<Secret>,
    #[serde(default)]
    pub(super) expires: Int,
}

/// The answer to `oauth2/token`.
#[derive(Deserialize)]
pub(super) struct KeyWire {
    #[serde(default, deserialize_with = "secret")]
    pub(super) access_token: Option<Secret>,
}

/// The root, `portals/self`, and `community/self`, which has the user at the top or below `user`.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct PortalWire {
    pub(super) id: Text,
    pub(super) name: Text,
    pub(super) url_key: Text,
    pub(super) is_portal: Flag,
    pub(super) portal_name: Text,
    pub(super) portal_mode: Text,
    pub(super) current_version: Text,
    pub(super) enterprise_version: Text,
    pub(super) enterprise_build: Text,
    pub(super) is_read_only: Flag,
    pub(super) recycle_bin_supported: Flag,
    pub(super) recycle_bin_enabled: Flag,
    #[serde(deserialize_with = "opt_object")]
    pub(super) subscription_info: Option<SubscriptionWire>,
    pub(super) username: Text,
    pub(super) role: Text,
    pub(super) privileges: List,
    #[serde(deserialize_with = "opt_object")]
    pub(super) user: Option<UserWire>,
    #[serde(deserialize_with = "opt_object")]
    pub(super) app_info: Option<AppInfoWire>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct SubscriptionWire {
    #[serde(rename = "type")]
    pub(super) kind: Text,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct UserWire {
    pub(super) username: Text,
    pub(super) role: Text,
    pub(super) privileges: List,
}

/// What a token of an application says about itself.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct AppInfoWire {
    pub(super) app_id: Text,
    pub(super) item_id: Text,
    pub(super) privileges: List,
    pub(super) expiration_date: Int,
}

/// One page of a listing or a search.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct PageWire {
    pub(super) total: Int,
    #[serde(rename = "nextStart")]
    pub(super) next_start: Int,
    pub(super) items: Option<Vec<ItemWire>>,
    pub(super) results: Option<Vec<ItemWire>>,
    #[serde(deserialize_with = "list")]
    pub(super) folders: Vec<FolderWire>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct FolderWire {
    pub(super) id: Text,
    pub(super) title: Text,
    pub(super) created: Int,
}

/// An item, whole or as a listing tells it.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct ItemWire {
    pub(super) id: Text,
    pub(super) owner: Text,
    pub(super) title: Text,
    #[serde(rename = "type")]
    pub(super) kind: Text,
    pub(super) type_keywords: List,
    pub(super) snippet: Text,
    pub(super) description: Text,
    pub(super) tags: List,
    pub(super) owner_folder: Text,
    pub(super) access: Text,
    pub(super) protected: Flag,
    pub(super) created: Int,
    pub(super) modified: Int,
    #[serde(rename = "apiToken1ExpirationDate")]
    pub(super) date_one: Int,
    #[serde(rename = "apiToken2ExpirationDate")]
    pub(super) date_two: Int,
    #[serde(deserialize_with = "present")]
    pub(super) properties: Option<Value>,
}

/// A registered app. Its secret goes no further than the call that needs it.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct AppWire {
    pub(super) client_id: Text,
    #[serde(deserialize_with = "secret")]
    pub(super) client_secret: Option<Secret>,
    #[serde(rename = "appType")]
    pub(super) app_type: Text,
    pub(super) redirect_uris: List,
    #[serde(rename = "httpReferrers", deserialize_with = "said")]
    pub(super) referrers: List,
    #[serde(deserialize_with = "said")]
    pub(super) privileges: List,
    #[serde(rename = "isPersonalAPIToken")]
    pub(super) personal: Flag,
    pub(super) modified: Int,
    #[serde(rename = "apiToken1Active")]
    pub(super) active_one: Flag,
    #[serde(rename = "apiToken2Active")]
    pub(super) active_two: Flag,
}

/// Whether an answer tells what an app may do; null tells nothing.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct TellsWire {
    pub(super) privileges: Option<serde::de::IgnoredAny>,
    #[serde(rename = "httpReferrers")]
    pub(super) referrers: Option<serde::de::IgnoredAny>,
}

/// The answer to a write.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct DoneWire {
    pub(super) success: Flag,
    pub(super) id: Text,
    #[serde(rename = "itemId")]
    pub(super) item_id: Text,
    pub(super) client_id: Text,
    #[serde(deserialize_with = "opt_object")]
    pub(super) folder: Option<FolderWire>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_differences_between_portals_do_not_matter() {
        let item: ItemWire = serde_json::from_str(
            r#"{"id":"x","title":null,"tags":"a, b","typeKeywords":null,"protected":"true","created":"17","modified":1.7e3,
                "apiToken1ExpirationDate":null,"properties":null,"extent":[1],"folder":{}}"#,
        )
        .unwrap();
        assert_eq!(item.tags.0, Some(vec!["a".into(), "b".into()]));
        assert_eq!((item.protected.0, item.created.0, item.modified.0), (Some(true), Some(17), Some(1700)));
        assert_eq!((item.date_one.0, item.date_two.0, item.title.0), (None, None, None));
        assert_eq!(item.properties, Some(Value::Null));

        let app: AppWire =
            serde_json::from_str(r#"{"privileges":"[\"a\",\"b\"]","httpReferrers":null,"client_id":12}"#).unwrap();
        assert_eq!(app.privileges.0, Some(vec!["a".into(), "b".into()]));
        assert_eq!(app.client_id.as_deref(), Some("12"));

        let page: PageWire = serde_json::from_str(r#"{"total":"3","items":null}"#).unwrap();
        assert_eq!((page.total.0, page.items.map(|items| items.len()), page.next_start.0), (Some(3), None, None));
    }
}
