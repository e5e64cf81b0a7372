//! Labels in files of their own.

use std::fs;
use tempfile::TempDir;
use unearth_dataset::LabelFile;

fn read(bytes: impl AsRef<[u8]>) -> Result<LabelFile, String> {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("labels");
    fs::write(&path, bytes).unwrap();
    let place = path.display().to_string();
    LabelFile::read(&path).map_err(|error| error.to_string().replace(&place, "labels"))
}

fn npy(dtype: &str, shape: &str, data: &[u8]) -> Vec<u8> {
    let header = format!("{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}, }}\n");
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend(data);
    bytes
}

fn in_order(labels: &[&str]) -> LabelFile {
    LabelFile::InOrder(labels.iter().map(ToString::to_string).collect())
}

#[test]
fn arrays() {
    assert_eq!(
        read(npy("|u1", "(3,)", &[3, 0, 7])),
        Ok(in_order(&["3", "0", "7"]))
    );
    assert_eq!(
        read(npy("<i2", "(1, 1)", &[0xff, 0xff])),
        Ok(in_order(&["-1"]))
    );
    assert_eq!(
        read(npy("|S3", "(2,)", b"catdog")),
        Ok(in_order(&["cat", "dog"]))
    );
    assert_eq!(
        read(npy("<f8", "(1,)", &[0; 8])).unwrap_err(),
        "the labels `labels` have the type float64; it must be whole numbers or text"
    );
    assert_eq!(
        read(npy("|u1", "(2, 2)", &[0; 4])).unwrap_err(),
        "the labels `labels` have the shape (2, 2); it must be (N,)"
    );
    assert_eq!(
        read(npy("|u1", "(3,)", &[1])).unwrap_err(),
        "cannot read the labels `labels`"
    );
    assert_eq!(
        read(npy("|S1", "(2,)", &[b'a', 0xff])).unwrap_err(),
        "row 1 of the labels `labels` is not valid Unicode"
    );
}

#[test]
fn tables() {
    assert_eq!(read("label\ncat\n dog \n"), Ok(in_order(&["cat", "dog"])));
    let by_key = [("b.png", "cat"), ("a.png", "dog")];
    let by_key = by_key.map(|(key, label)| (key.to_owned(), label.to_owned()));
    assert_eq!(
        read("\u{feff}key,sure,label\nb.png,1,cat\na.png,0,dog\n"),
        Ok(LabelFile::ByKey(by_key.to_vec()))
    );
    assert_eq!(
        read("key,label\na,cat\nb,dog\na,dog\n").unwrap_err(),
        "row 4 of the labels `labels` repeats the key `a`"
    );
    assert_eq!(
        read("label\ncat\n\"\"\n").unwrap_err(),
        "row 3 of the labels `labels` has no label"
    );
    let no_header = read("cat\ndog\n").unwrap_err();
    assert!(no_header.contains("have no column `label`"), "{no_header}");
    let ragged = read("key,label\na,cat\nb\n").unwrap_err();
    assert!(
        ragged.starts_with("row 3 of the labels `labels` cannot be read"),
        "{ragged}"
    );
}

#[test]
fn nothing_there() {
    let error = LabelFile::read("nowhere.npy".as_ref()).unwrap_err();
    assert_eq!(error.to_string(), "cannot read the labels `nowhere.npy`");
}
