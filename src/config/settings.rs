//! Every setting of a credential, in one list.

/// Hands every setting to the macro `$make`: what editors show, its key, its type in a file, the rule by which what
/// several places say becomes one, and how what one place says is read and checked.
macro_rules! settings {
    ($make:ident) => {
        $make! {
            /// The title of the item; by default the name.
            title: String => Own<String>, |check, raw, here| check.line_of_text("the title", raw, 256, here);
            /// A summary of at most 2,048 characters; portals show about 250.
            snippet: String => Last<String>, |check, raw, here| check.snippet(raw, here);
            /// The description of the item.
            description: String => Last<String>, |_, raw, here| here.says(raw.clone());
            /// Tags of the item.
            tags: Vec<String> => Union<String>, |check, raw, here| check.tags(raw, here);
            /// The folder of the account that the item lies in; made when missing. By default the root.
            folder: String => Last<String>, |check, raw, here| check.line_of_text("the folder", raw, 250, here);
            /// What kind of application uses the key. For warnings only.
            used_in: UsedIn => Last<UsedIn>, |_, raw, here| here.says(*raw);
            /// Whether the key is registered as personal; `auto` follows the privileges.
            personal: PersonalText => Last<PersonalText>, |_, raw, here| here.says(*raw);
            /// Says that somebody knows: with privileges of personal scope a key acts as its owner's account.
            acknowledge_personal: bool => Last<bool>, |_, raw, here| here.says(*raw);
            /// What the key may do: Esri's own strings.
            privileges: Vec<PrivilegeText> => Union<Privilege>, |check, raw, here| check.privileges(raw, here);
            /// Items that the key may read, at most 100: ids, or ids with a note.
            items: Vec<ItemText> => Union<ItemId>, |check, raw, here| check.items(raw, here);
            /// Pages the key may be used from, such as `https://app.example.com` or `https://*.example.com`.
            referrers: Vec<String> => Union<Referrer>, |check, raw, here| check.referrers(raw, here);
            /// Whether keyform refuses to destroy the credential. By default false.
            protect: bool => Last<bool>, |_, raw, here| here.says(*raw);
            /// How much keyform may do to the credential. By default `full`.
            mode: ModeText => Last<Mode>, |_, raw, here| here.says((*raw).into());
            /// What happens on an edit that would end a live key. By default `replace`.
            on_breaking_change: OnBreakingChangeText => Last<OnBreakingChange>, |_, raw, here| here.says((*raw).into());
            /// How long keys live and when they are renewed.
            expiry: ExpiryText => ExpiryLayer, |check, raw, here| check.expiry_layer(raw, here);
            /// Where the key goes.
            deliver: Vec<DeliverEntry> => List<Delivery>, |check, raw, here| Some(check.deliveries(raw, here));
            /// Shows that a new setting is one line.
            #[cfg(test)]
            nickname: String => Last<String>, |_, raw, here| here.says(raw.clone());
        }
    };
}

pub(super) use settings;

#[cfg(test)]
mod tests {
    use crate::config::{LoadOptions, explain};
    use crate::model::{Effect, Origin, SaidBy};

    #[test]
    fn a_setting_that_is_one_line_is_read_merged_and_explained() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("keyform.yaml");
        let text = "keyform: 1\nstack: s\nportal: { url: emulator }\ndefaults: { nickname: all }\n\
            credentials:\n  own: { nickname: mine, mode: observe, privileges: [premium:user:basemaps] }\n  \
            shared: { mode: observe, privileges: [premium:user:basemaps] }\n";
        std::fs::write(&file, text).unwrap();
        for (name, nickname, whose) in [("own", "mine", SaidBy::Itself), ("shared", "all", SaidBy::Defaults)] {
            let (loaded, effective) = explain(&file, LoadOptions::default(), name);
            assert!(loaded.spec.is_some(), "{:?}", loaded.report.problems);
            let settings = effective.unwrap().settings;
            let found = settings.iter().find(|setting| setting.key == "nickname").unwrap();
            let [Effect { text, origin: Origin::Said { by, .. } }] = found.effects.as_slice() else {
                panic!("{found:?}")
            };
            assert_eq!((text.as_deref(), by), (Some(nickname), &whose));
        }
    }
}
