//! Bodies as they travel.
//!
//! Portals differ in small things: a field is missing, null, or a number written as text. What is read here accepts
//! all of that; what must be there is asked for by who needs it. No type that holds a secret has `Debug`.

use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::model::Secret;

/// A scalar as text.
pub(super) fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// A whole number, also one written as text or with a fraction of zero.
pub(super) fn integer(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64().or_else(|| whole(number.as_f64()?)),
        Value::String(text) => {
            let text = text.trim();
            text.parse().ok().or_else(|| whole(text.parse().ok()?))
        }
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// `number`, if it is whole and small enough to be exact.
fn whole(number: f64) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    #[expect(clippy::cast_possible_truncation, reason = "it is whole and within 2^53")]
    (number.fract() == 0.0 && number.abs() <= EXACT).then_some(number as i64)
}

fn flag_of(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(flag) => Some(*flag),
        Value::String(text) if text.trim().eq_ignore_ascii_case("true") => Some(true),
        Value::String(text) if text.trim().eq_ignore_ascii_case("false") => Some(false),
        Value::Number(number) => number.as_i64().map(|number| number != 0),
        Value::Null | Value::String(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

fn texts_of(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::Array(list) => Some(list.iter().filter_map(text).collect()),
        Value::String(list) => match serde_json::from_str(list) {
            Ok(Value::Array(list)) => Some(list.iter().filter_map(text).collect()),
            Ok(_) | Err(_) => {
                Some(list.split(',').map(|one| one.trim().to_owned()).filter(|s| !s.is_empty()).collect())
            }
        },
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => None,
    }
}

fn opt_text<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    Value::deserialize(from).map(|value| text(&value))
}

fn opt_integer<'de, D: Deserializer<'de>>(from: D) -> Result<Option<i64>, D::Error> {
    Value::deserialize(from).map(|value| integer(&value))
}

fn opt_flag<'de, D: Deserializer<'de>>(from: D) -> Result<Option<bool>, D::Error> {
    Value::deserialize(from).map(|value| flag_of(&value))
}

fn opt_texts<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Vec<String>>, D::Error> {
    Value::deserialize(from).map(|value| texts_of(&value))
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

/// What every answer may say about itself.
#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
pub(super) struct Envelope {
    #[serde(deserialize_with = "error")]
    pub(super) error: Option<Value>,
    #[serde(deserialize_with = "opt_flag")]
    pub(super) success: Option<bool>,
    #[serde(deserialize_with = "opt_text")]
    pub(super) status: Option<String>,
    #[serde(deserialize_with = "opt_integer")]
    pub(super) code: Option<i64>,
    #[serde(deserialize_with = "opt_text")]
    pub(super) message: Option<String>,
    #[serde(rename = "statusMessage", deserialize_with = "opt_text")]
    pub(super) status_message: Option<String>,
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
    #[serde(default, deserialize_with = "opt_integer")]
    pub(super) expires: Option<i64>,
}

/// The answer to `oauth2/token`.
#[derive(Deserialize)]
pub(super) struct KeyWire {
    #[serde(default, deserialize_with = "secret")]
    pub(super) access_token: Option<Secret>,
}

/// The root, and `portals/self`.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct PortalWire {
    #[serde(deserialize_with = "opt_text")]
    pub(super) id: Option<String>,
    #[serde(deserialize_with = "opt_text")]
    pub(super) name: Option<String>,
    #[serde(deserialize_with = "opt_text")]
    pub(super) url_key: Option<String>,
    #[serde(deserialize_with = "opt_flag")]
    pub(super) is_portal: Option<bool>,
    #[serde(deserialize_with = "opt_text")]
    pub(super) portal_name: Option<String>,
    #[serde(deserialize_with = "opt_text")]
    pub(super) portal_mode: Option<String>,
    #[serde(deserialize_with = "opt_text")]
    pub(super) current_version: Option<String>,
    #[serde(deserialize_with = "opt_text")]
    pub(super) enterprise_version: Option<String>,
    #[serde(deserialize_with = "opt_text")]
    pub(super) enterprise_build: Option<String>,
    #[serde(deserialize_with = "opt_flag")]
    pub(super) is_read_only: Option<bool>,
    #[serde(deserialize_with = "opt_flag")]
    pub(super) recycle_bin_supported: Option<bool>,
    #[serde(deserialize_with = "opt_flag")]
    pub(super) recycle_bin_enabled: Option<bool>,
    #[serde(deserialize_with = "opt_object")]
    pub(super) subscription_info: Option<SubscriptionWire>,
    #[serde(deserialize_with = "opt_object")]
    pub(super) user: Option<UserWire>,
    #[serde(deserialize_with = "opt_object")]
    pub(super) app_info: Option<AppInfoWire>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct SubscriptionWire {
    #[serde(rename = "type", deserialize_with = "opt_text")]
    pub(super) kind: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct UserWire {
    #[serde(deserialize_with = "opt_text")]
    pub(super) username: Option<String>,
    #[serde(deserialize_with = "opt_text")]
    pub(super) role: Option<String>,
    #[serde(deserialize_with = "opt_texts")]
    pub(super) privileges: Option<Vec<String>>,
}

/// `community/self`: the user at the top, or below `user`.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct SelfWire {
    #[serde(deserialize_with = "opt_text")]
    pub(super) username: Option<String>,
    #[serde(deserialize_with = "opt_text")]
    pub(super) role: Option<String>,
    #[serde(deserialize_with = "opt_texts")]
    pub(super) privileges: Option<Vec<String>>,
    #[serde(deserialize_with = "opt_object")]
    pub(super) user: Option<UserWire>,
    #[serde(rename = "appInfo", deserialize_with = "opt_object")]
    pub(super) app_info: Option<AppInfoWire>,
}

/// What a token of an application says about itself.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct AppInfoWire {
    #[serde(deserialize_with = "opt_text")]
    pub(super) app_id: Option<String>,
    #[serde(deserialize_with = "opt_text")]
    pub(super) item_id: Option<String>,
    #[serde(deserialize_with = "opt_texts")]
    pub(super) privileges: Option<Vec<String>>,
    #[serde(deserialize_with = "opt_integer")]
    pub(super) expiration_date: Option<i64>,
}

