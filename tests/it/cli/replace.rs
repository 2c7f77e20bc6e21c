//! Edits of privileges, items and referrers while a key is live.

use crate::support::portal::PAGE;
use crate::support::sandbox::Sandbox;

#[test]
fn an_edit_that_would_stop_a_live_key_is_carried_out_by_a_new_item_and_both_keys_work_for_the_overlap() {
    let sandbox = Sandbox::new().applied();
    let (old, item) = (sandbox.key_in(".env"), sandbox.portal.id("Shop map"));
    sandbox.edit("[premium:user:basemaps]", "[premium:user:basemaps, premium:user:places]");

    let planned = sandbox.run(&["plan", "--detailed-exitcode"]);
    insta::assert_snapshot!(planned.body(), @"
    +/- credential.web                         an edit would stop its key         WIDENS  keyform.yaml:5
          privileges    + premium:user:places
                          (1 unchanged)
          new item      slot 1: issue for 180 days, until 2027-03-20
          deliver       dotenv             .env#ARCGIS_API_KEY
          old item      keep until 2026-09-28 (overlap 7 days), then delete
          note          item id, client id and usage history change
          safety        no sink is ever without a valid key; resumable after a crash at any step

    Keys in use
      web 1 2027-03-20 renew 2027-02-18
      1 2027-03-20 revoke 2026-09-28

    Guards     destroy 0 of 1 · replace 1 of 5

    +/- web                privileges, new item

    Plan: 0 to add, 0 to change, 0 to destroy, 1 to replace.
    If keyform never ran again: web lapses first, 2027-03-20.
    Correct until 2027-03-13 08:..Z (a key of web is running out) or until the portal changes.
    [exit 2]
    ");
    let done = sandbox.run(&["apply", "--auto-approve"]);
    insta::assert_snapshot!(done.after(&planned), @"
    +/- web                item created · app registered · slot 1 issued (until 2027-03-20) · .env#ARCGIS_API_KEY · verified   0.0 s

    Applied: 1 of 1 done.
    [exit 0]
    ");
    let new = sandbox.key_in(".env");
    assert_eq!([&old, &new].map(|key| sandbox.portal.opens(key, PAGE)), [200, 200]);
    insta::assert_snapshot!(sandbox.run(&["plan", "--detailed-exitcode"]).body(), @"
    No changes. 1 credential matches the configuration; next action 2026-09-28 (revoke web).
    [exit 0]
    ");

    sandbox.portal.pass("7d 1h");
    insta::assert_snapshot!(sandbox.run(&["apply", "--auto-approve"]).body(), @"
      x credential.web                         replaced; its overlap is over since 2026-09-28
                                                                                          keyform.yaml:5
          slot 1        revoke
          item          delete ITEM

    Keys in use
      web 1 2027-03-20 renew 2027-02-18

      x web                delete item ITEM

    Plan: 0 to add, 0 to change, 0 to destroy, 1 to retire.
    If keyform never ran again: web lapses first, 2027-03-20.
    Correct until 2027-02-18 08:..Z (renewal of web) or until the portal changes.
      x web                slot 1 revoked · old item deleted   0.0 s

    Applied: 1 of 1 done.
    [exit 0]
    ");
    assert_eq!([&old, &new].map(|key| sandbox.portal.opens(key, PAGE)), [498, 200]);
    assert_ne!(sandbox.portal.id("Shop map"), item);
    assert_eq!(sandbox.run(&["plan", "--detailed-exitcode"]).code, Some(0));
}

#[test]
fn in_place_says_that_it_is_not_continuous_and_keeps_the_item() {
    let sandbox = Sandbox::new().applied();
    let (old, item) = (sandbox.key_in(".env"), sandbox.portal.id("Shop map"));
    sandbox.edit("[premium:user:basemaps]", "[premium:user:basemaps, premium:user:places]");
    sandbox.edit("    used_in: browser", "    used_in: browser\n    on_breaking_change: in_place");

    insta::assert_snapshot!(sandbox.run(&["apply", "--auto-approve"]).body(), @"
     !~ credential.web                         the edit ends its live key         WIDENS  keyform.yaml:5
          privileges    + premium:user:places
                          (1 unchanged)
          slot 2        issue for 180 days, until 2027-03-20
          deliver       dotenv             .env#ARCGIS_API_KEY
          safety        NOT continuous: `on_breaking_change: in_place` ends key 1 (until 2027-03-20)
                        before there is a new one; resumable after a crash at any step

    Keys in use
      web 2 2027-03-20 renew 2027-02-18

     !~ web                privileges, new key in slot 2, until 2027-03-20

    Plan: 0 to add, 1 to change, 0 to destroy.
    If keyform never ran again: web lapses first, 2027-03-20.
    Correct until 2027-03-20 08:..Z (a key of web is running out) or until the portal changes.
     !~ web                access updated · slot 2 issued (until 2027-03-20) · .env#ARCGIS_API_KEY · verified   0.0 s

    Applied: 1 of 1 done.
    [exit 0]
    ");
    let new = sandbox.key_in(".env");
    assert_eq!([&old, &new].map(|key| sandbox.portal.opens(key, PAGE)), [498, 200]);
    assert_eq!(sandbox.portal.id("Shop map"), item);
    assert_eq!(sandbox.run(&["plan", "--detailed-exitcode"]).code, Some(0));
}
