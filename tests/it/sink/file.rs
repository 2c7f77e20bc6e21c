use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};

use keyform::sink::{Look, make_redirect_folder, redirected};

use super::{Sandbox, key};

#[tokio::test]
async fn every_kind_of_file_gives_back_the_key_it_was_given_and_is_for_its_owner_only() {
    let sandbox = Sandbox::new();
    let deliveries = [
        sandbox.raw("key.txt"),
        sandbox.json("config.json", "maps.apiKey"),
        sandbox.yaml("config.yaml", "maps.apiKey"),
        sandbox.dotenv(".env.maps", "ARCGIS_API_KEY"),
        sandbox.raw("new/key.txt"),
    ];
    for delivery in &deliveries {
        sandbox.sinks.check(delivery).await.unwrap();
        assert_eq!(sandbox.value(delivery).await, None);
        sandbox.sinks.write(delivery, &key()).await.unwrap();
        assert_eq!(sandbox.value(delivery).await.as_deref(), Some(key().reveal()));
        sandbox.sinks.check(delivery).await.unwrap();
    }
    assert_eq!(sandbox.names(), [".env.maps", "config.json", "config.yaml", "key.txt", "new"]);
    for name in [".env.maps", "config.json", "config.yaml", "key.txt", "new/key.txt"] {
        assert_eq!(sandbox.mode(name), 0o600, "{name}");
    }
    assert_eq!(sandbox.mode("new"), 0o700);
    assert_eq!(sandbox.text("key.txt"), key().reveal());
    assert_eq!(sandbox.text(".env.maps"), format!("ARCGIS_API_KEY={}\n", key().reveal()));
}

#[tokio::test]
async fn a_check_writes_nothing() {
    let sandbox = Sandbox::new().has(".env", "A=1\n");
    for delivery in [sandbox.raw("key"), sandbox.raw("new/key"), sandbox.dotenv(".env", "KEY")] {
        sandbox.sinks.check(&delivery).await.unwrap();
    }
    assert_eq!((sandbox.names(), sandbox.text(".env")), (vec![".env".to_owned()], "A=1\n".to_owned()));
}

#[tokio::test]
async fn a_file_that_others_could_read_is_closed_and_a_stricter_one_stays_so() {
    let sandbox = Sandbox::new().has("open", "old").has("strict", "old");
    sandbox.chmod("open", 0o644);
    sandbox.chmod("strict", 0o400);
    sandbox.sinks.write(&sandbox.raw("open"), &key()).await.unwrap();
    sandbox.sinks.write(&sandbox.raw("strict"), &key()).await.unwrap();
    assert_eq!((sandbox.mode("open"), sandbox.mode("strict")), (0o600, 0o400));
}

#[tokio::test]
async fn a_file_keeps_its_owner_so_that_the_application_can_still_read_it() {
    let sandbox = Sandbox::new().has("key", "old");
    let path = sandbox.path("key");
    if std::os::unix::fs::chown(&path, Some(4321), Some(4321)).is_err() {
        return; // Only root can give a file away, so only root meets this.
    }
    let delivery = sandbox.raw("key");
    sandbox.sinks.check(&delivery).await.unwrap();
    sandbox.sinks.write(&delivery, &key()).await.unwrap();
    let new = fs::metadata(&path).unwrap();
    assert_eq!((new.uid(), new.gid(), sandbox.mode("key")), (4321, 4321, 0o600));
}

#[tokio::test]
async fn a_link_is_kept_and_what_it_leads_to_is_written() {
    let sandbox = Sandbox::new();
    fs::create_dir(sandbox.path("releases")).unwrap();
    fs::write(sandbox.path("releases/env"), "A=1\n").unwrap();
    symlink("releases/env", sandbox.path(".env")).unwrap();
    let delivery = sandbox.dotenv(".env", "KEY");
    sandbox.sinks.check(&delivery).await.unwrap();
    sandbox.sinks.write(&delivery, &key()).await.unwrap();
    assert!(fs::symlink_metadata(sandbox.path(".env")).unwrap().is_symlink());
    assert_eq!(sandbox.text("releases/env"), format!("A=1\nKEY={}\n", key().reveal()));
}

