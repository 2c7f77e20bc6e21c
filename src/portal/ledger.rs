//! The ledger on the wire: a JSON object under our key in the item's `properties`.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use crate::model::{
    Applied, CredentialName, Field, Fingerprint, ItemId, Ledger, LedgerState, Made, Need, PerSlot, Phase, Privilege,
    Receipt, Referrer, Refusal, SinkId, SinkRecord, SlotRecord, StackName, Taken, Values,
};

use super::entities::unescape;

/// The member of `properties` that is ours.
const KEY: &str = "keyform";
/// JSON that came back as text may have been wrapped as often as this.
const WRAPPED: u32 = 3;

/// What stands in `properties`, and the members that are not ours as JSON text.
#[must_use]
pub fn read(properties: Option<&Value>) -> (LedgerState, Option<String>) {
    let broken = |why: &str| (LedgerState::Broken { why: why.to_owned() }, None);
    let Some(properties) = properties else { return (LedgerState::None, None) };
    let mut members = match unwrapped(properties) {
        Ok(Value::Null) => return (LedgerState::None, None),
        Ok(Value::Object(members)) => members,
        Ok(_) => return broken("the item's properties are no JSON object"),
        Err(why) => return broken(why),
    };
    let ours = members.shift_remove(KEY);
    let others = (!members.is_empty()).then(|| Value::Object(members).to_string());
    let state = match ours.as_ref().map(unwrapped) {
        None | Some(Ok(Value::Null)) => LedgerState::None,
        Some(Ok(Value::Object(members))) => match ledger(&members) {
            Ok(Parsed::Ledger(ledger)) => LedgerState::Read(ledger),
            Ok(Parsed::Newer(version)) => LedgerState::Newer { version },
            Err(why) => LedgerState::Broken { why },
        },
        Some(Ok(_)) => LedgerState::Broken { why: "it is no JSON object".to_owned() },
        Some(Err(why)) => LedgerState::Broken { why: why.to_owned() },
    };
    (state, others)
}

/// The text of `properties` with `ledger` in it, and the other members as they were.
#[must_use]
pub fn write(ledger: &Ledger, others: Option<&str>) -> String {
    let mut members = other_members(others);
    members.insert(KEY.to_owned(), ledger_value(ledger));
    inert(&Value::Object(members).to_string())
}

/// The text of `properties` without a ledger.
#[must_use]
pub fn without(others: Option<&str>) -> String {
    inert(&Value::Object(other_members(others)).to_string())
}

fn other_members(others: Option<&str>) -> Map<String, Value> {
    let mut members: Map<String, Value> = others.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    members.shift_remove(KEY);
    members
}

/// The same JSON without characters that a portal may turn into entities or take for markup.
fn inert(json: &str) -> String {
    // In JSON these only stand inside texts.
    json.replace('&', "\\u0026").replace('<', "\\u003c").replace('>', "\\u003e").replace('\'', "\\u0027")
}

/// The value, where text that holds JSON stands for what it holds; blank text is nothing.
fn unwrapped(value: &Value) -> Result<Value, &'static str> {
    let mut value = value.clone();
    for _ in 0..WRAPPED {
        let Value::String(text) = &value else { return Ok(value) };
        if text.trim().is_empty() {
            return Ok(Value::Null);
        }
        value = serde_json::from_str(text)
            .or_else(|_| serde_json::from_str(&unescape(text)))
            .map_err(|_| "it is text that holds no JSON")?;
    }
    Ok(value)
}

enum Parsed {
    Ledger(Box<Ledger>),
    Newer(u64),
}

type Read<T> = Result<T, String>;

