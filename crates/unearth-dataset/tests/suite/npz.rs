//! `NumPy` arrays.

use crate::upload::{Upload, pack_bytes, told};
use unearth_dataset::{Format, WarningCode};

fn npy(descr: &str, shape: &str, data: &[u8]) -> Vec<u8> {
    npy_in(descr, "False", shape, data)
}

fn npy_in(descr: &str, fortran: &str, shape: &str, data: &[u8]) -> Vec<u8> {
    let header = format!("{{'descr': {descr}, 'fortran_order': {fortran}, 'shape': {shape}, }}\n");
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend(data);
    bytes
}

fn int64(numbers: &[i64]) -> Vec<u8> {
    let data: Vec<u8> = numbers.iter().flat_map(|n| n.to_le_bytes()).collect();
    npy("'<i8'", &format!("({},)", numbers.len()), &data)
}

fn text(words: &[&str]) -> Vec<u8> {
    let longest = words.iter().map(|word| word.chars().count()).max().unwrap();
    let mut data = Vec::new();
    for word in words {
        let padded = word.chars().chain(std::iter::repeat('\0')).take(longest);
        data.extend(padded.flat_map(|c| u32::from(c).to_le_bytes()));
    }
    npy(
        &format!("'<U{longest}'"),
        &format!("({},)", words.len()),
        &data,
    )
}

fn pixels(count: u8) -> Vec<u8> {
    (0..count).collect()
}

/// Three images of 2×2 pixels.
fn arrays() -> Upload {
    Upload::default()
        .with("x.npy", npy("'|u1'", "(3, 2, 2)", &pixels(12)))
        .with("y.npy", int64(&[5, -1, 5]))
}

fn refusal_of(array: &str, bytes: Vec<u8>) -> String {
    told(&pack_bytes(&arrays().with(&format!("{array}.npy"), bytes).zip()).refusal())
}

#[test]
fn images_and_labels() {
    let outcome = pack_bytes(&arrays().zip());
    let packed = outcome.packed();
    assert_eq!(packed.format, Format::Npz);
    assert_eq!(packed.class_names, ["-1", "5"]);
    assert_eq!(outcome.labels(), [1, 0, 1]);
    assert_eq!(outcome.keys(), ["0", "1", "2"]);
    assert_eq!(outcome.opened().pixels(), pixels(12));
    assert!(packed.originals.is_none());
}

#[test]
fn an_npz_inside_a_folder_or_an_archive_is_the_same() {
    let hash = pack_bytes(&arrays().zip()).packed().content_hash.clone();
    let wrapped = Upload::default()
        .with("data/set.npz", arrays().zip())
        .with("data/README", "x");
    assert_eq!(wrapped.pack().packed().content_hash, hash);
    assert_eq!(pack_bytes(&wrapped.zip()).packed().content_hash, hash);
    assert_eq!(pack_bytes(&wrapped.tar_gz()).packed().content_hash, hash);
}

#[test]
fn colour_groups_splits_keys_and_other_names() {
    let upload = Upload::default()
        .with("images.npy", npy("'|u1'", "(2, 2, 2, 3)", &pixels(24)))
        .with("labels.npy", npy("'|u1'", "(2, 1)", &[1, 0]))
        .with("group.npy", text(&["Köln", ""]))
        .with("split.npy", text(&["train", "valid"]))
        .with("key.npy", text(&["a", "b"]))
        .with("mean.npy", npy("'<f8'", "()", &[0; 8]));
    let outcome = pack_bytes(&upload.zip());
    let packed = outcome.packed();
    assert_eq!(outcome.opened().channels(), 3);
    assert_eq!(outcome.keys(), ["a", "b"]);
    assert_eq!(packed.examples[0].group.as_deref(), Some("Köln"));
    assert_eq!(packed.examples[1].group, None);
    assert_eq!(packed.examples[1].split.as_deref(), Some("val"));
    let unknown = &packed.report.warnings[0];
    assert_eq!(unknown.code, WarningCode::UnknownArrays);
    assert!(
        unknown.detail.ends_with("were ignored: `mean`"),
        "{}",
        unknown.detail
    );
}

#[test]
fn missing_arrays() {
    let upload = Upload::default()
        .with("x.npy", arrays().0["x.npy"].clone())
        .with("z.npy", int64(&[1]));
    assert_eq!(
        told(&pack_bytes(&upload.zip()).refusal()),
        "missing-array: the npz file has no array `y` (or `labels`); its arrays are `x`, `z`"
    );
}

#[test]
fn pickled_objects() {
    assert_eq!(
        refusal_of("y", npy("'|O'", "(3,)", b"\x80\x04pickle")),
        "pickled-array: array `y` of the npz file holds pickled Python objects, which are never \
         read"
    );
    assert_eq!(
        refusal_of("key", npy("'|O'", "(3,)", b"\x80\x04pickle")),
        "pickled-array: array `key` of the npz file holds pickled Python objects, which are never \
         read"
    );
}

