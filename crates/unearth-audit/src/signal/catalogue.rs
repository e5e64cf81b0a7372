//! What a reader of each signal's numbers must be told.

use super::{Direction, SignalInfo};
use crate::Variant;

const IN_FLIGHT: &str = "in flight: train mode, augmented, before the update";
const EVAL_PASS: &str = "eval pass: eval mode, not augmented";
pub(super) const POSTED_IN_FLIGHT: &str =
    "as posted, in flight: train mode, augmented, before the update";
pub(super) const POSTED_EVAL_PASS: &str = "as posted, of an eval pass: eval mode, not augmented";
pub(super) const POSTED_GRADIENTS: &str = "as posted";
pub(super) const POSTED_LABEL_ISSUE: &str = "mean of the standings (rank from the easy end / number of examples) in two readings: loss and -margin, each as the mean over the last third of the posted epochs";
const SMALL_LOSS: &str = "small-loss criterion, e.g. Han et al., NeurIPS 2018, arXiv 1804.06872";
const CARTOGRAPHY: &str = "Swayamdipta et al.: Dataset Cartography, EMNLP 2020, arXiv 2009.10795";
const EXAMPLE_FORGETTING: &str =
    "Toneva et al.: An Empirical Study of Example Forgetting, ICLR 2019, arXiv 1812.05159";

pub(super) const VOG: SignalInfo = SignalInfo {
    name: "vog",
    title: "Variance of Gradients",
    direction: Direction::HighHarder,
    range: "0 and up",
    unit: "logit per unit of normalised input",
    formula: Variant::Std.formula(),
    logits: "eval mode, not augmented, pre-softmax",
    source: "Agarwal, D'souza, Hooker: Estimating Example Difficulty using Variance of Gradients, CVPR 2022, arXiv 2008.11600, as in the authors' code",
    purpose: "finds difficult and atypical examples; it is not a detector of wrong labels",
};

pub(super) const LABEL_ISSUE: SignalInfo = SignalInfo {
    name: "label_issue",
    title: "Label issue",
    direction: Direction::HighHarder,
    range: "above 0, up to 1",
    unit: "mean standing: a rank score, not a probability",
    formula: "mean of the standings (rank from the easy end / number of examples) in four readings: loss and -margin, each as the mean over the last third of the epochs in flight and in the eval pass after the last epoch; where an example was not trained on, in the two of the eval pass",
    logits: "in flight (train mode, augmented, before the update) and eval pass (eval mode, not augmented)",
    source: "this project; the readings are the small-loss criterion (arXiv 1804.06872) and the margin of AUM (arXiv 2001.10528)",
    purpose: "finds wrong labels: the ranking to review for them; says nothing of how difficult a rightly labelled example is",
};

pub(super) const FINAL_LOSS: SignalInfo = SignalInfo {
    name: "final_loss",
    title: "Final loss",
    direction: Direction::HighHarder,
    range: "0 and up",
    unit: "nats",
    formula: "-ln p(given label) after the last epoch",
    logits: EVAL_PASS,
    source: SMALL_LOSS,
    purpose: "finds probable wrong labels",
};

pub(super) const MEAN_LOSS: SignalInfo = SignalInfo {
    name: "mean_loss",
    title: "Mean loss",
    direction: Direction::HighHarder,
    range: "0 and up",
    unit: "nats",
    formula: "mean over epochs of -ln p(given label)",
    logits: IN_FLIGHT,
    source: SMALL_LOSS,
    purpose: "finds probable wrong labels and slowly learned examples; only for trained examples",
};

pub(super) const CONFIDENCE: SignalInfo = SignalInfo {
    name: "confidence",
    title: "Confidence",
    direction: Direction::LowHarder,
    range: "0 to 1",
    unit: "probability",
    formula: "mean over epochs of p(given label)",
    logits: IN_FLIGHT,
    source: CARTOGRAPHY,
    purpose: "separates easy from hard-to-learn examples; only for trained examples",
};

pub(super) const VARIABILITY: SignalInfo = SignalInfo {
    name: "variability",
    title: "Variability",
    direction: Direction::HighHarder,
    range: "0 to 0.5",
    unit: "probability",
    formula: "standard deviation (ddof 0) over epochs of p(given label)",
    logits: IN_FLIGHT,
    source: CARTOGRAPHY,
    purpose: "finds ambiguous examples, on which the model changes its mind; not a detector of wrong labels; only for trained examples",
};

