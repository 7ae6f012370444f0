use std::net::IpAddr;
use std::path::PathBuf;

use kinglet_proto::time::Instant;

use super::schema::VERSION;
use super::*;
use crate::limits::people::{
    SESSION_ELSEWHERE_S, SESSION_IDLE_S, SESSION_KEPT_S, SESSIONS_MAX, TRACES_MAX,
};
use crate::people::Browser;

const PASSWORD: &str = "correct horse";

fn at(seconds: i64) -> WallTime {
    moment(1_700_000_000 + seconds)
}

/// A book with one owner, in a folder of its own.
struct Scene {
    folder: PathBuf,
    book: Book,
    ada: UserName,
}

impl Scene {
    fn new(name: &str) -> Self {
        let folder =
            std::env::temp_dir().join(format!("kinglet-book-{name}-{}", std::process::id()));
        drop(std::fs::remove_dir_all(&folder));
        std::fs::create_dir_all(&folder).unwrap();
        let mut book = Book::begin_in(&folder, &folder.join("people.db")).unwrap();
        let ada = UserName::parse("ada").unwrap();
        book.add(&ada, Role::Owner, PASSWORD, at(0)).unwrap();
        Self { folder, book, ada }
    }

    fn begin(&mut self, remember: bool, now: i64) -> Started {
        self.book.begin(&self.ada, &browser(remember, now)).unwrap().unwrap().1
    }

    fn is_in(&mut self, session: &Started, now: i64) -> bool {
        self.book.visitor(&session.secret, at(now)).unwrap().is_some()
    }
}

fn browser(remember: bool, now: i64) -> Browser<'static> {
    let from = IpAddr::from([192, 0, 2, 1]);
    let (client, instant) = ("Firefox", Instant::from_millis(1000));
    Browser { remember, client, from, now: instant, at: at(now) }
}

impl Drop for Scene {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.folder).unwrap();
    }
}

#[test]
fn a_session_ends_when_it_is_not_used_and_lasts_while_it_is() {
    let mut scene = Scene::new("idle");
    let (short, kept) = (scene.begin(false, 0), scene.begin(true, 0));
    let used: Vec<i64> = (1..=5).map(|each| each * (SESSION_IDLE_S - 1)).collect();
    assert!(used.iter().all(|now| scene.is_in(&short, *now)), "it is used");
    let last = *used.last().unwrap();
    assert!(scene.is_in(&short, last + SESSION_IDLE_S));
    assert!(!scene.is_in(&short, last + 2 * SESSION_IDLE_S + 1));
    assert!(scene.is_in(&kept, last + 3 * SESSION_IDLE_S));
    assert!(!scene.is_in(&kept, last + 3 * SESSION_IDLE_S + SESSION_KEPT_S + 1));
}

#[test]
fn what_somebody_may_who_signs_in_elsewhere_is_asked_anew_however_much_he_looks() {
    let mut scene = Scene::new("elsewhere");
    let own = scene.begin(false, 0);
    let eve = UserName::parse("eve@example.org").unwrap();
    let begun = scene.book.begin_external(&eve, Role::Viewer, &browser(false, 0)).unwrap();
    let session = begun.unwrap().1;
    let hours = SESSION_ELSEWHERE_S / 3600;
    for hour in 1..=hours {
        assert!(scene.is_in(&session, hour * 3600) && scene.is_in(&own, hour * 3600), "{hour}");
    }
    assert_eq!(scene.book.sessions(&eve, at(hours * 3600)).unwrap().len(), 1);
    let after = hours * 3600 + 1;
    assert!(!scene.is_in(&session, after) && scene.is_in(&own, after));
    assert!(scene.book.sessions(&eve, at(after)).unwrap().is_empty());
    let again = scene.book.begin_external(&eve, Role::Owner, &browser(false, after)).unwrap();
    let (user, session) = again.unwrap();
    assert_eq!(user.role, Role::Owner, "as the provider says now");
    assert!(scene.is_in(&session, after));
}

#[test]
fn a_session_is_listed_and_ended_by_an_id_that_is_no_secret() {
    let mut scene = Scene::new("ended");
    let (one, other) = (scene.begin(false, 0), scene.begin(false, 1));
    let listed = scene.book.sessions(&scene.ada, at(2)).unwrap();
    assert_eq!(listed.iter().map(|it| it.created).collect::<Vec<_>>(), [at(1), at(0)]);
    assert!(listed.iter().all(|it| it.client == "Firefox" && it.id.len() == 16));
    assert!(!one.secret.contains(&listed[1].id));
    let eve = UserName::parse("eve").unwrap();
    assert!(!scene.book.end_one(&eve, &listed[1].id).unwrap(), "it is not hers");
    assert!(scene.book.end_one(&scene.ada.clone(), &listed[1].id).unwrap());
    assert!(!scene.is_in(&one, 3) && scene.is_in(&other, 3));
    assert_eq!(scene.book.end(&other.secret).unwrap().as_deref(), Some("ada"));
    assert!(!scene.is_in(&other, 3));
}

#[test]
fn another_password_or_no_user_ends_every_session() {
    let mut scene = Scene::new("password");
    let first = scene.begin(true, 0);
    scene.book.set_role(&scene.ada.clone(), Role::Viewer).unwrap();
    let seen = scene.book.visitor(&first.secret, at(1)).unwrap();
    assert_eq!(seen.map(|user| user.role), Some(Role::Viewer), "at once");
    scene.book.set_password(&scene.ada.clone(), "battery staple").unwrap();
    assert!(!scene.is_in(&first, 2));
    let second = scene.begin(true, 3);
    scene.book.remove(&scene.ada.clone()).unwrap();
    assert!(!scene.is_in(&second, 4));
    assert!(scene.book.remove(&scene.ada.clone()).is_err() && !scene.book.is_any().unwrap());
}

