//! A hub and a database that answers as each test wants: what is sent, and what becomes of it.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use crate::support::{Deadline, FLEET, Hub, report, scratch};

/// A request as the database heard it.
struct Request {
    /// Which connection it came on, from 0.
    connection: usize,
    /// `POST /write?db=...`
    line: String,
    authorization: String,
    /// Unpacked.
    lines: Vec<String>,
}

/// Answers a request: `204 No Content`, with header lines behind it where there are any.
type Say = dyn Fn(usize, &Request) -> String + Send + Sync;

/// A database on loopback; it ends with the test.
struct Database {
    address: SocketAddr,
    heard: Receiver<Request>,
}

impl Database {
    /// Says this to the first, second ... request.
    fn start(say: impl Fn(usize, &Request) -> String + Send + Sync + 'static) -> Self {
        Self::listen(TcpListener::bind("127.0.0.1:0").unwrap(), Arc::new(say))
    }

    fn listen(listener: TcpListener, say: Arc<Say>) -> Self {
        let address = listener.local_addr().unwrap();
        let (tell, heard) = channel();
        let count = Arc::new(std::sync::atomic::AtomicUsize::new(0));
        std::thread::spawn(move || {
            for (connection, stream) in listener.incoming().flatten().enumerate() {
                let (tell, say, count) = (tell.clone(), say.clone(), count.clone());
                std::thread::spawn(move || serve(connection, stream, &tell, &*say, &count));
            }
        });
        Self { address, heard }
    }

    fn next(&self) -> Request {
        self.heard.recv_timeout(Duration::from_secs(10)).expect("a request")
    }

    /// Nothing is asked for so long.
    fn is_left_alone_for(&self, time: Duration) -> bool {
        self.heard.recv_timeout(time).is_err()
    }
}

fn serve(
    connection: usize,
    stream: TcpStream,
    tell: &Sender<Request>,
    say: &Say,
    count: &std::sync::atomic::AtomicUsize,
) {
    let mut input = BufReader::new(stream.try_clone().unwrap());
    let mut output = stream;
    while let Some(request) = read(connection, &mut input) {
        let number = count.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        let answer = say(number, &request);
        // What a test does not wait for nobody hears.
        let _ = tell.send(request);
        if write!(output, "HTTP/1.1 {answer}\r\nContent-Length: 0\r\n\r\n").is_err() {
            return;
        }
    }
}

fn read(connection: usize, input: &mut impl BufRead) -> Option<Request> {
    let mut head = Vec::new();
    loop {
        let mut line = String::new();
        if input.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let line = line.trim_end().to_owned();
        if line.is_empty() {
            break;
        }
        head.push(line);
    }
    let header = |name: &str| {
        let found = head.iter().filter_map(|line| line.split_once(": "));
        found.filter(|(key, _)| *key == name).map(|(_, value)| value.to_owned()).next()
    };
    let size = header("content-length").map_or(0, |size| size.parse().unwrap());
    let mut body = vec![0; size];
    input.read_exact(&mut body).ok()?;
    let mut text = String::new();
    if header("content-encoding").is_some() {
        flate2::read::MultiGzDecoder::new(&*body).read_to_string(&mut text).unwrap();
    }
    let line = head.first()?.trim_end_matches(" HTTP/1.1").to_owned();
    let authorization = header("authorization").unwrap_or_default();
    let lines = text.lines().map(str::to_owned).collect();
    Some(Request { connection, line, authorization, lines })
}

/// A hub that sends there; `more` are lines of `[sink.influxdb]`, and tables behind it.
fn hub(address: SocketAddr, state: &std::path::Path, more: &str) -> Hub {
    Hub::start(&format!(
        "state_dir = \"{}\"\n[viewers]\npublic = true\n[sink.influxdb]\n\
         url = \"http://{address}\"\ndatabase = \"fleet\"\ninterval = \"1s\"\n{more}",
        state.display()
    ))
}

fn state() -> PathBuf {
    scratch("state")
}

/// `[store]` for what is read from there, too.
const HISTORY: &str = "[store]\nbackend = \"influxdb\"\npath = \"memory\"\n";

fn health(hub: &Hub) -> String {
    hub.http("/healthz", "").1
}

