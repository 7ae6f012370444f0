use std::net::IpAddr;
use std::path::PathBuf;

use kinglet_proto::time::Instant;

use super::*;

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
        let from = IpAddr::from([192, 0, 2, 1]).into();
        let (client, instant) = ("Firefox", Instant::from_millis(1000));
        let wanted =
            SignIn { name: "", password: "", remember, client, from, now: instant, at: at(now) };
        self.book.begin(&self.ada, &wanted).unwrap().unwrap().1
    }

    fn is_in(&mut self, session: &Started, now: i64) -> bool {
        self.book.visitor(&session.secret, at(now)).unwrap().is_some()
    }
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
    assert_eq!(newest[0].0, at(7));
    assert_eq!(newest[0].1[2].len(), CLIENT_BYTES_MAX);
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