#[test]
fn what_makes_no_sense_is_said_and_changes_nothing() {
    let mut scene = Scene::new("wanted");
    let ada = scene.ada.clone();
    let again = scene.book.add(&ada, Role::Viewer, PASSWORD, at(1)).unwrap_err();
    assert!(again.to_string().contains("already"), "{again}");
    assert!(scene.book.set_password(&ada, "short").is_err());
    let users = scene.book.users().unwrap();
    assert_eq!(users, [(User { name: ada, role: Role::Owner }, 0)]);
}

#[test]
fn the_sessions_of_one_and_the_traces_of_all_are_bounded() {
    let mut scene = Scene::new("bounds");
    let first = scene.begin(true, 0);
    for now in 1..=SESSIONS_MAX {
        scene.begin(true, now);
    }
    assert!(!scene.is_in(&first, 100));
    assert_eq!(scene.book.users().unwrap()[0].1, u32::try_from(SESSIONS_MAX).unwrap());
    let long = "x".repeat(1000);
    scene.book.note(&Trace::new(at(7), "ada", "did", &long)).unwrap();
    let newest = scene.book.traces(1).unwrap();
    assert_eq!(newest[0].at, at(7));
    assert_eq!(newest[0].subject.len(), CLIENT_BYTES_MAX);
    scene.book.sql.execute("UPDATE trace SET id = id + ?1 WHERE id = 1", [TRACES_MAX * 2]).unwrap();
    scene.book.note(&Trace::new(at(8), "ada", "did", "")).unwrap();
    assert_eq!(scene.book.traces(usize::MAX).unwrap().len(), 2);
}

#[test]
fn the_file_is_its_owners_alone_and_a_later_one_is_left_as_it_is() {
    let scene = Scene::new("later");
    let path = scene.folder.join("people.db");
    let mode = std::fs::metadata(&path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o600);
    scene.book.sql.pragma_update(None, "user_version", VERSION + 1).unwrap();
    assert!(matches!(Book::open(&path), Err(PeopleError::NotOurs)));
}

#[test]
fn a_link_is_good_until_it_expires_or_is_removed_and_is_called_by_one_name() {
    let mut scene = Scene::new("links");
    let [lobby, hall] = ["lobby", "hall"].map(|name| UserName::parse(name).unwrap());
    let made = scene.book.add_link(&lobby, 60, at(0)).unwrap();
    let other = scene.book.add_link(&hall, 60, at(0)).unwrap();
    assert_eq!(made.expires, at(60));
    assert!(made.secret.starts_with("kl_") && made.secret != other.secret);
    assert!(scene.book.add_link(&lobby, 60, at(1)).unwrap_err().to_string().contains("already"));
    assert_eq!(scene.book.links().unwrap().iter().filter(|link| link.seen.is_some()).count(), 0);
    assert_eq!(scene.book.link(&made.secret, at(59)).unwrap().map(|link| link.name), Some(lobby));
    assert_eq!(scene.book.links().unwrap()[1].seen, Some(at(59)));
    assert!(scene.book.link(&made.secret, at(60)).unwrap().is_none(), "it expired");
    assert!(scene.book.link("kl_0", at(1)).unwrap().is_none());
    scene.book.remove_link(&hall).unwrap();
    assert!(scene.book.link(&other.secret, at(1)).unwrap().is_none());
    assert!(matches!(scene.book.remove_link(&hall), Err(PeopleError::Unknown(_))));
    let names = |book: &Book| book.links().unwrap().len();
    assert_eq!(names(&scene.book), 1, "one that expired is listed");
    scene.book.add_link(&hall, 60, at(90 * 86_400)).unwrap();
    assert_eq!(names(&scene.book), 1, "for some days");
}

#[test]
fn the_last_owner_stays_one() {
    let mut scene = Scene::new("last");
    let (ada, bob) = (scene.ada.clone(), UserName::parse("bob").unwrap());
    scene.book.add(&bob, Role::Viewer, PASSWORD, at(0)).unwrap();
    let is_last = |done| matches!(done, Err(PeopleError::LastOwner));
    assert!(is_last(scene.book.change_role(&ada, Role::Viewer)));
    assert!(is_last(scene.book.dismiss(&ada)));
    let eve = UserName::parse("eve").unwrap();
    assert!(matches!(scene.book.dismiss(&eve), Err(PeopleError::Unknown(_))));
    scene.book.change_role(&bob, Role::Owner).unwrap();
    scene.book.change_role(&ada, Role::Viewer).unwrap();
    assert!(is_last(scene.book.dismiss(&bob)));
    scene.book.dismiss(&ada).unwrap();
}

#[test]
fn the_file_of_version_1_is_taken_over_with_what_is_in_it() {
    let scene = Scene::new("first");
    let path = scene.folder.join("people.db");
    let back = "DROP TABLE link; ALTER TABLE trace DROP COLUMN place; PRAGMA user_version = 1;";
    scene.book.sql.execute_batch(back).unwrap();
    let mut book = Book::open(&path).unwrap();
    assert_eq!(book.users().unwrap().len(), 1);
    book.note(&Trace::new(at(7), "ada", "did", "").from("192.0.2.1")).unwrap();
    assert_eq!(book.traces(1).unwrap()[0].place, "192.0.2.1");
    book.add_link(&UserName::parse("lobby").unwrap(), 60, at(0)).unwrap();
    assert_eq!(Book::open(&path).unwrap().links().unwrap().len(), 1);
}
