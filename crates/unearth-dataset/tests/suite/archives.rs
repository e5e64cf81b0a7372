//! Archives that are broken, hostile or something else.

use crate::upload::{Upload, grey_png, gzip, pack_bytes, pack_bytes_within, told};
use std::io::{Cursor, Write};
use unearth_dataset::{DatasetError, Limits, PackOptions};
use zip::{ZipWriter, write::SimpleFileOptions};

/// A tar with one member of this kind and name beside good ones.
fn tar_with(kind: tar::EntryType, name: &[u8], link: Option<&str>) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.as_old_mut().name[..name.len()].copy_from_slice(name);
    header.set_entry_type(kind);
    header.set_size(0);
    if let Some(link) = link {
        header.set_link_name(link).unwrap();
    }
    header.set_cksum();
    builder.append(&header, std::io::empty()).unwrap();
    let bad = builder.into_inner().unwrap();
    // The bad member comes first; the two end blocks are left out.
    [&bad[..512], &Upload::cats_and_dogs().tar()].concat()
}

fn zip_with(name: &str, options: SimpleFileOptions) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    writer.start_file(name, options).unwrap();
    writer.write_all(b"content").unwrap();
    writer.finish().unwrap().into_inner()
}

/// `from` replaced by `to`, of the same length, everywhere in `bytes`.
fn patched(mut bytes: Vec<u8>, from: &[u8], to: &[u8]) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let places: Vec<usize> = bytes
        .windows(from.len())
        .enumerate()
        .filter_map(|(at, window)| (window == from).then_some(at))
        .collect();
    assert!(!places.is_empty());
    for at in places {
        bytes[at..at + to.len()].copy_from_slice(to);
    }
    bytes
}

fn refusal(bytes: &[u8]) -> String {
    told(&pack_bytes(bytes).refusal())
}

#[test]
fn empty_uploads() {
    let empty = "empty-upload: the upload holds no files";
    assert_eq!(refusal(b""), empty);
    assert_eq!(refusal(&Upload::default().zip()), empty);
    assert_eq!(refusal(&Upload::default().tar()), empty);
    assert_eq!(refusal(&Upload::default().tar_gz()), empty);
    assert_eq!(told(&Upload::default().refusal()), empty);
    assert_eq!(
        refusal(&Upload::default().with(".hidden", "x").zip()),
        empty
    );
}

#[test]
fn other_files_are_recognised() {
    let said = |found: &str| {
        format!("unsupported-file: the upload is {found}, not a zip, tar, tar.gz or npz file")
    };
    assert_eq!(refusal(&grey_png(4, 4, 1)), said("a single PNG image"));
    assert_eq!(refusal(b"path,label\na,b\n"), said("a text file"));
    assert_eq!(refusal(b"7z\xbc\xaf\x27\x1c\0\x04"), said("a 7z archive"));
    assert_eq!(
        refusal(&gzip(b"\x00\x00\x08\x03\0\0\0\0")),
        said("a gzip file whose content is a single IDX file")
    );
}

#[test]
fn members_that_lead_out() {
    let traversal = "unsafe-member: `../../etc/x.png` leads out of the archive by `..`";
    let absolute = "unsafe-member: `/etc/x.png` has an absolute path";
    let plain = SimpleFileOptions::default();
    assert_eq!(refusal(&zip_with("../../etc/x.png", plain)), traversal);
    assert_eq!(
        refusal(&patched(
            zip_with("#etc/x.png", plain),
            b"#etc/x.png",
            b"/etc/x.png"
        )),
        absolute
    );
    let regular = tar::EntryType::Regular;
    assert_eq!(
        refusal(&tar_with(regular, b"../../etc/x.png", None)),
        traversal
    );
    assert_eq!(refusal(&tar_with(regular, b"/etc/x.png", None)), absolute);
    assert_eq!(
        refusal(&gzip(&tar_with(regular, b"../../etc/x.png", None))),
        traversal
    );
    assert_eq!(
        refusal(&zip_with("cat\\..\\..\\x.png", plain)),
        "unsafe-member: `cat\\..\\..\\x.png` leads out of the archive by `..`"
    );
}

