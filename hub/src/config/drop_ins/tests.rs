use super::*;
use crate::config::{line_of as line, read};

/// A state folder with these files, and a configuration that has one rule and one receiver.
fn folder(name: &str, files: &[(&str, &str)]) -> PathBuf {
    let state =
        std::env::temp_dir().join(format!("kinglet-drop-ins-{}-{name}", std::process::id()));
    let _ = std::fs::remove_dir_all(&state);
    for (path, text) in files {
        let path = state.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let text = format!(
        "state_dir = {state:?}\n[viewers]\npublic = true\n[[alert]]\nmetric = \"cpu.usage\"\n\
         above = 9\n[[alert]]\nname = \"hot\"\nmetric = \"cpu.usage\"\nabove = 99\n\
         [[notify]]\nname = \"phone\"\nkind = \"ntfy\"\ntopic = \"t\"\n"
    );
    let file = state.join("hub.toml");
    std::fs::write(&file, text).unwrap();
    file
}

const BUSY: &str = "metric = \"cpu.usage\"\nabove = 90\n";

#[test]
fn files_add_to_the_configuration_which_counts_more() {
    let file = folder(
        "good",
        &[
            ("alerts.d/busy.toml", BUSY),
            ("alerts.d/.draft", "nonsense"),
            ("alerts.d/hot.toml", BUSY),
            (
                "notify.d/mail.toml",
                "kind = \"ntfy\"\ntopic = \"m\"\ntoken_file = \"mail.1.secret\"\n",
            ),
            ("notify.d/mail.1.secret", "s\n"),
            ("notify.d/phone.toml", "kind = \"ntfy\"\ntopic = \"other\"\n"),
        ],
    );
    let config = read(&file).unwrap();
    let names: Vec<_> = config.pieces.rules.iter().map(|rule| rule.name.as_str()).collect();
    assert_eq!(names, ["", "hot", "busy"]);
    assert_eq!(config.pieces.rules[1].place, Place::Main(7));
    assert_eq!(config.pieces.rules[2].keys["above"], 90);
    let rules: Vec<_> = config.alerts.own.iter().map(|(_, rule)| (&*rule.name, rule.own)).collect();
    assert_eq!(rules, [("cpu", true), ("hot", false), ("busy", false)]);
    let [phone, mail] = &config.notify[..] else { panic!("{:?}", config.notify) };
    assert_eq!((&*phone.to, &*mail.name), ("t", "mail"));
    let beside = file.with_file_name("notify.d").join("mail.1.secret");
    assert_eq!(mail.secret_file, Some(beside));
    let faults: Vec<_> = config.faults.iter().map(ToString::to_string).collect();
    assert!(faults[0].ends_with("hub.toml:7 has the [[alert]] called \"hot\", which counts more"));
    assert!(faults[1].contains("notify.d/phone.toml:1: ") && faults.len() == 2, "{faults:?}");
}

#[test]
fn a_file_that_is_wrong_names_its_line_and_costs_only_itself() {
    let large = "# ".repeat(40_000);
    let many: Vec<_> = (0..60).map(|n| format!("alerts.d/z{n:02}.toml")).collect();
    let mut files = vec![
        ("alerts.d/a b.toml", BUSY),
        ("alerts.d/busy.toml", "metric = \"cpu.usage\"\nabov = 90\n"),
        ("alerts.d/disk.toml", BUSY),
        ("alerts.d/large.toml", &large),
        ("alerts.d/named.toml", "metric = \"cpu.usage\"\nname = \"x\"\nabove = 1\n"),
        ("notify.d/gone.toml", "kind = \"ntfy\"\ntopic = \"m\"\ntoken_file = \"gone\"\n"),
    ];
    files.extend(many.iter().map(|path| (path.as_str(), BUSY)));
    let file = folder("bad", &files);
    std::fs::create_dir(file.with_file_name("alerts.d").join("folder.toml")).unwrap();
    let config = read(&file).unwrap();
    assert_eq!((config.pieces.rules.len(), config.notify.len()), (HUB_RULES_MAX, 1));
    let faults: Vec<_> = config.faults.iter().map(ToString::to_string).collect();
    for says in [
        "a b.toml:1: `name` must be 1 to 64 letters",
        "busy.toml:2: unknown key `abov`; allowed here:",
        "disk.toml:1: `name` is that of the rule `disk`",
        "folder.toml: not a file",
        "large.toml:1: larger than 65536 bytes",
        "named.toml:2: `name` is \"x\", but the file has another name",
        "z59.toml:1: at most 48 [[alert]], with those in files",
        "gone.toml:1: [[notify]] gone: ",
    ] {
        assert!(faults.iter().any(|fault| fault.contains(says)), "{says}: {faults:?}");
    }
}

#[test]
fn a_name_is_that_of_a_file() {
    for name in ["a", "Disk-2_x", &"x".repeat(64)] {
        assert!(is_name(name), "{name}");
    }
    for name in ["", ".", "..", "a/b", "a.b", "a b", "ü", &"x".repeat(65)] {
        assert!(!is_name(name), "{name}");
    }
    assert_eq!(line("a\nb", 2), 2);
}
