//! `[alerts]` and `[[alert]]`: what is watched.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use kinglet_proto::alert::built_in::{self, BUILT_IN};
use kinglet_proto::alert::{IS_BUILT, Level, Rule, Subject, Test, Words};
use kinglet_proto::limits::{ALERT_HOLD_MAX, ALERT_RULES_MAX};
use kinglet_proto::quoted::Quoted;
use kinglet_proto::sample::metric::Metric;
use kinglet_proto::sample::table::METRICS;

use super::{choice, duration};
use crate::options::{Block, Given, Place, Problems, Table, nearest};

/// What a rule is called that has no title.
const TITLE: &str = "{series} is {value}";

/// Those that are built in and not switched off, then the owner's own.
pub(super) fn rules(given: &Given, problems: &mut Problems) -> Vec<Arc<Rule>> {
    if !IS_BUILT {
        for block in given.tables(Table::Alert) {
            problems.add(&block.place, "this build of kinglet was made without alerts");
        }
        return Vec::new();
    }
    let switches = given.table(Table::Alerts);
    let is_on = |name: &str| switches.and_then(|block| block.switch(name)).unwrap_or(true);
    let mut rules = built_in::rules(is_on);
    let own_max = ALERT_RULES_MAX - BUILT_IN.len();
    if let Some(block) = given.tables(Table::Alert).nth(own_max) {
        problems.add(&block.place, format!("at most {own_max} alerts"));
    }
    for block in given.tables(Table::Alert).take(own_max) {
        let Some(rule) = rule(block, problems) else { continue };
        if rules.iter().any(|other| other.own && other.seed() == rule.seed()) {
            problems.add(&block.place, "watches what another one does: metric, line and labels");
        }
        rules.push(Arc::new(rule));
    }
    rules
}

fn rule(block: &Block, problems: &mut Problems) -> Option<Rule> {
    let metric = metric(block, problems);
    let test = test(block, problems);
    let hold = hold(block, problems);
    let level = match block.text("level") {
        Some(text) => choice(text, &Level::ALL.map(Level::name), problems)?,
        None => 0,
    };
    let (metric, test) = (metric?, test?);
    let message = match test {
        Test::Above(_) => "{series} is {value}, above {threshold}",
        Test::Below(_) => "{series} is {value}, below {threshold}",
        Test::Equals(_) => TITLE,
    };
    Some(Rule {
        name: metric.name.split('.').next().unwrap_or_default().into(),
        own: true,
        subject: Subject::Figure(metric),
        test,
        clear: clear(block, test, problems),
        hold,
        linger: Duration::ZERO,
        unless: None,
        labels: labels(block, metric, problems),
        level: Level::ALL[level],
        title: words(block, "title", metric, problems).unwrap_or(TITLE.into()),
        message: words(block, "message", metric, problems).unwrap_or(message.into()),
        suggestion: "".into(),
    })
}

fn hold(block: &Block, problems: &mut Problems) -> Duration {
    let Some(text) = block.text("for") else { return Duration::ZERO };
    let hold = duration::parse(text.value, "a time", Duration::ZERO..=ALERT_HOLD_MAX);
    hold.unwrap_or_else(|fault| {
        problems.add(text.place, fault);
        Duration::ZERO
    })
}

fn metric(block: &Block, problems: &mut Problems) -> Option<&'static Metric> {
    let Some(text) = block.text("metric") else {
        problems.add(&block.place, "the metric is missing: metric = \"cpu.usage\"");
        return None;
    };
    let found = METRICS.iter().find(|metric| metric.name == text.value);
    if found.is_none() {
        let names: Vec<_> = METRICS.iter().map(|metric| metric.name).collect();
        let guess = nearest(text.value, &names)
            .map(|near| format!("did you mean {}? ", Quoted(near)))
            .unwrap_or_default();
        let fault =
            format!("there is no metric {}; {guess}docs/metrics.md has all", Quoted(text.value));
        problems.add(text.place, fault);
    }
    found
}

