use super::*;
use crate::config::{line_of, parse};

const VIEW: &str = "[viewers]\npublic = true\n";

fn channels(text: &str) -> Result<Vec<Settings>, (usize, String)> {
    let text = format!("{VIEW}{text}");
    match parse(&text) {
        Ok(config) => Ok(config.notify),
        Err(Fault { at, what }) => Err((line_of(&text, at), what)),
    }
}

fn one(text: &str) -> Settings {
    channels(&format!("[[notify]]\n{text}")).unwrap().remove(0)
}

#[test]
fn every_mistake_names_its_line_and_what_is_allowed() {
    let ntfy = "kind = \"ntfy\"\ntopic = \"t\"\n";
    let mail = "kind = \"smtp\"\nurl = \"smtp://m\"\nfrom = \"a@b\"\nto = \"c@d\"\n";
    let hook = "kind = \"webhook\"\nurl = \"https://h/x\"\n";
    for (text, line, says) in [
        ("kind = \"pager\"\n", 4, "`kind` must be \"smtp\", \"webhook\", \"ntfy\", \"gotify\","),
        ("name = \"x\"\n", 3, "missing field `kind`"),
        ("kind = \"ntfy\"\ntpic = \"t\"\n", 5, "did you mean `topic`?"),
        ("kind = \"ntfy\"\n", 3, "kind \"ntfy\" needs a `topic`"),
        (
            &format!("{ntfy}chat = 7\n"),
            6,
            "`chat` is not for kind \"ntfy\"; allowed here: `topic`, `url`,",
        ),
        (&format!("{ntfy}level = \"info\"\n"), 6, "`level` must be \"warning\" or \"critical\""),
        (&format!("{ntfy}per_hour = 0\n"), 6, "`per_hour` must be 1 to 1000"),
        (&format!("{ntfy}hosts = []\n"), 6, "`hosts` is empty: leave it out for all"),
        (&format!("{ntfy}url = \"ntfy.sh\"\n"), 6, "`url` must be http:// or https://"),
        (&format!("{ntfy}user = \"me\"\n"), 3, "`user` and `password_file` are needed together"),
        (&format!("{ntfy}[[notify]]\n{ntfy}"), 6, "a second [[notify]] called \"ntfy\""),
        ("kind = \"gotify\"\nurl = \"http://g\"\n", 3, "kind \"gotify\" needs a `token_file`"),
        ("kind = \"telegram\"\ntoken_file = \"t\"\n", 3, "kind \"telegram\" needs a `chat`"),
        ("kind = \"discord\"\nurl = \"https://d/x\"\n", 5, "put it into a file and say `url_file`"),
        ("kind = \"slack\"\n", 3, "kind \"slack\" needs a `url_file`"),
        ("kind = \"webhook\"\n", 3, "it needs a `url`, or a `url_file`"),
        (&format!("{hook}url_file = \"u\"\n"), 3, "`url` or `url_file`, not both"),
        (
            &format!("{hook}template = \"{{nonsense}}\"\n"),
            6,
            "`{nonsense}` is nothing; there is {state},",
        ),
        (
            &format!("{hook}template = '{{\"a\":{{title}}}}'\n"),
            6,
            "`template`: no JSON once it is filled",
        ),
        (&format!("{hook}content_type = \"text/plain\"\n"), 3, "there is none"),
        (
            "kind = \"smtp\"\nurl = \"http://m\"\nfrom = \"a@b\"\nto = \"c@d\"\n",
            5,
            "`url` must be smtp:// or",
        ),
        (
            "kind = \"smtp\"\nurl = \"smtp://m\"\nfrom = \"ab\"\nto = \"c@d\"\n",
            6,
            "`from` must be an address",
        ),
        ("kind = \"smtp\"\nurl = \"smtp://m\"\nfrom = \"a@b\"\nto = []\n", 7, "or 1 to 20 of them"),
        (&format!("{mail}tls = \"implicit\"\n"), 8, "`tls` must be \"starttls\" or \"none\""),
        (&format!("{mail}token_file = \"t\"\n"), 8, "`token_file` is not for kind \"smtp\""),
    ] {
        let (at, what) = channels(&format!("[[notify]]\n{text}")).unwrap_err();
        assert!(what.contains(says), "{text}\n{what}");
        assert_eq!(at, line, "{text}\n{what}");
    }
}

#[test]
fn what_is_not_said_is_what_most_want() {
    let ntfy = one("kind = \"ntfy\"\ntopic = \"t\"\n");
    assert_eq!((&*ntfy.name, &*ntfy.to, ntfy.rules.per_hour), ("ntfy", "t", 30));
    assert!(
        ntfy.rules.resolved && ntfy.rules.level == Level::Warning && ntfy.rules.hosts.is_empty()
    );
    assert_eq!(ntfy.url.unwrap().authority(), "ntfy.sh:443");
    let telegram = one("kind = \"telegram\"\ntoken_file = \"t\"\nchat = -100123\n");
    assert_eq!((&*telegram.to, telegram.url.unwrap().tls), ("-100123", true));
    let hook = one(
        "kind = \"webhook\"\nname = \"h\"\nurl = \"http://h/a?b=c\"\ntemplate = '{\"a\":\"{title}\"}'\n",
    );
    assert_eq!(hook.url.unwrap().prefix, "/a?b=c");
    assert!(hook.template.is_some());
}

#[test]
fn mail_is_in_clear_on_this_machine_or_where_its_owner_says_so() {
    let tls = |url: &str, more: &str| {
        let text =
            format!("kind = \"smtp\"\nurl = \"{url}\"\nfrom = \"a@b\"\nto = [\"c@d\"]\n{more}");
        one(&text).mail.unwrap().tls
    };
    assert_eq!(tls("smtp://mail.example.org", ""), MailTls::Starttls);
    assert_eq!(tls("smtps://mail.example.org", ""), MailTls::Implicit);
    assert_eq!(tls("smtp://mail.example.org", "tls = \"none\"\n"), MailTls::None);
    assert_eq!(tls("smtp://127.0.0.1:25", ""), MailTls::None);
    assert_eq!(tls("smtp://localhost:25", "ca_file = \"ca.pem\"\n"), MailTls::Starttls);
    assert_eq!(tls("smtp://[::1]:25", "tls = \"starttls\"\n"), MailTls::Starttls);
}

#[test]
fn the_readme_has_a_good_example_of_each_kind() {
    let readme = include_str!("../../../README.md");
    let fences = readme.split("```toml\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    let examples: Vec<_> = fences.filter(|text| text.contains("[[notify]]")).collect();
    let shown = examples.iter().flat_map(|text| channels(text).unwrap());
    let mut shown: Vec<_> = shown.map(|channel| channel.kind.name).collect();
    let mut there: Vec<_> = KINDS.iter().map(|kind| kind.name).collect();
    shown.sort_unstable();
    there.sort_unstable();
    assert_eq!(shown, there);
}
