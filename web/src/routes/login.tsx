import { useState } from "preact/hooks";
import { api, problemOf, unwrap } from "../api/client";
import { signedIn } from "../api/session";
import type { Problem } from "../api/types";
import { ProblemNote } from "../components/problem-note";
import { moveTo } from "../lib/location";
import "./login.css";

/** Asks for the access token when the server does not know us. */
export function LoginRoute({ failed }: { failed: boolean }) {
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);

  async function signIn(event: SubmitEvent) {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const token = String(form.get("token")).trim();
    setBusy(true);
    try {
      await unwrap(api.POST("/v1/session", { body: { token } }));
      if (failed) moveTo("/");
      signedIn();
    } catch (thrown) {
      setProblem(problemOf(thrown));
      setBusy(false);
    }
  }

  return (
    <form class="login" onSubmit={signIn}>
      <h1 class="login__title">Access token</h1>
      <p>
        {failed && !problem ? "That link was used before, or is too old. " : ""}
        Unearth printed a link when it started; <code>unearth login</code> prints another. A token
        of your own works, too: <code>unearth token create --role reviewer</code> makes one.
      </p>
      <label class="login__field">
        <span>Token</span>
        <input name="token" type="password" autocomplete="current-password" required autofocus />
      </label>
      <button type="submit" class="button button--main" disabled={busy}>
        Open Unearth
      </button>
      {problem && <ProblemNote problem={problem} />}
    </form>
  );
}
