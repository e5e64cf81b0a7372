//! Properties of VoG, and the traps that published ports fell into.

use super::*;
use crate::maps::encode;
use proptest::prelude::*;

/// The formula as written, in two passes.
fn by_definition(maps: &[Vec<f32>], variant: Variant) -> f64 {
    let k = maps.len() as f64;
    let pixels = maps[0].len();
    let spread = |pixel: usize| {
        let values = || maps.iter().map(|map| f64::from(map[pixel]));
        let mean = values().sum::<f64>() / k;
        let squares: f64 = values().map(|value| (value - mean).powi(2)).sum();
        match variant {
            Variant::Std => (squares / k).sqrt(),
            Variant::Paper => (1.0 / k).sqrt() * squares,
        }
    };
    (0..pixels).map(spread).sum::<f64>() / pixels as f64
}

fn of(maps: &[Vec<f32>], variant: Variant) -> f64 {
    let maps: Vec<&[f32]> = maps.iter().map(Vec::as_slice).collect();
    vog(&maps, variant).expect("finite maps")
}

fn close(ours: f64, theirs: f64) -> bool {
    (ours - theirs).abs() <= 1e-12 * theirs.abs().max(f64::MIN_POSITIVE)
}

/// K maps of one example; whole numbers, so that shifting and scaling them rounds nothing.
fn maps_of_one() -> impl Strategy<Value = Vec<Vec<f32>>> {
    (2usize..7, prop_oneof![1usize..20, 500usize..1_100]).prop_flat_map(|(k, pixels)| {
        let pixel = (-2_000i16..2_000).prop_map(f32::from);
        let map = proptest::collection::vec(pixel, pixels);
        proptest::collection::vec(map, k)
    })
}

fn variants() -> impl Strategy<Value = Variant> {
    prop_oneof![Just(Variant::Std), Just(Variant::Paper)]
}

/// What a store holds of `maps[checkpoint][example]`: scales and maps per checkpoint.
fn stored(maps: &[Vec<Vec<f32>>]) -> Vec<(Vec<f32>, Vec<u8>)> {
    maps.iter()
        .map(|examples| {
            let mut bytes = Vec::new();
            let scale = |map: &Vec<f32>| encode(map, &mut bytes).expect("finite map");
            (examples.iter().map(scale).collect(), bytes)
        })
        .collect()
}

fn borrow(stored: &[(Vec<f32>, Vec<u8>)]) -> Vec<StoredMaps<'_>> {
    stored
        .iter()
        .map(|(scales, maps)| StoredMaps { scales, maps })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn equals_the_definition(maps in maps_of_one(), variant in variants()) {
        let (ours, theirs) = (of(&maps, variant), by_definition(&maps, variant));
        prop_assert!(close(ours, theirs), "{ours} and {theirs}");
    }

    #[test]
    fn grows_with_the_maps(maps in maps_of_one(), factor in -9i8..9) {
        let factor = f32::from(factor);
        let scaled: Vec<Vec<f32>> = maps.iter().map(|map| map.iter().map(|x| x * factor).collect()).collect();
        let expected = f64::from(factor.abs());
        prop_assert!(close(of(&scaled, Variant::Std), expected * of(&maps, Variant::Std)));
        prop_assert!(close(of(&scaled, Variant::Paper), expected.powi(2) * of(&maps, Variant::Paper)));
    }

    #[test]
    fn ignores_what_all_checkpoints_share(maps in maps_of_one(), variant in variants(), shift in -500i16..500) {
        let shifted: Vec<Vec<f32>> = maps
            .iter()
            .map(|map| map.iter().enumerate().map(|(at, x)| x + f32::from(shift) * (at % 7) as f32).collect())
            .collect();
        prop_assert!(close(of(&shifted, variant), of(&maps, variant)));
    }

    #[test]
    fn ignores_the_order_of_checkpoints(maps in maps_of_one(), variant in variants()) {
        let reversed: Vec<Vec<f32>> = maps.iter().rev().cloned().collect();
        prop_assert!(close(of(&reversed, variant), of(&maps, variant)));
    }

    #[test]
    fn a_large_common_offset_costs_no_precision(maps in maps_of_one(), variant in variants()) {
        // 2^13 in front of differences of 1: in f32 the squares would be past its 24 bits.
        let shifted: Vec<Vec<f32>> = maps.iter().map(|map| map.iter().map(|x| x + 8_192.0).collect()).collect();
        prop_assert!(close(of(&shifted, variant), by_definition(&maps, variant)));
    }

    #[test]
    fn a_chunk_is_its_examples_one_by_one(
        examples in proptest::collection::vec(
            proptest::collection::vec(proptest::collection::vec(-1e3f32..1e3, 530), 3), 0..4),
        variant in variants(),
    ) {
        let by_checkpoint: Vec<Vec<Vec<f32>>> = (0..3)
            .map(|checkpoint| examples.iter().map(|maps| maps[checkpoint].clone()).collect())
            .collect();
        let stored = stored(&by_checkpoint);
        let scores = vog_chunk(&borrow(&stored), 530, variant).expect("sound chunk");
        prop_assert_eq!(scores.len(), examples.len());
        for (example, score) in scores.iter().enumerate() {
            let decoded: Vec<Vec<f32>> = stored
                .iter()
                .map(|(scales, maps)| {
                    let mut map = vec![0.0; 530];
                    crate::maps::decode(scales[example], &maps[example * 1_060..][..1_060], &mut map);
                    map
                })
                .collect();
            prop_assert_eq!(*score, of(&decoded, variant));
        }
    }
}

