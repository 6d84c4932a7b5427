//! How are the bytes of a file in the inbox read, whatever someone put there?
//!
//! Anyone can write to an inbox: links to `/etc/shadow`, pipes that never end, files that grow
//! while they are read, folders swapped for links between looking and opening. So a file is opened
//! beneath the inbox in one step that follows no link, without waiting, and only a plain file of a
//! known size is read.

use std::fs::File;
use std::io::Read;
use std::os::fd::OwnedFd;
use std::path::{Component, Path};

use rustix::fs::{FileType, Mode, OFlags, ResolveFlags};
use rustix::io::Errno;
use thiserror::Error;

/// Why a file can't be read.
#[derive(Debug, Error)]
pub enum OpenError {
    /// It, or a folder on its way, is a symbolic link, or leads out of the inbox.
    #[error("it is a symbolic link, or lies behind one: copy the file itself into the inbox")]
    Symlink,
    /// A folder, pipe, socket or device.
    #[error("it is not a plain file: copy the file itself into the inbox")]
    NotRegular,
    /// This user may not read it.
    #[error("it can't be read for lack of permission: allow reading it (chmod a+r)")]
    PermissionDenied,
    /// It is larger than allowed.
    #[error(
        "it has {bytes} bytes or more, and at most {limit} are allowed: songs are smaller, so export it again or raise max_file_bytes"
    )]
    TooLarge {
        /// Its size when it was opened, or the limit and one more if it grew.
        bytes: u64,
        /// The limit.
        limit: u64,
    },
    /// It no longer exists.
    #[error("it vanished before it could be read: drop it again")]
    Vanished,
    /// Something else went wrong.
    #[error("it can't be read: {0}")]
    Io(#[from] std::io::Error),
}

const FLAGS: OFlags = OFlags::RDONLY
    .union(OFlags::NONBLOCK)
    .union(OFlags::NOFOLLOW)
    .union(OFlags::NOCTTY)
    .union(OFlags::CLOEXEC);
const FOLDER: OFlags =
    OFlags::PATH.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// The bytes of the plain file `relative` below `root`, at most `max_bytes` of them.
///
/// `root` itself may be or lie behind a link; nothing below it may.
///
/// # Errors
/// [`OpenError`], which says what to do.
pub fn read_beneath(root: &Path, relative: &Path, max_bytes: u64) -> Result<Vec<u8>, OpenError> {
    let is_plain = |component| matches!(component, Component::Normal(_));
    if relative.as_os_str().is_empty() || !relative.components().all(is_plain) {
        return Err(OpenError::Symlink);
    }
    let file = match open_in_one_step(root, relative) {
        // Old kernels lack the call, and old container sandboxes forbid it.
        Err(Errno::NOSYS | Errno::PERM) => open_step_by_step(root, relative),
        result => result,
    };
    read(file.map_err(meaning)?, max_bytes)
}

fn open_in_one_step(root: &Path, relative: &Path) -> Result<OwnedFd, Errno> {
    let root = open_root(root)?;
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
    for _ in 0..8 {
        match rustix::fs::openat2(&root, relative, FLAGS, Mode::empty(), resolve) {
            // A rename elsewhere raced with the check that the path stays beneath.
            Err(Errno::AGAIN | Errno::INTR) => {}
            result => return result,
        }
    }
    Err(Errno::AGAIN)
}

/// The same, one folder at a time, none of which may be a link.
fn open_step_by_step(root: &Path, relative: &Path) -> Result<OwnedFd, Errno> {
    let mut folder = open_root(root)?;
    let mut components = relative.components().peekable();
    while let Some(component) = components.next() {
        let name = component.as_os_str();
        if components.peek().is_none() {
            return rustix::fs::openat(&folder, name, FLAGS, Mode::empty());
        }
        folder = match rustix::fs::openat(&folder, name, FOLDER, Mode::empty()) {
            // With O_DIRECTORY a link is "not a directory".
            Err(Errno::NOTDIR) => return Err(Errno::LOOP),
            result => result?,
        };
    }
    Err(Errno::NOENT)
}

fn open_root(root: &Path) -> Result<OwnedFd, Errno> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    rustix::fs::open(root, flags, Mode::empty())
}

