//! What the owner reads, word for word.

use super::*;

const fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// Events, their levels and their lines.
fn assert_said<const N: usize>(rows: [(Event, Level, &str); N]) {
    for (event, level, line) in rows {
        assert_eq!(event.to_string(), line);
        assert_eq!(event.level(), level, "{line}");
        assert!(!line.ends_with('.'));
    }
}

#[test]
fn connections_read_well_at_midnight() {
    assert_said([
        (Event::Up { down_for: None, attempts: 1 }, Level::Info, "connected"),
        (Event::Up { down_for: None, attempts: 4 }, Level::Info, "connected at attempt 4"),
        (
            Event::Up { down_for: Some(ms(4_310)), attempts: 1 },
            Level::Info,
            "connected again after 4.3 s and 1 attempt",
        ),
        (
            Event::Up { down_for: Some(ms(7_500_000)), attempts: 21 },
            Level::Info,
            "connected again after 2.0 h and 21 attempts",
        ),
        (
            Event::Down { reason: Reason::Deaf, retry_in: ms(3_600), attempts: 0 },
            Level::Warn,
            "link lost: no pong for 45 s; next attempt in 3.6 s",
        ),
        (
            Event::Down { reason: Reason::Moved, retry_in: ms(1_500), attempts: 0 },
            Level::Warn,
            "link lost: no pong soon after a network change; next attempt in 1.5 s",
        ),
        (
            Event::Down { reason: Reason::Closed, retry_in: ms(3_000), attempts: 0 },
            Level::Warn,
            "link lost: closed by the server; next attempt in 3 s",
        ),
        (
            Event::Down { reason: Reason::Broken, retry_in: ms(2_951), attempts: 0 },
            Level::Warn,
            "link lost: connection broken; next attempt in 3 s",
        ),
        (
            Event::Down { reason: Reason::Unreachable, retry_in: ms(4_320), attempts: 1 },
            Level::Warn,
            "could not connect; next attempt in 4.3 s",
        ),
        (
            Event::Down { reason: Reason::Unreachable, retry_in: ms(600_000), attempts: 30 },
            Level::Debug,
            "could not connect; next attempt in 600 s",
        ),
        (
            Event::Down { reason: Reason::DialTimeout, retry_in: ms(4_000), attempts: 1 },
            Level::Warn,
            "no connection within 60 s; next attempt in 4 s",
        ),
        (
            Event::Down {
                reason: Reason::AuthTimeout("login not answered"),
                retry_in: ms(3_000),
                attempts: 1,
            },
            Level::Warn,
            "login not answered within 10 s; next attempt in 3 s",
        ),
        (
            Event::Down { reason: Reason::Refused(None), retry_in: ms(72_000), attempts: 2 },
            Level::Debug,
            "credentials refused; next attempt in 72 s",
        ),
    ]);
}

#[test]
fn complaints_say_what_to_do_or_who_complains() {
    let id = || "pi-1".to_owned();
    let refused = Reason::Refused(Some("Invalid token".into()));
    assert_said([
        (
            Event::Refused { id: id(), reason: refused, retry_in: ms(61_200) },
            Level::Warn,
            "credentials refused (Invalid token): check the token and the id (pi-1); \
             next attempt in 61 s",
        ),
        (
            Event::DuplicateId { id: id() },
            Level::Warn,
            "the server replaced this connection twice within a minute: \
             another host seems to use the id pi-1, or its token",
        ),
        (
            Event::CommandRefused { command: "update".into() },
            Level::Warn,
            "the server asked for update: refused, an agent takes no orders",
        ),
        (
            Event::ServerError { message: "disk full".into() },
            Level::Warn,
            "the server says: disk full",
        ),
        (
            Event::RateLimited { pause: ms(60_000) },
            Level::Warn,
            "the server asked for silence: next report in 60 s",
        ),
        (
            Event::BackfillRejected { rejected: 1 },
            Level::Warn,
            "the server did not take 1 sample of the outage",
        ),
        (
            Event::BackfillRejected { rejected: 3 },
            Level::Warn,
            "the server did not take 3 samples of the outage",
        ),
    ]);
}

#[test]
fn durations_are_said_as_people_do() {
    for (duration, text) in [
        (ms(0), "0 s"),
        (ms(49), "0 s"),
        (ms(250), "0.3 s"),
        (ms(3_600), "3.6 s"),
        (ms(59_940), "59.9 s"),
        (ms(60_000), "60 s"),
        (ms(719_949), "719 s"),
        (ms(720_000), "12 min"),
        (ms(7_199_000), "119 min"),
        (ms(7_200_000), "2.0 h"),
        (ms(100_000_000), "27.7 h"),
    ] {
        assert_eq!(Seconds(duration).to_string(), text);
    }
}

#[test]
fn we_always_leave_with_a_code_that_means_leaving() {
    for reason in [Reason::Stopping, Reason::Deaf, Reason::AuthTimeout(""), Reason::Refused(None)] {
        assert_eq!(reason.close_code(), 1001, "{reason}");
    }
    assert_eq!(Reason::Stopping.to_string(), "stopping");
}