/// One of the three ways to cross a line.
fn test(block: &Block, problems: &mut Problems) -> Option<Test> {
    let mut found = None;
    for (key, test) in [
        ("above", Test::Above as fn(f64) -> Test),
        ("below", Test::Below),
        ("equals", Test::Equals),
    ] {
        let Some(line) = block.number(key) else { continue };
        if found.is_some() {
            problems.add(place(block, key), "only one of above, below and equals");
        }
        found = found.or(Some(test(line)));
    }
    if found.is_none() {
        problems.add(&block.place, "says no line: one of above, below and equals");
    }
    found
}

/// Where a key stands; its table where it does not.
fn place<'a>(block: &'a Block, key: &str) -> &'a Place {
    block.place_of(key).unwrap_or(&block.place)
}

fn clear(block: &Block, test: Test, problems: &mut Problems) -> f64 {
    let line = test.threshold();
    let Some(clear) = block.number("clear") else { return line };
    let fault = match test {
        Test::Above(_) if clear > line => "is over the line: at most what above says",
        Test::Below(_) if clear < line => "is under the line: at least what below says",
        Test::Equals(_) => "means nothing beside equals: it is over when the value is another",
        Test::Above(_) | Test::Below(_) => return clear,
    };
    problems.add(place(block, "clear"), fault);
    line
}

fn labels(block: &Block, metric: &Metric, problems: &mut Problems) -> Vec<(&'static str, String)> {
    let mut labels = Vec::new();
    for (name, pattern) in block.map("labels") {
        match metric.labels.iter().find(|label| *label == name) {
            Some(label) => labels.push((*label, pattern.clone())),
            None => {
                let allowed =
                    if metric.labels.is_empty() { "none" } else { &metric.labels.join(", ") };
                let fault =
                    format!("{} has no label {}; allowed: {allowed}", metric.name, Quoted(name));
                problems.add(place(block, "labels"), fault);
            }
        }
    }
    labels
}

/// A text with places that the metric can fill.
fn words(
    block: &Block,
    key: &str,
    metric: &Metric,
    problems: &mut Problems,
) -> Option<Cow<'static, str>> {
    let text = block.text(key)?;
    if let Some(place) = Words(text.value).unknown(metric) {
        let more = if metric.labels.is_empty() { "" } else { ", " };
        let labels = metric.labels.join(", ");
        let allowed = format!("value, threshold, series{more}{labels}");
        problems.add(text.place, format!("nothing stands for {{{place}}}; allowed: {allowed}"));
    }
    Some(text.value.to_owned().into())
}

