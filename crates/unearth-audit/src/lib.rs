//! The vocabulary of Unearth: what is asked for, what states it passes through, and the traits
//! between the service and the training code.
//!
//! Nothing here touches a database, a network, a file, a tensor or a clock; every other crate
//! may depend on this one.

mod access;
mod archaeology;
mod archaeology_report;
mod budget;
mod chunk;
mod environment;
mod error_chain;
mod estimate;
mod event;
mod examples;
mod external;
mod field_error;
mod origin;
mod pace;
mod pack_options;
mod pie;
mod plan;
mod recipe;
mod recipe_request;
mod record;
mod review;
mod sample;
mod scoring;
mod signal;
mod stability;
mod state;
mod subset;
mod training;

pub use access::AccessRole;
pub use archaeology::{
    Archaeology, ArchaeologyRequest, ArchaeologyVariant, CustomSuite, CustomSuiteRequest, Probes,
    SUITE_MIN, Suite, default_suite_size,
};
pub use archaeology_report::{
    ArchaeologyReport, CategoryReport, FLAGGED_SHARE, GROUP_PROBES_MIN, GroupReport, RELIABLE_FROM,
    RankedBy, Rate,
};
pub use budget::{Budget, share_of};
pub use chunk::{CHUNK_EXAMPLES, chunk_count, chunk_range};
pub use environment::{CudaState, DeviceInfo, Environment};
pub use error_chain::error_chain;
pub use estimate::{Basis, Estimate, RefinedEstimate, Spent, estimate, estimate_external};
pub use event::{Event, Phase, Progress};
pub use examples::{DatasetFacts, Examples, Modality, ProbeRows, Split, UNLABELLED};
pub use external::{ExternalRequest, ExternalRun, Posted, PostedProbe, ProbeRequest, Quantity};
pub use field_error::FieldError;
pub use origin::{Origin, RunShape};
pub use pace::ModelPace;
pub use pack_options::{IMAGE_SIZES, OnBadExample, PackOptions};
pub use pie::{
    Exemplars, LayerSparsity, Level, LevelReport, Member, Pie, PieReport, PieRequest, PieTable,
    Quantisation, Recall, RecallRow, Recalls, Sparsity, Tested, Top1,
};
pub use plan::{PlannedRun, Role, Wanted, plan};
pub use recipe::{
    Augment, GradientTarget, HALVED_BATCH_MIN, Init, MAP_SIDE_MAX, Model, Precision, Pruning,
    Recipe,
};
pub use recipe_request::{Checkpoints, RecipeRequest};
pub use record::{EpochRecord, LogitSource, Record};
pub use review::{Standing, Verdict};
pub use sample::{SampleRequest, SampleStratum, allocate};
pub use scoring::{
    Computation, Grouping, Population, ScoreKey, Scoring, ScoringRequest, Variant, Window,
    WindowRequest,
};
pub use signal::{Direction, Signal, SignalInfo};
pub use stability::{Overlap, Spread, Stability};
pub use state::{DatasetState, State};
pub use subset::{Condition, End, Subset, SubsetInfo};
pub use training::{
    MapChunk, Position, Report, Stop, Trainer, TrainingError, TrainingJob, TrainingOutcome,
    TrainingSink,
};