#[test]
fn is_the_population_deviation() {
    // Checkpoints 1 and 3: mean 2, ddof 0 gives 1 where ddof 1 would give √2.
    let maps = vec![vec![1.0], vec![3.0]];
    assert!(close(of(&maps, Variant::Std), 1.0));
    assert!(close(of(&maps, Variant::Paper), 2.0 / 2f64.sqrt()));
}

#[test]
fn takes_the_mean_over_the_window_that_it_was_given() {
    // A port divided a window's sum by the number of all checkpoints; the spread of maps far
    // from 0 shows that at once.
    let maps = vec![vec![100.0, -50.0], vec![101.0, -50.0], vec![102.0, -50.0]];
    let expected = (2.0f64 / 3.0).sqrt() / 2.0;
    assert!(close(of(&maps, Variant::Std), expected));
}

#[test]
fn keeps_the_sign_of_gradients() {
    let maps = vec![vec![5.0, -5.0], vec![-5.0, 5.0]];
    assert!(close(of(&maps, Variant::Std), 5.0));
}

#[test]
fn counts_a_map_of_zeros_as_zeros() {
    let stored = stored(&[vec![vec![0.0; 4]], vec![vec![2.0, -2.0, 4.0, 0.0]]]);
    let scores = vog_chunk(&borrow(&stored), 4, Variant::Std).expect("sound chunk");
    assert_eq!(scores, [1.0]);
}

#[test]
fn maps_that_never_change_score_exactly_zero() {
    let maps = vec![vec![0.1, -1e30, 1e-40]; 7];
    for variant in [Variant::Std, Variant::Paper] {
        assert!(of(&maps, variant) == 0.0);
    }
}

#[test]
fn sees_maps_of_any_size() {
    for size in [1e-44f32, 1e-30, 1e30, 3e38] {
        let maps = vec![vec![size], vec![-size]];
        let stored = stored(&[vec![maps[0].clone()], vec![maps[1].clone()]]);
        let score = vog_chunk(&borrow(&stored), 1, Variant::Std).expect("sound chunk")[0];
        assert!(close(of(&maps, Variant::Std), f64::from(size)));
        assert!((score / f64::from(size) - 1.0).abs() < 2f64.powi(-11));
    }
}

#[test]
fn needs_two_checkpoints() {
    let too_few = |checkpoints| Err(VogError::TooFewCheckpoints { checkpoints });
    assert_eq!(vog(&[], Variant::Std), too_few(0));
    assert_eq!(vog(&[&[1.0]], Variant::Std), too_few(1));
    let one = StoredMaps {
        scales: &[1.0],
        maps: &[0, 0],
    };
    let scores = vog_chunk(&[one], 1, Variant::Std);
    assert_eq!(scores, Err(VogError::TooFewCheckpoints { checkpoints: 1 }));
}

#[test]
fn refuses_maps_without_pixels() {
    assert_eq!(vog(&[&[], &[]], Variant::Std), Err(VogError::NoPixels));
}

#[test]
fn names_the_checkpoint_whose_length_is_wrong() {
    let found = vog(&[&[1.0, 2.0], &[1.0]], Variant::Std).expect_err("ragged maps");
    assert_eq!(
        found.to_string(),
        "checkpoint 1 of the window holds 1 pixels, expected 2"
    );

    let whole = StoredMaps {
        scales: &[1.0, 1.0],
        maps: &[0; 8],
    };
    let cut_off = StoredMaps {
        maps: &[0; 6],
        ..whole
    };
    let found = vog_chunk(&[whole, cut_off], 2, Variant::Std).expect_err("cut off");
    assert_eq!(
        found.to_string(),
        "checkpoint 1 of the window holds 6 bytes of maps, expected 8"
    );

    let one_scale = StoredMaps {
        scales: &[1.0],
        ..whole
    };
    let found = vog_chunk(&[whole, one_scale], 2, Variant::Std).expect_err("a scale is missing");
    assert_eq!(
        found.to_string(),
        "checkpoint 1 of the window holds 1 scales, expected 2"
    );
}

#[test]
fn names_the_example_whose_map_is_not_finite() {
    const F16_INFINITY: [u8; 2] = [0x00, 0x7C];
    let maps = [[0, 0], F16_INFINITY].concat();
    let stored = StoredMaps {
        scales: &[1.0, 1.0],
        maps: &maps,
    };
    let scores = vog_chunk(&[stored, stored], 1, Variant::Std);
    assert_eq!(scores, Err(VogError::NonFinite { example: 1 }));
    let score = vog(&[&[f32::NAN], &[1.0]], Variant::Std);
    assert_eq!(score, Err(VogError::NonFinite { example: 0 }));
}
