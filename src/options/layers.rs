//! Flags and environment over the file: what is nearer to the command line counts.

use super::given::Block;
use super::{Given, Place, Problems, Table};

impl Given {
    /// Lays this over what the file says. Of servers it speaks of the only one there is.
    pub(crate) fn over(&self, mut file: Self, problems: &mut Problems) -> Self {
        for block in &self.blocks {
            if block.table == Table::Server {
                file.lay_server(block, problems);
            } else {
                file.first(block.table, &block.place).lay(block);
            }
        }
        file
    }

    fn lay_server(&mut self, above: &Block, problems: &mut Problems) {
        let servers = self.tables(Table::Server).count();
        // A token alone makes no server, and is no word about a certain one.
        let mut words = above.places().filter(|(key, _)| *key != "token");
        let first = words.next().map(|(_, place)| place);
        match first {
            Some(place) if servers > 1 => {
                let fault = format!("speaks of one server, but the configuration has {servers}");
                return problems.add(place, fault);
            }
            None if servers == 0 => return,
            Some(_) | None => {}
        }
        let server = self.first(Table::Server, first.unwrap_or(&above.place));
        if servers > 1 && server.place_of("token_file").is_some() {
            return;
        }
        // A token or its file hides both that are farther.
        if above.place_of("token").or(above.place_of("token_file")).is_some() {
            server.remove("token_file");
        }
        server.lay(above);
        // A flag hides the variable, as ever.
        if matches!(above.place_of("token_file"), Some(Place::Flag(_))) {
            server.remove("token");
        }
    }
}

#[cfg(test)]
#[cfg(feature = "file")]
mod tests {
    use super::*;
    use crate::options::Entry;

    fn given(flags: &[(&str, &str)]) -> Given {
        let mut given = Given::default();
        for (name, value) in flags {
            let (flag, entry) = Entry::of_flag(name).unwrap();
            given.set(entry, (*value).to_owned(), Place::Flag(flag));
        }
        given
    }

    const FILE: &str = "interval = \"9s\"\n[[server]]\nurl = \"a\"\ntoken_file = \"f\"\n";

    fn over(above: &Given, text: &str) -> Result<Given, String> {
        let mut problems = Problems::default();
        let file = Given::read("k.toml", text, &mut problems);
        let whole = above.over(file, &mut problems);
        problems.finish(Some(whole)).map_err(|error| error.to_string())
    }

    fn with_token(flags: &[(&str, &str)]) -> Given {
        let mut given = given(flags);
        let mut server = Entry::of_table(Table::Server);
        let entry = server.find(|entry| entry.name == "token").unwrap();
        given.set(entry, "t".to_owned(), Place::Environment("KINGLET_TOKEN"));
        given
    }

    #[test]
    fn what_is_nearer_to_the_command_line_counts() {
        let whole = over(&given(&[("interval", "1s"), ("url", "b")]), FILE).unwrap();
        assert_eq!(whole.text(Table::Top, "interval").unwrap().value, "1s");
        let server = whole.table(Table::Server).unwrap();
        assert_eq!(server.text("url").unwrap().value, "b");
        assert_eq!(server.text("token_file").unwrap().value, "f");
        let place = server.place_of("token_file").unwrap();
        assert_eq!(place.to_string(), "k.toml:4: server.token_file: ");
    }

    #[test]
    fn flags_make_a_server_or_speak_of_the_only_one() {
        assert_eq!(over(&given(&[("url", "b")]), "").unwrap().tables(Table::Server).count(), 1);
        assert_eq!(over(&with_token(&[]), "").unwrap().tables(Table::Server).count(), 0);
        let two = "[[server]]\n[[server]]\n";
        let fault = over(&given(&[("url", "b")]), two).unwrap_err();
        assert_eq!(fault, "--url: speaks of one server, but the configuration has 2");
        let whole = over(&with_token(&[]), two).unwrap();
        let has_token = whole.tables(Table::Server).map(|block| block.text("token").is_some());
        assert_eq!(has_token.collect::<Vec<_>>(), [true, false]);
    }

    #[test]
    fn a_token_hides_the_token_file_that_is_farther() {
        let has = |above: &Given, text: &str| {
            let whole = over(above, text).unwrap();
            let server = whole.table(Table::Server).unwrap();
            ["token", "token_file"].map(|key| server.text(key).map(|text| text.value.to_owned()))
        };
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(has(&with_token(&[]), FILE), [some("t"), None]);
        assert_eq!(has(&given(&[("token-file", "g")]), FILE), [None, some("g")]);
        assert_eq!(has(&with_token(&[("token-file", "g")]), FILE), [None, some("g")]);
        // Of several servers, one that has a file of its own keeps it.
        let two = format!("{FILE}[[server]]\n");
        assert_eq!(has(&with_token(&[]), &two), [None, some("f")]);
    }
}
