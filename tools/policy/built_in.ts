import type { Clusters } from "../clusters.ts";
import { compilePolicy, type Policy } from "./policy.ts";
import type { PolicyDocument } from "./schema.ts";

/** What holds where callers are known and no `POLICY_FILE` is set. */
export const BUILT_IN_DOCUMENT: PolicyDocument = {
  roles: {
    admin: { tools: ["*"], clusters: ["*"], doors: ["dashboard", "metrics", "lab", "audit"] },
    operator: { tools: ["*"], doors: ["dashboard", "lab"] },
    viewer: { tools: ["*"], readOnly: true },
  },
};

/**
 * `viewer` reads, `operator` calls every tool and has the dashboard and the lab, `admin` everything, and of several
 * clusters it alone has more than the default.
 */
export function builtInPolicy(clusters?: Clusters): Policy {
  const noPatterns = () => {
    throw new TypeError("The built-in policy has no patterns");
  };
  return compilePolicy(BUILT_IN_DOCUMENT, noPatterns, clusters);
}
