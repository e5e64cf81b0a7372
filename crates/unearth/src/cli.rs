//! Command-line arguments. Every flag has an environment variable.

use crate::evaluation::Noise;
use clap::{
    Args, Parser, Subcommand, ValueEnum,
    builder::{BoolishValueParser, OsStringValueParser, PossibleValuesParser, TypedValueParser},
};
use std::{
    net::SocketAddr,
    num::{NonZeroU16, NonZeroUsize},
    path::PathBuf,
    thread,
};
use unearth_audit::{AccessRole, Model, Precision};
use unearth_store::blobs::Place;
use unearth_training::DeviceChoice;
use uuid::Uuid;

/// Audits training data by watching a model learn it.
#[derive(Debug, Parser)]
#[command(
    version,
    after_help = "Exit codes: 0 done; 1 the audit failed, was cancelled or interrupted, or something unexpected \
                  happened; 2 wrong arguments, also a path, recipe or token that is refused; 3 the dataset was \
                  refused; 4 no server could be reached or started."
)]
pub(crate) struct Cli {
    /// What to log, as tracing directives; logs go to standard error.
    #[arg(
        long,
        global = true,
        env = "UNEARTH_LOG",
        default_value = "warn,unearth=info,unearth_worker=info,unearth_postgres=info,unearth_api=info"
    )]
    pub(crate) log: String,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run everything on this machine: Postgres, the API with the page, and a worker.
    Up(UpArgs),
    /// Run the API and the page.
    Serve(ServeArgs),
    /// Run a worker: lease trainings, validate uploads.
    Work(WorkArgs),
    /// Audit a dataset and write its ranking.
    Audit(Box<AuditArgs>),
    /// Measure how well each signal finds wrong labels, planted or known.
    Evaluate(Box<EvaluateArgs>),
    /// Post what a training of one's own recorded, and write its ranking.
    External(Box<ExternalArgs>),
    /// Make probes to be trained on beside one's own data: rows of known kind that tell of which kind the
    /// others are.
    Probes(ProbesArgs),
    /// Bring the database schema up to date.
    Migrate(StoreArgs),
    /// Say what this installation runs on, what is wrong and what to do about it.
    Doctor(DoctorArgs),
    /// Make, list and revoke access tokens.
    #[command(subcommand)]
    Token(TokenCommand),
    /// Print a link to the page of the server on this machine that signs one browser in.
    Login(StoreArgs),
    /// Remove blobs that nothing refers to any more, as a killed process leaves them, and old entries of the access log.
    Gc(GcArgs),
    /// Save the database and all blobs in a folder, and read it through.
    Backup(BackupArgs),
    /// Restore a backup into a new data folder, or an empty database.
    Restore(RestoreArgs),
    /// Ask a running server whether it is healthy; for container health checks.
    Health(HealthArgs),
    /// Print the OpenAPI document.
    #[command(hide = true)]
    Openapi,
    /// Measure how fast a model is on this device.
    #[command(hide = true)]
    Pace(PaceArgs),
}

/// Where data is kept.
#[derive(Debug, Clone, Args)]
pub(crate) struct StoreArgs {
    /// Folder of everything that Unearth keeps [default: /var/lib/unearth for root, otherwise
    /// ~/.local/share/unearth].
    #[arg(long, env = "UNEARTH_DATA_DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// Postgres to use instead of a private one.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    pub(crate) database_url: Option<String>,
    /// Where uploads, packs and resume points are, shared by API and workers: a folder, or `s3://BUCKET/PREFIX`
    /// with the usual `AWS_*` variables [default: `blobs` in the data folder].
    #[arg(
        long,
        env = "UNEARTH_BLOBS",
        value_name = "PLACE",
        value_parser = OsStringValueParser::new().try_map(|given| Place::parse(&given))
    )]
    pub(crate) blobs: Option<Place>,
}

/// How the API is reached.
#[derive(Debug, Clone, Args)]
pub(crate) struct ListenArgs {
    /// Address to listen on; port 0 takes a free one.
    #[arg(long, env = "UNEARTH_LISTEN", default_value = "127.0.0.1:7878")]
    pub(crate) listen: SocketAddr,
    /// Allow an address that other machines reach: there is no TLS here, so a proxy must add it.
    #[arg(long, env = "UNEARTH_BEHIND_PROXY", value_parser = BoolishValueParser::new())]
    pub(crate) behind_proxy: bool,
    /// Where people reach the page, where that is not the address to listen on.
    #[arg(long, env = "UNEARTH_PUBLIC_URL")]
    pub(crate) public_url: Option<String>,
    /// Largest upload, in bytes.
    #[arg(long, env = "UNEARTH_MAX_UPLOAD_BYTES", default_value_t = 64 << 30)]
    pub(crate) max_upload_bytes: u64,
    /// An access token to accept, beside those in the database.
    #[arg(long, env = "UNEARTH_TOKEN", hide_env_values = true)]
    pub(crate) token: Option<String>,
}

