//! The 1,797 handwritten digits of scikit-learn as an image folder, with some labels swapped on purpose.
//!
//! They are the test set of "Optical Recognition of Handwritten Digits" (Alpaydin and Kaynak, 1998): 8×8 pixels
//! in 17 shades of grey.

use std::{
    fs::{self, File},
    io::{BufWriter, Read},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};
use flate2::read::GzDecoder;

use super::swapped::{self, Swapped};
use crate::setup::{installed, pip};

const SIDE: u32 = 8;
const PIXELS: usize = (SIDE * SIDE) as usize;
/// The darkest shade.
const FULL: u32 = 16;
const COUNT: usize = 1797;
const REQUIREMENTS: &str = "digits.txt";

/// The dataset of the demo.
pub(super) struct Digits {
    /// A folder per class with the images that are labelled so.
    pub(super) images: PathBuf,
    /// What was done to the labels.
    pub(super) swapped: Vec<Swapped>,
}

struct Digit {
    shades: [u8; PIXELS],
    label: u8,
}

/// Makes the dataset in `folder`, unless it is there.
pub(super) fn ensure(folder: &Path) -> Result<Digits> {
    let target = folder.join("dataset");
    let source = format!(
        "{REQUIREMENTS}, {} swapped labels, layout 1",
        swapped::count(COUNT)
    );
    installed::ensure(&target, &source, |into| write(&fetch(folder)?, into))?;
    Ok(Digits {
        images: target.join("digits"),
        swapped: swapped::read(&target.join("swapped.csv"))?,
    })
}

/// Reads the digits out of the wheel. The file is the same on every platform, so one wheel serves all.
fn fetch(folder: &Path) -> Result<Vec<Digit>> {
    let wheel = folder.join("scikit-learn");
    installed::remove(&wheel)?;
    pip::unpack(REQUIREMENTS, "x86_64", &wheel)?;
    let file = wheel.join("sklearn/datasets/data/digits.csv.gz");
    let opened = File::open(&file).with_context(|| format!("no {}", file.display()))?;
    let mut text = String::new();
    GzDecoder::new(opened).read_to_string(&mut text)?;
    installed::remove(&wheel)?;

    let digits = text.lines().map(parse).collect::<Result<Vec<_>>>()?;
    ensure!(
        digits.len() == COUNT,
        "{} digits instead of {COUNT}",
        digits.len()
    );
    Ok(digits)
}

/// Reads 64 shades and the label from one line.
fn parse(line: &str) -> Result<Digit> {
    let numbers: Vec<u8> = line
        .split(',')
        .map(|field| {
            field
                .trim()
                .parse::<u8>()
                .with_context(|| format!("{field:?} is not a small number"))
        })
        .collect::<Result<_>>()?;
    let (label, shades) = numbers.split_last().context("an empty line")?;
    ensure!(
        *label <= 9 && shades.iter().all(|shade| u32::from(*shade) <= FULL),
        "not a digit: {line}"
    );
    let shades = shades
        .try_into()
        .with_context(|| format!("{} pixels instead of {PIXELS}", shades.len()))?;
    Ok(Digit {
        shades,
        label: *label,
    })
}

/// Writes `digits/<given label>/<index>.png` and `swapped.csv`.
fn write(digits: &[Digit], into: &Path) -> Result<()> {
    let labels: Vec<u8> = digits.iter().map(|digit| digit.label).collect();
    let given = swapped::swap(&labels);
    let mut record = Vec::new();
    for class in 0..10 {
        fs::create_dir_all(into.join(format!("digits/{class}")))?;
    }
    for (index, (digit, given)) in digits.iter().zip(given).enumerate() {
        let key = format!("{given}/{index:04}.png");
        write_png(&into.join("digits").join(&key), &digit.shades)?;
        if given != digit.label {
            record.push(Swapped {
                key,
                true_label: digit.label,
                given_label: given,
            });
        }
    }
    swapped::write(&into.join("swapped.csv"), &record)
}

fn write_png(path: &Path, shades: &[u8; PIXELS]) -> Result<()> {
    let pixels = shades.map(|shade| (u32::from(shade) * 255 / FULL) as u8);
    let mut encoder = png::Encoder::new(BufWriter::new(File::create(path)?), SIDE, SIDE);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.write_header()?.write_image_data(&pixels)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_line_and_refuses_others() {
        let pixels = vec!["16"; PIXELS].join(",");
        let digit = parse(&format!("{pixels},7")).unwrap();
        assert_eq!((digit.shades[63], digit.label), (16, 7));
        assert!(parse(&format!("{pixels},10")).is_err());
        assert!(parse("1,2,3").is_err());
    }

    #[test]
    fn writes_an_image_folder_by_given_label() {
        let into = std::env::temp_dir().join(format!("xtask-digits-{}", std::process::id()));
        fs::create_dir_all(&into).unwrap();
        let digits: Vec<Digit> = (0..100)
            .map(|i| Digit {
                shades: [8; PIXELS],
                label: i % 10,
            })
            .collect();
        write(&digits, &into).unwrap();

        let record = swapped::read(&into.join("swapped.csv")).unwrap();
        assert_eq!(record.len(), 5);
        let decoded = png::Decoder::new(std::io::BufReader::new(
            File::open(into.join("digits").join(&record[0].key)).unwrap(),
        ));
        let mut reader = decoded.read_info().unwrap();
        let mut pixels = [0; PIXELS];
        reader.next_frame(&mut pixels).unwrap();
        assert_eq!(pixels, [127; PIXELS]);
        fs::remove_dir_all(&into).unwrap();
    }
}
