//! Signing in, and the first words with a portal.

use futures_util::future::join_all;
use keyform::model::{ItemId, Product, ProductChoice, Secret};
use keyform::portal::{Http, HttpOptions, PortalError, ReadPortal, SignIn, WritePortal};
use serde_json::{Value, json};

use super::script::{Asked, PASSWORD, Reply, Script, TOKEN, error, portal_self};

const ITEM: &str = "0123456789abcdef0123456789abcdef";

#[tokio::test]
async fn the_token_travels_in_its_header_and_nowhere_else() {
    let script = Script::start(|_| None::<Reply>).await;
    let http = script.http();
    let hello = http.hello().await.unwrap();
    assert_eq!(hello.caller.username, "jdoe");
    assert_eq!((hello.facts.product, hello.facts.recycle_bin), (Product::Online, true));
    http.listing(None).await.unwrap();
    http.search("tags:\"x\"").await.unwrap();
    http.create_folder("f").await.unwrap_err();
    let asked = script.asked();
    assert_eq!(asked[0].token(), "", "the root is asked before a token is shown");
    for Asked { url, headers, fields, .. } in &asked {
        assert!(!url.contains("token") && !url.contains("3NKH"), "{url}");
        assert!(!headers.contains_key("authorization"));
        assert_eq!(fields.get("token"), None);
        assert_eq!(fields.get("f").map(String::as_str), Some("json"));
    }
    for one in &asked[1..] {
        assert_eq!((one.token(), one.headers["referer"].as_str()), (TOKEN, "https://ci"));
    }
}

#[tokio::test]
async fn a_stale_token_is_renewed_once_for_all_who_find_it_stale() {
    let script = Script::start(|asked| {
        let item = json!({ "id": ITEM, "owner": "jdoe" });
        asked.path.starts_with("content/items").then(|| match asked.token() {
            "made-0-abcdef" => error(498, "Invalid token."),
            _ => item,
        })
    })
    .await;
    let http = script.with_password();
    let id = ItemId::new(ITEM).unwrap();
    for item in join_all((0..20).map(|_| http.item(&id))).await {
        item.unwrap();
    }
    let signed_in = script.at("generateToken");
    assert_eq!(signed_in.len(), 2);
    let form = &signed_in[0];
    assert_eq!(form.method, "POST");
    assert_eq!((form.field("username"), form.field("password")), ("jdoe", PASSWORD));
    assert_eq!((form.field("client"), form.field("referer")), ("referer", "https://keyform.invalid"));
    assert_eq!(script.at(&format!("content/items/{ITEM}"))[0].headers["referer"], "https://keyform.invalid");
}

#[tokio::test]
async fn a_token_that_stays_stale_is_an_error() {
    let stale = |asked: &Asked| asked.path.starts_with("content/").then(|| error(498, "Invalid Token"));
    let id = ItemId::new(ITEM).unwrap();
    let script = Script::start(stale).await;
    assert_eq!(script.http().item(&id).await.unwrap_err().code().id, "keyform::portal::invalid_token");
    assert_eq!(script.at(&format!("content/items/{ITEM}")).len(), 1, "a token cannot be renewed");
    let script = Script::start(stale).await;
    assert_eq!(script.with_password().item(&id).await.unwrap_err().code().id, "keyform::portal::invalid_token");
    assert_eq!(script.at(&format!("content/items/{ITEM}")).len(), 2);
}

#[tokio::test]
async fn a_token_that_runs_out_is_renewed_before_it_does() {
    let script = Script::start(|asked| {
        let made = json!({ "token": format!("made-{}-abcdef", asked.nth), "expires": "2000" });
        (asked.path == "generateToken").then_some(made)
    })
    .await;
    // An expiry in the past next to the answer's own date makes no sense and must not mean signing in each time.
    let http = script.with_password();
    http.hello().await.unwrap();
    http.hello().await.unwrap();
    assert_eq!(script.at("generateToken").len(), 1);
}

fn portal(change: impl Fn(&mut Value)) -> Value {
    let mut portal = portal_self();
    change(&mut portal);
    portal
}

#[tokio::test]
async fn products_are_told_apart_at_any_address() {
    let enterprise = |version: &str| {
        portal(|p| {
            p["isPortal"] = json!(true);
            p["portalMode"] = json!("singletenant");
            p["portalName"] = json!("ArcGIS Enterprise");
            p["enterpriseVersion"] = json!(version);
        })
    };
    for (version, supported) in [("11.3.0", false), ("11.4.0", true), ("11.5", true), ("12.0", true)] {
        let answer = enterprise(version);
        let script = Script::start(move |asked| (asked.path == "portals/self").then(|| answer.clone())).await;
        let mut options = script.options();
        options.url = format!("{}/portal/", script.url);
        let hello = Http::new(options).unwrap().hello().await;
        match hello {
            Ok(hello) => assert!(supported && hello.facts.product == Product::Enterprise, "{version}"),
            Err(PortalError::TooOld { .. }) => assert!(!supported, "{version}"),
            Err(other) => panic!("{version}: {other}"),
        }
        assert!(script.asked().iter().all(|asked| asked.url.starts_with("/portal/sharing/rest")));
    }
    let answer = enterprise("11.5");
    let script = Script::start(move |asked| (asked.path == "portals/self").then(|| answer.clone())).await;
    let options = HttpOptions { product: ProductChoice::Fixed(Product::Online), ..script.options() };
    assert_eq!(Http::new(options).unwrap().hello().await.unwrap().facts.product, Product::Online);
}