/// What trainings run on.
#[derive(Debug, Clone, Args)]
pub(crate) struct DeviceArgs {
    /// `auto`, `cpu`, `cuda` or `cuda:N`. `auto` never falls back to the processor while there is
    /// an NVIDIA GPU.
    #[arg(long, env = "UNEARTH_DEVICE", default_value = "auto")]
    pub(crate) device: DeviceChoice,
    /// Threads of a tensor operation [default: all cores]. Bits agree only at an equal count.
    #[arg(long, env = "UNEARTH_THREADS")]
    pub(crate) threads: Option<NonZeroUsize>,
    /// Most bytes of pixels that stay on the device; larger datasets are read batch by batch [default:
    /// half of a GPU's free memory].
    #[arg(long, env = "UNEARTH_RESIDENT_BYTES", value_name = "BYTES")]
    pub(crate) resident_bytes: Option<u64>,
}

impl DeviceArgs {
    /// As many as were asked for, or as there are cores.
    pub(crate) fn threads(&self) -> NonZeroUsize {
        self.threads
            .or_else(|| thread::available_parallelism().ok())
            .unwrap_or(NonZeroUsize::MIN)
    }
}

/// What is measured.
#[derive(Debug, Clone, Args)]
pub(crate) struct PaceArgs {
    #[arg(value_parser = word_of(Model::ALL, Model::as_str))]
    pub(crate) model: Model,
    #[arg(value_parser = word_of(Precision::ALL, Precision::as_str))]
    pub(crate) precision: Precision,
    #[command(flatten)]
    pub(crate) device: DeviceArgs,
}

/// Reads one of some words.
fn word_of<T: Copy + Send + Sync + 'static, const N: usize>(
    all: [T; N],
    word: fn(T) -> &'static str,
) -> impl TypedValueParser<Value = T> {
    PossibleValuesParser::new(all.map(word)).map(move |given| {
        let found = all.into_iter().find(|&it| word(it) == given);
        found.expect("it is one of the possible values")
    })
}

#[derive(Debug, Clone, Args)]
pub(crate) struct UpArgs {
    #[command(flatten)]
    pub(crate) store: StoreArgs,
    #[command(flatten)]
    pub(crate) listen: ListenArgs,
    #[command(flatten)]
    pub(crate) device: DeviceArgs,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct ServeArgs {
    #[command(flatten)]
    pub(crate) store: StoreArgs,
    #[command(flatten)]
    pub(crate) listen: ListenArgs,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct WorkArgs {
    #[command(flatten)]
    pub(crate) store: StoreArgs,
    #[command(flatten)]
    pub(crate) device: DeviceArgs,
    /// Identity of this worker; its supervisor sets it to hand leases back when it dies.
    #[arg(long, env = "UNEARTH_WORKER_ID", hide = true)]
    pub(crate) worker_id: Option<uuid::Uuid>,
    /// Most bytes that an upload may unpack to.
    #[arg(long, env = "UNEARTH_MAX_UNPACKED_BYTES")]
    pub(crate) max_unpacked_bytes: Option<u64>,
    /// Most files in an upload.
    #[arg(long, env = "UNEARTH_MAX_MEMBERS")]
    pub(crate) max_members: Option<u64>,
    /// Most pixels of an image, width times height.
    #[arg(long, env = "UNEARTH_MAX_IMAGE_PIXELS")]
    pub(crate) max_image_pixels: Option<u64>,
    /// Longest time between two resume points, in seconds.
    #[arg(long, env = "UNEARTH_RESUME_INTERVAL", default_value_t = 30.0)]
    pub(crate) resume_interval: f64,
    /// Sweeps after these epochs in trainings that ask for no gradients, and throws the maps away: for
    /// measuring what storing them costs.
    #[arg(
        long,
        env = "UNEARTH_DISCARDED_SWEEPS",
        value_delimiter = ',',
        hide = true
    )]
    pub(crate) discarded_sweeps: Vec<u32>,
}

