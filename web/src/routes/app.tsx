import { session } from "../api/session";
import { Fetched } from "../components/fetched";
import { KeyList } from "../components/key-list";
import { TopBar } from "../components/top-bar";
import { useLinks, useLocation } from "../lib/location";
import { parseRoute, type Route } from "../lib/route";
import { useStore } from "../lib/store";
import "./app.css";
import { AuditRoute } from "./audit";
import { DatasetRoute } from "./dataset";
import { ExampleRoute } from "./example";
import { HomeRoute } from "./home";
import { LoginRoute } from "./login";
import { NewAuditPlace } from "./new-audit-place";

export function App() {
  useLinks();
  const url = useLocation();
  const route = parseRoute(url.pathname);
  const signedOut = useStore(session) === "signed-out";
  const asked = url.searchParams.get("login") === "failed";
  return (
    <>
      <a class="app__skip" href="#main">
        Skip to the content
      </a>
      <TopBar />
      <main id="main" class="app__main" tabIndex={-1}>
        {signedOut || asked ? <LoginRoute failed={asked} /> : <Place route={route} />}
      </main>
      <KeyList />
    </>
  );
}

function Place({ route }: { route: Route }) {
  switch (route.name) {
    case "home":
      return <HomeRoute />;
    case "audit":
      return <AuditRoute key={route.id} id={route.id} />;
    case "example":
      return <ExampleRoute id={route.id} index={route.index} />;
    case "sample":
      return (
        <Fetched of="the review of a sample" code={() => import("./sample")}>
          {({ SampleRoute }) => (
            <SampleRoute key={route.sample} id={route.id} sample={route.sample} />
          )}
        </Fetched>
      );
    case "dataset":
      return <DatasetRoute key={route.id} id={route.id} />;
    case "new":
      return <NewAuditPlace />;
    case "unknown":
      return (
        <>
          <h1>There is no such page</h1>
          <p>
            <a href="/">See all audits.</a>
          </p>
        </>
      );
  }
}
