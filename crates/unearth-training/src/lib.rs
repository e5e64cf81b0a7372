//! Models, data on the device, the fit loop and the gradient sweep: the only crate that names
//! tch.
//!
//! [`LibtorchTrainer`] implements [`unearth_audit::Trainer`]. Everything random comes from
//! `rand_chacha` streams addressed by seed, epoch and example, and the optimiser's state is
//! ours, so a training continues from a resume point with the same bits on the same kind of
//! device with the same number of threads.

mod area;
mod augment;
mod batches;
mod cuda;
mod data;
mod device;
mod driver;
mod encode;
mod epoch;
mod failure;
mod fit;
mod host;
mod meter;
mod models;
mod phases;
mod precision;
mod pruning;
mod quantise;
mod random;
mod random_images;
mod record;
mod resume;
mod schedule;
mod scratch;
mod sgd;
mod shim;
mod sweep;
mod torchvision;
mod trainer;
mod weights;

pub use cuda::{device_info, nvidia_gpu_present};
pub use device::{DeviceChoice, DeviceError};
pub use phases::PhaseSeconds;
pub use trainer::LibtorchTrainer;