#[test]
fn links_and_devices() {
    let link = "unsafe-member: `cat/x.png` is a link";
    for kind in [tar::EntryType::Symlink, tar::EntryType::Link] {
        assert_eq!(
            refusal(&tar_with(kind, b"cat/x.png", Some("/etc/passwd"))),
            link
        );
    }
    for kind in [
        tar::EntryType::Fifo,
        tar::EntryType::Char,
        tar::EntryType::Block,
    ] {
        assert_eq!(
            refusal(&tar_with(kind, b"cat/x.png", None)),
            "unsafe-member: `cat/x.png` is a device, pipe or socket"
        );
    }
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    writer
        .add_symlink("cat/x.png", "/etc/passwd", SimpleFileOptions::default())
        .unwrap();
    assert_eq!(refusal(&writer.finish().unwrap().into_inner()), link);
}

#[test]
fn names_that_are_not_utf8() {
    let message = "name-not-utf8: the file name `cat/\\xff.png` is not valid UTF-8";
    let regular = tar::EntryType::Regular;
    assert_eq!(refusal(&tar_with(regular, b"cat/\xff.png", None)), message);
    let zip = zip_with("cat/#.png", SimpleFileOptions::default());
    assert_eq!(
        refusal(&patched(zip, b"cat/#.png", b"cat/\xff.png")),
        message
    );

    let (_place, path) = Upload::cats_and_dogs().directory();
    let name = std::os::unix::ffi::OsStrExt::from_bytes(b"cat/\xff.png");
    std::fs::write(path.join::<&std::ffi::OsStr>(name), "x").unwrap();
    let outcome = crate::upload::pack_path(&path, &PackOptions::default(), &Limits::default());
    assert_eq!(told(&outcome.refusal()), message);
}

#[test]
fn members_that_are_there_twice() {
    let twice = tar_with(tar::EntryType::Regular, b"cat/1.png", None);
    assert_eq!(
        refusal(&twice),
        "duplicate-member: the archive holds `cat/1.png` more than once"
    );
    let zip = Upload::default()
        .with("cat/1.png", "a")
        .with("cat/2.png", "b")
        .zip();
    assert_eq!(
        refusal(&patched(zip, b"cat/2.png", b"cat/1.png")),
        "duplicate-member: the archive holds a file more than once"
    );
}

#[test]
fn encrypted_members() {
    let zip = zip_with("cat/1.png", SimpleFileOptions::default());
    // The flags of the local and of the central header.
    let mut encrypted = zip.clone();
    encrypted[6] |= 1;
    let central = zip
        .windows(4)
        .position(|bytes| bytes == b"PK\x01\x02")
        .unwrap();
    encrypted[central + 8] |= 1;
    assert_eq!(
        refusal(&encrypted),
        "encrypted-archive: `cat/1.png` is encrypted"
    );
}

#[test]
fn uploads_cut_off_halfway() {
    let upload =
        Upload::cats_and_dogs().with("cow/1.png", crate::upload::noisy(image::ImageFormat::Png));
    let half = |bytes: Vec<u8>| bytes[..bytes.len() / 2].to_owned();
    assert_eq!(
        refusal(&half(upload.zip())),
        "upload-cut-off: the zip archive ends too early: the upload was cut off"
    );
    assert_eq!(
        refusal(&half(upload.tar())),
        "upload-cut-off: the tar archive ends too early: the upload was cut off"
    );
    assert_eq!(
        refusal(&half(upload.tar_gz())),
        "upload-cut-off: the gzip file ends too early: the upload was cut off"
    );
    // Cut exactly between two members: no reader of members would notice.
    let tar = upload.tar();
    let first_member = tar[..1024].to_owned();
    assert!(refusal(&first_member).starts_with("upload-cut-off"));
}

