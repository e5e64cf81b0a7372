import type { ModalClasses as Classes } from "../../api/types";
import "./modal-classes.css";

/** The classes that most unpruned models and most compressed ones predict, with how many do. */
export function ModalClasses({ classes }: { classes: Classes }) {
  const { unpruned, own, unpruned_agreement, own_agreement, tied } = classes;
  return (
    <span class="modal-classes small">
      <Modal models="unpruned" name={unpruned} agreement={unpruned_agreement} />
      <Modal models="compressed" name={own} agreement={own_agreement} />
      {tied && (
        <span class="quiet" title="As many models predict another class; the larger index is taken">
          a tie
        </span>
      )}
    </span>
  );
}

interface ModalProps {
  models: "unpruned" | "compressed";
  name: string;
  agreement: number;
}

function Modal({ models, name, agreement }: ModalProps) {
  return (
    <span
      class="modal-classes__row"
      title={`${whole(agreement)} of the ${models} models predict ${name}`}
    >
      <span class="modal-classes__name">
        {models === "compressed" && <span aria-hidden="true">→ </span>}
        <span class="unseen">{models} models: </span>
        {name}
      </span>{" "}
      <span class="quiet">{whole(agreement)}</span>
    </span>
  );
}

/** A share of at most a hundred models. */
export function whole(share: number): string {
  return `${(share * 100).toFixed(0)}\u00a0%`;
}
