//! Values that can be written in more than one way.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};

use super::limits::DaysText;
use super::{DeliverEntry, ItemText, PersonalText};

impl<'de> Deserialize<'de> for PersonalText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;

        impl Visitor<'_> for Reader {
            type Value = PersonalText;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("auto, true or false")
            }

            fn visit_bool<E>(self, value: bool) -> Result<PersonalText, E> {
                Ok(PersonalText::Fixed(value))
            }

            fn visit_str<E>(self, _: &str) -> Result<PersonalText, E> {
                Ok(PersonalText::Auto)
            }
        }

        deserializer.deserialize_any(Reader)
    }
}

impl<'de> Deserialize<'de> for ItemText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;

        impl<'de> Visitor<'de> for Reader {
            type Value = ItemText;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an id, or a mapping with an id")
            }

            fn visit_str<E>(self, id: &str) -> Result<ItemText, E> {
                Ok(ItemText { id: Some(id.into()) })
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<ItemText, A::Error> {
                let mut item = ItemText::default();
                while let Some((key, value)) = map.next_entry::<String, String>()? {
                    if key == "id" {
                        item.id = Some(value);
                    }
                }
                Ok(item)
            }
        }

        deserializer.deserialize_any(Reader)
    }
}

impl<'de> Deserialize<'de> for DeliverEntry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;

        impl<'de> Visitor<'de> for Reader {
            type Value = DeliverEntry;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a mapping with the name of a sink")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<DeliverEntry, A::Error> {
                let mut entry = DeliverEntry::default();
                while let Some((sink, settings)) = map.next_entry()? {
                    entry = DeliverEntry { sink: Some(sink), settings };
                }
                Ok(entry)
            }
        }

        deserializer.deserialize_map(Reader)
    }
}

impl<'de> Deserialize<'de> for DaysText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;

        impl<'de> Visitor<'de> for Reader {
            type Value = DaysText;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("days, or a list of days")
            }

            fn visit_str<E>(self, days: &str) -> Result<DaysText, E> {
                Ok(DaysText(vec![days.into()]))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<DaysText, A::Error> {
                let mut days = Vec::new();
                while let Some(day) = list.next_element()? {
                    days.push(day);
                }
                Ok(DaysText(days))
            }
        }

        deserializer.deserialize_any(Reader)
    }
}
