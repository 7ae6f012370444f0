//! `kinglet-hub notify`: whom the hub tells of alerts, and whether a notice gets there.

use std::io::{self, Write as _};
use std::path::PathBuf;

use clap::Args;
use kinglet_hub::config;
use kinglet_hub::notify::{self, Settings};

use super::{CONFIG_FILE, Failure, runtime};

/// Whether to send anything, and to whom.
#[derive(Debug, Args)]
pub(super) struct Notify {
    /// Configuration file
    #[arg(long, value_name = "FILE", default_value = CONFIG_FILE)]
    config: PathBuf,
    /// Send a test to each [[notify]], or to the one of this name
    #[arg(long, value_name = "NAME", num_args = 0..=1)]
    test: Option<Option<String>>,
}

/// Lists the channels, or sends a test by them; fails where one cannot be sent.
pub(super) fn notify(wanted: Notify) -> Result<(), Failure> {
    let Notify { config: path, test } = wanted;
    let channels = config::read(&path).map_err(Failure::Config)?.notify;
    if channels.is_empty() {
        return Err(Failure::Notify(format!("{}: there is no [[notify]] in it", path.display())));
    }
    let Some(name) = test else {
        return channels.iter().try_for_each(|channel| print(&line(channel)));
    };
    let is_meant = |channel: &&Settings| name.as_ref().is_none_or(|name| *name == channel.name);
    let meant: Vec<_> = channels.iter().filter(is_meant).collect();
    if meant.is_empty() {
        let names: Vec<_> = channels.iter().map(|channel| channel.name.as_str()).collect();
        let what = format!("no [[notify]] has this name; there is {}", names.join(", "));
        return Err(Failure::Notify(what));
    }
    let runtime = runtime()?;
    let mut failed = 0;
    for channel in meant {
        let said = match runtime.block_on(notify::test(channel)) {
            Ok(()) => "sent".to_owned(),
            Err(words) => {
                failed += 1;
                format!("not sent: {words}")
            }
        };
        print(&format!("{}: {said}", channel.name))?;
    }
    if failed == 0 { Ok(()) } else { Err(Failure::Unsent(failed)) }
}

/// What a channel is, without its secrets.
fn line(channel: &Settings) -> String {
    let Settings { name, kind, rules, .. } = channel;
    let mut line = format!("{name}: {}, {:?} and above", kind.name, rules.level).to_lowercase();
    for (what, names) in [("hosts", &rules.hosts), ("groups", &rules.groups)] {
        if !names.is_empty() {
            line += &format!(", {what} {}", names.join(", "));
        }
    }
    line + &format!(", {} an hour", rules.per_hour)
}

fn print(line: &str) -> Result<(), Failure> {
    writeln!(io::stdout(), "{line}").map_err(Failure::Io)
}
