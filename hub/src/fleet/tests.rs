//! Conversations as scripts: what comes in, what must follow, with a clock of their own.

use kinglet_proto::ingest::Place;
use kinglet_proto::time::WallTime;

use super::*;

const WEB: u64 = 1;

struct Script {
    fleet: Fleet,
    now: Now,
}

impl Script {
    fn new() -> Self {
        let label = Label { name: Some("Nas".to_owned()), ..Label::default() };
        let hosts = vec![(HostId::from("nas"), label)];
        let settings = Settings { offline_after: Duration::from_secs(60), public: true, hosts };
        let now =
            Now { instant: Instant::from_millis(5_000), wall: WallTime::from_unix_millis(77_000) };
        Self { fleet: Fleet::new(settings), now }
    }

    fn later(&mut self, seconds: u64) -> Vec<String> {
        self.now.instant = self.now.instant.plus(Duration::from_secs(seconds));
        self.input(Input::Tick)
    }

    /// Feeds one input and says in words what the fleet wants.
    fn input(&mut self, input: Input) -> Vec<String> {
        self.fleet.handle_input(input, self.now);
        std::iter::from_fn(|| self.fleet.poll_command()).map(|command| words(&command)).collect()
    }

    fn join(&mut self, connection: u64, host: &str) -> Vec<String> {
        let connection = ConnectionId(connection);
        self.input(Input::Joined { connection, host: HostId::from(host), greet: false })
    }

    fn report(&mut self, connection: u64, json: &str) -> Vec<String> {
        let report = Report { sample: serde_json::from_str(json).unwrap(), ..Report::default() };
        self.receive(connection, Message::Report(Box::new(report)))
    }

    fn placed(&mut self, connection: u64, seq: u64, age_s: u64) -> Vec<String> {
        let place = Some(Place { boot_id: "b".to_owned(), seq });
        let mut report = Report { place, age: Duration::from_secs(age_s), ..Report::default() };
        report.sample.uptime = Some(seq);
        self.receive(connection, Message::Report(Box::new(report)))
    }

    fn receive(&mut self, connection: u64, message: Message) -> Vec<String> {
        self.input(Input::Received(ConnectionId(connection), message))
    }

    fn sample(&self, host: &str) -> serde_json::Value {
        serde_json::to_value(self.fleet.view(host).unwrap().1.unwrap()).unwrap()
    }
}

fn words(command: &Command) -> String {
    match command {
        Command::Send(ConnectionId(to), text) => {
            let message: serde_json::Value = serde_json::from_str(text).unwrap();
            let data = message.get("data").map(ToString::to_string).unwrap_or_default();
            format!("{to} <- {} {data}", message["type"].as_str().unwrap())
        }
        Command::Close(ConnectionId(of), reason) => format!("{of} closed {}", reason.code()),
        Command::Publish(update) => format!("{update:?}"),
        Command::Note(note) => note.to_string(),
    }
}