#[tokio::test]
async fn what_is_no_file_or_leads_nowhere_is_refused_and_left_alone() {
    let sandbox =
        Sandbox::new().has("file", "x").has("many", "a\nb\n").has("broken.json", "{").has("twice", "K=1\nK=2\n");
    fs::create_dir(sandbox.path("folder")).unwrap();
    symlink("nowhere", sandbox.path("dangling")).unwrap();
    symlink("folder", sandbox.path("to-folder")).unwrap();
    let before = sandbox.names();
    for (delivery, code) in [
        (sandbox.raw("folder"), "not_a_file"),
        (sandbox.raw("to-folder"), "not_a_file"),
        (sandbox.raw("dangling"), "dangling_link"),
        (sandbox.raw("a/b/key"), "no_folder"),
        (sandbox.raw("file/key"), "no_folder"),
        (sandbox.raw("many"), "invalid_document"),
        (sandbox.json("broken.json", "a"), "invalid_document"),
        (sandbox.json("new.json", "a..b"), "field_unusable"),
        (sandbox.dotenv("twice", "K"), "set_twice"),
        (sandbox.dotenv("new", "NO-NAME"), "field_unusable"),
    ] {
        assert_eq!(sandbox.check_code(&delivery).await, code, "check {}", delivery.id);
        assert_eq!(sandbox.write_code(&delivery).await, code, "write {}", delivery.id);
    }
    assert_eq!(sandbox.names(), before);
    assert_eq!(sandbox.text("many"), "a\nb\n");
    assert!(sandbox.unreadable(&sandbox.raw("many"), false).await.contains("several lines"));
}

#[tokio::test]
async fn what_a_killed_run_left_is_removed_by_the_next_check_write_or_sweep() {
    let sandbox = Sandbox::new();
    let delivery = sandbox.dotenv(".env", "KEY");
    let left = "..env.keyform-tmp";
    let sandbox = sandbox.has(left, "half a k");
    sandbox.sinks.check(&delivery).await.unwrap();
    assert!(sandbox.names().is_empty());
    let sandbox = sandbox.has(left, "half a k");
    sandbox.sinks.sweep([&delivery]);
    assert!(sandbox.names().is_empty());
    let sandbox = sandbox.has(left, "half a k");
    sandbox.sinks.write(&delivery, &key()).await.unwrap();
    assert_eq!(sandbox.names(), [".env"]);
}

#[tokio::test]
async fn a_sweep_leaves_alone_what_another_process_is_writing() {
    let sandbox = Sandbox::new().has("..env.keyform-tmp", "being written");
    let other = fs::File::open(sandbox.folder.path()).unwrap();
    other.lock().unwrap();
    sandbox.sinks.sweep([&sandbox.dotenv(".env", "KEY")]);
    assert_eq!(sandbox.names(), ["..env.keyform-tmp"]);
    drop(other);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_writers_of_one_file_lose_nothing_within_one_run_and_between_two() {
    let sandbox = std::sync::Arc::new(Sandbox::new());
    let other = std::sync::Arc::new(keyform::sink::Sinks::new([]));
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..24 {
        let (sandbox, other) = (sandbox.clone(), other.clone());
        tasks.spawn(async move {
            let delivery = sandbox.dotenv(".env", &format!("KEY_{n}"));
            let sinks = if n % 2 == 0 { &sandbox.sinks } else { &*other };
            sinks.write(&delivery, &key()).await.unwrap();
        });
    }
    tasks.join_all().await;
    for n in 0..24 {
        let delivery = sandbox.dotenv(".env", &format!("KEY_{n}"));
        assert_eq!(sandbox.value(&delivery).await.as_deref(), Some(key().reveal()));
    }
}

#[tokio::test]
async fn a_redirected_sink_is_a_readable_file_in_a_folder_that_git_ignores() {
    let sandbox = Sandbox::new();
    super::run_git(sandbox.folder.path(), &["init", "-q"]);
    let folder = sandbox.path(".keyform/emulator/sinks");
    make_redirect_folder(&folder).unwrap();
    let command = sandbox.command(&["no-such-program"], None, jiff::SignedDuration::from_secs(1));
    for delivery in [command, sandbox.dotenv(".env", "KEY")] {
        let there = redirected(&delivery, &folder);
        assert_eq!(there.id, delivery.id);
        assert!(there.target.ability.reads);
        sandbox.sinks.check(&there).await.unwrap();
        sandbox.sinks.write(&there, &key()).await.unwrap();
        assert_eq!(sandbox.value(&there).await.as_deref(), Some(key().reveal()));
    }
    assert_eq!(sandbox.names(), [".git", ".keyform"]);
}

#[tokio::test]
async fn a_document_is_never_repeated_in_an_error() {
    let hidden = ["hid", "den"].concat();
    let sandbox = Sandbox::new()
        .has("a.json", &format!("{{\"a\": \"{hidden}\" \"b\"}}"))
        .has("a.yaml", &format!("a: {hidden}\na: {hidden}\n"));
    for delivery in [sandbox.json("a.json", "a"), sandbox.yaml("a.yaml", "a")] {
        let error = sandbox.sinks.check(&delivery).await.unwrap_err();
        assert!(!format!("{error} {error:?}").contains(&hidden), "{error:?}");
        match sandbox.sinks.look(&delivery, false).await {
            Look::Unreadable { why } => assert!(!why.contains(&hidden), "{why}"),
            Look::Value(_) | Look::Absent | Look::Confirms(_) | Look::Written { .. } | Look::NotAsked => {
                panic!("it can be read")
            }
        }
    }
}
