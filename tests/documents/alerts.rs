//! docs/alerts.md: its table of what is built in is made, the rest is by hand.

use kinglet_proto::alert::built_in::{BUILT_IN, BuiltIn};
use kinglet_proto::alert::{Rule, Shown, Subject, Test};

use super::text::replace;

/// The page, from the one there is.
pub(crate) fn page(text: &str) -> String {
    let rows: String = BUILT_IN.iter().map(row).collect();
    let header = "| name | fires | over | level | what it is for |\n|---|---|---|---|---|\n";
    replace(text, header, "\n\n", rows.trim_end())
}

fn row(row: &BuiltIn) -> String {
    let rule = row.rule();
    let (fires, over) = (fires(&rule), over(&rule));
    format!("| `{}` | {fires} | {over} | {} | {} |\n", row.name, rule.level.name(), row.help())
}

fn fires(rule: &Rule) -> String {
    let line = Shown(rule.test.threshold(), rule.unit());
    let what = match rule.subject {
        Subject::Figure(metric) | Subject::Limited(metric, ..) => format!("`{}`", metric.name),
        Subject::Share(part, whole) => format!("`{}` of `{}`", part.name, whole.name),
        Subject::Growth(metric, _) => format!("`{}` grows", metric.name),
        Subject::Turned(metric) => format!("`{}` turns", metric.name),
        Subject::Clock => "the clock stands before the day of the build".to_owned(),
    };
    let when = match (rule.subject, rule.test) {
        (Subject::Growth(..) | Subject::Clock, _) => String::new(),
        (Subject::Limited(_, limit, usual), _) => {
            let below = Shown(usual - rule.test.threshold(), rule.unit());
            format!(" above {below} below its `{}`, without one {line},", limit.name)
        }
        (_, Test::Above(_)) => format!(" above {line}"),
        (_, Test::Below(_)) => format!(" below {line}"),
        (_, Test::Equals(_)) => format!(" {line}"),
    };
    let minutes = rule.hold.as_secs() / 60;
    let hold = if minutes == 0 { String::new() } else { format!(" for {minutes} min") };
    what + &when + &hold
}

fn over(rule: &Rule) -> String {
    match (rule.subject, rule.test) {
        (Subject::Growth(_, quiet), _) => format!("after {} min without", quiet.as_secs() / 60),
        (Subject::Limited(_, _, usual), _) => {
            let below = Shown(usual - rule.clear, rule.unit());
            format!("at {below} below it, without one {}", Shown(rule.clear, rule.unit()))
        }
        (_, Test::Above(_) | Test::Below(_)) => format!("at {}", Shown(rule.clear, rule.unit())),
        (_, Test::Equals(_)) => "when it is not so".to_owned(),
    }
}