/// What is trained.
#[derive(Debug, Clone, Args)]
pub(crate) struct RecipeArgs {
    /// `cnn-s`, `mlp`, `resnet9`, `resnet18` or `resnet50`.
    #[arg(long)]
    pub(crate) model: Option<String>,
    /// Weights to begin from: a safetensors file in torchvision's naming, for `resnet18` or `resnet50`.
    #[arg(long, value_name = "FILE")]
    pub(crate) init: Option<PathBuf>,
    /// Passes over the data.
    #[arg(long)]
    pub(crate) epochs: Option<u32>,
    /// How many gradient checkpoints, or the epochs after which to take them: `6` or `1,4,12`.
    #[arg(long)]
    pub(crate) checkpoints: Option<String>,
    /// Examples per optimiser step.
    #[arg(long)]
    pub(crate) batch_size: Option<u32>,
    /// Peak learning rate.
    #[arg(long)]
    pub(crate) lr: Option<f64>,
    /// Side of the square input, in pixels.
    #[arg(long)]
    pub(crate) image_size: Option<u32>,
    /// `none`, `crop` or `flip-crop`.
    #[arg(long)]
    pub(crate) augment: Option<String>,
    /// Arithmetic of the training: `f32` or `bf16`.
    #[arg(long)]
    pub(crate) precision: Option<String>,
    /// Arithmetic of the gradient sweeps: `f32` or `bf16` [default: that of the training].
    #[arg(long)]
    pub(crate) sweep_precision: Option<String>,
}

/// Post what a training of one's own recorded, and write the ranking.
#[derive(Debug, Clone, Args)]
pub(crate) struct ExternalArgs {
    /// An npz with `gradients` `[K, N, H, W]` and optionally `steps` `[K]`: channel means of the logits' gradients
    /// by the input.
    #[arg(long, value_name = "FILE", required_unless_present = "dynamics")]
    pub(crate) gradients: Option<PathBuf>,
    /// An npz with arrays `[E, N]` (`loss`, `p_given`, `margin`, `el2n`, `predicted`, `best_other`) or `logits`
    /// `[E, N, C]`; or a folder of `dynamics_epoch_0.jsonl` and so on, as dataset cartography writes them.
    #[arg(long, value_name = "PATH", requires = "logits")]
    pub(crate) dynamics: Option<PathBuf>,
    /// Which logits the dynamics come from: `in-flight` (train mode, augmented, before the update) or
    /// `eval-pass` (eval mode, not augmented).
    #[arg(long, value_enum)]
    pub(crate) logits: Option<LogitsArg>,
    /// An npy with the given label of each example: whole numbers or text.
    #[arg(long, value_name = "FILE", conflicts_with = "table")]
    pub(crate) labels: Option<PathBuf>,
    /// An npy with the key of each example [default: its index].
    #[arg(long, value_name = "FILE", conflicts_with = "table")]
    pub(crate) keys: Option<PathBuf>,
    /// A CSV table of the examples instead: `key[,label][,group][,split][,text][,difficulty]`.
    #[arg(long, value_name = "FILE")]
    pub(crate) table: Option<PathBuf>,
    /// The list of probes that `unearth probes` wrote, trained on beside the examples: in the dynamics their
    /// rows follow the last example, in the gradients they have none.
    #[arg(long, value_name = "FILE", requires = "dynamics")]
    pub(crate) probes: Option<PathBuf>,
    /// Where to write the ranking: `FILE` for vog, or for `label_issue` without gradients, or `SIGNAL=FILE`; may
    /// be repeated. The record of how it was made goes beside it, as `FILE.json`.
    #[arg(long, value_name = "[SIGNAL=]FILE", default_value = "ranked.csv")]
    pub(crate) out: Vec<String>,
    #[command(flatten)]
    pub(crate) server: ServerArgs,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct ProbesArgs {
    /// An image folder, images with a CSV manifest, IDX files, an npz, or a CSV table.
    pub(crate) path: PathBuf,
    /// Which suites: `random_outputs`, `corrupted`, `random_inputs_outputs`, `out_of_distribution`; of a table,
    /// random outputs alone [default: the first two].
    #[arg(long, value_delimiter = ',', value_name = "SUITE")]
    pub(crate) suites: Vec<String>,
    /// Probes of each suite [default: 3 % of the examples, at least 20, at most 500].
    #[arg(long)]
    pub(crate) suite_size: Option<u32>,
    /// Seed of everything random.
    #[arg(long, default_value_t = 0)]
    pub(crate) seed: u64,
    /// Leave out images that cannot be decoded instead of refusing the dataset.
    #[arg(long)]
    pub(crate) skip_bad_examples: bool,
    /// Where to write the rows: an npz of images, or a CSV of a table. The list of them, which `unearth external`
    /// and the API take, goes beside it, as `FILE.json`.
    #[arg(long, value_name = "FILE", default_value = "probes.npz")]
    pub(crate) out: PathBuf,
}

/// Which logits records come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogitsArg {
    /// Train mode, augmented, before the update.
    InFlight,
    /// Eval mode, not augmented.
    EvalPass,
}