#[test]
fn wrong_types_say_how_to_convert() {
    let floats: Vec<u8> = (0..12).flat_map(|i| (i as f32).to_le_bytes()).collect();
    let upload = arrays().with("x.npy", npy("'<f4'", "(3, 2, 2)", &floats));
    let error = pack_bytes(&upload.zip()).refusal();
    assert_eq!(
        told(&error),
        "wrong-dtype: array `x` of the npz file has the type float32; it must be uint8"
    );
    assert!(
        error.hint().contains(".astype(np.uint8)"),
        "{}",
        error.hint()
    );
    assert_eq!(
        refusal_of("x", npy("'<i4'", "(3, 2, 2)", &[0; 48])),
        "wrong-dtype: array `x` of the npz file has the type int32; it must be uint8"
    );
    assert_eq!(
        refusal_of("y", npy("'<f8'", "(3,)", &[0; 24])),
        "wrong-dtype: array `y` of the npz file has the type float64; it must be whole numbers or \
         text"
    );
    assert_eq!(
        refusal_of("y", npy("[('a', '<i4')]", "(3,)", &[0; 12])),
        "wrong-dtype: array `y` of the npz file has the type `[('a', '<i4')]`; it must be whole \
         numbers or text"
    );
}

#[test]
fn values_that_are_not_finite_are_named() {
    let with = |at: usize, value: f64| {
        let floats = (0..12).map(|i| if i == at { value } else { 0.5 });
        npy(
            "'<f8'",
            "(3, 2, 2)",
            &floats.flat_map(f64::to_le_bytes).collect::<Vec<u8>>(),
        )
    };
    assert_eq!(
        refusal_of("x", with(5, f64::NAN)),
        "not-finite: array `x` of the npz file has the type float64 and holds NaN in row 1"
    );
    assert_eq!(
        refusal_of("x", with(11, f64::NEG_INFINITY)),
        "not-finite: array `x` of the npz file has the type float64 and holds infinity in row 2"
    );
}

#[test]
fn wrong_shapes() {
    let shape = |shape: &str, count: u8| refusal_of("x", npy("'|u1'", shape, &pixels(count)));
    let said = |found: &str, wanted: &str| {
        format!("wrong-shape: array `x` of the npz file has the shape {found}; {wanted}")
    };
    let wanted = "it must be N×H×W or N×H×W×C with 1 or 3 channels";
    assert_eq!(shape("(3, 4)", 12), said("(3, 4)", wanted));
    assert_eq!(shape("(3, 2, 2, 4)", 48), said("(3, 2, 2, 4)", wanted));
    assert_eq!(
        shape("(3, 3, 2, 2)", 36),
        said("(3, 3, 2, 2)", "channels must come last: N×H×W×C")
    );
    assert_eq!(
        shape("(3, 0, 2)", 0),
        said("(3, 0, 2)", "no axis may be empty")
    );
    assert_eq!(
        shape("(0, 2, 2)", 0),
        said("(0, 2, 2)", "no axis may be empty")
    );
    assert_eq!(
        refusal_of("x", npy_in("'|u1'", "True", "(3, 2, 2)", &pixels(12))),
        said(
            "(3, 2, 2)",
            "it must be stored in C order (`np.ascontiguousarray`)"
        )
    );
    assert_eq!(
        refusal_of("y", int64(&[1, 2])),
        "wrong-shape: array `y` of the npz file has the shape (2,); there are 3 images, not 2"
    );
    assert_eq!(
        refusal_of("y", npy("'|u1'", "(3, 4)", &pixels(12))),
        "wrong-shape: array `y` of the npz file has the shape (3, 4); it must be (N,); if it is \
         one-hot over 4 classes, save `y.argmax(axis=1)`"
    );
}

#[test]
fn arrays_that_contradict_their_header() {
    assert_eq!(
        refusal_of("x", npy("'|u1'", "(3, 2, 2)", &pixels(11))),
        "invalid-array: array `x` of the npz file has 11 bytes of data, which is not what its type \
         uint8 and its shape (3, 2, 2) need"
    );
    assert_eq!(
        refusal_of("x", b"not an array at all".to_vec()),
        "invalid-array: array `x` of the npz file does not begin like an npy file"
    );
    assert_eq!(
        refusal_of("y", npy("'<U1'", "(3,)", &[0, 0, 0xff, 0xff].repeat(3))),
        "invalid-array: array `y` of the npz file is not valid Unicode in row 0"
    );
}

#[test]
fn nul_characters_inside_text_are_named() {
    for array in ["y", "group", "split", "key"] {
        assert_eq!(
            refusal_of(array, text(&["a", "b\0c", "d"])),
            format!(
                "invalid-array: array `{array}` of the npz file holds a NUL character in row 1"
            )
        );
    }
    assert_eq!(
        refusal_of("y", npy("'|S3'", "(3,)", b"a\0cb\0\0c\0\0")),
        "invalid-array: array `y` of the npz file holds a NUL character in row 0"
    );
    assert_eq!(
        refusal_of("y", npy("'\0'", "(3,)", &[])),
        "wrong-dtype: array `y` of the npz file has the type `\\u{0}`; it must be whole numbers or text"
    );
}

#[test]
fn keys_are_unique() {
    assert_eq!(
        refusal_of("key", text(&["a", "b", "a"])),
        "duplicate-key: the key `a` is given to two examples: example 0 and example 2"
    );
}

#[test]
fn large_arrays_are_resized_like_images() {
    let upload = Upload::default()
        .with(
            "x.npy",
            npy("'|u1'", "(2, 300, 200)", &vec![90; 2 * 300 * 200]),
        )
        .with("y.npy", int64(&[0, 1]));
    let outcome = pack_bytes(&upload.zip());
    assert_eq!(
        (outcome.opened().height(), outcome.opened().width()),
        (224, 224)
    );
    assert!(outcome.opened().pixels().iter().all(|grey| *grey == 90));
}
