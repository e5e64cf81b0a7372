//! `NumPy` arrays: images in one, labels in another.

use super::{ArrayPlan, Draft, Names, Part, check_examples, check_image_pixels, split};
use crate::{
    DatasetError, Format, Limits, Warning, WarningCode,
    archive::{Member, Members, read_full},
};
use std::{io::Read, path::Path};
use unearth_npy::{Header, HeaderError, Kind};

const IMAGES: Role = Role {
    names: ["x", "images"],
    shown: "`x` (or `images`)",
};
const LABELS: Role = Role {
    names: ["y", "labels"],
    shown: "`y` (or `labels`)",
};
const OPTIONAL: [&str; 3] = ["group", "split", "key"];
const DIFFICULTY: &str = "difficulty";
/// Bytes looked through at once for values that are not finite.
const SCAN: usize = 1 << 20;

/// An array that must be there, under one of two names.
struct Role {
    names: [&'static str; 2],
    shown: &'static str,
}

/// Reads the npz file `member` of an upload.
pub(super) fn plan_file(
    members: &Members,
    member: &Member,
    limits: &Limits,
    work_dir: &Path,
) -> Result<ArrayPlan, DatasetError> {
    let file = members.window(member, work_dir)?;
    let arrays = Members::open_zip(&file, limits)?;
    let plan = plan(&format!("`{}`", member.name), &arrays, limits)?;
    Ok(ArrayPlan {
        holder: Some(arrays),
        ..plan
    })
}

/// Reads an upload that is an npz file.
pub(super) fn plan_loose(arrays: &Members, limits: &Limits) -> Result<ArrayPlan, DatasetError> {
    plan("the npz file", arrays, limits)
}

/// Hands out the rows of the images array one by one.
pub(crate) fn stream_images(
    arrays: &Members,
    part: &Part,
    [height, width, channels]: [usize; 3],
    sink: &mut dyn FnMut(&[u8]) -> Result<(), DatasetError>,
) -> Result<(), DatasetError> {
    let name = &part.member.name;
    let failed = |error| DatasetError::read(name, error);
    arrays.stream(&part.member, |reader| {
        if Header::parse(reader).is_err() {
            return Err(failed(std::io::ErrorKind::InvalidData.into()));
        }
        let mut image = vec![0; height * width * channels];
        for _ in 0..part.rows {
            reader.read_exact(&mut image).map_err(failed)?;
            sink(&image)?;
        }
        // Reading on to the end verifies the checksum.
        read_full(reader, &mut [0]).map_err(failed)?;
        Ok(())
    })
}

fn plan(file: &str, arrays: &Members, limits: &Limits) -> Result<ArrayPlan, DatasetError> {
    let npz = Npz { file, arrays };
    let images = npz.required(&IMAGES)?;
    let labels = npz.required(&LABELS)?;
    let (rows, shape) = images.image_shape()?;
    check_examples(rows as u64, limits)?;
    check_image_pixels(
        &format!("{file}/{}", images.name),
        [shape[0], shape[1]],
        limits,
    )?;
    let [groups, splits, keys] = OPTIONAL.map(|name| {
        let array = npz.optional(name)?;
        array.map(|array| array.texts(rows, limits)).transpose()
    });
    let difficulties = npz.optional(DIFFICULTY)?;
    let difficulties = difficulties
        .map(|array| array.difficulties(rows, limits))
        .transpose()?;
    let labels = labels.texts(rows, limits)?;
    let (mut groups, mut splits, mut keys) = (groups?, splits?, keys?);

    let mut plan = ArrayPlan {
        format: Format::Npz,
        drafts: Vec::with_capacity(rows),
        labels: Names::default(),
        splits: Names::default(),
        shape,
        parts: vec![Part {
            member: images.member.clone(),
            rows,
        }],
        holder: None,
        warnings: npz.warnings(),
    };
    let take = |texts: &mut Option<Vec<String>>, index: usize| {
        texts
            .as_mut()
            .map(|texts| std::mem::take(&mut texts[index]))
    };
    for (index, label) in labels.iter().enumerate() {
        let split = take(&mut splits, index).filter(|split| !split.is_empty());
        plan.drafts.push(Draft {
            key: take(&mut keys, index).unwrap_or_else(|| index.to_string()),
            row: None,
            label: Some(plan.labels.position(label)),
            split: split.map(|name| plan.splits.position(split::canonical_or_given(&name))),
            group: take(&mut groups, index).filter(|group| !group.is_empty()),
            difficulty: difficulties.as_ref().and_then(|all| all[index]),
        });
    }
    Ok(plan)
}

struct Npz<'a> {
    file: &'a str,
    arrays: &'a Members,
}