/// One page of a listing or a search.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct PageWire {
    #[serde(deserialize_with = "opt_integer")]
    pub(super) total: Option<i64>,
    #[serde(rename = "nextStart", deserialize_with = "opt_integer")]
    pub(super) next_start: Option<i64>,
    #[serde(deserialize_with = "list")]
    pub(super) items: Vec<ItemWire>,
    #[serde(deserialize_with = "list")]
    pub(super) results: Vec<ItemWire>,
    #[serde(deserialize_with = "list")]
    pub(super) folders: Vec<FolderWire>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct FolderWire {
    #[serde(deserialize_with = "opt_text")]
    pub(super) id: Option<String>,
    #[serde(deserialize_with = "opt_text")]
    pub(super) title: Option<String>,
    #[serde(deserialize_with = "opt_integer")]
    pub(super) created: Option<i64>,
}

/// An item, whole or as a listing tells it.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct ItemWire {
    #[serde(deserialize_with = "opt_text")]
    pub(super) id: Option<String>,
    #[serde(deserialize_with = "opt_text")]
    pub(super) owner: Option<String>,
    #[serde(deserialize_with = "opt_text")]
    pub(super) title: Option<String>,
    #[serde(rename = "type", deserialize_with = "opt_text")]
    pub(super) kind: Option<String>,
    #[serde(deserialize_with = "opt_texts")]
    pub(super) type_keywords: Option<Vec<String>>,
    #[serde(deserialize_with = "opt_text")]
    pub(super) snippet: Option<String>,
    #[serde(deserialize_with = "opt_text")]
    pub(super) description: Option<String>,
    #[serde(deserialize_with = "opt_texts")]
    pub(super) tags: Option<Vec<String>>,
    #[serde(deserialize_with = "opt_text")]
    pub(super) owner_folder: Option<String>,
    #[serde(deserialize_with = "opt_text")]
    pub(super) access: Option<String>,
    #[serde(deserialize_with = "opt_flag")]
    pub(super) protected: Option<bool>,
    #[serde(deserialize_with = "opt_integer")]
    pub(super) created: Option<i64>,
    #[serde(deserialize_with = "opt_integer")]
    pub(super) modified: Option<i64>,
    #[serde(rename = "apiToken1ExpirationDate", deserialize_with = "opt_integer")]
    pub(super) date_one: Option<i64>,
    #[serde(rename = "apiToken2ExpirationDate", deserialize_with = "opt_integer")]
    pub(super) date_two: Option<i64>,
    #[serde(deserialize_with = "present")]
    pub(super) properties: Option<Value>,
}

/// A registered app. Its secret goes no further than the call that needs it.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct AppWire {
    #[serde(deserialize_with = "opt_text")]
    pub(super) client_id: Option<String>,
    #[serde(deserialize_with = "secret")]
    pub(super) client_secret: Option<Secret>,
    #[serde(rename = "appType", deserialize_with = "opt_text")]
    pub(super) app_type: Option<String>,
    #[serde(deserialize_with = "opt_texts")]
    pub(super) redirect_uris: Option<Vec<String>>,
    #[serde(rename = "httpReferrers", deserialize_with = "opt_texts")]
    pub(super) referrers: Option<Vec<String>>,
    #[serde(deserialize_with = "opt_texts")]
    pub(super) privileges: Option<Vec<String>>,
    #[serde(rename = "isPersonalAPIToken", deserialize_with = "opt_flag")]
    pub(super) personal: Option<bool>,
    #[serde(rename = "apiToken1Active", deserialize_with = "opt_flag")]
    pub(super) active_one: Option<bool>,
    #[serde(rename = "apiToken2Active", deserialize_with = "opt_flag")]
    pub(super) active_two: Option<bool>,
}

/// The answer to a write.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct DoneWire {
    #[serde(deserialize_with = "opt_flag")]
    pub(super) success: Option<bool>,
    #[serde(deserialize_with = "opt_text")]
    pub(super) id: Option<String>,
    #[serde(rename = "itemId", deserialize_with = "opt_text")]
    pub(super) item_id: Option<String>,
    #[serde(deserialize_with = "opt_text")]
    pub(super) client_id: Option<String>,
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
        assert_eq!(item.tags, Some(vec!["a".into(), "b".into()]));
        assert_eq!((item.protected, item.created, item.modified), (Some(true), Some(17), Some(1700)));
        assert_eq!((item.date_one, item.date_two, item.title), (None, None, None));
        assert_eq!(item.properties, Some(Value::Null));

        let app: AppWire =
            serde_json::from_str(r#"{"privileges":"[\"a\",\"b\"]","httpReferrers":null,"client_id":12}"#).unwrap();
        assert_eq!(app.privileges, Some(vec!["a".into(), "b".into()]));
        assert_eq!(app.client_id.as_deref(), Some("12"));

        let page: PageWire = serde_json::from_str(r#"{"total":"3","items":null}"#).unwrap();
        assert_eq!((page.total, page.items.len(), page.next_start), (Some(3), 0, None));
    }
}
