//! Somebody is told of alerts: by mail, or by whatever their phone shows.
//!
//! ```text
//! take -> alert -> desk of each channel -> courier
//!  update         what, when (pure)        HTTP, SMTP
//! ```
//! A kind of channel is a file and a row of [`KINDS`]. Each channel has its own queue and its own
//! task, so that one that is slow costs the others nothing.

mod alert;
mod channel;
mod courier;
mod desk;
mod fate;
mod file;
mod held;
mod kind;
mod letter;
mod notice;
mod settings;
mod silent;
mod smtp;
mod template;

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use alert::Alert;
pub(crate) use channel::Report;
use channel::{Channel, held};
pub use desk::Rules;
pub use kind::{KINDS, Kind};
pub use letter::is_mailbox;
pub use notice::Level;
pub use settings::{Mail, MailTls, Settings};
use silent::Silent;
pub use template::Template;
use tokio::task::{JoinSet, spawn_blocking};
use tokio::time::{Instant, sleep};
use tracing::warn;

use crate::fleet::{Snapshot, Told, Update};
use crate::limits::NOTIFY_KEEP_EVERY;
use crate::limits::alerts::NOTIFY_FRESH_EVERY;

/// The channels of a hub.
#[derive(Default)]
pub struct Notifier {
    channels: Mutex<Vec<Arc<Channel>>>,
    /// Those of them that nobody runs yet.
    fresh: Mutex<Vec<Arc<Channel>>>,
    /// Where it is kept what was told; `None` where nothing outlives the hub.
    path: Option<PathBuf>,
    /// How many changes were kept.
    kept: AtomicU64,
    silent: Silent,
}

/// Whether the files that a channel names can be used.
///
/// # Errors
/// Which cannot, and why, with the channel's name.
pub fn check(settings: &Settings) -> Result<(), String> {
    courier::check(settings).map_err(|words| format!("[[notify]] {}: {words}", settings.name))
}

/// Sends a test, by the program that was asked for it.
///
/// # Errors
/// Why it is not there, in words.
pub async fn test(settings: &Settings) -> Result<(), String> {
    Channel::new(settings.clone(), desk::Memory::default(), 0).test().await
}

impl Notifier {
    /// Channels with these settings, which know what was told before where `path` is a folder that
    /// outlives the hub.
    ///
    /// # Errors
    /// A file that they name cannot be used; in words.
    pub fn open(settings: Vec<Settings>, path: Option<PathBuf>) -> Result<Self, String> {
        settings.iter().try_for_each(check)?;
        let path = path.map(|folder| folder.join(file::NAME));
        let mut memories = path
            .as_deref()
            .map(file::read)
            .unwrap_or_else(|| Ok(file::Memories::new()))
            .unwrap_or_else(|error| {
                warn!("alerts that were told before may be told again: {error}");
                file::Memories::new()
            });
        let seed = crate::clock::now().instant.as_millis();
        let open = |(number, settings): (usize, Settings)| {
            let memory = memories.remove(&settings.name).unwrap_or_default();
            Arc::new(Channel::new(settings, memory, seed + number as u64))
        };
        let channels: Vec<_> = settings.into_iter().enumerate().map(open).collect();
        let (fresh, channels) = (Mutex::new(channels.clone()), Mutex::new(channels));
        Ok(Self { channels, fresh, path, kept: AtomicU64::new(0), silent: Silent::default() })
    }

    /// Whether there is anybody to tell.
    pub(crate) fn is_any(&self) -> bool {
        !held(&self.channels).is_empty()
    }

