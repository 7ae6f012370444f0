//! Who reports: the identity a host shows to its servers.

mod id;

pub use id::{HostId, HostIdError};

/// What the owner, and the host's first boot, say about it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Host {
    /// Stable identity, unique in the fleet: from the configuration, or derived from the machine's.
    pub id: HostId,
    /// Name people read.
    pub name: String,
    /// Group the owner puts it in; `None` when in none.
    pub group: Option<String>,
    /// Where it stands, in the owner's words.
    pub location: Option<String>,
    /// ISO 3166-1 alpha-2 code of the country it stands in; never looked up on the network.
    pub country_code: Option<String>,
    /// Public address, when the owner wants it shown.
    pub ip: Option<String>,
    /// The kernel's random identity of this boot (`/proc/sys/kernel/random/boot_id`).
    pub boot_id: String,
    /// Why it booted; `None` where nothing tells.
    pub boot_cause: Option<BootCause>,
}

/// Why a host was started anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BootCause {
    /// Nothing fed its watchdog.
    Watchdog,
    /// Its kernel gave up.
    Panic,
    /// Somebody had it shut down.
    Clean,
    /// It ended without a word: the supply failed, or it hung and was reset.
    Unclean,
}

impl BootCause {
    /// Its name in messages.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Watchdog => "watchdog",
            Self::Panic => "panic",
            Self::Clean => "clean",
            Self::Unclean => "unclean",
        }
    }
}
