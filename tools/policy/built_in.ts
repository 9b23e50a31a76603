import { compilePolicy, type Policy } from "./policy.ts";
import type { PolicyDocument } from "./schema.ts";

/** What holds where callers are known and no `POLICY_FILE` is set. */
export const BUILT_IN_DOCUMENT: PolicyDocument = {
  roles: {
    admin: { tools: ["*"], doors: ["dashboard", "metrics", "lab", "audit"] },
    operator: { tools: ["*"], doors: ["dashboard", "lab"] },
    viewer: { tools: ["*"], readOnly: true },
  },
};

/** `viewer` reads, `operator` calls every tool and has the dashboard and the lab, `admin` everything. */
export const BUILT_IN_POLICY: Policy = compilePolicy(BUILT_IN_DOCUMENT, () => {
  throw new TypeError("The built-in policy has no patterns");
});
