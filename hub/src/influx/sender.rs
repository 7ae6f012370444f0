//! The task that sends: the oldest of the queue, one request at a time, until it is safe there.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::spawn_blocking;
use tokio::time::{sleep, timeout};

use super::request::{Fate, Requests, fate};
use super::settings::Target;
use super::spool::{Batch, pack, unpack};
use super::{Shared, held};
use crate::http::{Client, ClientError};
use crate::limits::{
    INFLUX_ANSWER_BYTES_MAX, INFLUX_BATCH_BYTES_MIN, INFLUX_PAUSE, INFLUX_PAUSE_MAX,
    INFLUX_RETRY_AFTER_MAX, INFLUX_STRANGER_PAUSE,
};

/// The sending task.
pub(super) struct Sender {
    shared: Arc<Shared>,
    client: Client,
    /// Bytes of a request; less than the owner wants where the server wants less.
    batch_bytes: usize,
    /// How long the next try waits when this one fails.
    pause: Duration,
}

/// What came of a batch.
enum Outcome {
    /// It is done with.
    Done,
    /// It is tried again after this.
    Again(Duration, String),
    /// It is tried again when the credentials are others, or after a minute.
    Stranger(String),
}

impl Sender {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        let client =
            Client::new(&shared.settings.address, shared.tls.clone(), INFLUX_ANSWER_BYTES_MAX);
        let batch_bytes = shared.settings.batch_bytes;
        Self { shared, client, batch_bytes, pause: INFLUX_PAUSE }
    }

    /// Sends whatever is queued, for ever.
    pub(super) async fn run(mut self) {
        loop {
            let oldest = held(&self.shared.spool).oldest(self.batch_bytes);
            let Some(batch) = oldest else {
                // One that came between the two is told by the permit it left; and a queue that was
                // missed all the same is looked at when the pause is over.
                let _ = timeout(INFLUX_PAUSE_MAX, self.shared.fresh.notified()).await;
                continue;
            };
            match self.deliver(&batch).await {
                Outcome::Done => self.forget(batch).await,
                Outcome::Again(wait, words) => {
                    self.shared.health.handle_failure(&words);
                    sleep(wait).await;
                }
                Outcome::Stranger(words) => {
                    self.shared.health.handle_failure(&words);
                    self.wait_for_credentials().await;
                }
            }
        }
    }

    async fn forget(&mut self, batch: Batch) {
        self.pause = INFLUX_PAUSE;
        let shared = self.shared.clone();
        let forgotten = spawn_blocking(move || {
            let mut spool = held(&shared.spool);
            let forgotten = spool.forget(&batch);
            shared.health.handle_queue(forgotten.as_ref().copied(), spool.bytes());
            forgotten
        });
        if !matches!(forgotten.await, Ok(Ok(()))) {
            // It is sent again, for it is still there.
            sleep(INFLUX_PAUSE_MAX).await;
        }
    }

    async fn deliver(&mut self, batch: &Batch) -> Outcome {
        let read = {
            let batch = batch.clone();
            spawn_blocking(move || batch.read()).await.map_err(io::Error::other)
        };
        let body = match read.and_then(|read| read) {
            Ok(body) if body.is_empty() => return Outcome::Done,
            Ok(body) => body,
            Err(error) => return Outcome::Again(INFLUX_PAUSE_MAX, format!("its queue: {error}")),
        };
        let mut parts = vec![body];
        while let Some(body) = parts.pop() {
            match self.post(&body).await {
                Ok(Fate::Taken) => self.shared.health.handle_sent(),
                Ok(Fate::Refused(words)) => {
                    let points = unpack(&body).lines().count();
                    self.shared.health.handle_refused(points as u64, &words);
                }
                Ok(Fate::TooLarge) => {
                    self.batch_bytes = (body.len() / 2).max(INFLUX_BATCH_BYTES_MIN);
                    let text = unpack(&body);
                    match halves(&text) {
                        Some((first, second)) => parts.extend([pack(second), pack(first)]),
                        None => self.shared.health.handle_refused(1, "413: a point is too large"),
                    }
                }
                Ok(Fate::NoDatabase(words)) => match self.create_database().await {
                    true => parts.push(body),
                    false => return Outcome::Again(self.next_pause(), words),
                },
                Ok(Fate::Stranger(words)) => return Outcome::Stranger(words),
                Ok(Fate::Later(wait, words)) => {
                    let wait = wait.map(|wait| wait.clamp(INFLUX_PAUSE, INFLUX_RETRY_AFTER_MAX));
                    return Outcome::Again(wait.unwrap_or_else(|| self.next_pause()), words);
                }
                Err(words) => return Outcome::Again(self.next_pause(), words),
            }
        }
        Outcome::Done
    }

    async fn post(&mut self, body: &[u8]) -> Result<Fate, String> {
        // Read for each request: the owner may have changed the password.
        let requests = Requests::new(&self.shared.settings)?;
        let answer = self.client.send(|| requests.write(body.to_vec())).await;
        answer.map(|answer| fate(&answer)).map_err(|error: ClientError| error.to_string())
    }

    /// Waits until the owner has put others into the file.
    async fn wait_for_credentials(&self) {
        let refused = Requests::new(&self.shared.settings).ok();
        let changed = async {
            while Requests::new(&self.shared.settings).ok() == refused {
                sleep(INFLUX_PAUSE).await;
            }
        };
        // The server's may have changed as well.
        let _ = timeout(INFLUX_STRANGER_PAUSE, changed).await;
    }

    /// 1.x begins without any; whether there is one now.
    async fn create_database(&mut self) -> bool {
        let Target::Database { name, .. } = &self.shared.settings.target else { return false };
        let Ok(requests) = Requests::new(&self.shared.settings) else { return false };
        let made = self.client.send(|| requests.create_database(name)).await;
        made.is_ok_and(|answer| {
            answer.status.is_success() && !answer.body.windows(7).any(|part| part == b"\"error\"")
        })
    }

    fn next_pause(&mut self) -> Duration {
        let pause = self.pause;
        self.pause = (pause * 2).min(INFLUX_PAUSE_MAX);
        pause
    }
}

/// The lines in two parts; `None` for one line.
fn halves(text: &str) -> Option<(&str, &str)> {
    let middle = text.get(..text.len() / 2).map_or(0, str::len);
    let end = text.get(middle..).and_then(|rest| rest.find('\n'));
    let at = end.map(|end| middle + end + 1).filter(|at| *at < text.len());
    let at = at.or_else(|| text.trim_end_matches('\n').rfind('\n').map(|at| at + 1))?;
    Some(text.split_at(at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_halved_between_lines_down_to_one() {
        assert_eq!(halves("a 1\nb 2\n"), Some(("a 1\n", "b 2\n")));
        assert_eq!(
            halves("a 1\nlonger than all before 2\n"),
            Some(("a 1\n", "longer than all before 2\n"))
        );
        assert_eq!(halves("aäöü 1\nb 2\nc 3\n"), Some(("aäöü 1\n", "b 2\nc 3\n")));
        assert_eq!(halves("a 1\n"), None);
        assert_eq!(halves(""), None);
    }
}
