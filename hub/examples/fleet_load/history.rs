//! Questions about the past while all report.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep};

use super::{Bench, Fault, say};

/// What one metric was over the last 24 hours by the minute, twice a second: how long each answer
/// took.
pub(crate) async fn ask_about_a_day(bench: Arc<Bench>) -> Result<Vec<Duration>, Fault> {
    let mut times = Vec::new();
    for number in 0..bench.arguments.seconds * 2 {
        sleep(Duration::from_millis(500)).await;
        let now = (bench.arguments.unix_now + bench.begun.elapsed().as_secs()) * 1000;
        let path = format!(
            "/api/history/host-{}?metric=cpu.usage&from={}&to={now}&step=60",
            number % 20,
            now - 24 * 3600 * 1000
        );
        let began = Instant::now();
        let mut stream = TcpStream::connect(bench.arguments.hub).await?;
        let request = format!("GET {path} HTTP/1.1\r\nHost: hub\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        times.push(began.elapsed());
        if !answer.starts_with("HTTP/1.1 200") {
            return Err(answer.lines().next().unwrap_or("no answer").into());
        }
        if number == 0 {
            say(format!("history_points {}", answer.matches(",[").count() + 1))?;
        }
    }
    Ok(times)
}
