//! What one session has subscribed to, and what of it is still to be written. Pure.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

use kinglet_proto::viewer::destination::Pattern;
use kinglet_proto::viewer::lifecycle::Announcement;
use kinglet_proto::wire::stomp::{Command, Version, Writer};

use crate::auth::Auth;
use crate::fleet::Sight;
use crate::limits::STOMP_SUBSCRIPTIONS_MAX;
use crate::server::sight;
use crate::sink::topics::{Message, Round, Wanted};

/// One subscription.
#[derive(Debug)]
pub(super) struct Subscription {
    id: String,
    pattern: Pattern,
    /// The figures it may mean.
    wanted: Option<Wanted>,
    acks: bool,
}

/// What of a round is still to be written for a subscription.
struct Due {
    round: Arc<Round>,
    subscription: Arc<Subscription>,
    places: Range<usize>,
}

/// The subscriptions of one session.
pub(super) struct Viewer {
    version: Version,
    public: bool,
    sight: Sight,
    subscriptions: Vec<Arc<Subscription>>,
    due: VecDeque<Due>,
    /// Messages written so far.
    messages: u64,
}

impl Viewer {
    /// Of who has shown these tokens.
    pub(super) fn new(version: Version, auth: &Auth, tokens: &[String]) -> Self {
        let (public, sight) = (auth.public(), sight::with_tokens(auth, tokens));
        let (subscriptions, due) = (Vec::new(), VecDeque::new());
        Self { version, public, sight, subscriptions, due, messages: 0 }
    }

    /// What is seen of the fleet.
    pub(super) fn sight(&self) -> Sight {
        self.sight
    }

    /// Subscribes; the id's older subscription is over. Returns what figures are asked for.
    pub(super) fn subscribe(
        &mut self,
        id: String,
        destination: &str,
        acks: bool,
    ) -> Result<Arc<Subscription>, &'static str> {
        self.unsubscribe(&id);
        if self.subscriptions.len() >= STOMP_SUBSCRIPTIONS_MAX {
            return Err("too many subscriptions");
        }
        let pattern = Pattern::new(destination);
        let wanted = Wanted::new(pattern.clone(), self.public);
        let wanted = wanted.map(|wanted| wanted.with_sight(self.sight));
        let subscription = Arc::new(Subscription { id, pattern, wanted, acks });
        self.subscriptions.push(subscription.clone());
        Ok(subscription)
    }

    /// Ends a subscription; one that there is not is no fault.
    pub(super) fn unsubscribe(&mut self, id: &str) {
        self.subscriptions.retain(|one| one.id != id);
        self.due.retain(|due| due.subscription.id != id);
    }

    /// Takes a round in for all subscriptions.
    pub(super) fn take_round(&mut self, round: &Arc<Round>) {
        for at in 0..self.subscriptions.len() {
            if let Some(subscription) = self.subscriptions.get(at).cloned() {
                self.take(round, subscription);
            }
        }
    }

    /// Takes a round in for one subscription.
    pub(super) fn take(&mut self, round: &Arc<Round>, subscription: Arc<Subscription>) {
        let Some(wanted) = &subscription.wanted else { return };
        let places = round.places(wanted);
        self.due.push_back(Due { round: round.clone(), subscription, places });
    }

    /// Whether everything is written.
    pub(super) fn is_idle(&self) -> bool {
        self.due.is_empty()
    }

    /// The next frames of the rounds that were taken in, of one host at most; `None` when all are
    /// written.
    pub(super) fn poll_frames(&mut self) -> Option<Vec<String>> {
        let due = self.due.front_mut()?;
        let Some(place) = due.places.next() else {
            self.due.pop_front();
            return Some(Vec::new());
        };
        let subscription = due.subscription.clone();
        let wanted = subscription.wanted.as_ref()?;
        let messages = due.round.messages(place, wanted);
        let frame = |Message { destination, body }: &Message| {
            self.messages += 1;
            frame(self.version, &subscription, self.messages, destination, body)
        };
        Some(messages.iter().map(frame).collect())
    }

    /// The frames for an event.
    pub(super) fn announce(&mut self, told: &Announcement) -> Vec<String> {
        let topics = told.kind.topics();
        let mut frames = Vec::new();
        for subscription in &self.subscriptions {
            if let Some(topic) = topics.iter().find(|topic| subscription.pattern.takes(topic)) {
                self.messages += 1;
                frames.push(frame(self.version, subscription, self.messages, topic, &told.body));
            }
        }
        frames
    }
}

impl Subscription {
    /// The figures it may mean.
    pub(super) fn wanted(&self) -> Option<&Wanted> {
        self.wanted.as_ref()
    }
}

/// A MESSAGE; its id is the number among those of the session.
fn frame(
    version: Version,
    subscription: &Subscription,
    number: u64,
    destination: &str,
    body: &str,
) -> String {
    let mut out =
        String::with_capacity(destination.len() + body.len() + subscription.id.len() + 128);
    let number = number.to_string();
    let mut writer = Writer::new(&mut out, version, Command::Message)
        .header("subscription", &subscription.id)
        .header("message-id", &number)
        .header("destination", destination);
    if subscription.acks && version == Version::V12 {
        writer = writer.header("ack", &number);
    }
    writer.body("application/json", body);
    out
}
