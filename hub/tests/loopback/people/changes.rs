//! Who changed what is written down, and shown to owners.

use serde_json::{Value, json};

use super::{add, ask, hub, origin, signed_in, state, status, try_password};

const SILENCE: &str = r#"{"hosts":["web-1"],"seconds":60}"#;

#[test]
fn what_is_changed_is_written_down_without_secrets_and_for_owners_alone() {
    let (folder, config) = state("people-audit");
    let hub = hub(&folder, "");
    add(&config, "ada", "owner");
    add(&config, "bob", "viewer");
    for name in ["typed-password-as-name", "ada", "ada"] {
        assert_eq!(try_password(&hub, name, "wrong horse", "").0, 401);
    }
    let (ada, bob) = (signed_in(&hub, "ada") + &origin(&hub), signed_in(&hub, "bob"));
    let json_kind = ada.clone() + "Content-Type: application/json\r\n";
    assert_eq!(ask(&hub, "POST /api/silences", &json_kind, SILENCE).0, 201);
    assert_eq!(status(&hub, "DELETE /api/silences/1", &ada), 204);
    assert_eq!(status(&hub, "DELETE /api/silences/1", &ada), 404, "no change, no row");
    for path in ["GET /api/audit", "GET /api/users"] {
        assert_eq!((status(&hub, path, ""), status(&hub, path, &bob)), (401, 403), "{path}");
    }
    let (_, _, audit) = ask(&hub, "GET /api/audit", &ada, "");
    let part = |row: &Value, key: &str| row[key].as_str().unwrap_or_default().to_owned();
    let rows: Vec<_> = audit["changes"].as_array().unwrap().iter().collect();
    let told: Vec<_> = rows
        .iter()
        .map(|row| (part(row, "who"), part(row, "what")))
        .filter(|(who, _)| !who.starts_with("uid "))
        .collect();
    let expected = [
        ("ada", "ended"),
        ("ada", "added silence"),
        ("bob", "signed in"),
        ("ada", "signed in"),
        ("", "was refused to sign in (1 such), last as"),
    ];
    assert_eq!(told, expected.map(|(who, what)| (who.to_owned(), what.to_owned())), "{audit}");
    assert!(!audit.to_string().contains("typed-password"), "{audit}");
    let (_, _, users) = ask(&hub, "GET /api/users", &ada, "");
    let row = |name, role| json!({ "name": name, "role": role, "sessions": 1 });
    assert_eq!(users["users"], json!([row("ada", "owner"), row("bob", "viewer")]));
}

#[test]
fn what_a_form_can_send_changes_nothing_and_signs_nobody_in() {
    let (folder, config) = state("people-forms");
    let hub = hub(&folder, "");
    add(&config, "ada", "owner");
    let ada = signed_in(&hub, "ada") + &origin(&hub);
    for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"] {
        let headers = format!("{ada}Content-Type: {kind}\r\n");
        assert_eq!(ask(&hub, "POST /api/silences", &headers, SILENCE).0, 403, "{kind}");
    }
    let (_, _, silences) = ask(&hub, "GET /api/silences", &ada, "");
    assert_eq!(silences["silences"], json!([]));
    for page in ["http://evil.example", "http://127.0.0.1:1", "null"] {
        let (status, head) =
            try_password(&hub, "ada", super::PASSWORD, &format!("Origin: {page}\r\n"));
        assert!(status == 403 && !head.contains("set-cookie"), "{page}: {head}");
    }
}