#[test]
fn every_prefix_of_an_archive_is_refused() {
    let upload = Upload::cats_and_dogs();
    for archive in [upload.zip(), upload.tar_gz()] {
        for length in (0..archive.len()).step_by(7) {
            assert!(pack_bytes(&archive[..length]).result.is_err(), "{length}");
        }
    }
}

#[test]
fn damaged_members_fail_their_checksum() {
    let noise = crate::upload::noisy(image::ImageFormat::Png);
    let zip = Upload::cats_and_dogs()
        .with("cow/1.png", noise.clone())
        .zip();
    let mut damaged = zip.clone();
    let at = zip.len() / 2;
    damaged[at] ^= 0x55;
    let told = refusal(&damaged);
    assert!(
        told.starts_with("corrupt-archive: `cow/1.png` is damaged: "),
        "{told}"
    );
}

#[test]
fn a_member_longer_than_declared_is_refused() {
    let zip = Upload::default()
        .with("cat/1.png", vec![0; 5000])
        .with("dog/1.png", vec![1; 5000])
        .zip();
    // All declared sizes say 50 bytes.
    let lying = patched(zip, &5000_u32.to_le_bytes(), &50_u32.to_le_bytes());
    let told = refusal(&lying);
    assert!(
        told.starts_with("corrupt-archive: `cat/1.png` is damaged: "),
        "{told}"
    );
}

#[test]
fn bombs_are_refused_by_the_limits() {
    let zeros = Upload::default().with("cat/bomb.png", vec![0; 17 << 20]);
    let told_of = |bytes: &[u8]| told(&pack_bytes(bytes).refusal());
    let ratio = "limit-exceeded: the compression ratio of the archive, as in a zip bomb, exceeds \
                 the limit `unpacked_ratio` of 200";
    assert_eq!(told_of(&zeros.zip()), ratio);
    assert_eq!(told_of(&zeros.tar_gz()), ratio);

    let limits = Limits {
        unpacked_bytes: 1000,
        ..Limits::default()
    };
    let small = Upload::default().with("cat/1.png", vec![0; 1001]);
    for bytes in [small.zip(), small.tar_gz()] {
        let error = pack_bytes_within(&bytes, &limits).refusal();
        assert_eq!(
            told(&error),
            "limit-exceeded: the unpacked size of the archive exceeds the limit `unpacked_bytes` \
             of 1000"
        );
        assert_eq!(
            error.hint(),
            "make the dataset smaller, or ask whoever runs this server to raise `unpacked_bytes`"
        );
    }
}

#[test]
fn too_many_members() {
    let limits = Limits {
        members: 3,
        ..Limits::default()
    };
    let upload = Upload::cats_and_dogs();
    let (_place, path) = upload.directory();
    for outcome in [
        pack_bytes_within(&upload.zip(), &limits),
        pack_bytes_within(&upload.tar(), &limits),
        crate::upload::pack_path(&path, &PackOptions::default(), &limits),
    ] {
        assert_eq!(
            told(&outcome.refusal()),
            "limit-exceeded: the number of files in the upload exceeds the limit `members` of 3"
        );
    }
}

#[test]
fn overlapping_members_are_refused() {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    writer
        .start_file("cat/1.png", SimpleFileOptions::default())
        .unwrap();
    writer.write_all(&grey_png(4, 4, 1)).unwrap();
    writer.shallow_copy_file("cat/1.png", "dog/1.png").unwrap();
    let told = refusal(&writer.finish().unwrap().into_inner());
    assert_eq!(
        told,
        "corrupt-archive: the zip archive is damaged: its members overlap, as in a zip bomb"
    );
}

#[test]
fn every_error_has_a_hint() {
    for error in [
        DatasetError::Empty,
        DatasetError::DiskFull,
        DatasetError::Cancelled,
    ] {
        assert!(!error.hint().is_empty());
    }
}
