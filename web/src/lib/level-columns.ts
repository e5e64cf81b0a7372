import type { Exemplars } from "../api/types";

/** An accuracy; `ofNull` are the exemplars of the null population. */
export type Accuracy = [
  title: string,
  meaning: string,
  value: (of: Exemplars, ofNull: Exemplars | null) => number | null | undefined,
];

/** Of the unpruned models. */
export const OF_UNPRUNED: Accuracy[] = [
  ["on them", "accuracy of the unpruned models on the exemplars", (of) => of.unpruned_top1],
  [
    "on null's",
    "accuracy of the unpruned models on the exemplars of the null population: examples that are hard without any compression",
    (_, ofNull) => ofNull?.unpruned_top1,
  ],
  [
    "elsewhere",
    "accuracy of the unpruned models on all other examples",
    (of) => of.unpruned_top1_elsewhere,
  ],
];

/** Of the compared population's models. */
export const OF_ITS_OWN: Accuracy[] = [
  ["on them", "accuracy of this population's models on the exemplars", (of) => of.own_top1],
  [
    "elsewhere",
    "accuracy of this population's models on all other examples",
    (of) => of.own_top1_elsewhere,
  ],
];

/** What is shown of every population, and what it means. */
export const MEANINGS: [title: string, meaning: string][] = [
  ["Top-1", "accuracy of the models: mean ± standard deviation over them, below it their range"],
  [
    "Sparsity reached",
    "share of a layer's weights that are zero, from the layer with fewest to that with most",
  ],
  ["Agreement", "mean share of the models that predict the class which most of them predict"],
  [
    "Ties",
    "examples for which two classes have as many models; the larger class index is taken then",
  ],
  [
    "Exemplars",
    "examples for which most models of this population predict another class than most unpruned ones",
  ],
  [
    "Over null",
    "their share less the share on which two unpruned populations disagree, which is what chance does, in percentage points",
  ],
  [
    "On them, on null's",
    "on the exemplars, and on those of the null population: examples that are hard without any compression",
  ],
];