impl<'a> Npz<'a> {
    fn required(&self, role: &Role) -> Result<Array<'a>, DatasetError> {
        for name in role.names {
            if let Some(array) = self.optional(name)? {
                return Ok(array);
            }
        }
        Err(DatasetError::MissingArray {
            file: self.file.to_owned(),
            array: role.shown,
            found: self.names().map(|name| format!("`{name}`")).collect(),
        })
    }

    fn optional(&self, name: &str) -> Result<Option<Array<'a>>, DatasetError> {
        let mut members = self.arrays.list().iter();
        let Some(member) = members.find(|member| array_name(member) == name) else {
            return Ok(None);
        };
        Array::open(self.file, self.arrays, member).map(Some)
    }

    fn names(&self) -> impl Iterator<Item = &'a str> {
        self.arrays.list().iter().map(array_name)
    }

    fn warnings(&self) -> Vec<Warning> {
        let known = [&IMAGES.names[..], &LABELS.names, &OPTIONAL, &[DIFFICULTY]].concat();
        let unknown: Vec<String> = self
            .names()
            .filter(|name| !known.contains(name))
            .map(|name| format!("`{name}`"))
            .collect();
        if unknown.is_empty() {
            return Vec::new();
        }
        vec![Warning {
            code: WarningCode::UnknownArrays,
            detail: format!(
                "these arrays of {} were ignored: {}",
                self.file,
                unknown.join(", ")
            ),
        }]
    }
}

/// Refuses text that no database keeps.
fn without_nul(text: String) -> Result<String, &'static str> {
    if text.contains('\0') {
        return Err("holds a NUL character");
    }
    Ok(text)
}

fn array_name(member: &Member) -> &str {
    let file = member.name.rsplit('/').next().unwrap_or(&member.name);
    file.strip_suffix(".npy").unwrap_or(file)
}

/// One array, its header read.
struct Array<'a> {
    file: &'a str,
    name: &'a str,
    arrays: &'a Members,
    member: &'a Member,
    header: Header,
}

impl<'a> Array<'a> {
    fn open(file: &'a str, arrays: &'a Members, member: &'a Member) -> Result<Self, DatasetError> {
        let name = array_name(member);
        let invalid = |detail: String| DatasetError::InvalidArray {
            file: file.to_owned(),
            array: name.to_owned(),
            detail,
        };
        let header = arrays.stream(member, |reader| {
            Header::parse(reader).map_err(|error| match error {
                HeaderError::Io(error) => DatasetError::read(&member.name, error),
                HeaderError::Invalid(detail) => invalid(detail.to_owned()),
            })
        })?;
        if header.dtype.kind == Kind::Object {
            return Err(DatasetError::PickledArray {
                file: file.to_owned(),
                array: name.to_owned(),
            });
        }
        let data = header
            .elements()
            .and_then(|elements| elements.checked_mul(header.dtype.size as u64));
        let has = member.size.saturating_sub(header.bytes);
        if header.dtype.kind != Kind::Other && data != Some(has) {
            let shape = header.shape_text();
            return Err(invalid(format!(
                "has {has} bytes of data, which is not what its type {} and its shape {shape} need",
                header.dtype
            )));
        }
        Ok(Self {
            file,
            name,
            arrays,
            member,
            header,
        })
    }

    /// Rows, and height, width and channels of each.
    fn image_shape(&self) -> Result<(usize, [usize; 3]), DatasetError> {
        let dtype = &self.header.dtype;
        if !(dtype.kind == Kind::Unsigned && dtype.size == 1) {
            return Err(self.wrong_dtype("uint8"));
        }
        if self.header.fortran_order {
            return Err(self.wrong_shape("it must be stored in C order (`np.ascontiguousarray`)"));
        }
        let (rows, shape) = match self.header.shape[..] {
            [rows, height, width] => (rows, [height, width, 1]),
            [rows, height, width, channels @ (1 | 3)] => (rows, [height, width, channels]),
            [_, 1 | 3, _, _] => {
                return Err(self.wrong_shape("channels must come last: N×H×W×C"));
            }
            _ => {
                return Err(self.wrong_shape("it must be N×H×W or N×H×W×C with 1 or 3 channels"));
            }
        };
        if rows == 0 || shape.contains(&0) {
            return Err(self.wrong_shape("no axis may be empty"));
        }
        Ok((rows, shape))
    }

    /// The elements as text, one for each of `rows` examples.
    fn texts(&self, rows: usize, limits: &Limits) -> Result<Vec<String>, DatasetError> {
        let dtype = &self.header.dtype;
        if matches!(dtype.kind, Kind::Float | Kind::Other) {
            return Err(self.wrong_dtype("whole numbers or text"));
        }
        self.column(rows, limits, |element| {
            let text = dtype.text(element).ok_or("is not valid Unicode");
            text.and_then(without_nul)
        })
    }