fn read(file: OwnedFd, limit: u64) -> Result<Vec<u8>, OpenError> {
    let status = rustix::fs::fstat(&file).map_err(std::io::Error::from)?;
    if FileType::from_raw_mode(status.st_mode) != FileType::RegularFile {
        return Err(OpenError::NotRegular);
    }
    let bytes = u64::try_from(status.st_size).unwrap_or(u64::MAX);
    if bytes > limit {
        return Err(OpenError::TooLarge { bytes, limit });
    }
    let mut content = Vec::with_capacity(bytes as usize);
    File::from(file).take(limit.saturating_add(1)).read_to_end(&mut content)?;
    let bytes = content.len() as u64;
    if bytes > limit { Err(OpenError::TooLarge { bytes, limit }) } else { Ok(content) }
}

fn meaning(error: Errno) -> OpenError {
    match error {
        Errno::LOOP | Errno::XDEV => OpenError::Symlink,
        Errno::NOENT | Errno::NOTDIR => OpenError::Vanished,
        Errno::ACCESS | Errno::PERM => OpenError::PermissionDenied,
        // A socket, or a device without a driver.
        Errno::NXIO | Errno::NODEV | Errno::ISDIR => OpenError::NotRegular,
        other => OpenError::Io(other.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;

    type Open = fn(&Path, &Path) -> Result<OwnedFd, Errno>;

    fn inbox() -> tempfile::TempDir {
        let root = tempfile::tempdir().expect("a folder");
        fs::create_dir(root.path().join("genre")).expect("a folder");
        fs::write(root.path().join("genre/a.mid"), b"0123456789").expect("a file");
        symlink("a.mid", root.path().join("genre/link.mid")).expect("a link");
        symlink("genre", root.path().join("behind")).expect("a link");
        let genre = fs::File::open(root.path().join("genre")).expect("a folder");
        let mode = Mode::RUSR | Mode::WUSR;
        rustix::fs::mknodat(&genre, "pipe.mid", FileType::Fifo, mode, 0).expect("a pipe");
        rustix::fs::mknodat(&genre, "socket.mid", FileType::Socket, mode, 0).expect("a socket");
        root
    }

    #[test]
    fn both_ways_of_opening_agree() {
        let inbox = inbox();
        let ways: [Open; 2] = [open_in_one_step, open_step_by_step];
        for open in ways {
            let read = |name: &str| {
                open(inbox.path(), Path::new(name)).map_err(meaning).and_then(|fd| read(fd, 10))
            };
            assert_eq!(read("genre/a.mid").expect("a plain file"), b"0123456789");
            assert!(matches!(read("genre/link.mid"), Err(OpenError::Symlink)));
            assert!(matches!(read("behind/a.mid"), Err(OpenError::Symlink)));
            assert!(matches!(read("genre/pipe.mid"), Err(OpenError::NotRegular)));
            assert!(matches!(read("genre/socket.mid"), Err(OpenError::NotRegular)));
            assert!(matches!(read("genre"), Err(OpenError::NotRegular)));
            assert!(matches!(read("genre/none.mid"), Err(OpenError::Vanished)));
        }
    }

    #[test]
    fn size_is_checked_before_reading() {
        let inbox = inbox();
        let result = read_beneath(inbox.path(), Path::new("genre/a.mid"), 9);
        assert!(matches!(result, Err(OpenError::TooLarge { bytes: 10, limit: 9 })));
        let big = fs::File::create(inbox.path().join("big.mid")).expect("a file");
        big.set_len(100 << 30).expect("a sparse file");
        let result = read_beneath(inbox.path(), Path::new("big.mid"), 1 << 20);
        assert!(matches!(result, Err(OpenError::TooLarge { .. })));
    }

    #[test]
    fn no_path_leads_out() {
        let inbox = inbox();
        for path in ["", "../a.mid", "genre/../../a.mid", "/etc/hostname", "."] {
            let result = read_beneath(&inbox.path().join("genre"), Path::new(path), 10);
            assert!(matches!(result, Err(OpenError::Symlink)), "{path:?}");
        }
    }
}
