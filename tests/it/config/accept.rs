//! The edit that makes a configuration say what the portal has: at the entry's own lines, and nothing else moves.

use std::collections::BTreeMap;
use std::path::Path;

use keyform::config::LoadOptions;
use keyform::config::accept::{Accepted, accept};
use keyform::config::wish::{Wish, Wishes};
use keyform::model::{CredentialName, CredentialSpec, Field};

fn members(gone: &[&str], come: &[&str]) -> Wish {
    let all = |some: &[&str]| some.iter().map(|one| (*one).to_owned()).collect();
    Wish::Members { gone: all(gone), come: all(come) }
}

fn web(wishes: impl IntoIterator<Item = (Field, Wish)>) -> Wishes {
    BTreeMap::from([(CredentialName::new("web").unwrap(), wishes.into_iter().collect())])
}

/// What comes of the file `name` with this `text`.
fn edited(name: &str, text: &str, wishes: &Wishes) -> Accepted {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(name);
    std::fs::write(&file, text).unwrap();
    accept(&file, &LoadOptions::default(), wishes)
}

/// The lines that differ, and what is left to a person.
fn change(name: &str, text: &str, wishes: &Wishes) -> String {
    let accepted = edited(name, text, wishes);
    let spec = accepted.loaded.spec.as_ref().unwrap_or_else(|| panic!("{:?}", accepted.loaded.report.problems));
    if accepted.by_hand.is_empty() {
        says(&spec.credentials[&CredentialName::new("web").unwrap()], wishes);
    }
    let mut shown = String::new();
    for file in &accepted.files {
        assert_eq!(file.path, name);
        let diff = similar::TextDiff::from_lines(&file.before, &file.after);
        for one in diff.iter_all_changes().filter(|one| one.tag() != similar::ChangeTag::Equal) {
            shown.push_str(&format!("{}{}", one.tag(), one.to_string_lossy()));
        }
    }
    for hand in &accepted.by_hand {
        let file = Path::new(&*hand.at.file).file_name().unwrap().to_string_lossy().into_owned();
        shown.push_str(&format!("{file}:{} {}: {}\n", hand.at.line, hand.name, hand.what));
    }
    shown
}

/// Whether the edited credential says what was wished.
fn says(want: &CredentialSpec, wishes: &Wishes) {
    for (field, wish) in wishes.values().flatten() {
        let text = |text: &Option<String>| Wish::Text(text.clone());
        match (field, wish) {
            (Field::Title, wish) => assert_eq!(*wish, Wish::Text(Some(want.title.clone()))),
            (Field::Snippet, wish) => assert_eq!(*wish, text(&want.snippet)),
            (Field::Folder, wish) => assert_eq!(*wish, text(&want.folder)),
            (Field::Personal, wish) => assert_eq!(*wish, Wish::Flag(want.personal.unwrap())),
            (_, Wish::Members { gone, come }) => {
                let all: Vec<String> = match field {
                    Field::Privileges => want.privileges.iter().map(ToString::to_string).collect(),
                    Field::Items => want.items.iter().map(ToString::to_string).collect(),
                    Field::Tags => want.tags.iter().cloned().collect(),
                    _ => want.referrers.iter().map(ToString::to_string).collect(),
                };
                assert!(come.iter().all(|one| all.contains(one)), "{all:?}");
                assert!(!gone.iter().any(|one| all.contains(one)), "{all:?}");
            }
            (field, wish) => panic!("{field:?} {wish:?}"),
        }
    }
}

const TOP: &str = "keyform: 1\nstack: s\nportal: { url: emulator }\n";
const GEOCODE: &str = "premium:user:geocode";
const PLACES: &str = "premium:user:places";