    /// The elements as difficulties, one for each of `rows` examples; none where they are NaN.
    fn difficulties(&self, rows: usize, limits: &Limits) -> Result<Vec<Option<f64>>, DatasetError> {
        let dtype = &self.header.dtype;
        if !matches!(dtype.kind, Kind::Float | Kind::Signed | Kind::Unsigned) {
            return Err(self.wrong_dtype("numbers"));
        }
        self.column(rows, limits, |element| {
            let whole = || dtype.integer(element).map(|whole| whole as f64);
            let number = dtype.float(element).or_else(whole);
            match number.ok_or("holds a number that cannot be read")? {
                unknown if unknown.is_nan() => Ok(None),
                number if number.is_finite() => Ok(Some(number)),
                _ => Err("holds an infinite number; NaN says that it is unknown"),
            }
        })
    }

    /// The elements one by one, one for each of `rows` examples.
    fn column<T>(
        &self,
        rows: usize,
        limits: &Limits,
        value: impl Fn(&[u8]) -> Result<T, &'static str>,
    ) -> Result<Vec<T>, DatasetError> {
        match self.header.shape[..] {
            [count] | [count, 1] if count == rows => {}
            [count] | [count, 1] => {
                return Err(self.wrong_shape(&format!("there are {rows} images, not {count}")));
            }
            [_, classes] => {
                return Err(self.wrong_shape(&format!(
                    "it must be (N,); if it is one-hot over {classes} classes, save \
                     `{}.argmax(axis=1)`",
                    self.name
                )));
            }
            _ => return Err(self.wrong_shape("it must be (N,)")),
        }
        self.check_bytes(limits)?;
        let failed = |error| DatasetError::read(&self.member.name, error);
        self.read(|reader| {
            let mut element = vec![0; self.header.dtype.size];
            let mut values = Vec::with_capacity(rows);
            for row in 0..rows {
                reader.read_exact(&mut element).map_err(failed)?;
                let value = value(&element).map_err(|problem| DatasetError::InvalidArray {
                    file: self.file.to_owned(),
                    array: self.name.to_owned(),
                    detail: format!("{problem} in row {row}"),
                })?;
                values.push(value);
            }
            read_full(reader, &mut [0]).map_err(failed)?;
            Ok(values)
        })
    }

    /// Refuses text so long that all of it together would fill the memory.
    fn check_bytes(&self, limits: &Limits) -> Result<(), DatasetError> {
        if self.member.size <= limits.manifest_bytes {
            return Ok(());
        }
        Err(DatasetError::LimitExceeded {
            limit: "manifest_bytes",
            subject: format!("the array `{}`", self.name),
            allowed: limits.manifest_bytes,
        })
    }

    /// Streams the elements.
    fn read<T>(
        &self,
        consume: impl FnOnce(&mut dyn Read) -> Result<T, DatasetError>,
    ) -> Result<T, DatasetError> {
        self.arrays.stream(self.member, |reader| {
            let mut header = reader.take(self.header.bytes);
            std::io::copy(&mut header, &mut std::io::sink())
                .map_err(|error| DatasetError::read(&self.member.name, error))?;
            consume(reader)
        })
    }

    fn wrong_shape(&self, wanted: &str) -> DatasetError {
        DatasetError::WrongShape {
            file: self.file.to_owned(),
            array: self.name.to_owned(),
            found: self.header.shape_text(),
            wanted: wanted.to_owned(),
        }
    }

    /// The type is wrong; if values are not finite besides, converting would hide that.
    fn wrong_dtype(&self, wanted: &'static str) -> DatasetError {
        let (file, array) = (self.file.to_owned(), self.name.to_owned());
        let found = self.header.dtype.to_string();
        match self.first_not_finite() {
            Ok(Some((value, row))) => DatasetError::NotFinite {
                file,
                array,
                found,
                value,
                row,
            },
            Ok(None) => DatasetError::WrongDtype {
                file,
                array,
                found,
                wanted,
            },
            Err(error) => error,
        }
    }

    /// The first value that is not finite, and its row.
    fn first_not_finite(&self) -> Result<Option<(&'static str, u64)>, DatasetError> {
        let dtype = &self.header.dtype;
        if dtype.kind != Kind::Float {
            return Ok(None);
        }
        let rows = self.header.shape.first().copied().unwrap_or(1).max(1) as u64;
        let per_row = (self.header.elements().unwrap_or(1) / rows).max(1);
        self.read(|reader| {
            let mut buffer = vec![0; SCAN];
            let mut element = 0_u64;
            loop {
                let filled = read_full(reader, &mut buffer)
                    .map_err(|error| DatasetError::read(&self.member.name, error))?;
                if filled == 0 {
                    return Ok(None);
                }
                for bytes in buffer[..filled].chunks_exact(dtype.size) {
                    if let Some(value) = dtype.not_finite(bytes) {
                        return Ok(Some((value, element / per_row)));
                    }
                    element += 1;
                }
            }
        })
    }
}
