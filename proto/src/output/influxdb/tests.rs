//! Requests by the server's generation, and what is in them.

use std::time::Duration;

use super::super::fixture::{self, pi};
use super::*;
use crate::delivery::ring::Ring;
use crate::output::Setting;
use crate::time::Instant;

use crate::wire::line_protocol::{lines, parse};

/// An account with these settings, a token unless it is empty, and this path.
fn account(settings: &[(&'static str, &str)], token: &str, path: &str) -> Account {
    let mut account = fixture::account(None, token);
    account.path_and_query = path.to_owned();
    for (key, value) in settings {
        account.settings.add(key, Setting::Text((*value).to_owned()));
    }
    account
}

fn at(seconds: u64, unix_seconds: u64) -> Now {
    Now {
        instant: Instant::from_millis(seconds * 1000),
        wall: WallTime::from_unix_millis(unix_seconds * 1000 + 750),
    }
}

#[test]
fn each_generation_is_asked_at_its_own_door() {
    const DB: (&str, &str) = ("database", "my db");
    for (settings, token, path, expected, authorization) in [
        (&[DB][..], "", "", "/write?db=my%20db&precision=s", None),
        (
            &[DB, ("retention_policy", "week"), ("user", "me")],
            "pw",
            "/",
            "/write?db=my%20db&rp=week&precision=s",
            Some("Basic bWU6cHc="),
        ),
        (&[DB], "t", "/vm/write", "/vm/write?db=my%20db&precision=s", Some("Token t")),
        (&[], "", "/write?db=x", "/write?db=x&precision=s", None),
        (
            &[("org", "o"), ("bucket", "b/1")],
            "t",
            "",
            "/api/v2/write?org=o&bucket=b%2F1&precision=s",
            Some("Token t"),
        ),
        (&[("bucket", "b")], "", "/api/v2/write", "/api/v2/write?bucket=b&precision=s", None),
        (
            &[DB],
            "t",
            "/api/v3/write_lp",
            "/api/v3/write_lp?db=my%20db&precision=second",
            Some("Bearer t"),
        ),
    ] {
        let account = account(settings, token, path);
        assert_eq!(check(&account), Ok(()), "{path}");
        let request = InfluxDb::new(&account).request();
        assert_eq!(request.path_and_query, expected);
        let found = request.headers.iter().find(|(name, _)| *name == "Authorization");
        assert_eq!(found.map(|(_, value)| value.as_str()), authorization, "{expected}");
    }
}

#[test]
fn the_database_is_made_beside_the_door_of_1_x_alone() {
    let created = |settings, path| {
        let mut output = InfluxDb::new(&account(settings, "t", path));
        output.creation = Creation::Wanted;
        output.prepare().map(|request| request.path_and_query)
    };
    let query = "/query?q=CREATE%20DATABASE%20%22a%5C%22b%22";
    assert_eq!(created(&[("database", "a\"b")], "").as_deref(), Some(query));
    let below = created(&[("database", "x")], "/in/write");
    assert_eq!(below.as_deref(), Some("/in/query?q=CREATE%20DATABASE%20%22x%22"));
    assert_eq!(created(&[("database", "x")], "/points"), None);
    assert_eq!(created(&[("bucket", "x")], ""), None);
    assert_eq!(created(&[("database", "x")], "/api/v3/write_lp"), None);
}

#[test]
fn settings_that_mean_nothing_are_told() {
    for (settings, path, key, fault) in [
        (&[][..], "", "database", "is missing: name it, or a bucket, for InfluxDB 2"),
        (&[("database", "")], "", "database", "is missing"),
        (&[("org", "o")], "", "org", "means nothing to /write"),
        (&[("database", "d"), ("bucket", "b")], "", "database", "means nothing to /api/v2/write"),
        (&[("database", "d"), ("org", "o")], "", "org", "means nothing to /write"),
        (&[("bucket", "b"), ("user", "u")], "", "user", "means nothing to /api/v2/write"),
        (&[("org", "o")], "/api/v2/write", "bucket", "is missing: name it"),
        (&[], "/api/v3/write_lp", "database", "is missing: name it"),
    ] {
        let BadSetting { key: found, fault: said } =
            check(&account(settings, "", path)).unwrap_err();
        assert_eq!(found, key, "{settings:?}");
        assert!(said.starts_with(fault), "{settings:?}: {said}");
    }
    for (name, value, fault) in [
        ("host", "x", "host is a tag of the points' own"),
        ("cpu", "x", "cpu is a tag of the points' own"),
        ("", "x", "a tag has a name and a value"),
        ("room", "", "a tag has a name and a value"),
    ] {
        let mut account = account(&[("database", "d")], "", "");
        let tags = vec![(name.to_owned(), value.to_owned())];
        account.settings.add("tags", Setting::Map(tags));
        assert_eq!(check(&account), Err(BadSetting::new("tags", fault)));
    }
}

/// An output with a tag of its owner's.
fn tagged() -> InfluxDb {
    let mut account = account(&[("database", "d")], "", "");
    account.settings.add("tags", Setting::Map(vec![("room".to_owned(), "a 2".to_owned())]));
    InfluxDb::new(&account)
}

#[test]
fn every_point_of_a_report_has_the_tags_and_one_whole_second() {
    let (mut output, mut out) = (tagged(), "old".to_owned());
    let stamp = Stamp { now: at(100, 1_795_161_600), seq: 1 };
    let range = output.encode_report(&pi(), stamp, &mut out);
    assert_eq!(range, 0..out.len());
    let mut measurements = std::collections::BTreeSet::new();
    for line in lines(&out) {
        let point = parse(line).unwrap();
        assert_eq!(point.timestamp, Some(1_795_161_600), "{line}");
        assert_eq!(
            (point.tag("host"), point.tag("room")),
            (Some("kitchen"), Some("a 2")),
            "{line}"
        );
        measurements.insert(point.measurement.into_owned());
    }
    let expected = ["cpu", "disk", "mem", "net", "processes", "swap", "system"];
    assert!(expected.iter().all(|name| measurements.contains(*name)), "{measurements:?}");
    let mut direct = Vec::new();
    telegraf::write(&pi(), &[("room".into(), "a 2".into())], 1_795_161_600, &mut direct);
    assert_eq!(out.as_bytes(), direct);
}

#[test]
fn a_batch_has_the_oldest_samples_each_with_its_own_time() {
    let mut output = tagged();
    let mut ring = Ring::new(100_000);
    let mut kept = String::new();
    output.encode_kept(&pi(), &mut kept);
    assert!(!kept.contains("host=") && !kept.contains("room="), "{kept}");
    for second in [10, 20, 30] {
        let now = at(second, 1_795_161_600 + second);
        ring.push(second, now.instant, now.wall, &kept);
    }
    let mut batch = |now, limit| {
        let mut out = String::new();
        let count = output.encode_batch(&ring, now, limit, &mut out);
        let times: std::collections::BTreeSet<_> = lines(&out)
            .map(|line| parse(line).unwrap().timestamp.unwrap() - 1_795_161_600)
            .collect();
        (count, times.into_iter().collect::<Vec<_>>())
    };
    let now = at(40, 1_795_161_640);
    assert_eq!(batch(now, 100_000), (3, vec![10, 20, 30]));
    assert_eq!(batch(now, 2 * kept.len() * 2), (2, vec![10, 20]));
    assert_eq!(batch(now, 0), (1, vec![10]), "at least one");
    assert_eq!(batch(at(40, 1_795_161_690), 0).1, [10], "a clock that is a little off");
    assert_eq!(batch(at(40, 1_795_168_840), 0).1, [7210], "one that was set since");
}

#[test]
fn a_clock_that_was_set_late_puts_the_samples_where_they_belong() {
    let mut ring = Ring::new(10_000);
    ring.push(1, Instant::from_millis(5000), WallTime::from_unix_millis(5000), "system uptime=5i");
    let mut out = String::new();
    InfluxDb::new(&account(&[("database", "d")], "", "")).encode_batch(
        &ring,
        at(65, 1_795_161_665),
        0,
        &mut out,
    );
    assert_eq!(parse(out.trim_end()).unwrap().timestamp, Some(1_795_161_605));
}

#[test]
fn the_servers_words_are_found_wherever_they_stand() {
    for (status, body, expected) in [
        (
            404,
            "{\"error\":\"database not found: \\\"x\\\"\"}",
            "status 404: database not found: \"x\"",
        ),
        (400, "{\"code\":\"invalid\",\"message\":\"bad line\"}", "status 400: bad line"),
        (500, "plain words\nand more", "status 500: plain words"),
        (502, "<html><h1>Bad Gateway</h1></html>", "status 502"),
        (404, "", "status 404: nothing takes points at this path; see database and bucket"),
        (503, "", "status 503"),
        (301, "moved", "status 301, a redirect, which a token must not follow: correct the url"),
    ] {
        assert_eq!(words(&Answer { status, retry_after: None, body }), expected);
    }
    let endless = "x".repeat(5000);
    let found = words(&Answer { status: 400, retry_after: None, body: &endless });
    assert!(found.len() < 200, "{found}");
}

#[test]
fn an_answer_about_the_database_is_none_about_samples() {
    let mut output = InfluxDb::new(&account(&[("database", "d")], "", ""));
    let answer = |status, body| Answer { status, retry_after: Some(Duration::from_secs(7)), body };
    assert_eq!(output.judge(&answer(404, "")), Verdict::Again);
    assert!(output.prepare().is_some() && output.prepare().is_none());
    let refused = "{\"results\":[{\"statement_id\":0,\"error\":\"not allowed\"}]}";
    let later = output.judge(&answer(200, refused));
    assert!(matches!(later, Verdict::Later(Some(_), _)), "{later:?}");
    let gone = output.judge(&answer(404, ""));
    assert!(matches!(gone, Verdict::Later(..)), "asked for once: {gone:?}");
    assert_eq!(output.judge(&answer(204, "")), Verdict::Taken);
    assert_eq!(output.judge(&answer(404, "")), Verdict::Again, "dropped since by its owner");
    assert!(!format!("{:?}", InfluxDb::new(&account(&[], "hunter2", ""))).contains("hunter2"));
}