fn ledger(members: &Map<String, Value>) -> Read<Parsed> {
    const KNOWN: [&str; 14] = [
        "version",
        "stack",
        "name",
        "item",
        "owner",
        "generation",
        "commit",
        "superseded_by",
        "renamed_with",
        "made",
        "applied",
        "taken",
        "refused",
        "slots",
    ];
    let top = Object { members, at: "" };
    let version = top.natural("version")?;
    if version > Ledger::VERSION {
        return Ok(Parsed::Newer(version));
    }
    if version == 0 {
        return Err("`version` is 0".to_owned());
    }
    let slots = top.object("slots")?;
    Ok(Parsed::Ledger(Box::new(Ledger {
        stack: top.parsed("stack", |text| StackName::new(text).ok())?,
        name: top.parsed("name", |text| CredentialName::new(text).ok())?,
        item: top.optional("item", item_id)?,
        owner: top.text("owner")?.to_owned(),
        generation: top.natural("generation")?,
        commit: top.optional("commit", |text| Some(text.to_owned()))?,
        superseded_by: top.optional("superseded_by", item_id)?,
        renamed_with: match top.nullable("renamed_with") {
            None => BTreeSet::new(),
            Some(_) => top.texts("renamed_with", item_id)?.into_iter().collect(),
        },
        made: match top.nullable("made") {
            None => Vec::new(),
            Some(_) => top.array("made")?.iter().map(made).collect::<Read<_>>()?,
        },
        applied: top.optional_object("applied", applied)?,
        taken: top.optional_object("taken", taken)?.unwrap_or_default(),
        refused: top.optional_object("refused", refused)?.unwrap_or_default(),
        slots: PerSlot {
            one: slots.optional_object("1", |record| slot("1", record))?,
            two: slots.optional_object("2", |record| slot("2", record))?,
        },
        unknown: members
            .iter()
            .filter(|(name, _)| !KNOWN.contains(&name.as_str()))
            .map(|(name, value)| (name.clone(), value.to_string()))
            .collect(),
    })))
}

fn item_id(text: &str) -> Option<ItemId> {
    ItemId::new(text).ok()
}

fn made(value: &Value) -> Read<Made> {
    let members = value.as_object().ok_or("a member of `made` is no object")?;
    let object = Object { members, at: "made." };
    let need = object.parsed("need", |text| match text {
        "sinks" => Some(Need::Sinks),
        "delivery" => Some(Need::Delivery),
        "key" => Some(Need::Key),
        "renewal" => Some(Need::Renewal),
        _ => None,
    })?;
    Ok(Made { at: object.time("at")?, need })
}

fn applied(object: &Object<'_>) -> Read<Applied> {
    Ok(Applied { asked: values(&object.object("asked")?)?, returned: values(&object.object("returned")?)? })
}

fn taken(object: &Object<'_>) -> Read<Taken> {
    Ok(Taken {
        since: object.optional_time("since")?,
        privileges: object.texts("privileges", |text| Some(Privilege::new(text)))?.into_iter().collect(),
        items: object.texts("items", item_id)?.into_iter().collect(),
        referrers: object.texts("referrers", |text| Some(Referrer::observed(text)))?.into_iter().collect(),
        anywhere: object.flag("anywhere")?,
        personal: object.flag("personal")?,
    })
}

fn refused(object: &Object<'_>) -> Read<Refusal> {
    let field = |name: &String| Field::ALL.into_iter().find(|field| field.ends_keys() && field.name() == name);
    let members = object.members.keys().map(|name| {
        let texts = object.texts(name, |text| Some(text.to_owned()))?;
        Ok((field(name).ok_or_else(|| object.wrong(name))?, texts.into_iter().collect()))
    });
    members.collect()
}

fn values(object: &Object<'_>) -> Read<Values> {
    Ok(Values {
        title: object.text("title")?.to_owned(),
        snippet: object.text("snippet")?.to_owned(),
        description_hash: object.text("description_hash")?.to_owned(),
        tags: object.texts("tags", |text| Some(text.to_owned()))?.into_iter().collect(),
        folder: object.optional("folder", |text| Some(text.to_owned()))?,
        privileges: object.texts("privileges", |text| Some(Privilege::new(text)))?.into_iter().collect(),
        items: object.texts("items", item_id)?.into_iter().collect(),
        referrers: object.texts("referrers", |text| Some(Referrer::observed(text)))?.into_iter().collect(),
        personal: object.flag("personal")?,
        protect: object.flag("protect")?,
    })
}

