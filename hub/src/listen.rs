//! Listens, accepts, and stops: the one place where the hub, its sinks and its doors come together.

mod certificate;
mod decisions;
mod drop_ins;
#[cfg(fuzzing)]
pub mod fuzz;
mod patient;
mod place;
mod supervisor;
mod tls;
mod validity;

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use certificate::Certificate;
use futures_util::future::BoxFuture;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use kinglet_proto::host::HostId;
use kinglet_proto::limits::{CLOSE_TIMEOUT, UPGRADE_TIMEOUT};
use patient::Patient;
use place::Place;
use supervisor::Supervisor;
pub use tls::check as check_tls;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::{JoinSet, spawn_blocking};
use tokio::time::{sleep, timeout};
use tracing::{debug, warn};

use crate::alert::{Desk, Kept};
use crate::clock;
use crate::config::Config;
use crate::door::router;
use crate::enroll::unfinished::mend;
use crate::guard::{self, Places, Proxies};
use crate::history::History;
use crate::hub::Hub;
use crate::hub::drop_ins::DropIns;
use crate::influx::{Influx, InfluxError, Past};
use crate::invite::{self, Reach};
use crate::limits::{ACCEPT_PAUSE, BACKLOG, CONNECTIONS_MAX, REQUEST_BYTES_MAX, SEND_BUFFER_BYTES};
use crate::notify::Notifier;
use crate::people::{People, PeopleError};
use crate::server::caller::Caller;
use crate::sink::Sinks;
use crate::store::{Store, StoreError};

/// Where proxies say whom they saw.
const FORWARDED_FOR: &str = "x-forwarded-for";
/// Where they say how it came to them.
const FORWARDED_PROTO: &str = "x-forwarded-proto";

/// Why the hub cannot serve.
#[derive(Debug)]
pub enum ServeError {
    /// The address cannot be listened on.
    Listen(SocketAddr, io::Error),
    /// A certificate or key cannot be used.
    Tls(PathBuf, String),
    /// The history cannot be kept in its file.
    Store(PathBuf, StoreError),
    /// Readings cannot go to their database.
    Influx(InfluxError),
    /// Nobody can be told of alerts by one of the channels; in words.
    Notify(String),
    /// Nobody can sign in elsewhere; in words.
    Oidc(String),
    /// Those who sign in cannot be looked up.
    People(PathBuf, PeopleError),
}

impl fmt::Display for ServeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Listen(address, error) => write!(f, "cannot listen on {address}: {error}"),
            Self::Tls(path, what) => write!(f, "{}: {what}", path.display()),
            Self::Store(path, error) => write!(f, "the history {}: {error}", path.display()),
            Self::Influx(error) => write!(f, "[sink.influxdb]: {error}"),
            Self::Notify(words) => f.write_str(words),
            Self::Oidc(words) => write!(f, "[oidc]: {words}"),
            Self::People(folder, error) => {
                write!(f, "{}/people.db: {error}; it is left as it is", folder.display())
            }
        }
    }
}

impl std::error::Error for ServeError {}

/// A hub that listens.
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    tls: Option<Arc<Certificate>>,
    /// How often the certificate's files are looked at.
    renewal: Duration,
    /// A word that they are others; `None` where nobody sends one.
    hangup: Option<Signal>,
    /// The same word, for who looks at the files of hosts.
    decisions: Option<Signal>,
    hub: Arc<Hub>,
    service: TowerToHyperService<Router>,
    sinks: Vec<BoxFuture<'static, ()>>,
    /// `None` where nobody is to be told how the hub is.
    supervisor: Option<Supervisor>,
    /// How long a write may wait.
    stall: Duration,
    proxies: Proxies,
    places: Arc<Mutex<Places>>,
}

