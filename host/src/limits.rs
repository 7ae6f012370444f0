//! Every bound of reading a host, stated once, with why it is this number.
//!
//! Relations between bounds are asserted at compile time below them.

use std::time::Duration;

use kinglet_proto::limits::{FRAME_OUT_MAX, INTERVAL_MIN};

// --- Reading the kernel.

/// Bytes of one kernel file; /proc/stat of 480 processors has 43 kB, a mount table of a thousand
/// containers some hundreds.
pub const KERNEL_FILE_MAX: usize = 1024 * 1024;
/// A file the kernel does not have is looked for again after this: modules are loaded late.
pub const ABSENT_RETRY: Duration = Duration::from_secs(60);
/// Bytes of a host's name, the kernel's own limit, and of a distribution's name or version.
pub const NAME_BYTES_MAX: usize = 64;
/// Links followed on the way to one file, as many as the kernel follows.
pub const LINKS_MAX: usize = 40;
/// Routes and mounts are read again after this, should nobody have told of a change.
pub const TOPOLOGY_INTERVAL: Duration = Duration::from_secs(60);
/// Models, serials, links and names are read again after this.
pub const INVENTORY_INTERVAL: Duration = Duration::from_secs(600);
/// A host's time zone is read again after this, and when its offset changes: it moves rarely.
pub const ZONE_INTERVAL: Duration = Duration::from_secs(24 * 3600);
/// Changes of links or disks that are followed at once, and how long it takes until one more is:
/// one that matters is rarely the fifth.
pub const CHANGES_AT_ONCE: u32 = 4;
/// See [`CHANGES_AT_ONCE`].
pub const CHANGE_PACE: Duration = Duration::from_secs(20);
/// Temperatures, fans, clocks and batteries move slowly.
pub const SENSOR_INTERVAL: Duration = Duration::from_secs(10);
/// Space of file systems moves slowly too.
pub const STATFS_INTERVAL: Duration = Duration::from_secs(10);
/// A file system that takes longer to say its size is stuck.
pub const STATFS_TIMEOUT: Duration = Duration::from_secs(2);
/// What a sample waits for the sizes when those it has are older than its own interval allows.
pub const STATFS_PATIENCE: Duration = Duration::from_millis(20);
/// Threads that may hang in a dead mount; with all of them lost no more sizes are asked.
pub const STATFS_THREADS_MAX: usize = 4;
/// Stack of such a thread: it makes one system call.
pub const STATFS_STACK: usize = 64 * 1024;
/// What a sample waits for one file with a device behind it; a sensor takes 1 ms.
pub const BACKGROUND_PATIENCE: Duration = Duration::from_millis(20);
/// The same where reports are so far apart that what comes late is too old for the next: one-wire
/// sensors take 0.8 s.
pub const BACKGROUND_PATIENCE_MAX: Duration = Duration::from_secs(1);
/// Of the time between two reports, so much is spent on waiting for one file.
pub const BACKGROUND_SHARE: u32 = 60;
/// Files that one sample waits for in vain.
pub const BACKGROUND_WAITS: u32 = 3;
/// What a file said is believed for this long while it says nothing new.
pub const BACKGROUND_AGE_MAX: Duration = Duration::from_secs(60);
/// A file that was late is asked again after this, twice as long each time that it was stuck.
pub const BACKGROUND_PAUSE: Duration = Duration::from_secs(20);
/// The longest of these pauses.
pub const BACKGROUND_PAUSE_MAX: Duration = Duration::from_secs(1200);
/// A call that lasts longer is worth a word to the owner: ten one-wire sensors on one bus take 8 s.
pub const BACKGROUND_STUCK: Duration = Duration::from_secs(15);
/// Threads that may hang in such calls; with all of them lost no more files are asked.
pub const BACKGROUND_THREADS_MAX: usize = 12;
/// Stack of such a thread: it opens and reads one file.
pub const BACKGROUND_STACK: usize = 64 * 1024;
/// Files remembered as slow.
pub const BACKGROUND_LATE_MAX: usize = 64;
/// Files to be read once that have not answered yet.
pub const BACKGROUND_ONCE_MAX: usize = 64;
/// Disks tell of their health so often at most; what they tell moves over weeks.
pub const SMART_INTERVAL: Duration = Duration::from_secs(600);
/// Rounds in which a disk owes its answer until nothing is believed of what it said before.
pub const SMART_MISSES_MAX: u32 = 3;
/// Where one disk keeps a thread for longer, another asks the rest: the kernel waits 20 s for each
/// of three commands, and resets a disk that does not answer.
pub const DISK_PATIENCE: Duration = Duration::from_secs(90);
/// Threads that may hang at disks; with all of them lost no more is asked.
pub const DISK_THREADS_MAX: usize = 4;
/// Stack of such a thread: it opens files and has 2 kB of what disks answer.
pub const DISK_STACK: usize = 64 * 1024;
/// Mounts read of the mount table.
pub const MOUNTS_MAX: usize = 4096;
/// File systems in a sample.
pub const FILESYSTEMS_MAX: usize = 200;
/// Mounts that are asked for them: datasets of pools, and binds until one is known to be a folder.
pub const CANDIDATES_MAX: usize = 512;
/// Mounts on each other that a mount is followed down through.
pub const DEPTH_MAX: usize = 32;
/// Disks in a sample.
pub const DISKS_MAX: usize = 64;
/// Devices of raw flash in a sample; a router has one or two.
pub const FLASH_MAX: usize = 8;
/// Interfaces in a sample; totals count the others too.
pub const INTERFACES_MAX: usize = 128;
/// Temperatures in a sample, and files kept open for them.
pub const TEMPERATURES_MAX: usize = 24;
/// Fans in a sample, and files kept open for them; a server of two sockets has twelve.
pub const FANS_MAX: usize = 16;
/// Battery packs of one machine.
pub const BATTERIES_MAX: usize = 8;
/// Sensors looked at to choose those of a sample from.
pub const SENSORS_MAX: usize = 512;
/// Links on each other: PPPoE on a VLAN on a bridge on a bond on a card, and some to spare.
pub const LINK_LAYERS_MAX: usize = 8;
/// Ways out of a host whose traffic is counted: a line, its two spares, and what they were before.
pub const WANS_MAX: usize = 8;
/// What is counted of a billing period is written no more often: flash wears out.
pub const STATE_INTERVAL: Duration = Duration::from_secs(600);
/// Bytes of such a file: eight ways out take 800.
pub const STATE_BYTES_MAX: u64 = 8 * 1024;
/// Stack of the thread that writes it.
pub const STATE_STACK: usize = 64 * 1024;
/// A clock that shows an earlier year has not been set.
pub const YEAR_MIN: u64 = 2025;
/// Bytes that must have passed a link before it tells something that others moved less.
pub const GROWTH_MIN: u64 = 64 * 1024;
/// Entries of a folder that are looked at.
pub const FOLDER_ENTRIES_MAX: usize = 1024;
/// The owner's own figures are looked for again after this.
pub const CUSTOM_INTERVAL: Duration = Duration::from_secs(10);
/// Bytes of a file with such figures: 64 series, each with a help text of 800 bytes.
pub const CUSTOM_FILE_BYTES_MAX: u64 = 64 * 1024;
/// A file that nobody has written for longer says nothing of now: a script of every day has failed
/// twice.
pub const CUSTOM_AGE_MAX: Duration = Duration::from_secs(48 * 3600);
/// Leases are counted again after this: they last for hours.
pub const LEASES_INTERVAL: Duration = Duration::from_secs(30);
/// What the kernel is asked by netlink is asked again after this.
pub const NETLINK_INTERVAL: Duration = Duration::from_secs(10);
/// Bytes of one datagram. The kernel fills a page, less its own head, and never more than it is
/// given room for.
pub const NETLINK_DATAGRAM_MAX: usize = 8 * 1024;
/// Datagrams of one answer: those about 4000 links.
pub const NETLINK_READS_MAX: usize = 1024;
/// Bytes that are told of one answer: 2500 links.
pub const NETLINK_LINES_MAX: usize = 64 * 1024;
/// Times that a question is asked whose answer changes while it is given.
pub const NETLINK_ATTEMPTS: usize = 3;
/// An answer whose end does not come is given up after this.
pub const NETLINK_TIMEOUT: Duration = Duration::from_secs(2);
/// Queueing disciplines in a sample.
pub const QDISCS_MAX: usize = 64;
/// WireGuard interfaces that are asked for their peers.
pub const WIREGUARDS_MAX: usize = 16;
/// Peers in a sample.
pub const PEERS_MAX: usize = 128;
/// What containers use is read again after this.
pub const CONTAINER_INTERVAL: Duration = Duration::from_secs(10);
/// Processes are walked again after this at the earliest.
pub const PROCESS_INTERVAL: Duration = Duration::from_secs(30);
/// A walk waits for so many times as long as the one before took of a processor: at most a
/// hundredth of one is theirs.
pub const PROCESS_SHARE: u32 = 100;
/// Where walks would have to be farther apart there are none.
pub const PROCESS_INTERVAL_MAX: Duration = Duration::from_secs(600);
/// Processes looked at in a walk; the kernel gives no higher number by default.
pub const PROCESSES_MAX: usize = 32_768;
/// Those looked at with one sample, and as many more for each [`PROCESSES_PACE`] that the next one
/// is away: 5 million instructions.
pub const PROCESSES_AT_ONCE: usize = 512;
/// See [`PROCESSES_AT_ONCE`].
pub const PROCESSES_PACE: Duration = Duration::from_secs(5);
/// Those told that take most of the processor, and as many that take most of memory.
pub const PROCESSES_TOLD: usize = 5;
/// Containers in a sample; each keeps four files open, and a process has 1024 by default.
pub const CONTAINERS_MAX: usize = 64;
/// Control groups looked into for them: a host with many services has two hundred.
pub const CGROUPS_MAX: usize = 1024;
/// Control groups inside each other: a container of a pod of a user's own podman lies in the sixth.
pub const CGROUP_DEPTH_MAX: usize = 8;
/// Version 1 writes no limit of memory as the largest number of whole pages. No host has so much.
pub const CGROUP_NO_LIMIT: u64 = 1 << 60;
/// Names of containers are asked for so often at most.
pub const NAMES_INTERVAL: Duration = Duration::from_secs(30);
/// Where all have one they are asked for again after this: it may be another.
pub const NAMES_REFRESH: Duration = Duration::from_secs(300);
/// So often a container that the engine does not name is a reason to ask: it may be another's.
pub const NAMES_TRIES: u8 = 3;
/// An engine that has not answered by then is left; a Raspberry Pi's takes 50 ms.
pub const ENGINE_TIMEOUT: Duration = Duration::from_secs(10);
/// What a sample waits for the name of a container that has none: it would be told as two.
pub const ENGINE_PATIENCE: Duration = Duration::from_millis(20);
/// So often, for the pieces of an answer.
pub const ENGINE_WAITS: u32 = 3;
/// Bytes of its answer: a container has one or two thousand, with many labels six.
pub const ENGINE_ANSWER_MAX: usize = 512 * 1024;
/// Bytes before it.
pub const ENGINE_HEAD_MAX: usize = 8 * 1024;
/// Bytes of a container's name; what Kubernetes makes for an engine has a hundred.
pub const CONTAINER_NAME_MAX: usize = 128;
/// systemd is asked for its units again after this.
pub const UNITS_INTERVAL: Duration = Duration::from_secs(30);
/// What it said longer ago is told no more.
pub const UNITS_AGE_MAX: Duration = Duration::from_secs(90);
/// A bus that has not answered by then is left; it answers within a millisecond or two.
pub const UNITS_TIMEOUT: Duration = Duration::from_secs(10);
/// Connections to a bus are this far apart.
pub const UNITS_PAUSE: Duration = Duration::from_secs(60);
/// What a sample waits for an answer where it comes too late with the next one.
pub const UNITS_PATIENCE: Duration = Duration::from_millis(20);
/// So often: for the figures, for the list, and once for a piece of it.
pub const UNITS_WAITS: u32 = 3;
/// Failed units that are told by name.
pub const UNITS_TOLD: usize = 16;
/// Bytes of one message of a bus: 3000 failed units with their descriptions and paths. A bus itself
/// takes 128 MiB.
pub const BUS_MESSAGE_MAX: usize = 1024 * 1024;
/// Bytes that a connection to a program of the host keeps for what comes.
pub const SOCKET_KEPT: usize = 4096;
/// Bytes with which a bus lets us in.
pub const BUS_GREETING_MAX: usize = 512;
/// Bytes of a unit's name, systemd's own limit.
pub const UNIT_NAME_MAX: usize = 255;
/// Bytes of a state of systemd; the longest there is has twelve.
pub const UNIT_STATE_MAX: usize = 32;
/// Words to the owner that wait; what finds no room is not said.
pub const FAULTS_MAX: usize = 64;
/// Radio links in a sample.
pub const WIRELESS_MAX: usize = 16;
/// Addresses in a sample.
pub const IP_ADDRESSES_MAX: usize = 16;
/// Samples over which it is seen what the agent itself takes: a minute, as they usually are apart.
pub const BUDGET_SAMPLES: u32 = 12;
/// Those at a start that are not looked at: the first ones, and what a connection takes to come up.
pub const BUDGET_START_SAMPLES: u32 = 3;
/// A collector is never made rarer than this.
pub const BUDGET_APART_MAX: Duration = Duration::from_secs(60);
/// How often it is made rarer, by half each time.
pub const BUDGET_STEPS_MAX: u32 = 3;
/// Below so many hundredths of its budget the agent is well below it, for so many looks in a row
/// before a collector is read more often again; with that it may take so many.
pub const BUDGET_CALM: u64 = 70;
/// See [`BUDGET_CALM`].
pub const BUDGET_CALM_LOOKS: u32 = 3;
/// See [`BUDGET_CALM`].
pub const BUDGET_ROOM: u64 = 90;
/// What takes less of what the agent does is not worth making rarer: a twentieth.
pub const BUDGET_SHARE: u64 = 20;
/// Looks until it is seen anew what collectors take, where that was of no use.
pub const BUDGET_REST_LOOKS: u32 = 16;
/// Memory has to be below so many eighths of its budget to be within it again.
pub const BUDGET_RSS_EIGHTHS: u64 = 7;
/// Login sessions looked at.
pub const SESSIONS_MAX: usize = 1024;
/// A session is recorded after its process began; what began later than this behind the record is
/// another process. A clock may have been set in between.
pub const SESSION_AGE_SLACK: Duration = Duration::from_secs(120);
/// Cores whose clock is read; the mean of a few is the mean of all.
pub const FREQUENCY_FILES_MAX: usize = 4;
/// Devices below a device: partition on LVM on LUKS on md on a disk, and a few to spare.
pub const BLOCK_LAYERS_MAX: usize = 8;
/// A shorter read of a file of short records has seen its end: the smallest page, less 1 kB.
pub const SHORT_READ: usize = 3 * 1024;
/// What one read asks for beyond what the buffer holds already.
pub const READ_AHEAD: usize = 4096;
/// What the first read of /proc/stat asks for; twice as much while the file has more.
pub const STAT_BYTES: usize = 4096;
/// Ticks a second in which the kernel tells time to programs (`USER_HZ`), whatever its own clock.
pub const TICKS_PER_SECOND: u64 = 100;
/// Ticks of one core beyond what the time between two readings has room for: a reading comes late
/// on a busy host, and the kernel rounds each of eight counters by itself.
pub const TICKS_SPARE: u64 = 50;
/// Bytes that a line of a kernel's file moves between two samples, as numbers before it grow and
/// shrink; one that moved farther costs a search through the whole file.
pub const LINE_DRIFT: usize = 64;
/// Millidegrees that a thermometer in a computer can tell: less or more is a sensor that does not
/// work, and so is the lower end itself, where a table of thermistor values ends.
pub const MILLIDEGREES: std::ops::RangeInclusive<i64> = -39_999..=200_000;
/// What a chip measures on a diode that is not there: the largest number of seven bits, with or
/// without a fraction. No silicon works so hot.
pub const OPEN_DIODE: std::ops::RangeInclusive<i64> = 127_000..=128_000;
/// The most that is believed of what a kernel calls critical of a Raspberry Pi's processor: some
/// say 110 degrees, and the firmware throttles at 85. Millidegrees.
pub const PI_LIMIT: i64 = 90_000;
/// A zone that tells up to this, above or below zero, tells whole degrees: no processor is at a
/// tenth of one.
pub const WHOLE_DEGREES_MAX: u64 = 150;
/// No fan turns faster, revolutions a minute.
pub const RPM_MAX: u64 = 100_000;