#[test]
fn members_go_and_come_in_the_layout_that_the_list_has() {
    let lists = [
        "[premium:user:geocode, premium:user:basemaps] # both",
        "[ premium:user:geocode ]",
        "[\n      'premium:user:basemaps',\n      premium:user:geocode,\n      ]",
        "[\n      premium:user:geocode,\n      \"premium:user:basemaps\"\n      ]",
        "\n      - premium:user:basemaps # tiles\n      # asked for by routing\n      - premium:user:geocode # search\n",
        "\n    - premium:user:geocode\n\n    - premium:user:basemaps\n\n    # the end",
        "\n      - premium:user:geocode",
    ];
    let mut shown = String::new();
    for list in lists {
        let text = format!(
            "{TOP}credentials:\n  web:\n    mode: observe\n    tags: [a]\n    items: [0123456789abcdef0123456789abcdef]\n    privileges: {list}\n"
        );
        let both = change("keyform.yaml", &text, &web([(Field::Privileges, members(&[GEOCODE], &[PLACES]))]));
        let less = change("keyform.yaml", &text, &web([(Field::Privileges, members(&[GEOCODE], &[]))]));
        let more = change("keyform.yaml", &text, &web([(Field::Privileges, members(&[], &[PLACES]))]));
        shown.push_str(&format!("== {list}\n{less}-- more\n{more}-- both\n{both}"));
    }
    insta::assert_snapshot!(shown, @r#"
    == [premium:user:geocode, premium:user:basemaps] # both
    -    privileges: [premium:user:geocode, premium:user:basemaps] # both
    +    privileges: [premium:user:basemaps] # both
    -- more
    -    privileges: [premium:user:geocode, premium:user:basemaps] # both
    +    privileges: [premium:user:geocode, premium:user:basemaps, premium:user:places] # both
    -- both
    -    privileges: [premium:user:geocode, premium:user:basemaps] # both
    +    privileges: [premium:user:basemaps, premium:user:places] # both
    == [ premium:user:geocode ]
    -    privileges: [ premium:user:geocode ]
    +    privileges: [  ]
    -- more
    -    privileges: [ premium:user:geocode ]
    +    privileges: [ premium:user:geocode, premium:user:places ]
    -- both
    -    privileges: [ premium:user:geocode ]
    +    privileges: [ premium:user:places ]
    == [
          'premium:user:basemaps',
          premium:user:geocode,
          ]
    -      premium:user:geocode,
    -- more
    +      premium:user:places,
    -- both
    -      premium:user:geocode,
    +      premium:user:places,
    == [
          premium:user:geocode,
          "premium:user:basemaps"
          ]
    -      premium:user:geocode,
    -- more
    -      "premium:user:basemaps"
    +      "premium:user:basemaps",
    +      premium:user:places
    -- both
    -      premium:user:geocode,
    -      "premium:user:basemaps"
    +      "premium:user:basemaps",
    +      premium:user:places
    == 
          - premium:user:basemaps # tiles
          # asked for by routing
          - premium:user:geocode # search

    -      - premium:user:geocode # search
    -- more
    +      - premium:user:places
    -- both
    -      - premium:user:geocode # search
    +      - premium:user:places
    == 
        - premium:user:geocode

        - premium:user:basemaps

        # the end
    -    - premium:user:geocode
    -- more
    +    - premium:user:places
    -- both
    -    - premium:user:geocode
    +    - premium:user:places
    == 
          - premium:user:geocode
    -    privileges: 
    -      - premium:user:geocode
    +    privileges: [] 
    -- more
    +      - premium:user:places
    -- both
    -      - premium:user:geocode
    +      - premium:user:places
    "#);
}

#[test]
fn a_comment_between_brackets_is_moved_by_nobody() {
    let text = format!(
        "{TOP}credentials:\n  web:\n    mode: observe\n    privileges: [{GEOCODE}, # search\n      {PLACES}]\n"
    );
    let left = change("keyform.yaml", &text, &web([(Field::Privileges, members(&[GEOCODE], &[]))]));
    assert_eq!(left, "keyform.yaml:5 web: edit `privileges` yourself: -premium:user:geocode\n");
}

#[test]
fn entries_are_edited_added_and_taken_out_where_they_stand() {
    let wishes = web([
        (Field::Title, Wish::Text(Some("Karte: \"Zürich\" #1 \u{202e}".into()))),
        (Field::Snippet, Wish::Text(None)),
        (Field::Folder, Wish::Text(Some("true".into()))),
        (Field::Personal, Wish::Flag(false)),
        (Field::Referrers, members(&[], &["https://a.example.com", "https://*.b.example.com"])),
        (Field::Tags, members(&["old"], &["no", "new"])),
    ]);
    let yaml = "# top\ncredentials:\n  web:   # the map\n    title: 'Old'  # shown\n    snippet: >-\n      folded\n      text\n\n    # who\n    tags: [old]\n    mode: observe\n    privileges: [premium:user:basemaps]\n";
    let braces = "credentials: { web: { title: Old, snippet: s, tags: [old], mode: observe, privileges: [premium:user:basemaps] } }\n";
    let json = "{\n\t\"keyform\": 1, \"stack\": \"s\", \"portal\": { \"url\": \"emulator\" },\n\t\"credentials\": {\n\t\t\"web\": {\n\t\t\t\"title\": \"Old\",\n\t\t\t\"snippet\": \"s\",\n\t\t\t\"tags\": [\"old\"],\n\t\t\t\"mode\": \"observe\",\n\t\t\t\"privileges\": [\"premium:user:basemaps\"]\n\t\t}\n\t}\n}\n";
    let mut shown = change("keyform.yaml", &format!("{TOP}{yaml}"), &wishes);
    shown.push_str(&format!("-- braces\n{}", change("keyform.yaml", &format!("{TOP}{braces}"), &wishes)));
    shown.push_str(&format!("-- JSON\n{}", change("keyform.json", json, &wishes)));
    insta::assert_snapshot!(shown, @r#"
    -    title: 'Old'  # shown
    -    snippet: >-
    -      folded
    -      text
    +    referrers: ["https://*.b.example.com", https://a.example.com]
    +    personal: false
    +    folder: "true"
    +    title: "Karte: \"Zürich\" #1 \U0000202e"  # shown
    -    tags: [old]
    +    tags: [new, "no"]
    -- braces
    -credentials: { web: { title: Old, snippet: s, tags: [old], mode: observe, privileges: [premium:user:basemaps] } }
    +credentials: { web: { referrers: ["https://*.b.example.com", https://a.example.com], personal: false, folder: "true", title: "Karte: \"Zürich\" #1 \U0000202e", tags: [new, "no"], mode: observe, privileges: [premium:user:basemaps] } }
    -- JSON
    -			"title": "Old",
    -			"snippet": "s",
    -			"tags": ["old"],
    +   "referrers": ["https://*.b.example.com", "https://a.example.com"],
    +   "personal": false,
    +   "folder": "true",
    +			"title": "Karte: \"Zürich\" #1 \u202e",
    +			"tags": ["new", "no"],
    "#);
}

#[test]
fn what_others_share_is_named_and_left_as_it_is() {
    let text = format!(
        "{TOP}defaults: {{ mode: observe, privileges: [premium:user:geocode] }}\nprofiles:\n  maps:\n    folder: F\n    privileges:\n      - premium:user:geocode\n      - premium:user:basemaps\ncredentials:\n  web:\n    use: [maps]\n    folder: G\n    privileges: [premium:user:geocode]\n  list: {{ tags: &tags [a, b] }}\n  other: {{ tags: *tags }}\n"
    );
    let wishes = web([(Field::Privileges, members(&[GEOCODE], &[])), (Field::Folder, Wish::Text(None))]);
    let mut shown = change("keyform.yaml", &text, &wishes);
    for name in ["list", "other"] {
        let one = BTreeMap::from([(Field::Tags, members(&["a"], &[]))]);
        shown.push_str(&change("keyform.yaml", &text, &BTreeMap::from([(CredentialName::new(name).unwrap(), one)])));
    }
    insta::assert_snapshot!(shown, @"
    -    folder: G
    -    privileges: [premium:user:geocode]
    +    privileges: []
    keyform.yaml:4 web: take premium:user:geocode out of the defaults, or let those that are to keep it say it
    keyform.yaml:9 web: take premium:user:geocode out of the profile `maps`, or let those that are to keep it say it
    keyform.yaml:7 web: take `folder` out of the profile `maps`, or let those that are to keep it say it
    keyform.yaml:16 list: edit `tags` yourself: -a
    keyform.yaml:17 other: edit `tags` yourself: -a
    ");
}

#[test]
fn line_ends_and_byte_order_marks_stay() {
    let text = format!(
        "\u{feff}{TOP}credentials:\n  web:\n    mode: observe\n    privileges:\n    - {GEOCODE}\n    - {PLACES}"
    )
    .replace('\n', "\r\n");
    let wishes = web([
        (Field::Privileges, members(&[PLACES], &["premium:user:basemaps"])),
        (Field::Tags, members(&[], &["maps"])),
    ]);
    let accepted = edited("keyform.yaml", &text, &wishes);
    let [file] = accepted.files.as_slice() else { panic!("{:?}", accepted.by_hand) };
    assert_eq!(file.before, text);
    let tail = "    tags: [maps]\n    mode: observe\n    privileges:\n    - premium:user:geocode\n    - premium:user:basemaps\n";
    assert_eq!(file.after.replace("\r\n", "\n"), format!("\u{feff}{TOP}credentials:\n  web:\n{tail}"));
    assert_eq!(file.after.matches('\n').count(), file.after.matches("\r\n").count());
}

#[test]
fn no_patch_shows_a_secret_that_stands_nearby() {
    let key = format!("AAPT{}", "x".repeat(90));
    let text =
        format!("{TOP}credentials:\n  web:\n    mode: observe\n    # {key}\n    privileges: [{GEOCODE}, {PLACES}]\n");
    let accepted = edited("keyform.yaml", &text, &web([(Field::Privileges, members(&[PLACES], &[]))]));
    assert!(accepted.files.is_empty());
    assert_eq!(accepted.by_hand[0].at.line, 7, "{:?}", accepted.by_hand);
}

#[test]
fn a_text_over_lines_or_behind_a_tag_is_for_a_person_to_edit() {
    let wish = web([(Field::Description, Wish::Text(Some("Shops".into())))]);
    for title in
        ["|\n      Maps\n", ">-\n      Maps\n", "|2-\n      Maps\n", "!!str Maps\n", "&a Maps\n", "\n      Maps\n"]
    {
        let text =
            format!("{TOP}credentials:\n  web:\n    description: {title}    privileges: [{GEOCODE}]\n  api: {{ }}\n");
        let said = change("keyform.yaml", &text, &wish);
        assert_eq!(said, "keyform.yaml:5 web: edit `description` yourself: \"Shops\"\n", "{title:?}");
    }
}