impl Server {
    /// Listens on the configured address and reads the certificate. Needs a tokio runtime.
    pub fn bind(config: Config) -> Result<Self, ServeError> {
        let way = config.way();
        let Config { listen, tls, auth, mut settings, state_dir, store, stated, .. } = config;
        let (stomp_every, influxdb, notify) = (config.stomp_every, config.influxdb, config.notify);
        let reach = Reach { listen, tls: tls.clone() };
        let tls = tls.map(Certificate::read).transpose()?.map(Arc::new);
        let certificate = tls.as_ref().and_then(|tls| tls.ends());
        let path = store.path.clone().unwrap_or_default();
        let failed = |error| ServeError::Listen(listen, error);
        let listener = open_listener(listen).map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let store = Store::open(store).map_err(|error| ServeError::Store(path, error))?;
        let influx = influxdb.map(Influx::open).transpose().map_err(ServeError::Influx)?;
        let influx = influx.map(Arc::new);
        let history: Arc<dyn History> = match &influx {
            Some(influx) if influx.is_history() => Arc::new(Past::new(influx.clone(), store)),
            Some(_) | None => Arc::new(store),
        };
        settings.durable = history.is_durable();
        let lasting = state_dir.clone().filter(|_| settings.durable);
        let notifier = Notifier::open(notify, lasting).map_err(ServeError::Notify)?;
        // An alert that is told twice is better than a hub that does not start.
        let kept = history.kept_alerts().unwrap_or_else(|error| {
            warn!("which alerts were open is not known: {error}");
            Kept::default()
        });
        let people = state_dir.as_deref().map(|state| {
            let people = People::open(state).map(Arc::new);
            people.map_err(|error| ServeError::People(state.to_owned(), error))
        });
        let auth = auth.with_people(people.transpose()?);
        let mended = state_dir.as_deref().map_or(Ok(()), mend);
        mended.unwrap_or_else(|error| warn!("what a killed hub left is still there: {error}"));
        let hub = Hub::new(auth, settings, state_dir, history).with_stated(stated, reach);
        let hub = hub.with_oidc(config.oidc).map_err(ServeError::Oidc)?;
        let drop_ins = DropIns::new(config.base, config.pieces, &config.faults);
        let hub = hub.with_stomp_every(stomp_every).with_influx(influx);
        let hub = hub.with_notifier(notifier, drop_ins);
        let guard::Settings {
            gate,
            proxies,
            new_hosts_per_hour,
            stranger_places,
            viewer_ping,
            write_stall,
            renewal,
        } = config.guard;
        let places = Arc::new(Mutex::new(Places::new(stranger_places)));
        let hub = hub.with_gate(gate, way).with_viewer_ping(viewer_ping);
        let hub = hub.with_new_hosts_per_hour(new_hosts_per_hour);
        let standing = |id: &HostId| hub.standing(id);
        let desk = Desk::new(config.alerts, certificate, kept, standing, clock::now());
        let hub = Arc::new(hub.with_alerts(desk));
        let (sinks, running) = Sinks::open(&hub);
        let service = TowerToHyperService::new(router(&hub, &sinks));
        Ok(Self {
            listener,
            address,
            tls,
            renewal,
            hangup: None,
            decisions: None,
            hub,
            service,
            sinks: running,
            supervisor: None,
            stall: write_stall,
            proxies,
            places,
        })
    }

    /// Runs as a service: the manager that started it is told how the hub is, and SIGHUP has it
    /// look at its certificate. Needs a tokio runtime.
    pub fn supervised(self) -> Self {
        let [hangup, decisions] = [(); 2].map(|()| signal(SignalKind::hangup()).ok());
        let supervisor = Some(Supervisor::from_environment());
        Self { supervisor, hangup, decisions, ..self }
    }

    /// The address it listens on, with the port the system chose for port 0.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// A link for who makes the first user of a hub where people sign in; `None` where there is
    /// one, or they come from a provider.
    pub fn first_link(&self) -> Option<String> {
        let is_wanted = self.hub.auth.is_for_people() && self.hub.oidc.is_none();
        let people = self.hub.auth.people().filter(|_| is_wanted)?;
        let code = people.offer_first(clock::now().instant)?;
        let page = invite::page_url(self.address, self.tls.is_some());
        Some(format!("{page}/setup#{code}"))
    }