#[cfg(test)]
#[cfg(feature = "file")]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<Arc<Rule>>, String> {
        let mut problems = Problems::default();
        let given = Given::read("k.toml", text, &mut problems);
        let rules = rules(&given, &mut problems);
        problems.finish(Some(rules)).map_err(|error| error.to_string())
    }

    fn own(lines: &str) -> Result<Vec<Arc<Rule>>, String> {
        let rules = read(&format!("[[alert]]\n{lines}\n"))?;
        Ok(rules.into_iter().filter(|rule| rule.own).collect())
    }

    #[test]
    fn what_is_built_in_is_on_until_it_is_switched_off() {
        assert_eq!(read("").unwrap().len(), BUILT_IN.len());
        let rules = read("[alerts]\ndisk = false\nmemory = true").unwrap();
        assert_eq!(rules.len(), BUILT_IN.len() - 1);
        assert!(rules.iter().all(|rule| rule.name != "disk" && !rule.own));
        let error = read("[alerts]\ndisks = false").unwrap_err();
        assert!(error.contains("k.toml:2: alerts.disks: unknown key; did you mean \"disk\"?"));
    }

    #[test]
    fn a_rule_means_what_it_says_and_little_has_to_be_said() {
        let mut rules = own("metric = \"cpu.usage\"\nabove = 80").unwrap();
        let rule = rules.remove(0);
        assert_eq!((rule.test, rule.clear), (Test::Above(80.0), 80.0));
        assert_eq!((rule.hold, rule.level), (Duration::ZERO, Level::Warning));
        assert_eq!((&*rule.name, rule.message.contains("{threshold}")), ("cpu", true));
        let mut rules =
            own("metric = \"filesystems.{mount_point}.free\"\nbelow = 1.5e9\nclear = 2000000000\n\
             for = \"2m\"\nlevel = \"critical\"\ntitle = \"{mount_point}\"\nmessage = \"m\"\n\
             labels = { fstype = \"ext*\" }")
            .unwrap();
        let rule = rules.remove(0);
        assert_eq!((rule.test, rule.clear), (Test::Below(1.5e9), 2e9));
        assert_eq!((rule.hold.as_secs(), rule.level), (120, Level::Critical));
        assert_eq!((&*rule.title, &*rule.message), ("{mount_point}", "m"));
        assert_eq!(rule.labels, [("fstype", "ext*".to_owned())]);
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line_and_what_is_allowed() {
        let usage = "metric = \"filesystems.{mount_point}.usage_percent\"";
        for (lines, said) in [
            ("above = 1", "k.toml:1: alert: the metric is missing"),
            (
                "metric = \"cpu.usge\"\nabove = 1",
                "k.toml:2: alert.metric: there is no metric \
             \"cpu.usge\"; did you mean \"cpu.usage\"? docs/metrics.md",
            ),
            (usage, "k.toml:1: alert: says no line: one of above, below and equals"),
            (&format!("{usage}\nabove = 1\nequals = 2"), "k.toml:4: alert.equals: only one of"),
            (&format!("{usage}\nabove = \"90\""), "alert.above: expected a number, found a text"),
            (&format!("{usage}\nabove = inf"), "alert.above: expected a number"),
            (&format!("{usage}\nabove = 0x10"), "alert.above: expected a number"),
            (&format!("{usage}\nabove = 9\nclear = 10"), "alert.clear: is over the line"),
            (&format!("{usage}\nbelow = 9\nclear = 8"), "alert.clear: is under the line"),
            (&format!("{usage}\nequals = 9\nclear = 8"), "alert.clear: means nothing beside"),
            (
                &format!("{usage}\nabove = 9\nfor = \"25h\""),
                "alert.for: \"25h\" is not a time; allowed is 0s to 24h",
            ),
            (
                &format!("{usage}\nabove = 9\nlevel = \"critcal\""),
                "\"critcal\" is not one of warning, critical; did you mean \"critical\"?",
            ),
            (
                &format!("{usage}\nabove = 9\nlabels = {{ disk = \"a\" }}"),
                "alert.labels: filesystems.{mount_point}.usage_percent has no label \"disk\"; \
                 allowed: mount_point, device, fstype",
            ),
            (
                &format!("{usage}\nabove = 9\ntitle = \"{{disk}} is full\""),
                "alert.title: nothing stands for {disk}; allowed: value, threshold, series, mount_",
            ),
            (
                &format!("{usage}\nabove = 9\n[[alert]]\n{usage}\nabove = 9\nfor = \"1m\""),
                "k.toml:4: alert: watches what another one does",
            ),
            (&format!("{usage}\nabov = 9"), "unknown key; did you mean \"above\"?"),
        ] {
            let error = own(lines).unwrap_err();
            assert!(error.contains(said), "{lines}:\n{error}");
        }
        let many: Vec<_> =
            (0..ALERT_RULES_MAX).map(|n| format!("metric = \"users\"\nabove = {n}")).collect();
        let error = own(&many.join("\n[[alert]]\n")).unwrap_err();
        let said = format!("alert: at most {} alerts", ALERT_RULES_MAX - BUILT_IN.len());
        assert!(error.contains(&said), "{error}");
    }
}