/// Which server does the work.
#[derive(Debug, Clone, Args)]
pub(crate) struct ServerArgs {
    /// A server to use [default: the running local one, or one of its own].
    #[arg(long, env = "UNEARTH_SERVER")]
    pub(crate) server: Option<String>,
    /// Access token of that server.
    #[arg(long, env = "UNEARTH_TOKEN", hide_env_values = true)]
    pub(crate) token: Option<String>,
    #[command(flatten)]
    pub(crate) store: StoreArgs,
    #[command(flatten)]
    pub(crate) device: DeviceArgs,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct AuditArgs {
    /// An image folder, images with a CSV manifest, IDX files or an npz; a folder or an archive.
    pub(crate) path: PathBuf,
    /// Signals to compute beside those that come free with any training.
    #[arg(long, value_delimiter = ',', default_value = "vog")]
    pub(crate) signals: Vec<String>,
    #[command(flatten)]
    pub(crate) recipe: RecipeArgs,
    /// The split to train on and to rank; the others are scored apart.
    #[arg(long)]
    pub(crate) split: Option<String>,
    /// Tell of which kind every example is by probes that are trained on beside them, and how well that
    /// works here. Needs a second, short training.
    #[arg(long)]
    pub(crate) archaeology: bool,
    #[command(flatten)]
    pub(crate) populations: PopulationArgs,
    /// How many seeds to train, this one and others: with more than one, every score and rank comes with its
    /// range over them.
    #[arg(long, default_value_t = 1)]
    pub(crate) seeds: u32,
    /// Seed of everything random.
    #[arg(long, default_value_t = 0)]
    pub(crate) seed: u64,
    /// Leave out images that cannot be decoded instead of refusing the dataset.
    #[arg(long)]
    pub(crate) skip_bad_examples: bool,
    /// Give the gradient maps up once everything is ranked: they are most of what an audit takes, and only their
    /// pictures and further windows need them.
    #[arg(long)]
    pub(crate) drop_snapshots: bool,
    /// Where to write the ranking: `FILE` for the first signal or `SIGNAL=FILE`, a population's as
    /// `pie@0.5=FILE` or `cie_int8=FILE`; may be repeated. The record of how it was made goes beside it, as
    /// `FILE.json`.
    #[arg(long, value_name = "[SIGNAL=]FILE", default_value = "ranked.csv")]
    pub(crate) out: Vec<String>,
    #[command(flatten)]
    pub(crate) server: ServerArgs,
}

/// Which populations of models are compared; any of these flags asks for them.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct PopulationArgs {
    /// Find what compressed models forget: trains populations of models, unpruned and pruned to a sparsity of 0.5
    /// and of 0.9, and a second unpruned one to compare with.
    #[arg(long)]
    pub(crate) pie: bool,
    /// Sparsities to prune to instead.
    #[arg(long, value_delimiter = ',', value_name = "SHARE")]
    pub(crate) sparsities: Option<Vec<f64>>,
    /// Models in each population [default: 5].
    #[arg(long, value_name = "N")]
    pub(crate) population: Option<u32>,
    /// Round the unpruned models, too, without training again: `int8`, `fp16`.
    #[arg(long, value_delimiter = ',', value_name = "HOW")]
    pub(crate) quantise: Vec<String>,
    /// Train no second unpruned population: then nothing can be said to be owed to compression.
    #[arg(long)]
    pub(crate) no_null: bool,
    /// Finish with as few models of each population where trainings fail for good [default: all of them].
    #[arg(long, value_name = "N")]
    pub(crate) population_min: Option<u32>,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct EvaluateArgs {
    /// An image folder, images with a CSV manifest, IDX files or an npz; a folder or an archive. It is read
    /// here; the server gets copies of it, which stay there.
    pub(crate) path: PathBuf,
    #[command(flatten)]
    pub(crate) wrong_labels: WrongLabelArgs,
    /// How often to do everything, with the seeds 0, 1, 2, …: of the planting, of the folds and of the
    /// trainings.
    #[arg(long, default_value_t = NonZeroUsize::new(3).expect("3 is not 0"))]
    pub(crate) seeds: NonZeroUsize,
    /// Folds of the baseline, the self-confidence of the same model out of fold; 0 for none. Each fold is one
    /// more training.
    #[arg(long, default_value_t = 5)]
    pub(crate) folds: usize,
    /// Judge an archaeology, too: its vote for random outputs as a ranking, and its suites against the
    /// truth. Its probes are trained on in the same audit.
    #[arg(long)]
    pub(crate) archaeology: bool,
    /// Take at most so many examples, the same number of each class as far as there are so many; the same
    /// ones for every seed.
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<usize>,
    /// The split to take examples from; the others are left out [default: `train` where there are several].
    #[arg(long)]
    pub(crate) split: Option<String>,
    /// Leave out images that cannot be decoded instead of refusing the dataset.
    #[arg(long)]
    pub(crate) skip_bad_examples: bool,
    #[command(flatten)]
    pub(crate) recipe: RecipeArgs,
    /// Where to write all figures and how they were made. The wrong labels go beside it, as `FILE.csv`.
    #[arg(long, value_name = "FILE", default_value = "evaluation.json")]
    pub(crate) out: PathBuf,
    /// Where to draw them, as SVG.
    #[arg(long, value_name = "FILE", default_value = "evaluation.svg")]
    pub(crate) plot: PathBuf,
    #[command(flatten)]
    pub(crate) server: ServerArgs,
}

/// Which labels are wrong.
#[derive(Debug, Clone, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct WrongLabelArgs {
    /// Plant wrong labels in a copy: `uniform:0.1` gives a tenth of all labels another class, any with
    /// equal chance; `class:0.2` gives a fifth of each class's labels to one other class.
    #[arg(long, value_name = "KIND:SHARE")]
    pub(crate) noise: Option<Noise>,
    /// Take the labels as they are, and the true ones from a file: an npy in index order, or a CSV with the
    /// columns `key,label`, or `label` alone in index order.
    #[arg(long, value_name = "FILE")]
    pub(crate) true_labels: Option<PathBuf>,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct DoctorArgs {
    #[command(flatten)]
    pub(crate) store: StoreArgs,
}

/// What is done with access tokens.
#[derive(Debug, Clone, Subcommand)]
pub(crate) enum TokenCommand {
    /// Make an access token and print it; it cannot be printed again.
    Create(NewTokenArgs),
    /// List the access tokens: what they may do, until when, and when each was last used.
    List(StoreArgs),
    /// Revoke an access token, with it the sessions of browsers that were begun with it.
    Revoke(RevokeArgs),
}

#[derive(Debug, Clone, Args)]
pub(crate) struct NewTokenArgs {
    /// Where the token will be used, for people.
    #[arg(long, default_value = "made on the command line")]
    pub(crate) name: String,
    /// What its holder may do: a viewer reads, a reviewer decides on examples, too, an operator manages datasets and
    /// audits, too, an admin tokens, too.
    #[arg(long, value_parser = role)]
    pub(crate) role: AccessRole,
    /// For how many days it is valid [default: for ever].
    #[arg(long)]
    pub(crate) days: Option<NonZeroU16>,
    #[command(flatten)]
    pub(crate) store: StoreArgs,
}

fn role(word: &str) -> Result<AccessRole, String> {
    AccessRole::from_word(word).ok_or_else(|| {
        let words = AccessRole::ALL.map(AccessRole::as_str).join(", ");
        format!("it is one of {words}")
    })
}

#[derive(Debug, Clone, Args)]
pub(crate) struct RevokeArgs {
    /// Its id, as `unearth token list` shows it.
    pub(crate) id: Uuid,
    #[command(flatten)]
    pub(crate) store: StoreArgs,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct GcArgs {
    /// Only say what would be removed.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// How old a blob must be: a younger one may belong to an upload that is under way.
    #[arg(long, default_value_t = 24, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) older_than_hours: u32,
    /// Give up the gradient maps of audits that succeeded this many days ago; their rankings stay [default: keep them].
    #[arg(long, value_name = "DAYS")]
    pub(crate) snapshots_days: Option<u32>,
    /// How long the access log is kept.
    #[arg(long, default_value_t = 365)]
    pub(crate) access_log_days: u32,
    #[command(flatten)]
    pub(crate) store: StoreArgs,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct BackupArgs {
    /// The folder to make; it must not be there.
    pub(crate) folder: PathBuf,
    #[command(flatten)]
    pub(crate) store: StoreArgs,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct RestoreArgs {
    /// A folder that `unearth backup` made.
    pub(crate) folder: PathBuf,
    /// Only read it through and say what it holds.
    #[arg(long)]
    pub(crate) check: bool,
    #[command(flatten)]
    pub(crate) store: StoreArgs,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct HealthArgs {
    /// Address of the server.
    #[arg(default_value = "http://127.0.0.1:7878")]
    pub(crate) url: String,
}
