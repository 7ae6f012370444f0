//! The roster's file: one JSON object, written whole beside the old one and put in its place.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read};
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

use kinglet_proto::host::HostId;
use kinglet_proto::time::WallTime;
use serde::{Deserialize, Serialize};

use super::Entry;
use crate::enroll::write_draft;
use crate::guard::TokenName;
use crate::limits::{HOSTS_MAX, ROSTER_BYTES_MAX};

/// Its name in the state's folder.
pub(super) const NAME: &str = "roster.json";

#[derive(Serialize, Deserialize)]
struct Kept<'a> {
    /// When it was written.
    time: WallTime,
    #[serde(borrow)]
    hosts: Vec<Row<'a>>,
}

#[derive(Serialize, Deserialize)]
struct Row<'a> {
    id: Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    group: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_seen: Option<WallTime>,
    own_token: bool,
    /// The name of a token, never the token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    token: Option<String>,
}

/// The entries of a file; none where there is no file, which is so before the first host.
///
/// # Errors
/// It cannot be read, or is not whole.
pub(super) fn read(path: &Path) -> io::Result<BTreeMap<HostId, Entry>> {
    let mut text = String::new();
    match fs::File::open(path) {
        Ok(file) => file.take(ROSTER_BYTES_MAX).read_to_string(&mut text)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
        Err(error) => return Err(error),
    };
    let Kept { time, hosts } = serde_json::from_str(&text)?;
    let entry = |row: Row<'_>| {
        let Row { id, name, group, last_seen, own_token, token } = row;
        let token = token.map(TokenName::from);
        // One that was online when this was written was heard of until then.
        let last_seen = Some(last_seen.unwrap_or(time));
        Some((HostId::parse(&id).ok()?, Entry { name, group, last_seen, own_token, token }))
    };
    Ok(hosts.into_iter().take(HOSTS_MAX).filter_map(entry).collect())
}

/// The file's text.
pub(super) fn encode(entries: &BTreeMap<HostId, Entry>, time: WallTime) -> String {
    let row = |(id, entry): (&HostId, &Entry)| {
        let Entry { name, group, last_seen, own_token, token } = entry.clone();
        let token = token.map(|name| name.to_string());
        Row { id: id.to_string().into(), name, group, last_seen, own_token, token }
    };
    let kept = Kept { time, hosts: entries.iter().map(row).collect() };
    serde_json::to_string(&kept).unwrap_or_default()
}

/// Puts the text in the place of the file.
///
/// # Errors
/// The old file is as it was.
pub(super) fn write(path: &Path, text: &str) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::DirBuilder::new().mode(0o700).recursive(true).create(folder)?;
    fs::rename(write_draft(folder, text)?, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again_and_what_is_cut_short_is_told() {
        let folder = std::env::temp_dir().join(format!("kinglet-roster-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let path = folder.join(NAME);
        assert_eq!(read(&path).unwrap(), BTreeMap::new());
        let seen = WallTime::from_unix_millis(1_800_000_000_000);
        let time = WallTime::from_unix_millis(1_800_000_060_000);
        let entry = |last_seen| Entry {
            name: Some("Attic \"Pi\"".to_owned()),
            group: None,
            last_seen,
            own_token: true,
            token: Some("attic".into()),
        };
        let id = |text| HostId::parse(text).unwrap();
        let entries = [(id("küche"), entry(Some(seen))), (id("pi"), entry(None))];
        let text = encode(&BTreeMap::from(entries), time);
        write(&path, &text).unwrap();
        let due = [(id("küche"), entry(Some(seen))), (id("pi"), entry(Some(time)))];
        assert_eq!(read(&path).unwrap(), BTreeMap::from(due));
        fs::write(&path, &text[..text.len() / 2]).unwrap();
        assert!(read(&path).is_err());
        fs::remove_dir_all(&folder).unwrap();
    }
}