fn slot(name: &str, record: &Object<'_>) -> Read<SlotRecord> {
    let mut sinks = Vec::new();
    for sink in record.array("sinks")? {
        let members = sink.as_object().ok_or_else(|| format!("a member of `sinks` of slot {name} is no object"))?;
        let sink = Object { members, at: "sinks." };
        sinks.push((
            SinkId::recorded(sink.text("id")?),
            SinkRecord {
                receipt_before: sink.optional_object("receipt_before", receipt)?,
                delivered: sink.optional_time("delivered")?,
            },
        ));
    }
    let overlap = i64::try_from(record.natural("overlap")?).map_err(|_| "`overlap` is too long".to_owned())?;
    Ok(SlotRecord {
        serial: record.natural("serial")?,
        phase: record.parsed("phase", |text| match text {
            "issuing" => Some(Phase::Issuing),
            "delivering" => Some(Phase::Delivering),
            "delivered" => Some(Phase::Delivered),
            "lost" => Some(Phase::Lost),
            _ => None,
        })?,
        issued: record.time("issued")?,
        expires: record.time("expires")?,
        // Ledgers that were written before these were known do not have them.
        ends: record.optional_time("ends")?,
        shown: record.optional_time("shown")?,
        date_before: record.optional_time("date_before")?,
        fingerprint: record.optional("fingerprint", Fingerprint::parse)?,
        overlap: SignedDuration::from_secs(overlap),
        sinks,
        delivered: record.optional_time("delivered")?,
    })
}

fn receipt(object: &Object<'_>) -> Read<Receipt> {
    Ok(Receipt { at: object.time("at")?, noted: object.time("noted")? })
}

/// Reads members strictly: what is known must have the form it was written in.
struct Object<'a> {
    members: &'a Map<String, Value>,
    at: &'static str,
}

impl<'a> Object<'a> {
    fn nullable(&self, name: &str) -> Option<&'a Value> {
        self.members.get(name).filter(|value| !value.is_null())
    }

    fn wrong(&self, name: &str) -> String {
        let at = self.at;
        if self.nullable(name).is_none() {
            format!("`{at}{name}` is missing")
        } else {
            format!("`{at}{name}` is not valid")
        }
    }

    fn object(&self, name: &str) -> Read<Object<'a>> {
        let members = self.nullable(name).and_then(Value::as_object).ok_or_else(|| self.wrong(name))?;
        Ok(Object { members, at: "" })
    }

    fn optional_object<T>(&self, name: &str, read: impl Fn(&Object<'_>) -> Read<T>) -> Read<Option<T>> {
        self.nullable(name).map(|_| read(&self.object(name)?)).transpose()
    }

    fn array(&self, name: &str) -> Read<&'a Vec<Value>> {
        self.nullable(name).and_then(Value::as_array).ok_or_else(|| self.wrong(name))
    }

    fn text(&self, name: &str) -> Read<&'a str> {
        self.nullable(name).and_then(Value::as_str).ok_or_else(|| self.wrong(name))
    }

    fn flag(&self, name: &str) -> Read<bool> {
        self.nullable(name).and_then(Value::as_bool).ok_or_else(|| self.wrong(name))
    }

    fn natural(&self, name: &str) -> Read<u64> {
        self.nullable(name).and_then(Value::as_u64).ok_or_else(|| self.wrong(name))
    }

    fn time(&self, name: &str) -> Read<Timestamp> {
        let ms = self.nullable(name).and_then(Value::as_i64).and_then(|ms| Timestamp::from_millisecond(ms).ok());
        ms.ok_or_else(|| self.wrong(name))
    }

    fn optional_time(&self, name: &str) -> Read<Option<Timestamp>> {
        self.nullable(name).map(|_| self.time(name)).transpose()
    }

    fn parsed<T>(&self, name: &str, parse: impl Fn(&str) -> Option<T>) -> Read<T> {
        parse(self.text(name)?).ok_or_else(|| self.wrong(name))
    }

    fn optional<T>(&self, name: &str, parse: impl Fn(&str) -> Option<T>) -> Read<Option<T>> {
        self.nullable(name).map(|_| self.parsed(name, parse)).transpose()
    }

    fn texts<T>(&self, name: &str, parse: impl Fn(&str) -> Option<T>) -> Read<Vec<T>> {
        let texts = self.array(name)?.iter().map(|value| value.as_str().and_then(&parse));
        texts.collect::<Option<_>>().ok_or_else(|| self.wrong(name))
    }
}