#[test]
fn a_new_host_is_announced_with_its_first_report() {
    let mut script = Script::new();
    assert_eq!(script.join(WEB, "web"), ["host web reports"]);
    assert_eq!(script.fleet.counts(), (1, 0), "only the configured one is shown");
    assert_eq!(
        script.report(WEB, r#"{"hostname":"web-1"}"#),
        ["Added(\"web\")", "Status(\"web\")", "Metrics(\"web\")"]
    );
    assert_eq!(script.report(WEB, r#"{"hostname":"web-1"}"#), ["Metrics(\"web\")"]);
    assert_eq!(script.fleet.counts(), (2, 1));
    let (host, _) = script.fleet.view("web").unwrap();
    assert_eq!(host.name, "web-1", "the kernel's name where nobody gave one");
}

#[test]
fn a_host_silent_for_sixty_seconds_is_offline_and_viewers_are_told() {
    let mut script = Script::new();
    assert_eq!(script.join(WEB, "nas"), ["host nas reports", "Status(\"nas\")"]);
    script.report(WEB, "{}");
    assert!(script.later(59).is_empty());
    script.input(Input::Heard(ConnectionId(WEB)));
    assert!(script.later(59).is_empty(), "a Pong is a sign of life");
    assert!(script.fleet.poll_timeout() > Some(script.now.instant));
    assert_eq!(script.later(1), ["host nas is offline", "Status(\"nas\")", "1 closed 1001"]);
    assert!(!script.fleet.view("nas").unwrap().0.online);
    assert_eq!(script.later(3600), [""; 0], "said once");
    assert_eq!(script.join(2, "nas"), ["host nas reports", "Status(\"nas\")"]);
}

#[test]
fn a_host_whose_connection_is_lost_has_a_minute_to_come_back() {
    let mut script = Script::new();
    script.join(WEB, "nas");
    script.input(Input::Left(ConnectionId(WEB)));
    assert!(script.later(30).is_empty());
    assert_eq!(script.join(2, "nas"), ["host nas reports"], "nobody saw it go");
    assert!(script.input(Input::Left(ConnectionId(WEB))).is_empty(), "late and without effect");
    assert_eq!(script.report(2, "{}"), ["Metrics(\"nas\")"]);
}

#[test]
fn the_newer_of_two_connections_wins() {
    let mut script = Script::new();
    script.join(WEB, "nas");
    assert_eq!(
        script.join(2, "nas"),
        [
            "1 closed 1008",
            "host nas reports on a second connection: the older one is closed",
            "host nas reports"
        ]
    );
    assert!(script.report(WEB, r#"{"uptime":1}"#).is_empty(), "the older one is not heard");
    script.input(Input::Left(ConnectionId(WEB)));
    assert_eq!(script.report(2, r#"{"uptime":2}"#), ["Metrics(\"nas\")"]);
    assert_eq!(script.sample("nas")["uptime"], 2);
}

#[test]
fn inventory_stays_when_a_report_comes_without() {
    let mut script = Script::new();
    script.join(WEB, "nas");
    let whole = r#"{"os":{"name":"debian","version":"12"},"cpu":{"brand":"N100","cores":4},
        "disks":[{"name":"sda","model":"M","serial":"S","disk_type":"SSD"},{"name":"sdb"}]}"#;
    script.report(WEB, whole);
    script.report(WEB, r#"{"cpu":{"usage":5},"disks":[{"name":"sda","read_speed":9}]}"#);
    let sample = script.sample("nas");
    assert_eq!(sample["os"]["name"], "debian");
    assert_eq!((&sample["cpu"]["brand"], &sample["cpu"]["usage"]), (&"N100".into(), &5.0.into()));
    assert_eq!(sample["disks"].as_array().unwrap().len(), 1, "a disk that is gone is gone");
    assert_eq!(sample["disks"][0]["model"], "M");
    assert_eq!(sample["disks"][0].get("serial"), None, "not for the public");
}

#[test]
fn kept_readings_are_acknowledged_and_never_shown_as_new() {
    let mut script = Script::new();
    script.join(WEB, "nas");
    let ack = |seq: u64| format!("1 <- ack {{\"seq\":{seq}}}");
    let metrics = || "Metrics(\"nas\")".to_owned();
    assert_eq!(script.placed(WEB, 1, 0), [metrics(), ack(1)]);
    assert_eq!(script.placed(WEB, 4, 0), [metrics()], "2 and 3 are on their way");
    assert_eq!(script.placed(WEB, 2, 20), [ack(2)]);
    assert_eq!(script.placed(WEB, 3, 10), [ack(4)]);
    assert_eq!(script.placed(WEB, 3, 10), [ack(4)], "twice");
    assert_eq!(script.sample("nas")["uptime"], 4);
}

#[test]
fn who_shows_nothing_is_shown_the_door() {
    let mut script = Script::new();
    for visitor in [10, 11, 12] {
        assert!(script.input(Input::Visited(ConnectionId(visitor))).is_empty());
    }
    let granted = Some(HostId::from("nas"));
    assert_eq!(
        script.input(Input::LoggedIn(ConnectionId(10), granted.clone())),
        ["host nas reports", "Status(\"nas\")", "10 <- auth "]
    );
    assert_eq!(
        script.input(Input::LoggedIn(ConnectionId(11), None)),
        ["11 <- auth ", "11 closed 1008"]
    );
    let report = Message::Report(Box::default());
    assert_eq!(script.receive(12, report), ["12 closed 1008"], "a report before a login");
    script.input(Input::Visited(ConnectionId(13)));
    assert!(script.later(9).is_empty());
    assert_eq!(script.later(1), ["13 closed 1008"]);
    let again = script.input(Input::LoggedIn(ConnectionId(10), granted));
    assert_eq!(again, ["10 <- auth "], "a login repeated on the open connection");
    let other = script.input(Input::LoggedIn(ConnectionId(10), Some(HostId::from("web"))));
    assert_eq!(other, ["10 <- auth "], "refused: a host writes its own id only");
    assert!(script.fleet.view("web").is_none());
}

#[test]
fn visitors_and_hosts_are_bounded_and_the_gone_forgotten() {
    let mut script = Script::new();
    for visitor in 0..u64::try_from(VISITORS_MAX).unwrap() {
        assert!(script.input(Input::Visited(ConnectionId(1000 + visitor))).is_empty());
    }
    assert_eq!(script.input(Input::Visited(ConnectionId(7))), ["7 closed 1013"]);
    script.later(10);
    assert!(script.input(Input::Visited(ConnectionId(8))).is_empty());
    for host in 1..HOSTS_MAX {
        let connection = u64::try_from(100_000 + host).unwrap();
        assert_eq!(script.join(connection, &format!("h{host}")).len(), 1);
    }
    assert_eq!(script.join(9, "one-more"), ["9 closed 1013"]);
    script.report(100_001, "{}");
    script.later(60);
    let gone = script.later(FORGET_AFTER.as_secs());
    assert_eq!(gone, ["Removed(\"h1\")"], "the only one of them that viewers knew");
    assert_eq!(script.fleet.counts(), (1, 0), "a configured host is never forgotten");
    assert_eq!(script.join(9, "one-more"), ["host one-more reports"]);
}

#[test]
fn a_batch_is_answered_and_its_last_reading_fills_an_empty_place() {
    let mut script = Script::new();
    script.join(WEB, "nas");
    let batch = |uptime: u64| {
        let mut report = Report::default();
        report.sample.uptime = Some(uptime);
        let reports = vec![Report::default(), report];
        Message::Batch(Batch { id: "b7".to_owned(), reports, rejected: 1 })
    };
    assert_eq!(script.receive(WEB, batch(5)), ["Metrics(\"nas\")", "1 <- batch_ack "]);
    assert_eq!(script.sample("nas")["uptime"], 5);
    assert_eq!(script.receive(WEB, batch(6)), ["1 <- batch_ack "]);
    assert_eq!(script.sample("nas")["uptime"], 5, "older than what is there");
}

#[test]
fn the_documented_object_carries_what_the_agent_called_its_host() {
    let mut script = Script::new();
    script.join(WEB, "web");
    let text = r#"{"serverName":"Web Server","group":"production","countryCode":"CN",
        "location":"Beijing","ip":"192.0.2.45","cpu":{"percent":45.2},"timestamp":1699123456}"#;
    let report = ingest::decode_server_info(text).unwrap();
    script.receive(WEB, Message::Report(Box::new(report)));
    let info = script.fleet.frontend_message("web").unwrap();
    let info: serde_json::Value = serde_json::from_str(&info).unwrap();
    assert_eq!(info["serverId"], "web");
    assert_eq!(info["serverName"], "Web Server");
    assert_eq!(info["ip"], "192.0.2.45");
    assert_eq!(info["timestamp"], 1_699_123_456);
    assert!(script.fleet.panel_message(&Update::Metrics("web".into()), script.now).is_some());
}
