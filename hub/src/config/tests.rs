use super::*;

/// Three lines.
const SINK: &str = "[sink.influxdb]\nurl = \"http://d:8086\"\ndatabase = \"x\"\n";
const HASH: &str = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

fn mistake(text: &str) -> (usize, String) {
    let Err(Fault { at, what }) = parse(text) else { panic!("accepted: {text}") };
    (text[..at].matches('\n').count() + 1, what)
}

#[test]
fn a_whole_file_means_what_it_says() {
    let text = format!(
        "listen = \"0.0.0.0:443\"\n[tls]\ncert = \"c\"\nkey = \"k\"\n[viewers]\npublic = true\n\
         [fleet]\ntoken_hash = \"{HASH}\"\noffline_after = \"5s\"\n[[host]]\nid = \"web-1\"\n\
         name = \"Web\"\ngroup = \"g\"\nlocation = \"l\"\ncountry_code = \"DE\"\n"
    );
    let config = parse(&text).map_err(|fault| fault.what).unwrap();
    assert_eq!(config.listen.to_string(), "0.0.0.0:443");
    assert_eq!(config.settings.offline_after, Duration::from_secs(5));
    assert!(config.auth.public());
    assert_eq!(config.stomp_every, Duration::from_secs(10));
    let told = parse(&format!("{text}[stomp]\nevery = \"1h\"\n")).map_err(|fault| fault.what);
    assert_eq!(told.unwrap().stomp_every, Duration::from_secs(3600));
    assert_eq!(config.settings.hosts[0].1.name.as_deref(), Some("Web"));
}

#[test]
fn every_mistake_names_its_line_and_what_is_allowed() {
    let view = "[viewers]\npublic = true\n";
    for (text, line, says) in [
        (format!("lisen = \"x\"\n{view}"), 1, "did you mean `listen`?"),
        (format!("{view}publik = 1\n"), 3, "did you mean `public`?"),
        (format!("{view}[[host]]\nidd = \"x\"\n"), 4, "did you mean `id`?"),
        (format!("{view}[tls]\ncert = \"c\"\n"), 3, "missing field `key`"),
        (format!("listen = \"here\"\n{view}"), 1, "an address and a port"),
        (format!("listen = 8900\n{view}"), 1, "invalid type"),
        (String::new(), 1, "say who may look"),
        ("\n[viewers]\npublic = false\n".to_owned(), 2, "say who may look"),
        (format!("[viewers]\npublic = true\ntoken_hash = \"{HASH}\"\n"), 1, "say who may look"),
        (format!("{view}[fleet]\ntoken_hash = \"{}\"\n", &HASH[7..]), 4, "a token itself"),
        (format!("{view}[sink.influxdb]\nurl = \"http://d\"\n"), 3, "`database` (1.x"),
        (format!("{view}[sink.influxdb]\nurl = \"d\"\ndatabase = \"x\"\n"), 4, "`url` must be"),
        (format!("{view}[sink.influxdb]\nulr = \"d\"\n"), 4, "did you mean `url`?"),
        (format!("{view}{SINK}user = \"me\"\n"), 6, "needs its password"),
        (format!("{view}{SINK}org = \"o\"\n"), 3, "or `org` and `bucket`"),
        (format!("{view}{SINK}engine = \"mongo\"\n"), 6, "\"victoriametrics\""),
        (format!("{view}{SINK}tags = {{ path = \"x\" }}\n"), 6, "points have their own"),
        (format!("{view}{SINK}interval = \"2m\"\n"), 6, "\"1s\" to \"60s\""),
        (format!("{view}{SINK}queue_bytes = 7\n"), 6, "`queue_bytes` must be 1048576 to"),
        (format!("{view}[store]\nbackend = \"influxdb\"\n"), 4, "needs a [sink.influxdb]"),
        (format!("{view}{SINK}[store]\nbackend = \"redis\"\n"), 7, "\"sqlite\" or"),
        (format!("{view}[[host]]\nid = \"a\"\n"), 3, "needs a `token_hash`"),
        (
            format!("{view}[[host]]\nid = \"a b\"\ntoken_hash = \"{HASH}\"\n"),
            4,
            "has a blank in it",
        ),
        (format!("{view}[fleet]\ntoken_hash = \"hunter2\"\n"), 4, "kinglet-hub token"),
        (format!("{view}[stomp]\nevery = \"500ms\"\n"), 4, "`every` must be \"1s\" to \"1h\""),
        (format!("{view}[stomp]\nevery = \"2h\"\n"), 4, "`every` must be \"1s\" to \"1h\""),
        (format!("{view}[stomp]\nevry = \"2s\"\n"), 4, "did you mean `every`?"),
        (format!("{view}[fleet]\noffline_after = \"60\"\n"), 4, "\"1s\" to \"3600s\""),
        (
            format!(
                "{view}{0}{0}",
                format_args!("[[host]]\nid = \"a\"\ntoken_hash = \"{HASH}\"\n")
            ),
            6,
            "a second [[host]]",
        ),
    ] {
        let (at, what) = mistake(&text);
        assert!(what.contains(says), "{text}\n{what}");
        assert_eq!(at, line, "{text}\n{what}");
    }
}

#[test]
fn the_examples_in_the_readme_are_good() {
    let readme = include_str!("../../README.md");
    // The first stands in a list and is indented with it.
    let fences = readme.split("```toml\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    let examples: Vec<String> =
        fences.map(|text| text.replace("\"sha256:...\"", &format!("\"{HASH}\""))).collect();
    let with = |words| examples.iter().find(|text| text.contains(words)).unwrap();
    let (first, tokens) = (&examples[0], with("[[host]]"));
    let config = parse(first).map_err(|fault| fault.what).unwrap();
    assert!(config.auth.public() && config.tls.is_some() && config.settings.hosts.is_empty());
    let closed = first.replace("public = true ", "# ").replace("# token_hash", "token_hash");
    assert!(!parse(&closed).map_err(|fault| fault.what).unwrap().auth.public());
    let config = parse(&format!("{first}\n{tokens}")).map_err(|fault| fault.what).unwrap();
    assert_eq!(config.settings.hosts.len(), 1);
    let quick = with("[sink.influxdb]");
    assert!(quick.lines().count() <= 10, "ten lines");
    let database = parse(quick).map_err(|fault| fault.what).unwrap().influxdb.unwrap();
    assert!(database.is_history);
}

#[test]
fn a_database_is_one_of_two_kinds_and_may_keep_the_past() {
    let view = "[viewers]\npublic = true\n";
    let read =
        |text: &str| parse(&format!("{view}{text}")).map_err(|fault| fault.what).unwrap().influxdb;
    assert_eq!(read(""), None);
    let plain = read(SINK).unwrap();
    assert!(!plain.is_history && plain.tags.is_empty() && plain.token_file.is_none());
    assert_eq!(plain.folder, PathBuf::from("/var/lib/kinglet-hub/influxdb-queue"));
    assert!(read(&format!("{SINK}[store]\nbackend = \"influxdb\"\n")).unwrap().is_history);
    let bucket = "[sink.influxdb]\nurl = \"https://d\"\norg = \"o\"\nbucket = \"b\"\n";
    let bucket = read(bucket).unwrap();
    let due = influx::Target::Bucket { org: "o".to_owned(), bucket: "b".to_owned() };
    assert_eq!((bucket.target, bucket.address.port), (due, 443));
}