    /// Serves until `stop` is ready, then says goodbye to everybody within 2 s.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        let Self {
            listener, tls, hub, service, sinks, mut supervisor, stall, proxies, places, ..
        } = self;
        let (renewal, hangup) = (self.renewal, self.hangup);
        let changed = hangup.is_some().then(|| signal(SignalKind::hangup()).ok()).flatten();
        let changed = drop_ins::follow(&hub, changed);
        let renewed = certificate::follow(tls.clone(), &hub, renewal, hangup);
        let decided = decisions::follow(hub.clone(), self.decisions);
        let way = Way { hub: hub.clone(), tls, service, stall, proxies, places };
        // They end with the hub, or with this function.
        let _sinks: JoinSet<()> = sinks.into_iter().collect();
        supervisor.iter().for_each(Supervisor::handle_start);
        let is_alive = |now| supervisor.iter_mut().for_each(|manager| manager.handle_turn(now));
        tokio::select! {
            () = stop => {}
            () = accept(&listener, way) => {}
            () = renewed => {}
            () = changed => {}
            () = decided => {}
            () = hub.keep_time(is_alive) => {}
        }
        supervisor.iter().for_each(Supervisor::handle_stop);
        drop(listener);
        hub.stop();
        let gone = async {
            while hub.sockets() > 0 {
                sleep(Duration::from_millis(10)).await;
            }
        };
        if timeout(CLOSE_TIMEOUT + Duration::from_millis(300), gone).await.is_err() {
            debug!("{} connections did not say goodbye", hub.sockets());
        }
        hub.notifier.keep().await;
        // One that panicked has told why.
        let _ = spawn_blocking(move || {
            hub.history.stop();
            hub.influx.iter().for_each(|influx| influx.stop());
        })
        .await;
    }
}

fn open_listener(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => tokio::net::TcpSocket::new_v4()?,
        SocketAddr::V6(_) => tokio::net::TcpSocket::new_v6()?,
    };
    socket.set_reuseaddr(true)?;
    // Those it accepts have the same.
    socket.set_send_buffer_size(SEND_BUFFER_BYTES)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

async fn accept(listener: &TcpListener, way: Way) {
    let all = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let way = Arc::new(way);
    loop {
        // With every place taken, the next connection waits in the backlog.
        let Ok(one) = all.clone().acquire_owned().await else { return };
        match listener.accept().await {
            Ok((stream, peer)) => {
                // Without it only latency is lost.
                let _ = stream.set_nodelay(true);
                tokio::spawn(way.clone().serve(stream, peer.ip(), one));
            }
            Err(error) => {
                warn!("accept: {error}");
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// The way of a connection to what answers it.
struct Way {
    hub: Arc<Hub>,
    tls: Option<Arc<Certificate>>,
    service: TowerToHyperService<Router>,
    stall: Duration,
    proxies: Proxies,
    places: Arc<Mutex<Places>>,
}

impl Way {
    async fn serve(self: Arc<Self>, stream: TcpStream, peer: IpAddr, one: OwnedSemaphorePermit) {
        let place = if self.proxies.trust(peer) {
            // Whom it brings is not known before the first request, and it may be everybody.
            None
        } else if let Some(place) = Place::take(&self.places, peer.into()).await {
            Some(place)
        } else {
            return self.hub.complain(format_args!("{peer} has too many connections"));
        };
        let stream = Patient::new(stream, self.stall, (place, one));
        let Some(tls) = &self.tls else { return self.serve_http(stream, peer).await };
        match timeout(UPGRADE_TIMEOUT, tls.acceptor().accept(stream)).await {
            Ok(Ok(stream)) => self.serve_http(stream, peer).await,
            Ok(Err(error)) => debug!("tls with {peer}: {error}"),
            Err(_) => debug!("tls with {peer} timed out"),
        }
    }

    async fn serve_http<S>(&self, stream: S, peer: IpAddr)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let service = service_fn(|mut request: hyper::Request<hyper::body::Incoming>| {
            let said = request.headers().get_all(FORWARDED_FOR).iter();
            // What is no text is no address either.
            let said = said.map(|line| line.to_str().unwrap_or("?"));
            let address = self.proxies.client(peer, said);
            let proto = request.headers().get(FORWARDED_PROTO).map(|it| it.as_bytes());
            let by_tls = self.proxies.is_by_tls(peer, proto);
            let caller = Caller::new(address, self.places.clone()).with_tls(by_tls);
            request.extensions_mut().insert(caller);
            self.service.call(request)
        });
        let served = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(UPGRADE_TIMEOUT)
            .max_buf_size(REQUEST_BYTES_MAX)
            .serve_connection(TokioIo::new(stream), service)
            .with_upgrades()
            .await;
        if let Err(error) = served {
            debug!("http with {peer}: {error}");
        }
    }
}
