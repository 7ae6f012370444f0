//! Where a token comes from: a file, the environment or a systemd credential; never argv.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use kinglet_proto::limits::TOKEN_BYTES_MAX;
use kinglet_proto::secret::Secret;

/// Where a packaged installation keeps the token.
pub(super) const TOKEN_FILE_DEFAULT: &str = "/etc/kinglet/token";

/// The file to read when the owner named none: systemd's credential, else the packaged place.
///
/// `LoadCredential=` puts the token where only this service can read it (systemd.exec(5)).
pub(super) fn default_file(credentials: Option<&Path>) -> Option<PathBuf> {
    let credential = credentials.map(|directory| directory.join("token"));
    let candidates = credential.into_iter().chain([PathBuf::from(TOKEN_FILE_DEFAULT)]);
    candidates.into_iter().find(|path| path.exists())
}

/// Reads the one line of a token file; the error says what is wrong with it.
pub(super) fn read(path: &Path) -> Result<Secret, String> {
    let mut bytes = Vec::new();
    let limit = TOKEN_BYTES_MAX as u64 + 1;
    let read = File::open(path).and_then(|file| file.take(limit).read_to_end(&mut bytes));
    let shown = path.display();
    match read {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(format!("there is no file {shown}"));
        }
        Err(error) => return Err(format!("cannot read {shown}: {error}")),
        Ok(_) => {}
    }
    let text = String::from_utf8(bytes).map_err(|_| format!("{shown} does not hold text"))?;
    parse(&text).map_err(|fault| format!("{shown} {fault}"))
}

/// Takes a token as its source holds it; blanks around it do not count.
pub(super) fn parse(text: &str) -> Result<Secret, String> {
    let token = text.trim();
    if token.is_empty() {
        return Err("is empty; it holds the token, one line".to_owned());
    }
    if token.len() > TOKEN_BYTES_MAX {
        return Err(format!("holds more than {TOKEN_BYTES_MAX} bytes; a token is one line"));
    }
    if token.contains(|c: char| c.is_control() || !c.is_ascii()) {
        return Err("holds more than one line of plain text".to_owned());
    }
    Ok(Secret::new(token))
}

/// What to tell the owner about a token file that others can read; `None` when only its owner can.
pub(super) fn exposure(path: &Path) -> Option<String> {
    let mode = std::fs::metadata(path).ok()?.permissions().mode() & 0o777;
    (mode & 0o007 != 0).then(|| {
        let path = path.display();
        format!("everybody on this host can read {path} (mode {mode:04o}): chmod 600 {path}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_one_line_of_plain_text() {
        assert_eq!(parse(" abc\n").unwrap().expose(), "abc");
        assert!(parse("a\nb").is_err());
        assert!(parse(" \n").is_err());
        assert!(parse("t\u{f6}ken").is_err());
        assert!(parse(&"x".repeat(TOKEN_BYTES_MAX + 1)).is_err());
        assert!(parse(&"x".repeat(TOKEN_BYTES_MAX)).is_ok());
    }

    #[test]
    fn a_file_that_others_can_read_is_told() {
        let path = std::env::temp_dir().join(format!("kinglet-token-{}", std::process::id()));
        std::fs::write(&path, "abc").unwrap();
        let mode = |mode| std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode));
        mode(0o644).unwrap();
        assert!(exposure(&path).unwrap().contains("chmod 600"));
        mode(0o640).unwrap();
        assert_eq!(exposure(&path), None);
        assert_eq!(read(&path).unwrap().expose(), "abc");
        std::fs::remove_file(&path).unwrap();
        assert!(read(&path).unwrap_err().starts_with("there is no file"));
    }
}