fn ledger_value(ledger: &Ledger) -> Value {
    let Ledger { stack, name, item, owner, generation, commit, superseded_by, renamed_with, applied, .. } = ledger;
    let Ledger { made, taken, refused, slots, unknown, .. } = ledger;
    let mut value = json!({
        "version": Ledger::VERSION,
        "stack": stack.as_str(),
        "name": name.as_str(),
        "item": item.as_ref().map(ItemId::as_str),
        "owner": owner,
        "generation": generation,
        "commit": commit,
        "superseded_by": superseded_by.as_ref().map(ItemId::as_str),
        "applied": applied.as_ref().map(|Applied { asked, returned }| json!({
            "asked": values_value(asked),
            "returned": values_value(returned),
        })),
        "slots": { "1": slots.one.as_ref().map(slot_value), "2": slots.two.as_ref().map(slot_value) },
    });
    if let Some(members) = value.as_object_mut() {
        if !renamed_with.is_empty() {
            let ids = renamed_with.iter().map(ItemId::as_str).collect();
            members.insert("renamed_with".to_owned(), ids);
        }
        if !made.is_empty() {
            members.insert("made".to_owned(), made.iter().map(made_value).collect());
        }
        if !taken.is_empty() {
            members.insert("taken".to_owned(), taken_value(taken));
        }
        if !refused.is_empty() {
            let by_name: BTreeMap<_, _> = refused.iter().map(|(field, asked)| (field.name(), asked)).collect();
            members.insert("refused".to_owned(), json!(by_name));
        }
        for (name, text) in unknown {
            let kept = serde_json::from_str(text).unwrap_or(Value::Null);
            members.entry(name.clone()).or_insert(kept);
        }
    }
    value
}

fn made_value(Made { at, need }: &Made) -> Value {
    let need = match need {
        Need::Sinks => "sinks",
        Need::Delivery => "delivery",
        Need::Key => "key",
        Need::Renewal => "renewal",
    };
    json!({ "at": ms(*at), "need": need })
}

fn taken_value(taken: &Taken) -> Value {
    let Taken { since, privileges, items, referrers, anywhere, personal } = taken;
    json!({
        "since": since.map(ms),
        "privileges": privileges.iter().map(Privilege::as_str).collect::<Vec<_>>(),
        "items": items.iter().map(ItemId::as_str).collect::<Vec<_>>(),
        "referrers": referrers.iter().map(Referrer::as_str).collect::<Vec<_>>(),
        "anywhere": anywhere,
        "personal": personal,
    })
}

fn values_value(values: &Values) -> Value {
    let Values { title, snippet, description_hash, tags, folder, privileges, items, referrers, personal, protect } =
        values;
    json!({
        "title": title,
        "snippet": snippet,
        "description_hash": description_hash,
        "tags": tags,
        "folder": folder,
        "privileges": privileges.iter().map(Privilege::as_str).collect::<Vec<_>>(),
        "items": items.iter().map(ItemId::as_str).collect::<Vec<_>>(),
        "referrers": referrers.iter().map(Referrer::as_str).collect::<Vec<_>>(),
        "personal": personal,
        "protect": protect,
    })
}

fn slot_value(record: &SlotRecord) -> Value {
    let SlotRecord { serial, phase, issued, expires, ends, shown, date_before, fingerprint, overlap, sinks, delivered } =
        record;
    let sinks: Vec<Value> = sinks
        .iter()
        .map(|(id, SinkRecord { receipt_before, delivered })| {
            let receipt = receipt_before.map(|Receipt { at, noted }| json!({ "at": ms(at), "noted": ms(noted) }));
            json!({ "id": id.as_str(), "receipt_before": receipt, "delivered": delivered.map(ms) })
        })
        .collect();
    json!({
        "serial": serial,
        "phase": match phase {
            Phase::Issuing => "issuing",
            Phase::Delivering => "delivering",
            Phase::Delivered => "delivered",
            Phase::Lost => "lost",
        },
        "issued": ms(*issued),
        "expires": ms(*expires),
        "ends": ends.map(ms),
        "shown": shown.map(ms),
        "date_before": date_before.map(ms),
        "fingerprint": fingerprint.map(|fingerprint| fingerprint.to_string()),
        "overlap": overlap.as_secs(),
        "sinks": sinks,
        "delivered": delivered.map(ms),
    })
}

fn ms(time: Timestamp) -> i64 {
    time.as_millisecond()
}

#[cfg(test)]
#[path = "ledger_tests.rs"]
mod tests;
