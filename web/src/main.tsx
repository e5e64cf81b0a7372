import { render } from "preact";
import { watchRole } from "./api/role";
import "./styles/tokens.css";
import { sendUnsent } from "./lib/review";
import { App } from "./routes/app";

const page = document.getElementById("page");
if (page) render(<App />, page);
void sendUnsent();
void watchRole();