fn wait_for(hub: &Hub, path: &str, text: &str) {
    let deadline = Deadline::in_seconds(10);
    loop {
        let said = hub.http(path, "").1;
        if said.contains(text) {
            return;
        }
        deadline.check(&said);
    }
}

#[test]
fn points_go_packed_on_one_connection_with_the_users_password() {
    let database = Database::start(|_, _| "204 No Content".to_owned());
    let secret = scratch("password");
    std::fs::write(&secret, "s3cret\n").unwrap();
    let more = format!(
        "user = \"me\"\ntoken_file = \"{}\"\nretention_policy = \"a week\"\ntags = {{ site = \"x\" }}\n",
        secret.display()
    );
    let hub = hub(database.address, &state(), &more);
    let mut agent = hub.agent("pi", FLEET);
    for seq in 1..=2 {
        agent.send(&report(seq, 12.5));
        let request = database.next();
        assert_eq!(request.connection, 0);
        assert_eq!(request.line, "POST /write?db=fleet&rp=a%20week&precision=s");
        assert_eq!(request.authorization, "Basic bWU6czNjcmV0");
        let cpu = request.lines.iter().find(|line| line.starts_with("cpu,")).unwrap();
        assert!(cpu.starts_with("cpu,host=h,id=pi,site=x,cpu=cpu-total "), "{cpu}");
    }
    wait_for(&hub, "/healthz", r#""influxdb":"ok""#);
    wait_for(&hub, "/metrics", "\nkinglet_hub_influxdb_batches_total 2\n");
}

#[test]
fn a_bucket_is_written_with_a_token() {
    let database = Database::start(|_, _| "204 No Content".to_owned());
    let secret = scratch("token");
    std::fs::write(&secret, "t0ken==").unwrap();
    let hub = Hub::start(&format!(
        "state_dir = \"{}\"\n[viewers]\npublic = true\n[sink.influxdb]\nurl = \"http://{}/below\"\n\
         org = \"o\"\nbucket = \"b c\"\ninterval = \"1s\"\ntoken_file = \"{}\"\n",
        state().display(),
        database.address,
        secret.display()
    ));
    hub.agent("pi", FLEET).send(&report(1, 12.5));
    let request = database.next();
    assert_eq!(request.line, "POST /below/api/v2/write?org=o&bucket=b%20c&precision=s");
    assert_eq!(request.authorization, "Token t0ken==");
}

#[test]
fn a_batch_that_is_too_large_is_halved_until_it_fits() {
    let say = |_, request: &Request| {
        let fits = request.lines.len() == 1;
        if fits { "204 No Content" } else { "413 Payload Too Large" }.to_owned()
    };
    let database = Database::start(say);
    let hub = hub(database.address, &state(), HISTORY);
    hub.agent("pi", FLEET).send(&report(1, 12.5));
    let whole = database.next().lines;
    assert!(whole.len() > 3, "{whole:?}");
    let mut taken = Vec::new();
    while taken.len() < whole.len() {
        let request = database.next();
        if request.lines.len() == 1 {
            taken.extend(request.lines);
        }
    }
    assert_eq!(taken, whole, "each once, and in their order");
    wait_for(&hub, "/healthz", r#""influxdb":"ok""#);
}

#[test]
fn what_is_busy_is_asked_again_when_it_said_and_what_is_refused_is_dropped() {
    let say = |number, _: &Request| {
        match number {
            0 => "503 Service Unavailable\r\nRetry-After: 2",
            1 => "400 Bad Request",
            _ => "204 No Content",
        }
        .to_owned()
    };
    let database = Database::start(say);
    let hub = hub(database.address, &state(), "");
    let mut agent = hub.agent("pi", FLEET);
    agent.send(&report(1, 12.5));
    let first = database.next().lines;
    wait_for(&hub, "/healthz", r#""influxdb":"readings wait for it"#);
    assert!(database.is_left_alone_for(Duration::from_millis(1_500)), "it said 2 s");
    assert_eq!(database.next().lines, first);
    let refused = format!("\nkinglet_hub_influxdb_refused_total {}\n", first.len());
    wait_for(&hub, "/metrics", &refused);
    agent.send(&report(2, 99.0));
    let next = database.next().lines;
    assert!(next != first && !next.is_empty());
    wait_for(&hub, "/metrics", "\nkinglet_hub_influxdb_up 1\n");
}

#[test]
fn a_password_that_is_refused_is_said_and_not_tried_again_and_again() {
    let database = Database::start(|_, _| "401 Unauthorized".to_owned());
    let hub = hub(database.address, &state(), "");
    hub.agent("pi", FLEET).send(&report(1, 12.5));
    database.next();
    wait_for(&hub, "/healthz", r#""influxdb":"readings wait for it"#);
    assert!(!health(&hub).contains("401"), "the server's words are for the log");
    assert!(database.is_left_alone_for(Duration::from_secs(3)));
}

#[test]
fn a_database_that_is_not_there_is_made() {
    let say = |number, _: &Request| if number == 0 { "404 Not Found" } else { "200 OK" }.to_owned();
    let database = Database::start(say);
    let hub = hub(database.address, &state(), "");
    hub.agent("pi", FLEET).send(&report(1, 12.5));
    let lines = database.next().lines;
    assert_eq!(database.next().line, "POST /query?q=CREATE%20DATABASE%20%22fleet%22");
    assert_eq!(database.next().lines, lines);
    wait_for(&hub, "/healthz", r#""influxdb":"ok""#);
}

#[test]
fn a_reading_is_acknowledged_when_it_is_queued_and_sent_after_a_restart() {
    // Bound, and closed again: nobody listens there for now.
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let state = state();
    let mut hub = hub(address, &state, HISTORY);
    let mut agent = hub.agent("pi", FLEET);
    for seq in 1..=3 {
        agent.send(&report(seq, 12.5));
        assert_eq!(agent.json_of("ack")["data"]["seq"], seq);
    }
    wait_for(&hub, "/healthz", r#""influxdb":"readings wait for it"#);
    hub.stop();
    let database = Database::listen(
        TcpListener::bind(address).unwrap(),
        Arc::new(|_, _| "204 No Content".to_owned()),
    );
    let again = self::hub(address, &state, HISTORY);
    let lines = database.next().lines;
    let times: BTreeSet<_> = lines
        .iter()
        .filter(|line| line.starts_with("kinglet_cpu,"))
        .filter_map(|line| line.rsplit(' ').next())
        .collect();
    assert_eq!(times.len(), 3, "{lines:?}");
    drop(again);
}

#[test]
fn viewers_and_agents_wait_for_no_database() {
    let (hold, held) = channel::<()>();
    let held = std::sync::Mutex::new(held);
    let say = move |_, _: &Request| {
        // It takes the request, and never answers.
        let _ = held.lock().unwrap().recv();
        "204 No Content".to_owned()
    };
    let database = Database::start(say);
    let hub = hub(database.address, &state(), HISTORY);
    let mut viewer = hub.frontend();
    let mut agent = hub.agent("pi", FLEET);
    for seq in 1..=20 {
        agent.send(&report(seq, 12.5));
        assert!(viewer.try_json(Duration::from_millis(500)).is_some(), "at once");
    }
    // A disk of a busy machine takes its time.
    let answer = agent.try_json(Duration::from_secs(20)).expect("an acknowledgement");
    assert_eq!(answer["type"], "ack");
    drop(hold);
}

#[test]
fn a_queue_that_is_full_drops_its_oldest_and_counts_it() {
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let state = state();
    let hub = hub(address, &state, "queue_bytes = 1048576\n");
    let folder = state.join("influxdb-queue");
    drop(hub);
    // As an outage of hours leaves it.
    let file = std::fs::File::create(folder.join("00000000000000000000.lp.gz")).unwrap();
    let mut member = flate2::write::GzEncoder::new(file, flate2::Compression::none());
    for number in 0..60_000 {
        writeln!(member, "cpu,host=old usage_idle=1 {number}").unwrap();
    }
    member.finish().unwrap();
    let hub = self::hub(address, &state, "queue_bytes = 1048576\n");
    hub.agent("pi", FLEET).send(&report(1, 12.5));
    wait_for(&hub, "/metrics", "\nkinglet_hub_influxdb_dropped_total 60000\n");
    drop(hub);
    let database = Database::listen(
        TcpListener::bind(address).unwrap(),
        Arc::new(|_, _| "204 No Content".to_owned()),
    );
    let _hub = self::hub(address, &state, "queue_bytes = 1048576\n");
    let lines = database.next().lines;
    assert!(lines.iter().all(|line| line.contains("host=h,id=pi")), "{lines:?}");
}
