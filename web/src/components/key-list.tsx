import { KEY_LIST, useKeys } from "../lib/keys";
import "./dialog.css";
import "./key-list.css";

const ID = "key-list";

/** Opens the list of keys, from a button as from `?`. */
export function openKeyList(): void {
  (document.getElementById(ID) as HTMLDialogElement | null)?.showModal();
}

export function KeyList() {
  useKeys({ help: openKeyList });
  return (
    <dialog id={ID} class="dialog" aria-labelledby="key-list-title">
      <h2 id="key-list-title">Keys</h2>
      <dl class="key-list__rows">
        {KEY_LIST.map(([keys, meaning]) => (
          <div key={meaning} class="key-list__row">
            <dt>
              {keys.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
      <form method="dialog">
        <button type="submit" class="button">
          Close <kbd>Esc</kbd>
        </button>
      </form>
    </dialog>
  );
}
