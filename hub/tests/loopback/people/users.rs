//! Owners change users and end their sessions; everybody changes the own password.

use serde_json::{Value, json};

use super::super::support::Hub;
use super::{PASSWORD, add, ask, hub, origin, signed_in, state, status, try_password};

fn change(hub: &Hub, request: &str, headers: &str, body: Value) -> u16 {
    ask(hub, request, headers, &body.to_string()).0
}

#[test]
fn an_owner_adds_changes_and_removes_users_but_not_the_last_owner() {
    let (folder, config) = state("users-change");
    let hub = hub(&folder, "");
    add(&config, "ada", "owner");
    let ada = signed_in(&hub, "ada") + &origin(&hub);
    let bob = json!({ "name": "Bob", "password": PASSWORD });
    assert_eq!(change(&hub, "POST /api/users", &ada, bob.clone()), 201);
    assert_eq!(change(&hub, "POST /api/users", &ada, bob), 400, "there is one");
    let short = json!({ "name": "eve", "password": "short" });
    assert_eq!(change(&hub, "POST /api/users", &ada, short), 400);
    let king = json!({ "name": "eve", "password": PASSWORD, "role": "king" });
    assert_eq!(change(&hub, "POST /api/users", &ada, king), 400);
    let bob = signed_in(&hub, "bob") + &origin(&hub);
    let (viewer, owner) = (json!({ "role": "viewer" }), json!({ "role": "owner" }));
    for request in ["POST /api/users", "PATCH /api/users/ada", "DELETE /api/users/ada"] {
        assert_eq!(change(&hub, request, &bob, json!({})), 403, "{request}");
        assert_eq!(change(&hub, request, "", json!({})), 401, "{request}");
        let foreign = ada.replace(&origin(&hub), "Origin: http://evil.example\r\n");
        assert_eq!(change(&hub, request, &foreign, json!({})), 403, "{request}");
    }
    assert_eq!(change(&hub, "PATCH /api/users/ada", &ada, viewer.clone()), 409, "the last one");
    assert_eq!(status(&hub, "DELETE /api/users/ada", &ada), 409, "the last one");
    assert_eq!(change(&hub, "PATCH /api/users/eve", &ada, viewer.clone()), 404);
    assert_eq!(change(&hub, "PATCH /api/users/bob", &ada, json!({})), 400);
    assert_eq!(change(&hub, "PATCH /api/users/bob", &ada, owner), 204);
    assert_eq!(change(&hub, "PATCH /api/users/ada", &bob, viewer), 204, "at once");
    assert_eq!(status(&hub, "GET /api/users", &ada), 403);
    let another = json!({ "password": "battery staple" });
    assert_eq!(change(&hub, "PATCH /api/users/ada", &bob, another), 204);
    assert_eq!(status(&hub, "GET /api/hosts", &ada), 401, "that ends sessions");
    assert_eq!(try_password(&hub, "ada", PASSWORD, "").0, 401);
    assert_eq!(try_password(&hub, "ada", "battery staple", "").0, 200);
    assert_eq!(status(&hub, "DELETE /api/users/ada", &bob), 204);
    assert_eq!(try_password(&hub, "ada", "battery staple", "").0, 401);
    let (_, _, audit) = ask(&hub, "GET /api/audit", &bob, "");
    let line = |row: &Value| format!("{} {} {}", row["who"], row["what"], row["subject"]);
    let told: Vec<_> = audit["changes"].as_array().unwrap().iter().map(line).collect();
    for due in [
        r#""bob" "removed" "ada""#,
        r#""bob" "gave another password to" "ada""#,
        r#""bob" "made viewer" "ada""#,
        r#""ada" "made owner" "bob""#,
        r#""ada" "added as viewer" "bob""#,
    ] {
        assert_eq!(told.iter().filter(|line| *line == due).count(), 1, "{due}: {told:#?}");
    }
    assert!(audit["changes"].as_array().unwrap().iter().any(|row| row["from"] == "127.0.0.1"));
}

#[test]
fn an_owner_ends_the_sessions_of_others() {
    let (folder, config) = state("users-sessions");
    let hub = hub(&folder, "");
    add(&config, "ada", "owner");
    add(&config, "bob", "viewer");
    let ada = signed_in(&hub, "ada") + &origin(&hub);
    let (one, other) = (signed_in(&hub, "bob"), signed_in(&hub, "bob"));
    let path = "/api/users/bob/sessions";
    assert_eq!(status(&hub, &format!("GET {path}"), &one), 403);
    let (_, _, told) = ask(&hub, &format!("GET {path}"), &ada, "");
    let id = told["sessions"][0]["id"].as_str().unwrap();
    assert_eq!(told["sessions"].as_array().unwrap().len(), 2);
    assert_eq!(status(&hub, &format!("DELETE /api/users/ada/sessions/{id}"), &ada), 404);
    assert_eq!(status(&hub, &format!("DELETE {path}/{id}"), &ada), 204);
    let left = |hub: &Hub| [&one, &other].map(|it| status(hub, "GET /api/hosts", it));
    assert_eq!(left(&hub).iter().filter(|status| **status == 200).count(), 1);
    assert_eq!(status(&hub, &format!("DELETE {path}"), &ada), 204);
    assert_eq!(left(&hub), [401, 401]);
    assert_eq!(status(&hub, "DELETE /api/users/eve/sessions", &ada), 404);
}

#[test]
fn who_shows_the_old_password_gets_another_and_other_sessions_end() {
    let (folder, config) = state("users-own");
    let hub = hub(&folder, "");
    add(&config, "bob", "viewer");
    let (bob, other) = (signed_in(&hub, "bob") + &origin(&hub), signed_in(&hub, "bob"));
    let to = |headers: &str, old: &str, new: &str| {
        change(&hub, "POST /api/session/password", headers, json!({ "old": old, "new": new }))
    };
    assert_eq!(to(&bob, "wrong horse", "battery staple"), 403);
    assert_eq!(to(&bob, PASSWORD, "short"), 400);
    assert_eq!(to(&other, PASSWORD, "battery staple"), 403, "nobody knows which page asks");
    assert_eq!(to("", PASSWORD, "battery staple"), 401);
    assert_eq!(to(&bob, PASSWORD, "battery staple"), 204);
    assert_eq!(status(&hub, "GET /api/hosts", &bob), 200);
    assert_eq!(status(&hub, "GET /api/hosts", &other), 401);
    assert_eq!(try_password(&hub, "bob", PASSWORD, "").0, 401);
    assert_eq!(try_password(&hub, "bob", "battery staple", "").0, 200);
    let tried: Vec<u16> = (0..12).map(|_| to(&bob, "wrong horse", "battery staple")).collect();
    assert!(tried.ends_with(&[429]), "they are counted: {tried:?}");
}
