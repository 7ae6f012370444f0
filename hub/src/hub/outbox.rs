//! The queue of answers to one agent's connection. tokio's channels keep room for 32 messages,
//! 1.3 kB, for each agent of a fleet; an agent has one that waits, once in a while.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};

use super::Outgoing;
use crate::limits::AGENT_QUEUE_MAX;

/// The hub's end.
pub(super) struct Inlet(Arc<Mutex<Queue>>);

/// The connection's end.
pub(crate) struct Outbox(Arc<Mutex<Queue>>);

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Outgoing>,
    /// Nothing comes any more.
    is_closed: bool,
    /// Who waits for something.
    waker: Option<Waker>,
}

/// Both ends of a queue.
pub(super) fn open() -> (Inlet, Outbox) {
    let queue = Arc::new(Mutex::default());
    (Inlet(queue.clone()), Outbox(queue))
}

impl Inlet {
    /// Puts something in; where [`AGENT_QUEUE_MAX`] wait it is dropped.
    pub(super) fn push(&self, outgoing: Outgoing) {
        let mut queue = lock(&self.0);
        if queue.is_closed || queue.waiting.len() >= AGENT_QUEUE_MAX {
            return;
        }
        queue.waiting.push_back(outgoing);
        wake(queue);
    }
}

impl Drop for Inlet {
    fn drop(&mut self) {
        let mut queue = lock(&self.0);
        queue.is_closed = true;
        wake(queue);
    }
}

impl Outbox {
    /// The next thing to do; `None` when the hub is done with the connection.
    pub(crate) async fn recv(&mut self) -> Option<Outgoing> {
        poll_fn(|context| {
            let mut queue = lock(&self.0);
            match queue.waiting.pop_front() {
                None if !queue.is_closed => {
                    queue.waker = Some(context.waker().clone());
                    Poll::Pending
                }
                next => Poll::Ready(next),
            }
        })
        .await
    }

    /// The same, of what waits already.
    pub(crate) fn try_recv(&mut self) -> Option<Outgoing> {
        lock(&self.0).waiting.pop_front()
    }

    /// Whether nothing comes any more, be it that something waits.
    pub(crate) fn is_closed(&self) -> bool {
        lock(&self.0).is_closed
    }

    /// Takes nothing more.
    pub(crate) fn close(&mut self) {
        lock(&self.0).is_closed = true;
    }
}

/// Wakes who waits, when nothing is locked.
fn wake(mut queue: MutexGuard<'_, Queue>) {
    let waker = queue.waker.take();
    drop(queue);
    if let Some(waker) = waker {
        waker.wake();
    }
}

fn lock(queue: &Mutex<Queue>) -> MutexGuard<'_, Queue> {
    queue.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use kinglet_proto::answer::Answer;
    use tokio::time::{sleep, timeout};

    use super::*;

    fn seq(outgoing: Option<Outgoing>) -> Option<u64> {
        let Outgoing::Answer(Answer::Ack(seq)) = outgoing? else { panic!("an acknowledgement") };
        Some(seq)
    }

    #[tokio::test]
    async fn what_finds_room_comes_in_order_and_then_the_end() {
        let (inlet, mut outbox) = open();
        let many = u64::try_from(AGENT_QUEUE_MAX).unwrap();
        (0..many + 5).for_each(|seq| inlet.push(Outgoing::Answer(Answer::Ack(seq))));
        assert_eq!(seq(outbox.try_recv()), Some(0));
        drop(inlet);
        assert!(outbox.is_closed());
        for due in 1..many {
            assert_eq!(seq(outbox.recv().await), Some(due));
        }
        assert_eq!(seq(outbox.recv().await), None);
    }

    #[tokio::test]
    async fn who_waits_is_woken() {
        let (inlet, mut outbox) = open();
        let heard = tokio::spawn(async move { (outbox.recv().await, outbox.recv().await) });
        sleep(Duration::from_millis(20)).await;
        inlet.push(Outgoing::Answer(Answer::Ack(7)));
        sleep(Duration::from_millis(20)).await;
        drop(inlet);
        let (first, last) = timeout(Duration::from_secs(5), heard).await.unwrap().unwrap();
        assert_eq!((seq(first), seq(last)), (Some(7), None));
    }

    #[test]
    fn who_has_closed_it_takes_nothing() {
        let (inlet, mut outbox) = open();
        outbox.close();
        inlet.push(Outgoing::Answer(Answer::Ack(1)));
        assert!(outbox.try_recv().is_none());
    }
}
