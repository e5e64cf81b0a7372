//! No bytes whatever may make a parser panic.

use crate::upload::{Upload, gzip, noisy, pack_bytes};
use image::ImageFormat;
use proptest::prelude::*;
use std::{fs, path::Path, sync::LazyLock};
use unearth_dataset::fuzz;

static IMAGES: LazyLock<[Vec<u8>; 3]> =
    LazyLock::new(|| [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::WebP].map(noisy));
static ARCHIVES: LazyLock<[Vec<u8>; 2]> = LazyLock::new(|| {
    let upload = Upload::cats_and_dogs();
    [upload.zip(), upload.tar()]
});

/// `bytes` with some of them changed and the end cut off.
fn mutated(
    bytes: &[u8],
    changes: &[(prop::sample::Index, u8)],
    cut: prop::sample::Index,
) -> Vec<u8> {
    let mut bytes = bytes.to_owned();
    for (at, value) in changes {
        let at = at.index(bytes.len());
        bytes[at] = *value;
    }
    bytes.truncate(bytes.len() - cut.index(bytes.len()) / 4);
    bytes
}

fn changes() -> impl Strategy<Value = Vec<(prop::sample::Index, u8)>> {
    prop::collection::vec(any::<(prop::sample::Index, u8)>(), 1..6)
}

proptest! {
    #[test]
    fn random_bytes(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        fuzz::archive(&bytes);
        fuzz::idx(&bytes);
        fuzz::npy(&bytes);
        fuzz::manifest(&bytes);
        fuzz::table(&bytes);
        fuzz::image(&bytes);
        fuzz::pack(&bytes);
    }

    #[test]
    fn random_manifests(text in "(path|label|group|[a-z,\"\n\r é]){0,40}") {
        fuzz::manifest(text.as_bytes());
        fuzz::table(text.as_bytes());
        fuzz::table(format!("key,text,label\n{text}").as_bytes());
        fuzz::manifest(format!("path,label,split\n{text}").as_bytes());
    }

    #[test]
    fn mutated_archives(which in 0..2_usize, changes in changes(), cut: prop::sample::Index) {
        let bytes = mutated(&ARCHIVES[which], &changes, cut);
        fuzz::archive(&bytes);
        let _ = pack_bytes(&bytes);
        if which == 1 {
            let _ = pack_bytes(&gzip(&bytes));
        }
    }

    #[test]
    fn mutated_images(which in 0..3_usize, changes in changes(), cut: prop::sample::Index) {
        fuzz::image(&mutated(&IMAGES[which], &changes, cut));
    }
}

/// What fuzzing found worth keeping: `cargo xtask fuzz` goes on from it.
#[test]
fn kept_corpora_are_read_without_a_panic() {
    type Read = fn(&[u8]);
    let targets: [(&str, Read); 8] = [
        ("archive", fuzz::archive),
        ("upload", fuzz::upload),
        ("idx", fuzz::idx),
        ("npy", fuzz::npy),
        ("manifest", fuzz::manifest),
        ("table", fuzz::table),
        ("image", fuzz::image),
        ("pack", fuzz::pack),
    ];
    for (target, read) in targets {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../../fuzz/corpus")
            .join(target);
        let kept: Vec<_> = fs::read_dir(folder).unwrap().collect();
        assert!(!kept.is_empty(), "{target}");
        for file in kept {
            read(&fs::read(file.unwrap().path()).unwrap());
        }
    }
}
