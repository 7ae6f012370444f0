//! Rules and receivers as they are now: their files are looked at again and again, and what they
//! say holds without a restart.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::task::spawn_blocking;
use tracing::{info, warn};

use super::Hub;
use crate::config::ConfigError;
use crate::config::drop_ins::{Bad, Base, Piece, Pieces, Place, RECEIVERS, RULES};
use crate::drop_in::Refusal;

/// What kinglet-hub.toml says, and what its folders add to it.
#[derive(Debug, Default)]
pub(crate) struct DropIns {
    /// What stands in kinglet-hub.toml: read once.
    pub(crate) base: Base,
    now: Mutex<Now>,
}

#[derive(Debug, Default)]
struct Now {
    pieces: Pieces,
    /// What the log was told of files that are wrong.
    told: Vec<String>,
    /// How the folders were when they were last read.
    seen: Vec<Seen>,
}

/// A file by what tells it from others, and from itself once it is changed.
type Seen = (std::ffi::OsString, u64, i64, i64, u64);

impl DropIns {
    /// By what a configuration says, with what its files said and what is wrong with them. They are
    /// read again with the first look.
    pub(crate) fn new(base: Base, pieces: Pieces, faults: &[ConfigError]) -> Self {
        let told = faults.iter().map(ToString::to_string).collect();
        Self { base, now: Mutex::new(Now { pieces, told, seen: Vec::new() }) }
    }

    /// Everything that holds now.
    pub(crate) fn pieces(&self) -> Pieces {
        self.held().pieces.clone()
    }

    fn held(&self) -> MutexGuard<'_, Now> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Hub {
    /// Sets or removes one for a request, and takes it at once. `what` is the line for the log.
    ///
    /// # Errors
    /// It was not done.
    pub(crate) async fn change_drop_ins<T: Send + 'static>(
        self: &Arc<Self>,
        what: String,
        work: impl FnOnce(&Base) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Refusal> {
        let hub = self.clone();
        let done = spawn_blocking(move || {
            let done = work(&hub.drop_ins.base)?;
            info!("{what}");
            hub.renew_drop_ins(true);
            Ok(done)
        });
        let failed = |error| Refusal::Io(PathBuf::new(), io::Error::other(error));
        done.await.unwrap_or_else(|error| Err(failed(error)))
    }

    /// Takes what the files say now, where they are others or `anyway`. Waits for the disk.
    pub(crate) fn renew_drop_ins(&self, anyway: bool) {
        let DropIns { base, .. } = &self.drop_ins;
        let Some(state) = &base.state_dir else { return };
        let mut now = self.drop_ins.held();
        let seen = seen(state);
        if now.seen == seen && !anyway {
            return;
        }
        now.seen = seen;
        let (mut pieces, faults) = base.read();
        let before = std::mem::take(&mut now.pieces);
        // A file that is half written, or was mistyped, ends no alert and loses no notice.
        for bad in &faults {
            keep(&mut pieces.rules, &before.rules, &bad.name);
            keep(&mut pieces.receivers, &before.receivers, &bad.name);
        }
        now.tell(&faults);
        let rules = tell_changes("alert rule", &before.rules, &pieces.rules);
        let receivers = tell_changes("receiver", &before.receivers, &pieces.receivers);
        if rules {
            let own = pieces.rules.iter().map(|piece| piece.means.clone()).collect();
            self.alerts.with(|desk, now| desk.change_rules(own, now));
        }
        if receivers {
            let all = pieces.receivers.iter().map(|piece| piece.means.clone());
            self.notifier.change(all.collect());
        }
        now.pieces = pieces;
    }
}

impl Now {
    /// Tells the log what is wrong, once.
    fn tell(&mut self, faults: &[Bad]) {
        let words: Vec<String> = faults.iter().map(|bad| bad.error.to_string()).collect();
        for words in words.iter().filter(|words| !self.told.contains(words)) {
            warn!("{words}; what held before it holds still");
        }
        self.told = words;
    }
}

/// What stood in a file that is wrong now.
fn keep<T: Clone>(all: &mut Vec<Piece<T>>, before: &[Piece<T>], name: &str) {
    let is_it = |piece: &&Piece<T>| piece.name == name && !name.is_empty();
    if all.iter().any(|piece| is_it(&piece)) {
        return;
    }
    all.extend(before.iter().find(is_it).cloned());
}

/// Tells the log what is new, other and gone; whether anything is.
fn tell_changes<T: PartialEq>(what: &str, before: &[Piece<T>], after: &[Piece<T>]) -> bool {
    let named = |all: &'_ [Piece<T>], name: &str| all.iter().position(|one| one.name == name);
    let mut is_any = false;
    let is_file = |piece: &&Piece<T>| matches!(piece.place, Place::File(_));
    for piece in after.iter().filter(is_file) {
        let how = match named(before, &piece.name) {
            None => "added",
            Some(at) if before[at].means != piece.means => "changed",
            Some(_) => continue,
        };
        is_any = true;
        info!("{what} \"{}\" was {how}", piece.name);
    }
    let is_gone = |piece: &&Piece<T>| named(after, &piece.name).is_none();
    for piece in before.iter().filter(is_file).filter(is_gone) {
        is_any = true;
        info!("{what} \"{}\" was removed", piece.name);
    }
    is_any
}

/// How both folders are.
fn seen(state: &Path) -> Vec<Seen> {
    let mut all = Vec::new();
    for folder in [RULES, RECEIVERS] {
        let Ok(entries) = fs::read_dir(state.join(folder)) else { continue };
        for entry in entries.flatten() {
            let Ok(about) = fs::metadata(entry.path()) else { continue };
            let name = entry.file_name();
            all.push((name, about.ino(), about.mtime(), about.mtime_nsec(), about.len()));
        }
    }
    all.sort();
    all
}
