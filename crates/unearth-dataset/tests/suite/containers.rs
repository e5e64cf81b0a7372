//! The same files in every container are the same dataset.

use crate::upload::{Upload, gzip, pack_bytes, pack_path};
use std::{fs, ops::ControlFlow};
use unearth_dataset::{DatasetError, Limits, PackOptions, PackPhase, pack};

#[test]
fn directory_zip_tar_and_tar_gz_give_one_dataset() {
    let upload =
        Upload::cats_and_dogs().with("cat/deep/er/ü.png", crate::upload::grey_png(4, 4, 9));
    let wrapped = Upload(
        upload
            .0
            .iter()
            .map(|(name, bytes)| (format!("pets/photos/{name}"), bytes.clone()))
            .collect(),
    );
    let litter = upload
        .clone()
        .with("__MACOSX/cat/._1.png", "x")
        .with("cat/Thumbs.db", "x")
        .with(".DS_Store", "x")
        .with("README.md", "two classes");
    let directory = upload.pack();
    let expected = directory.packed();
    assert_eq!(
        directory.keys(),
        [
            "cat/1.png",
            "cat/2.png",
            "cat/deep/er/ü.png",
            "dog/1.png",
            "dog/2.png"
        ]
    );
    for outcome in [
        pack_bytes(&upload.zip()),
        pack_bytes(&upload.tar()),
        pack_bytes(&upload.tar_gz()),
        pack_bytes(&wrapped.zip()),
        pack_bytes(&wrapped.tar_gz()),
        pack_bytes(&litter.zip()),
        litter.pack(),
        wrapped.pack(),
    ] {
        let packed = outcome.packed();
        assert_eq!(packed.content_hash, expected.content_hash);
        assert_eq!(packed.examples, expected.examples);
        assert_eq!(packed.facts, expected.facts);
        let bytes = |path| fs::read(path).unwrap();
        assert_eq!(bytes(&packed.pack), bytes(&expected.pack));
        assert_eq!(
            bytes(packed.originals.as_ref().unwrap()),
            bytes(expected.originals.as_ref().unwrap())
        );
    }
}

#[test]
fn the_hash_changes_with_anything_that_matters() {
    let hash = |upload: Upload| upload.pack().packed().content_hash.clone();
    let same = Upload::cats_and_dogs;
    let base = hash(same());
    let other_pixel = same().with("cat/1.png", crate::upload::grey_png(4, 4, 11));
    let mut other_key = same();
    let moved = other_key.0.remove("cat/1.png").unwrap();
    let other_key = other_key.with("cat/0.png", moved);
    let mut other_class = Upload::default();
    for (name, bytes) in same().0 {
        other_class = other_class.with(&name.replace("cat", "cow"), bytes);
    }
    for changed in [other_pixel, other_key, other_class] {
        assert_ne!(hash(changed), base);
    }
}

#[test]
fn long_names_survive_a_tar() {
    let name = format!("{}/{}.png", "c".repeat(180), "n".repeat(180));
    let upload = Upload::cats_and_dogs().with(&name, crate::upload::grey_png(4, 4, 9));
    let outcome = pack_bytes(&upload.tar());
    assert!(outcome.keys().contains(&&name[..]));
}

#[test]
fn originals_are_the_uploaded_files() {
    let upload = Upload::cats_and_dogs();
    let outcome = pack_bytes(&upload.tar_gz());
    let packed = outcome.packed();
    let originals = fs::read(packed.originals.as_ref().unwrap()).unwrap();
    for example in &packed.examples {
        let original = example.original.unwrap();
        let range = original.offset as usize..(original.offset + original.length) as usize;
        assert_eq!(originals[range], upload.0[&example.key]);
        assert_eq!(original.media_type, "image/png");
    }
}

#[test]
fn the_pack_begins_where_it_says() {
    let outcome = Upload::cats_and_dogs().pack();
    let packed = outcome.packed();
    let bytes = fs::read(&packed.pack).unwrap();
    assert_eq!(
        bytes[packed.pixels_offset as usize..],
        *outcome.opened().pixels()
    );
    assert_eq!(outcome.opened().content_hash(), packed.content_hash);
    assert_eq!(outcome.opened().labels(), [0, 0, 1, 1]);
    assert_eq!(outcome.opened().image(2).unwrap(), [30; 16]);
    assert_eq!(outcome.opened().image(4), None);
}

#[test]
fn only_two_files_are_left() {
    let outcome = pack_bytes(&Upload::cats_and_dogs().tar_gz());
    let mut names: Vec<_> = fs::read_dir(&outcome.work_dir)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, ["originals.bin", "pack.safetensors"]);
}

#[test]
fn progress_is_told_and_cancelling_leaves_nothing() {
    let (_place, path) = Upload::cats_and_dogs().directory();
    let work_dir = tempfile::TempDir::new().unwrap();
    let mut phases = Vec::new();
    let result = pack(
        &path,
        &PackOptions::default(),
        &Limits::default(),
        work_dir.path(),
        &mut |progress| {
            assert!(progress.done <= progress.total);
            phases.push(progress.phase);
            if progress.phase == PackPhase::Write && progress.done == 2 {
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        },
    );
    assert!(matches!(result, Err(DatasetError::Cancelled)));
    assert_eq!(phases.len(), 4 + 2);
    assert_eq!(fs::read_dir(&work_dir).unwrap().count(), 0);
}

#[test]
fn of_links_in_a_local_directory_those_to_files_are_followed() {
    let (_place, path) = Upload::cats_and_dogs().directory();
    let elsewhere = tempfile::TempDir::new().unwrap();
    let file = elsewhere.path().join("3.png");
    fs::write(&file, crate::upload::grey_png(4, 4, 50)).unwrap();
    std::os::unix::fs::symlink(&file, path.join("cat/3.png")).unwrap();
    let outcome = pack_path(&path, &PackOptions::default(), &Limits::default());
    assert_eq!(outcome.packed().facts.examples, 5);

    std::os::unix::fs::symlink(elsewhere.path(), path.join("cow")).unwrap();
    let outcome = pack_path(&path, &PackOptions::default(), &Limits::default());
    let refusal = outcome.refusal();
    assert_eq!(refusal.to_string(), "`cow` is a link to a folder");
    assert_eq!(refusal.code(), "unsafe-member");
}

#[test]
fn the_files_of_a_local_directory_are_those_that_count() {
    let (_place, path) = Upload::cats_and_dogs().directory();
    fs::write(path.join("cat/.hidden"), b"x").unwrap();
    fs::write(path.join("Thumbs.db"), b"x").unwrap();
    let files = unearth_dataset::local_files(&path).unwrap();
    let sizes = files.iter().map(|file| file.size);
    assert!(
        sizes
            .zip(&files)
            .all(|(size, file)| size == fs::metadata(path.join(&file.name)).unwrap().len())
    );
    assert_eq!(files.len(), 4, "{files:?}");
    assert!(files.is_sorted_by_key(|file| &file.name));
}

#[test]
fn a_missing_path_is_named() {
    let nowhere = std::path::Path::new("/nowhere/at/all");
    let outcome = pack_path(nowhere, &PackOptions::default(), &Limits::default());
    assert_eq!(
        outcome.refusal().to_string(),
        "cannot read `/nowhere/at/all`"
    );
}

#[test]
fn gzip_members_one_after_the_other_are_one_file() {
    let tar = Upload::cats_and_dogs().tar();
    let (first, second) = tar.split_at(1000);
    let outcome = pack_bytes(&[gzip(first), gzip(second)].concat());
    assert_eq!(outcome.packed().facts.examples, 4);
}
