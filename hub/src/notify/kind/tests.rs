use std::path::PathBuf;

use kinglet_proto::time::WallTime;
use serde_json::{Value, json};

use super::super::alert::tests::alert;
use super::super::desk::Rules;
use super::super::held::Held;
use super::super::notice::Level;
use super::super::template::Template;
use super::*;
use crate::http::Address;
use crate::limits::NOTIFY_HELD_MAX;

/// A channel of this kind with an address and a token.
fn settings(kind: &str) -> Settings {
    let none = Vec::new;
    let rules =
        Rules { level: Level::Warning, hosts: none(), groups: none(), resolved: true, per_hour: 1 };
    Settings {
        name: "n".to_owned(),
        kind: KINDS.iter().find(|found| found.name == kind).unwrap(),
        url: None,
        url_file: None,
        secret_file: Some(PathBuf::from("t")),
        user: None,
        ca_file: None,
        to: "alerts".to_owned(),
        mail: None,
        template: None,
        rules,
    }
}

fn write(settings: &Settings, notice: &Notice, prefix: &str) -> Post {
    let address = Address::parse_whole(&format!("https://h{prefix}")).unwrap();
    let prefix = prefix.to_owned();
    let access = Access { address: Address { prefix, ..address }, secret: Secret::new("s3cret") };
    match (settings.kind.write)(notice, settings, &access) {
        Parcel::Post(post) => post,
        Parcel::Letter(letter) => panic!("{letter}"),
    }
}

fn body(post: &Post) -> Value {
    assert_eq!(post.headers[0], ("content-type", "application/json".to_owned()));
    serde_json::from_str(&post.body).unwrap()
}

fn fired() -> Notice {
    alert("a", "critical", "active").notice.titled("")
}

fn over() -> Notice {
    alert("a", "warning", "resolved").notice.titled("")
}

/// As bad as it gets: a digest of the longest alerts there are.
fn longest() -> Notice {
    let mut held = Held::default();
    for number in 0..NOTIFY_HELD_MAX {
        let mut alert = alert(&number.to_string(), "critical", "active");
        alert.notice.title = "*_".repeat(500);
        held.push(&alert.notice.titled(""), Default::default());
    }
    held.take(WallTime::default()).unwrap()
}

#[test]
fn ntfy_is_told_as_json_at_its_root() {
    let post = write(&settings("ntfy"), &fired(), "/base");
    assert_eq!(post.path, "/base/");
    let due = json!({
        "topic": "alerts", "title": "Web: Disk almost full", "message": fired().text(),
        "priority": 5, "tags": ["rotating_light"],
    });
    assert_eq!(body(&post), due);
    assert_eq!(post.headers[1], ("authorization", "Bearer s3cret".to_owned()));
    let user = Settings { user: Some("phil".to_owned()), ..settings("ntfy") };
    let post = write(&user, &over(), "");
    assert_eq!(post.headers[1].1, format!("Basic {}", BASE64.encode(b"phil:s3cret")));
    assert_eq!(
        (&body(&post)["priority"], &body(&post)["tags"][0]),
        (&json!(3), &json!("white_check_mark"))
    );
    let message = body(&write(&user, &longest(), ""))["message"].as_str().unwrap().len();
    assert!(message <= 4096, "more is made a file of: {message}");
}

#[test]
fn gotify_has_its_token_in_a_header() {
    let post = write(&settings("gotify"), &fired(), "/g");
    assert_eq!(
        (&*post.path, &post.headers[1]),
        ("/g/message", &("x-gotify-key", "s3cret".to_owned()))
    );
    let due = json!({
        "title": "Web: Disk almost full", "message": fired().text(), "priority": 8,
        "extras": { "client::display": { "contentType": "text/plain" } },
    });
    assert_eq!(body(&post), due);
    assert_eq!(body(&write(&settings("gotify"), &over(), ""))["priority"], 4);
}

#[test]
fn a_telegram_bot_writes_plain_text_to_a_chat() {
    let post = write(&settings("telegram"), &fired(), "");
    assert_eq!(post.path, "/bots3cret/sendMessage");
    let json = body(&post);
    assert_eq!(
        (&json["chat_id"], &json["disable_notification"]),
        (&json!("alerts"), &json!(false))
    );
    let text = json["text"].as_str().unwrap();
    assert!(
        text.starts_with("\u{26a0}\u{fe0f} Web: Disk almost full\n\n/srv is 93.3% full"),
        "{text}"
    );
    assert!(json.get("parse_mode").is_none(), "a lone * would be refused");
    let long = body(&write(&settings("telegram"), &longest(), ""));
    assert!(long["text"].as_str().unwrap().encode_utf16().count() <= 4096);
    assert_eq!(body(&write(&settings("telegram"), &over(), ""))["disable_notification"], true);
}

#[test]
fn discord_and_slack_mention_nobody_and_show_signs_as_they_are() {
    let mut alert = alert("a", "critical", "active");
    alert.notice.title = "@everyone <!channel> *x* & `y`".to_owned();
    let notice = alert.notice.titled("");
    let post = write(&settings("discord"), &notice, "/api/webhooks/1/x?wait=true");
    assert_eq!(post.path, "/api/webhooks/1/x?wait=true");
    let json = body(&post);
    assert_eq!(json["allowed_mentions"], json!({ "parse": [] }));
    assert_eq!(json["content"], r"Web: @everyone \<!channel\> \*x\* & \`y\`");
    assert_eq!(json["embeds"][0]["timestamp"], "2026-11-18T11:06:40.000Z");
    let long = body(&write(&settings("discord"), &longest(), "/x"));
    assert!(long["content"].as_str().unwrap().chars().count() <= 2000);
    assert!(long["embeds"][0]["description"].as_str().unwrap().chars().count() <= 4096);
    let json = body(&write(&settings("slack"), &notice, "/services/x"));
    let text = json["text"].as_str().unwrap();
    assert!(
        text.starts_with(":warning: *Web: @everyone &lt;!channel&gt; *x* &amp; `y`*\n"),
        "{text}"
    );
    assert_eq!(json.as_object().unwrap().len(), 1);
}

#[test]
fn a_webhook_gets_all_there_is_or_what_its_owner_wrote() {
    let plain = write(&settings("webhook"), &fired(), "/hook?x=1");
    assert_eq!(plain.path, "/hook?x=1");
    let json = body(&plain);
    assert_eq!(
        (&json["state"], &json["host"], &json["level"]),
        (&json!("fired"), &json!("web-1"), &json!("critical"))
    );
    let template = Template::parse("{level} {subject}".to_owned(), "text/plain".to_owned());
    let own = Settings { template: Some(template.unwrap()), ..settings("webhook") };
    let post = write(&own, &over(), "/hook");
    assert_eq!(post.body, "warning Over: Web: Disk almost full");
    assert_eq!(post.headers[0], ("content-type", "text/plain".to_owned()));
    assert_eq!(post.headers[1], ("authorization", "Bearer s3cret".to_owned()));
}
