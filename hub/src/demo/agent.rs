//! A stand-in for the agent.

use std::os::fd::OwnedFd;
use std::time::Duration;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use std::os::fd::AsFd;
use tokio_tungstenite::tungstenite::{self, Message};

pub(super) fn run(url: &str, token: &str, stop: OwnedFd) {
    use tungstenite::client::IntoClientRequest;
    let mut request = url.into_client_request().unwrap_or_default();
    if let Ok(value) = format!("Bearer {token}").parse() {
        request.headers_mut().insert("authorization", value);
    }
    request.headers_mut().insert(
        "x-client-id",
        "this-machine".parse().unwrap_or(tungstenite::http::HeaderValue::from_static("x")),
    );
    let address = request.uri().authority().map(ToString::to_string).unwrap_or_default();
    let Ok(stream) = std::net::TcpStream::connect(address) else { return };
    let Ok((mut ws, _)) = tungstenite::client(request, stream) else { return };
    let mut seq = 0_u64;
    loop {
        seq += 1;
        let text = format!(
            r#"{{"type":"metrics","id":"m{seq}","data":{{"hostname":"this-machine","os":{{"name":"debian","version":"12","kernel":"6.1.0","arch":"x86_64"}},"cpu":{{"brand":"Some CPU","cores":4,"usage":{},"per_core":[10,20,30,40]}},"memory":{{"total":8000000000,"used":{},"usage_percent":37.5}},"disks":[],"filesystems":[{{"mount_point":"/","total":100000000000,"used":50000000000,"free":50000000000,"usage_percent":50}}],"network":{{"rx_speed":{},"tx_speed":{}}},"uptime":{},"load_average":{{"one":0.5,"five":0.4,"fifteen":0.3}},"temperatures":[{{"label":"cpu","celsius":48.5}}]}},"meta":{{"seq":{seq},"boot_id":"b","age_ms":0}}}}"#,
            20 + seq * 7 % 50,
            3_000_000_000_u64,
            seq * 12345 % 9_000_000,
            seq * 1234 % 900_000,
            86_400 + seq
        );
        if ws.send(Message::text(text)).is_err() {
            return;
        }
        let mut fds = [PollFd::new(stop.as_fd(), PollFlags::POLLIN)];
        let timeout = PollTimeout::try_from(Duration::from_secs(1)).unwrap_or(PollTimeout::ZERO);
        if poll(&mut fds, timeout) != Ok(0) {
            let _ = ws.close(None);
            let _ = ws.flush();
            return;
        }
    }
}
