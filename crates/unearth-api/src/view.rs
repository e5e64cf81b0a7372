//! What the API answers with, apart from what the store keeps.

pub(crate) mod access;
pub(crate) mod archaeology;
pub(crate) mod audit;
pub(crate) mod comparison;
pub(crate) mod dataset;
pub(crate) mod density;
pub(crate) mod event;
pub(crate) mod example;
pub(crate) mod external;
pub(crate) mod group;
pub(crate) mod pie;
pub(crate) mod provisional;
pub(crate) mod review;
pub(crate) mod run;
pub(crate) mod sample;
pub(crate) mod score;
pub(crate) mod statistics;
pub(crate) mod subset;
pub(crate) mod vitals;