pub(super) const CORRECTNESS: SignalInfo = SignalInfo {
    name: "correctness",
    title: "Correctness",
    direction: Direction::LowHarder,
    range: "0 to the number of epochs",
    unit: "epochs",
    formula: "number of epochs whose predicted class is the given label",
    logits: IN_FLIGHT,
    source: CARTOGRAPHY,
    purpose: "tells learned from never learned; coarse, with many ties; only for trained examples",
};

pub(super) const AUM: SignalInfo = SignalInfo {
    name: "aum",
    title: "Area under the margin",
    direction: Direction::LowHarder,
    range: "any number; below 0 where another class leads on average",
    unit: "logits",
    formula: "mean over epochs of (logit of the given label - largest other logit)",
    logits: IN_FLIGHT,
    source: "Pleiss et al.: Identifying Mislabeled Data using the Area Under the Margin Ranking, NeurIPS 2020, arXiv 2001.10528",
    purpose: "finds probable wrong labels; only for trained examples",
};

pub(super) const FORGETTING: SignalInfo = SignalInfo {
    name: "forgetting",
    title: "Forgetting events",
    direction: Direction::HighHarder,
    range: "0 to half the number of epochs; none for an example that was never learned",
    unit: "events",
    formula: "number of consecutive epochs of which the first is right and the second wrong",
    logits: IN_FLIGHT,
    source: EXAMPLE_FORGETTING,
    purpose: "tells unforgettable examples, which training can do without, from the rest; only for trained examples",
};

pub(super) const FIRST_LEARNED: SignalInfo = SignalInfo {
    name: "first_learned",
    title: "First learned",
    direction: Direction::HighHarder,
    range: "1 to the number of epochs; none for an example that was never learned",
    unit: "epoch",
    formula: "first epoch whose predicted class is the given label",
    logits: IN_FLIGHT,
    source: EXAMPLE_FORGETTING,
    purpose: "orders examples from early to late, for curricula; only for trained examples",
};

pub(super) const STAYED_LEARNED: SignalInfo = SignalInfo {
    name: "stayed_learned",
    title: "Learned and stayed",
    direction: Direction::HighHarder,
    range: "1 to the number of epochs; none for an example that is wrong at the last",
    unit: "epoch",
    formula: "epoch from which on every predicted class is the given label",
    logits: IN_FLIGHT,
    source: EXAMPLE_FORGETTING,
    purpose: "orders examples from early to late, for curricula; only for trained examples",
};

pub(super) const EL2N: SignalInfo = SignalInfo {
    name: "el2n",
    title: "EL2N, early",
    direction: Direction::HighHarder,
    range: "0 to the square root of 2",
    unit: "probability",
    formula: "mean over the first third of the epochs of the L2 norm of (softmax - one-hot of the given label)",
    logits: IN_FLIGHT,
    source: "Paul, Ganguli, Dziugaite: Deep Learning on a Data Diet, NeurIPS 2021, arXiv 2107.07075",
    purpose: "finds easy examples that training can do without; only for trained examples",
};

pub(super) const ALEATORIC: SignalInfo = SignalInfo {
    name: "aleatoric",
    title: "Aleatoric uncertainty",
    direction: Direction::HighHarder,
    range: "0 to 0.25",
    unit: "squared probability",
    formula: "mean over epochs of p(given label) * (1 - p(given label))",
    logits: IN_FLIGHT,
    source: "Seedat et al.: Data-IQ, NeurIPS 2022, arXiv 2210.13043",
    purpose: "with confidence, divides a dataset into easy, ambiguous and hard; only for trained examples",
};

pub(super) const PIE: SignalInfo = SignalInfo {
    name: "pie",
    title: "Disagreement of compressed models",
    direction: Direction::HighHarder,
    range: "0 to 2",
    unit: "L1 distance of two distributions over classes",
    formula: "sum over classes of |share of the compressed models that predict it - share of the unpruned models that do| (taxicab distance); a pruning identified exemplar is an example whose modal classes differ",
    logits: EVAL_PASS,
    source: "Hooker et al.: What Do Compressed Deep Neural Networks Forget?, arXiv 1911.05248; Hooker, Moorosi et al.: Characterising Bias in Compressed Models, arXiv 2010.03058",
    purpose: "finds examples whose label compressed models change: rare, atypical and ambiguous ones; two unpruned populations disagree on some too, so read it beside level `null`",
};
