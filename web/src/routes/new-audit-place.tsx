import { Fetched } from "../components/fetched";
import { useLocation } from "../lib/location";

/** The place where an audit is put together. */
export function NewAuditPlace() {
  const search = useLocation().searchParams;
  const like = search.get("like");
  return (
    <Fetched of="a new audit" code={() => import("./new-audit")}>
      {({ NewAuditRoute }) => (
        <NewAuditRoute key={like ?? ""} dataset={search.get("dataset")} like={like} />
      )}
    </Fetched>
  );
}
