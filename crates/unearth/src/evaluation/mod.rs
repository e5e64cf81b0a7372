//! How well each signal finds wrong labels: labels planted in a copy of a dataset, or known to be wrong.
//!
//! A [`Subject`] is what is taken of a dataset, a [`Trial`] is everything done for one seed, and an
//! [`Evaluation`] is what came of all of them. Examples are known by their *position* in the subject, which is
//! their index in every copy.

mod archaeology;
mod column;
mod copies;
mod cost;
mod figures;
mod folds;
mod judgement;
mod labels;
mod listing;
mod noise;
mod plot;
mod random;
mod spread;
mod subject;
mod table;
mod trial;

pub(crate) use copies::Copies;
pub(crate) use figures::Evaluation;
pub(crate) use labels::WrongLabels;
pub(crate) use listing::listing;
pub(crate) use noise::Noise;
pub(crate) use plot::svg;
pub(crate) use subject::{Choice, Subject};
pub(crate) use table::table;
pub(crate) use trial::{Plan, Trial};
