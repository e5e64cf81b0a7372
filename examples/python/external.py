"""A training of one's own, audited by Unearth: plain NumPy here, any framework and size will do.
Set UNEARTH_URL and UNEARTH_TOKEN; `unearth up` prints both."""
import io, os, time, numpy as np, requests
def call(method, path, type="application/json", **body):
    headers = {"Authorization": "Bearer " + os.environ["UNEARTH_TOKEN"], "Content-Type": type}
    answer = requests.request(method, os.environ["UNEARTH_URL"] + "/v1" + path, timeout=60, headers=headers, **body)
    return answer if answer.ok else exit(answer.text)  # a problem says what to do
def wait(path, ends):
    while call("GET", path).json()["state"] not in ends: time.sleep(0.2)
rng = np.random.default_rng(0)
y = rng.integers(0, 3, 300)
x = rng.normal(size=(300, 8)) + 3 * np.eye(3, 8)[y]
wrong = rng.choice(300, 15, replace=False)  # fifteen labels are wrong, to be found
y[wrong] = (y[wrong] + 1) % 3
rows = "key,label\n" + "".join(f"row-{i},{label}\n" for i, label in enumerate(y))
dataset = call("POST", "/datasets?name=rows.csv", data=rows).json()["id"]
wait(f"/datasets/{dataset}", ["ready", "failed"])
run = {"kind": "external", "dataset_id": dataset, "epochs": 20, "logits": "in_flight"}
audit, w = call("POST", "/audits", json=run).json()["id"], np.zeros((8, 3))
for epoch in range(1, 21):  # the training; what is posted is [rows, classes] before the softmax
    logits, body = x @ w, io.BytesIO()
    p = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    w -= 0.5 * x.T @ (p - np.eye(3)[y]) / len(y)
    np.savez(body, logits=logits)
    call("PUT", f"/audits/{audit}/records/{epoch}/0?first=0", "application/x-npz", data=body.getvalue())
call("POST", f"/audits/{audit}/complete")
wait(f"/audits/{audit}", ["succeeded", "failed", "cancelled"])
ranking = call("GET", f"/audits/{audit}/ranking.csv?signal=label_issue").text.splitlines()[1:]
top = {int(row.split(",")[1]) for row in ranking[:15]}  # rank, index, key, label, …
print(f"{len(top & set(wrong))} of the 15 wrong labels are among the first 15")