/// How much of the end of wtmp is looked at: some hundred logins since the last start, in whole
/// records of either size.
pub const WTMP_TAIL: u64 = 40 * 9600;
/// How long before a start its kernel's last words may be from: to restart takes minutes at most.
pub const PANIC_BEFORE_BOOT: Duration = Duration::from_secs(3600);

const _: () = {
    assert!(STATFS_TIMEOUT.as_millis() < STATFS_INTERVAL.as_millis(), "one round at a time");
    assert!(CANDIDATES_MAX > FILESYSTEMS_MAX, "each row has a mount");
    assert!(STATFS_PATIENCE.as_millis() * 10 < INTERVAL_MIN.as_millis(), "a report stays on time");
    assert!(
        BACKGROUND_PAUSE.as_millis() + SENSOR_INTERVAL.as_millis() < BACKGROUND_AGE_MAX.as_millis()
    );
    assert!(
        UNITS_INTERVAL.as_millis() * 2 < UNITS_AGE_MAX.as_millis(),
        "it may come with the next"
    );
    assert!(ENGINE_TIMEOUT.as_millis() < NAMES_INTERVAL.as_millis(), "one question at a time");
    assert!(UNITS_TIMEOUT.as_millis() < UNITS_INTERVAL.as_millis(), "one question at a time");
    assert!(BACKGROUND_LATE_MAX > BACKGROUND_THREADS_MAX);
    // Bytes of JSON a line at most, roughly: a long path, an interface, a disk with its mounts and
    // its health. Each list fits alone; a host that fills them all loses lines from the bottom.
    assert!(FILESYSTEMS_MAX * 250 < FRAME_OUT_MAX && INTERFACES_MAX * 300 < FRAME_OUT_MAX);
    assert!(DISKS_MAX * 800 < FRAME_OUT_MAX);
};