    /// Tells these from now on. What waits for one whose name stayed waits still.
    pub(crate) fn change(&self, settings: Vec<Settings>) {
        let seed = crate::clock::now().instant.as_millis();
        let mut channels = held(&self.channels);
        let before = std::mem::take(&mut *channels);
        for (number, settings) in settings.into_iter().enumerate() {
            let is_same = |channel: &&Arc<Channel>| channel.settings().name == settings.name;
            let channel = before.iter().find(is_same).cloned().unwrap_or_else(|| {
                let memory = desk::Memory::default();
                let channel = Channel::new(settings.clone(), memory, seed + number as u64);
                let channel = Arc::new(channel);
                held(&self.fresh).push(channel.clone());
                channel
            });
            channel.change(settings);
            channels.push(channel);
        }
        let is_gone = |one: &&Arc<Channel>| !channels.iter().any(|other| Arc::ptr_eq(one, other));
        before.iter().filter(is_gone).for_each(|channel| channel.end());
        // Written anew, whatever is counted.
        self.kept.store(u64::MAX, Ordering::Relaxed);
    }

    fn channels(&self) -> Vec<Arc<Channel>> {
        held(&self.channels).clone()
    }

    /// Tells what of an update is to be told; never waits. `is_silenced` says of a host and the id
    /// of an alert whether its owner wants to hear nothing of it.
    pub(crate) fn take(&self, update: &Update, is_silenced: impl Fn(&Snapshot, &str) -> bool) {
        match update {
            Update::Told(told) => {
                let Some(mut alert) = Alert::read(told) else { return };
                alert.is_silenced |= is_silenced(&told.host, &alert.notice.id);
                self.silent.note(&alert, told);
                for channel in self.channels() {
                    let alert = alert.clone();
                    channel.feed(|desk| desk.handle_alert(alert, told.received.instant));
                }
            }
            Update::Removed(host) => {
                self.silent.forget(host);
                self.channels().iter().for_each(|channel| channel.feed(|desk| desk.forget(host)));
            }
            Update::Reading(_) | Update::Status(_) | Update::Added(_) | Update::Aggregates(_) => {}
        }
    }

    /// Takes over what was told of before this start and in silence: it is told when that is over,
    /// where it was not told already.
    pub(crate) fn resume(&self, told: &Told) {
        if let Some(alert) = Alert::read(told) {
            self.silent.note(&Alert { is_silenced: true, ..alert }, told);
        }
    }

    /// Sends, and keeps what was told, for as long as it is polled. What fired in silence is told
    /// when that is over.
    pub(crate) async fn run(&self, is_silenced: impl Fn(&Snapshot, &str) -> bool) {
        let mut tasks = JoinSet::new();
        let mut keep_at = Instant::now() + NOTIFY_KEEP_EVERY;
        loop {
            for channel in std::mem::take(&mut *held(&self.fresh)) {
                tasks.spawn(async move { channel.run().await });
            }
            sleep(NOTIFY_FRESH_EVERY).await;
            while tasks.try_join_next().is_some() {}
            if Instant::now() < keep_at {
                continue;
            }
            keep_at = Instant::now() + NOTIFY_KEEP_EVERY;
            for told in self.silent.take(&is_silenced) {
                self.take(&Update::Told(told), &is_silenced);
            }
            self.keep().await;
        }
    }

    /// Writes what outlives the hub, where it has changed.
    pub(crate) async fn keep(&self) {
        let Some(path) = self.path.clone() else { return };
        let channels = self.channels();
        let changes = channels.iter().map(|channel| channel.changes()).sum();
        if self.kept.swap(changes, Ordering::Relaxed) == changes {
            return;
        }
        let of = |channel: &Arc<Channel>| (channel.settings().name.clone(), channel.memory());
        let text = serde_json::Value::Object(channels.iter().map(of).collect()).to_string();
        let written = spawn_blocking(move || file::write(&path, &text)).await;
        if let Ok(Err(error)) = written {
            warn!("what was told of alerts cannot be kept: {error}");
        }
    }

    /// How each channel is.
    pub(crate) fn reports(&self) -> Vec<Report> {
        self.channels().iter().map(|channel| channel.report()).collect()
    }

    /// Sends a test by one of them; `None` where there is none of this name.
    pub(crate) async fn test(&self, name: &str) -> Option<Result<(), String>> {
        let channels = self.channels();
        let channel = channels.iter().find(|channel| channel.settings().name == name)?;
        Some(channel.test().await)
    }
}
