use serde_json::json;

use super::*;

fn base(name: &str) -> Base {
    let state = std::env::temp_dir().join(format!("kinglet-drop-in-{}-{name}", std::process::id()));
    let _ = fs::remove_dir_all(&state);
    Base { path: "hub.toml".into(), state_dir: Some(state), pieces: Pieces::default() }
}

fn keys(value: &Value) -> Keys {
    value.as_object().unwrap().clone()
}

fn files(base: &Base, sort: Sort) -> Vec<String> {
    let folder = base.state_dir.as_ref().unwrap().join(sort.folder());
    let entries = fs::read_dir(folder).unwrap().flatten();
    let mut names: Vec<_> = entries.map(|one| one.file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn set_afar(base: &Base, value: &Value) -> Result<bool, Refusal> {
    let (all, faults) = base.read();
    assert!(faults.is_empty(), "{faults:?}");
    let before = all.receivers.first().map(|piece| piece.keys.clone()).unwrap_or_default();
    set_from_afar(base, "phone", keys(value), &before)
}

#[test]
fn what_is_refused_leaves_the_files_as_they_were() {
    let base = base("refused");
    let good = json!({"metric": "cpu.usage", "above": 90});
    assert!(set(&base, Sort::Rule, "busy", keys(&good), Secrets::default()).unwrap());
    for bad in [json!({"metric": "x"}), json!({"metric": "cpu.usage", "above": null})] {
        let refused = set(&base, Sort::Rule, "busy", keys(&bad), Secrets::default());
        assert!(matches!(refused, Err(Refusal::Wrong(_))), "{bad}");
    }
    assert_eq!(files(&base, Sort::Rule), ["busy.toml"]);
    assert_eq!(Value::Object(base.read().0.rules[0].keys.clone()), good);
    let wrong = json!({"kind": "ntfy", "topic": "t", "token": "secret", "levl": "x"});
    assert!(matches!(set_afar(&base, &wrong), Err(Refusal::Wrong(_))));
    assert!(files(&base, Sort::Receiver).is_empty(), "what was written for nothing is gone");
}

#[test]
fn there_is_a_most_of_each() {
    let base = base("most");
    let rule = |n: usize| keys(&json!({"metric": "cpu.usage", "above": n}));
    for n in 0..HUB_RULES_MAX {
        set(&base, Sort::Rule, &format!("r{n}"), rule(n), Secrets::default()).unwrap();
    }
    let more = set(&base, Sort::Rule, "more", rule(1), Secrets::default());
    assert!(more.unwrap_err().to_string().contains("there are 48 [[alert]] already"));
    assert!(!set(&base, Sort::Rule, "r1", rule(99), Secrets::default()).unwrap());
}

#[test]
fn a_secret_is_shown_to_nobody_it_was_not_given_for() {
    let base = base("secret");
    let with = |more: Value| {
        let mut all = keys(&json!({"kind": "ntfy", "url": "http://a", "topic": "t"}));
        all.extend(keys(&more));
        Value::Object(all)
    };
    assert!(set_afar(&base, &with(json!({"token": "one"}))).unwrap());
    let first = files(&base, Sort::Receiver);
    assert_eq!(first.len(), 2, "{first:?}");
    set_afar(&base, &with(json!({"topic": "u"}))).unwrap();
    assert_eq!(files(&base, Sort::Receiver), first, "nothing was said of it");
    for other in [json!({"url": "http://b"}), json!({"kind": "webhook", "url": "http://a/x"})] {
        let mut other = keys(&with(other));
        if other["kind"] == "webhook" {
            other.remove("topic");
        }
        let refused = set_afar(&base, &Value::Object(other)).unwrap_err().to_string();
        assert!(refused.contains("`token` must be given anew"), "{refused}");
    }
    set_afar(&base, &with(json!({"url": "http://b", "token": "two"}))).unwrap();
    let second = files(&base, Sort::Receiver);
    assert!(second.len() == 2 && second != first, "{second:?}");
    set_afar(&base, &with(json!({"user": "me", "password": "three", "url": "http://b"}))).unwrap();
    let piece = base.read().0.receivers.remove(0);
    assert_eq!(secrets_of(&piece.keys), ["password"], "in the place of the token");
    remove(&base, Sort::Receiver, "phone").unwrap();
    assert!(files(&base, Sort::Receiver).is_empty());
    assert!(matches!(remove(&base, Sort::Receiver, "phone"), Err(Refusal::Unknown(_))));
}

#[test]
fn a_secret_is_one_line() {
    for bad in [json!(""), json!(" "), json!(7), json!("a\nb"), json!("ü"), json!("x".repeat(5000))]
    {
        let mut keys = keys(&json!({ "token": bad }));
        assert!(Secrets::take(&mut keys).is_err(), "{bad}");
    }
}
