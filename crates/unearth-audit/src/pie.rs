//! Populations of models: what compressed models forget (pruning identified exemplars, arXiv 1911.05248;
//! compression identified exemplars, arXiv 2010.03058).

mod level;
mod report;
mod request;

pub use level::{Level, Quantisation, Sparsity};
pub use report::{
    Exemplars, LayerSparsity, LevelReport, PieReport, PieTable, Recall, RecallRow, Recalls, Tested,
    Top1,
};
pub use request::{Member, Pie, PieRequest};
