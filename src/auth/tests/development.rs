//! Keys that are made where none is configured.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::sync::Barrier;

use super::*;
use crate::auth::Development;

fn completed(folder: &Path) -> Result<Auth, String> {
    let mut auth = Auth::default();
    Development::complete(&mut auth, folder).map(|_| auth)
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

#[test]
fn keys_are_made_once_and_for_their_owner_only() {
    let folder = Folder::new();
    let data = folder.at("new/data");
    let auth = completed(&data).unwrap();
    assert_eq!(auth.hmac_secret.len(), 43);
    assert_eq!(auth.server_key.len(), 1);
    assert_ne!(auth.hmac_secret, auth.server_key[0]);
    assert_eq!(completed(&data).unwrap(), auth);
    assert_eq!(mode(&data.join("dev-secret")), 0o600);
    assert_eq!(mode(&data.join("dev-server-key")), 0o600);
    assert_eq!(fs::read_dir(&data).unwrap().count(), 2);
    assert!(Verifier::new(&auth).is_ok());
}

#[test]
fn what_is_configured_is_left_alone() {
    let folder = Folder::new();
    for configured in [secret(), published("jwks.json")] {
        let mut auth = Auth {
            server_key: vec!["first-key".to_owned()],
            ..configured
        };
        let before = auth.clone();
        let development = Development::complete(&mut auth, folder.path()).unwrap();
        assert_eq!(development, Development::default());
        assert_eq!(auth, before);
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn who_starts_at_once_ends_with_the_same_keys() {
    let folder = Folder::new();
    let start = Barrier::new(8);
    let all: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|_| {
                scope.spawn(|| {
                    start.wait();
                    completed(folder.path()).unwrap()
                })
            })
            .collect();
        threads.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert!(all.windows(2).all(|two| two[0] == two[1]));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
}

#[test]
fn a_key_that_others_can_read_is_refused() {
    let folder = Folder::new();
    let auth = completed(folder.path()).unwrap();
    let path = folder.at("dev-secret");
    for open in [0o640, 0o604, 0o620] {
        fs::set_permissions(&path, fs::Permissions::from_mode(open)).unwrap();
        let refused = completed(folder.path()).unwrap_err();
        assert!(refused.contains("others can read it"), "{refused}");
        assert!(!refused.contains(&auth.hmac_secret));
    }
    fs::set_permissions(&path, fs::Permissions::from_mode(0o400)).unwrap();
    assert_eq!(completed(folder.path()).unwrap(), auth);
}

#[test]
fn a_file_without_a_key_is_refused() {
    let folder = Folder::new();
    for text in ["", "short\n"] {
        folder.put("dev-secret", text.as_bytes());
        let owner = fs::Permissions::from_mode(0o600);
        fs::set_permissions(folder.at("dev-secret"), owner).unwrap();
        let refused = completed(folder.path()).unwrap_err();
        assert!(refused.contains("holds no key"), "{refused}");
    }
}

#[test]
fn a_data_directory_that_cannot_be_made_is_said() {
    let folder = Folder::new();
    folder.put("file", b"");
    let refused = completed(&folder.at("file/data")).unwrap_err();
    assert!(refused.contains("dev-secret: "), "{refused}");
}

#[test]
fn who_asks_a_server_makes_no_keys() {
    let folder = Folder::new();
    let mut auth = Auth::default();
    let fault = Development::find_secret(&mut auth, folder.path()).unwrap_err();
    assert!(fault.contains("dev-secret"), "{fault}");
    assert!(Development::find_server_key(&mut auth, folder.path()).is_err());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    let made = completed(folder.path()).unwrap();
    Development::find_secret(&mut auth, folder.path()).unwrap();
    Development::find_server_key(&mut auth, folder.path()).unwrap();
    assert_eq!(auth, made);
}