#[tokio::test]
async fn the_user_is_found_wherever_the_portal_puts_it() {
    for shape in [json!({ "username": "JDoe", "role": "org_user" }), json!({ "user": { "username": "JDoe" } })] {
        let bare = portal(|p| p["user"] = Value::Null);
        let script = Script::start(move |asked| match asked.path.as_str() {
            "portals/self" => Some(bare.clone()),
            "community/self" => Some(shape.clone()),
            _ => None,
        })
        .await;
        assert_eq!(script.http().hello().await.unwrap().caller.username, "JDoe");
    }
    let app = portal(|p| {
        p["user"] = Value::Null;
        p["appInfo"] = json!({ "appId": "abcDEF123", "itemId": ITEM });
    });
    let script = Script::start(move |asked| (asked.path == "portals/self").then(|| app.clone())).await;
    let error = script.http().hello().await.unwrap_err();
    assert_eq!(error, PortalError::AppToken { app: Some("abcDEF123".to_owned()) });
}

#[tokio::test]
async fn what_is_no_portal_never_sees_the_password() {
    for reply in [Reply::text(404, "<html>nope</html>"), Reply::text(200, "hello"), Reply::text(404, "nope")] {
        let script = Script::start(move |asked| asked.path.is_empty().then(|| reply.clone())).await;
        let error = script.with_password().hello().await.unwrap_err();
        assert_eq!(error.code().id, "keyform::portal::not_a_portal", "{error}");
        assert!(script.at("generateToken").is_empty());
    }
    let script = Script::start(|_| Some(Reply::text(401, "").header("www-authenticate", "NTLM"))).await;
    assert_eq!(script.with_password().hello().await.unwrap_err().code().id, "keyform::portal::iwa");
    assert_eq!(script.asked().len(), 1);
}

#[tokio::test]
async fn redirects_keep_to_the_host() {
    let script = Script::start(|asked| {
        (asked.path == "portals/self" && asked.nth == 0)
            .then(|| Reply::text(302, "").header("location", "/sharing/rest/portals/self?f=json&x=1"))
    })
    .await;
    script.http().hello().await.unwrap();
    let other = Script::start(|_| None::<Reply>).await;
    let to = format!("{}/sharing/rest/portals/self?secret=1", other.url);
    let script = Script::start(move |asked| {
        (asked.path == "portals/self").then(|| Reply::text(307, "").header("location", to.clone()))
    })
    .await;
    let error = script.http().hello().await.unwrap_err();
    assert_eq!(error.code().id, "keyform::portal::redirect");
    assert!(error.to_string().ends_with(&format!("{}/sharing/rest/portals/self", other.url)), "{error}");
    assert!(other.asked().is_empty());
}

#[tokio::test]
async fn a_key_is_asked_about_with_itself() {
    let key = || Secret::new("AAPTxx.AT1_abcdefgh".to_owned());
    let script = Script::start(|asked| {
        if asked.path != "portals/self" {
            return None;
        }
        Some(match asked.token() {
            "AAPTxx.AT1_abcdefgh" => {
                json!({ "appInfo": { "itemId": ITEM, "privileges": ["a"], "expirationDate": "1779110552000" } })
            }
            _ => error(498, "Invalid token."),
        })
    })
    .await;
    let http = script.http();
    let identity = http.identify(&key(), Some("https://a.example/")).await.unwrap().unwrap();
    assert_eq!(identity.item.as_str(), ITEM);
    assert_eq!(identity.expires.unwrap().as_millisecond(), 1_779_110_552_000);
    assert_eq!(script.asked()[0].headers["referer"], "https://a.example/");
    assert!(!script.asked()[0].url.contains("AAPT"));
    assert!(http.identify(&Secret::new("AAPTyy.AT1_abcdefgh".to_owned()), None).await.unwrap().is_none());
}

#[test]
fn a_proxy_does_not_stand_before_this_machine() {
    let program = std::env::current_exe().unwrap();
    let run = std::process::Command::new(program)
        .args(["--exact", "session::inside_a_proxied_environment", "--ignored"])
        .envs(
            ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "all_proxy"]
                .map(|name| (name, "http://127.0.0.1:9")),
        )
        .output()
        .unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stdout));
}

#[tokio::test]
#[ignore = "started by the test above"]
async fn inside_a_proxied_environment() {
    let script = Script::start(|_| None::<Reply>).await;
    script.http().hello().await.unwrap();
}

#[test]
fn a_sign_in_is_refused_where_it_would_be_overheard() {
    let sign_in = SignIn::Token { token: Secret::new("t".into()), referer: None };
    let error = Http::new(HttpOptions::new("http://gis.example.gov/portal", sign_in)).err().unwrap();
    assert_eq!(error.code().id, "keyform::portal::address");
}

#[tokio::test]
async fn what_is_not_encrypted_well_is_not_spoken_to() {
    let script = Script::start(|_| None::<Reply>).await;
    let mut options = script.options();
    options.url = script.url.replace("http://", "https://");
    assert_eq!(Http::new(options).unwrap().hello().await.unwrap_err().code().id, "keyform::portal::tls");
    let mut options = script.options();
    options.url = "https://127.0.0.1:9".to_owned();
    options.ca_bundle = Some("Cargo.toml".into());
    let error = Http::new(options).unwrap().hello().await.unwrap_err();
    assert_eq!(error.to_string(), "the connection cannot be set up: Cargo.toml: it holds no certificate in PEM");
}

#[tokio::test]
async fn a_portal_without_a_clock_is_an_error() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let script = Script::start(|_| None::<Reply>).await;
    let mut options = script.options();
    options.url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.read(&mut [0; 4096]).await;
            let body = portal_self().to_string();
            let head = format!("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", body.len());
            let _ = stream.write_all(format!("{head}{body}").as_bytes()).await;
        }
    });
    assert_eq!(Http::new(options).unwrap().hello().await.unwrap_err().code().id, "keyform::portal::no_time");
}
