//! `key=value` on the command line, as the keys of a rule or a receiver.

use std::io::{self, BufRead as _, Write as _};

use clap::Args;
use kinglet_hub::config::drop_ins::{Base, Piece, Place};
use kinglet_hub::drop_in::{
    Keys, Refusal, SECRETS, Secrets, Sort, secrets_of, set, without_secrets,
};
use serde_json::Value;
use std::path::PathBuf;

use super::{CONFIG_FILE, Failure};

/// What a value of a key that is not here is: a text.
const NUMBERS: [&str; 5] = ["above", "below", "equals", "clear", "per_hour"];
const LISTS: [&str; 3] = ["hosts", "groups", "to"];
const SWITCHES: [&str; 1] = ["resolved"];

/// Which configuration.
#[derive(Debug, Args)]
pub(super) struct Where {
    /// Configuration file
    #[arg(long, value_name = "FILE", default_value = CONFIG_FILE)]
    pub(super) config: PathBuf,
}

/// Which one.
#[derive(Debug, Args)]
pub(super) struct Which {
    #[command(flatten)]
    pub(super) place: Where,
    /// Its name
    pub(super) name: String,
}

/// Which one, and what it is to say.
#[derive(Debug, Args)]
pub(super) struct Set {
    #[command(flatten)]
    pub(super) place: Where,
    /// Its name
    name: String,
    /// Keys as in kinglet-hub.toml, others stay: `above=90`, `hosts=pi-*,nas`, `labels.disk=sd*`;
    /// `above=` takes one out. A secret comes from standard input: `token=-`
    #[arg(value_name = "KEY=VALUE", required = true)]
    keys: Vec<String>,
}

impl Set {
    /// Sets it; the line that says so.
    pub(super) fn set(self, base: &Base, sort: Sort, before: Keys) -> Result<(), Failure> {
        let mut keys = before;
        let mut secrets = Keys::new();
        for pair in &self.keys {
            apply(&mut keys, &mut secrets, pair)
                .map_err(Refusal::Wrong)
                .map_err(Failure::Refused)?;
        }
        let secrets = Secrets::take(&mut secrets).map_err(Failure::Refused)?;
        let is_new = set(base, sort, &self.name, keys, secrets).map_err(Failure::Refused)?;
        print(&format!("{}: {}", self.name, if is_new { "added" } else { "changed" }))
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }
}

/// Takes in what one argument says.
fn apply(keys: &mut Keys, secrets: &mut Keys, pair: &str) -> Result<(), String> {
    let (key, value) = pair.split_once('=').ok_or_else(|| format!("{pair}: KEY=VALUE is meant"))?;
    if SECRETS.iter().any(|(name, _)| *name == key) {
        let secret = match value {
            "-" => read_line(key)?,
            _ => {
                return Err(format!(
                    "`{key}=-` reads it from standard input: who lists processes sees what stands in a command"
                ));
            }
        };
        secrets.insert(key.to_owned(), Value::from(secret));
        return Ok(());
    }
    if let Some(label) = key.strip_prefix("labels.") {
        let labels = keys.entry("labels").or_insert_with(|| Value::Object(Keys::new()));
        let labels = labels.as_object_mut().ok_or("`labels` is no table")?;
        match value {
            "" => drop(labels.remove(label)),
            _ => drop(labels.insert(label.to_owned(), value.into())),
        }
        if labels.is_empty() {
            keys.remove("labels");
        }
    } else if value.is_empty() {
        keys.remove(key);
    } else {
        keys.insert(key.to_owned(), read(key, value)?);
    }
    Ok(())
}

fn read(key: &str, value: &str) -> Result<Value, String> {
    let number =
        || value.parse::<i64>().map(Value::from).or_else(|_| value.parse::<f64>().map(Value::from));
    if NUMBERS.contains(&key) {
        return number().map_err(|_| format!("`{key}` must be a number, and is {value}"));
    }
    if SWITCHES.contains(&key) {
        return value
            .parse::<bool>()
            .map(Value::from)
            .map_err(|_| format!("`{key}` must be true or false"));
    }
    if LISTS.contains(&key) {
        return Ok(value.split(',').map(|one| Value::from(one.trim())).collect());
    }
    Ok(match value.parse::<i64>() {
        Ok(chat) if key == "chat" => chat.into(),
        Ok(_) | Err(_) => value.into(),
    })
}

fn read_line(key: &str) -> Result<String, String> {
    let mut line = String::new();
    let read = io::stdin().lock().read_line(&mut line);
    read.map_err(|error| format!("`{key}` cannot be read from standard input: {error}"))?;
    Ok(line.trim().to_owned())
}

/// The one of this name.
pub(super) fn named<'a, T>(
    all: &'a [Piece<T>],
    sort: Sort,
    name: &str,
) -> Result<&'a Piece<T>, Failure> {
    all.iter().find(|piece| piece.name == name).ok_or_else(|| {
        let names: Vec<_> =
            all.iter().map(|one| one.name.as_str()).filter(|name| !name.is_empty()).collect();
        let there = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
        let words = format!("no {} is called \"{name}\"; there is {there}", sort.table());
        Failure::Refused(Refusal::Unknown(words))
    })
}

/// Prints its keys as the file has them; of a secret only that it is there.
pub(super) fn show<T>(base: &Base, piece: &Piece<T>) -> Result<(), Failure> {
    print(&format!("# {}", place(base, &piece.place)))?;
    for (key, value) in &without_secrets(&piece.keys) {
        print(&format!("{key} = {value}"))?;
    }
    secrets_of(&piece.keys).iter().try_for_each(|name| print(&format!("# {name} is set")))
}

/// Where it stands, for people.
pub(super) fn place(base: &Base, place: &Place) -> String {
    match place {
        Place::Main(line) => base.at(*line),
        Place::File(path) => path.display().to_string(),
    }
}

pub(super) fn print(line: &str) -> Result<(), Failure> {
    writeln!(io::stdout(), "{line}").map_err(Failure::Io)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn applied(pairs: &[&str]) -> Result<String, String> {
        let mut keys = Keys::new();
        pairs.iter().try_for_each(|pair| apply(&mut keys, &mut Keys::new(), pair))?;
        Ok(Value::Object(keys).to_string())
    }

    #[test]
    fn keys_have_the_form_that_a_file_has() {
        let set = applied(&["metric=cpu.usage", "above=9.5", "for=2m", "hosts=a, b-*"]);
        assert_eq!(
            set.unwrap(),
            r#"{"above":9.5,"for":"2m","hosts":["a","b-*"],"metric":"cpu.usage"}"#
        );
        assert_eq!(
            applied(&["labels.disk=sd*", "resolved=false", "chat=-7"]).unwrap(),
            r#"{"chat":-7,"labels":{"disk":"sd*"},"resolved":false}"#
        );
        assert_eq!(applied(&["above=1", "above=", "labels.x=1", "labels.x="]).unwrap(), "{}");
    }

    #[test]
    fn what_makes_no_sense_is_told_with_what_does() {
        for (pair, says) in [
            ("above", "KEY=VALUE"),
            ("above=much", "`above` must be a number"),
            ("resolved=no", "`resolved` must be true or false"),
            ("token=abc", "`token=-` reads it from standard input"),
        ] {
            let fault = applied(&[pair]).unwrap_err();
            assert!(fault.contains(says), "{pair}: {fault}");
        }
    }
}
