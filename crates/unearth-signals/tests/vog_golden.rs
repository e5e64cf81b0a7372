//! VoG on the authors' own gradient maps of ten ImageNet images at nine checkpoints, against the
//! scores that they published for them.

use npyz::npz::NpzArchive;
use std::{fs::File, io::BufReader, path::PathBuf};
use unearth_signals::{
    maps,
    vog::{StoredMaps, Variant, vog, vog_chunk},
};

const CHECKPOINTS: usize = 9;
const EXAMPLES: usize = 10;
const PIXELS: usize = 224 * 224;
const WINDOWS: [(&str, usize, usize); 4] = [
    ("vog_early", 0, 3),
    ("vog_middle", 3, 6),
    ("vog_late", 6, 9),
    ("vog_complete", 0, 9),
];

struct Golden {
    /// `[CHECKPOINTS, EXAMPLES, PIXELS]`.
    gradients: Vec<f32>,
    /// `[EXAMPLES]` for each of [`WINDOWS`].
    scores: Vec<Vec<f32>>,
}

impl Golden {
    fn read() -> Option<Self> {
        let folder = std::env::var_os("UNEARTH_TEST_DATA").map_or_else(
            || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data")),
            PathBuf::from,
        );
        let path = folder.join("vog_imagenet10.npz");
        if !path.exists() {
            println!("SKIPPED: no {}; set UNEARTH_TEST_DATA", path.display());
            return None;
        }
        let mut file = NpzArchive::open(path).expect("the file is an npz archive");
        let gradients = array(&mut file, "gradients");
        assert_eq!(gradients.len(), CHECKPOINTS * EXAMPLES * PIXELS);
        let scores = WINDOWS
            .iter()
            .map(|(name, ..)| array(&mut file, name))
            .collect();
        Some(Self { gradients, scores })
    }

    fn map(&self, checkpoint: usize, example: usize) -> &[f32] {
        &self.gradients[(checkpoint * EXAMPLES + example) * PIXELS..][..PIXELS]
    }
}

fn array<T: npyz::Deserialize>(file: &mut NpzArchive<BufReader<File>>, name: &str) -> Vec<T> {
    let array = file.by_name(name).expect("the member can be read");
    let array = array.expect("the member is there");
    array.into_vec().expect("the member has the expected type")
}

fn relative(ours: f64, theirs: f32) -> f64 {
    (ours / f64::from(theirs) - 1.0).abs()
}

#[test]
fn matches_the_authors_scores_to_1e_6() {
    let Some(golden) = Golden::read() else { return };
    let mut worst = 0.0f64;
    for ((_, from, to), theirs) in WINDOWS.iter().zip(&golden.scores) {
        for (example, &theirs) in theirs.iter().enumerate() {
            let maps: Vec<&[f32]> = (*from..*to).map(|at| golden.map(at, example)).collect();
            let ours = vog(&maps, Variant::Std).expect("finite maps");
            worst = worst.max(relative(ours, theirs));
        }
    }
    println!("worst relative difference from the authors' scores: {worst:.1e}");
    assert!(worst <= 1e-6, "{worst:e}");
}

#[test]
fn matches_the_authors_scores_to_1e_5_through_the_stored_form() {
    let Some(golden) = Golden::read() else { return };
    let stored: Vec<(Vec<f32>, Vec<u8>)> = (0..CHECKPOINTS)
        .map(|checkpoint| {
            let mut bytes = Vec::new();
            let scales = (0..EXAMPLES)
                .map(|example| maps::encode(golden.map(checkpoint, example), &mut bytes))
                .collect::<Result<_, _>>()
                .expect("finite maps");
            (scales, bytes)
        })
        .collect();
    let chunk: Vec<StoredMaps<'_>> = stored
        .iter()
        .map(|(scales, maps)| StoredMaps { scales, maps })
        .collect();
    let mut worst = 0.0f64;
    for ((_, from, to), theirs) in WINDOWS.iter().zip(&golden.scores) {
        let ours = vog_chunk(&chunk[*from..*to], PIXELS, Variant::Std).expect("sound chunk");
        for (&ours, &theirs) in ours.iter().zip(theirs) {
            worst = worst.max(relative(ours, theirs));
        }
    }
    println!("worst relative difference after the f16 round trip: {worst:.1e}");
    assert!(worst <= 1e-5, "{worst:e}");
}
