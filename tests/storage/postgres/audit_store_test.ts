import { describeAuditStore } from "../../contracts/audit_store.ts";
import { openSubject } from "./subject.ts";

describeAuditStore("Postgres", openSubject);
