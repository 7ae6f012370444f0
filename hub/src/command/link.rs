//! `kinglet-hub link`: who may look by an address alone, as a wall's screen. A hub that runs knows
//! of it at once.

use std::io::{self, Write as _};
use std::path::PathBuf;

use clap::Subcommand;
use kinglet_hub::invite::{Reach, page};
use kinglet_hub::limits::people::{LINK_LONGEST_S, LINK_USUAL_S};
use kinglet_hub::people::Link as Row;
use kinglet_hub::{clock, config};

use super::user::{note, open, parsed, people};
use super::{CONFIG_FILE, Failure};

#[derive(Debug, Subcommand)]
pub(super) enum Link {
    /// Make one, and print its address this once
    Add {
        /// What to call it: lobby
        name: String,
        /// How long it is good, with s, m, h or d, at most 366d
        #[arg(long = "for", value_name = "TIME", value_parser = seconds,
              default_value_t = Lasts(LINK_USUAL_S))]
        lasts: Lasts,
        /// Address of the hub's page, https://...; needed behind a proxy
        #[arg(long)]
        url: Option<String>,
        /// Configuration file
        #[arg(long, value_name = "FILE", default_value = CONFIG_FILE)]
        config: PathBuf,
    },
    /// List them
    List {
        /// Configuration file
        #[arg(long, value_name = "FILE", default_value = CONFIG_FILE)]
        config: PathBuf,
    },
    /// Remove one: who came by it looks no more
    Remove {
        /// Which
        name: String,
        /// Configuration file
        #[arg(long, value_name = "FILE", default_value = CONFIG_FILE)]
        config: PathBuf,
    },
}

/// Seconds for which a link is good.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lasts(i64);

impl std::fmt::Display for Lasts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}d", self.0 / 86_400)
    }
}

fn seconds(text: &str) -> Result<Lasts, String> {
    let seconds = config::duration(text).and_then(|it| i64::try_from(it.as_secs()).ok());
    let good = seconds.filter(|it| (1..=LINK_LONGEST_S).contains(it)).map(Lasts);
    good.ok_or_else(|| "a whole number with s, m, h or d, at most 366d".to_owned())
}

/// Makes, lists or removes links.
pub(super) fn link(wanted: Link) -> Result<(), Failure> {
    let said = match wanted {
        Link::Add { name, lasts: Lasts(lasts), url, config } => add(&name, lasts, url, &config)?,
        Link::List { config } => list(&open(&config)?.links().map_err(people)?),
        Link::Remove { name, config } => {
            let (mut book, name) = (open(&config)?, parsed(&name)?);
            book.remove_link(&name).map_err(people)?;
            note(&mut book, "removed link", &name)?;
            format!("{name} is no link any more\n")
        }
    };
    io::stdout().write_all(said.as_bytes()).map_err(Failure::Io)
}

/// The address goes to stdout, the rest to stderr. What stands behind `#` no browser sends: it is
/// in no log of a proxy, and in no Referer.
fn add(
    name: &str,
    lasts: i64,
    url: Option<String>,
    config: &std::path::Path,
) -> Result<String, Failure> {
    let read = config::read(config).map_err(Failure::Config)?;
    let reach = Reach { listen: read.listen, tls: read.tls };
    let page = page(&reach, url).map_err(|error| Failure::People(error.to_string()))?;
    let (mut book, name) = (open(config)?, parsed(name)?);
    let made = book.add_link(&name, lasts, clock::now().wall).map_err(people)?;
    note(&mut book, "added link", &name)?;
    let words = format!(
        "Whoever opens it may look until {}; it is shown this once. \
         `kinglet-hub link remove {name}` ends it.\n",
        made.expires
    );
    io::stderr().write_all(words.as_bytes()).map_err(Failure::Io)?;
    Ok(format!("{page}?view=wall#link={}\n", made.secret))
}

fn list(links: &[Row]) -> String {
    if links.is_empty() {
        return "there are no links: `kinglet-hub link add NAME`\n".to_owned();
    }
    let now = clock::now().wall;
    let row = |link: &Row| {
        let word = if link.expires > now { "good until" } else { "expired" };
        let seen =
            link.seen.map_or_else(|| "never used".to_owned(), |at| format!("last used {at}"));
        format!("{:24} {word} {}, {seen}\n", &*link.name, link.expires)
    };
    links.iter().map(row).collect()
}
