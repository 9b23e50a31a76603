import { type Authorizer, openAuthorizer } from "../../tools/authorizer.ts";
import type { Clusters } from "../../tools/clusters.ts";
import type { Policy } from "../../tools/policy/policy.ts";
import type { Tool } from "../../tools/tool.ts";
import { SettingError, type Settings } from "../settings.ts";

/** Who may do what. */
export interface OpenedPolicy {
  /** `undefined` where there is none: everyone may do all. */
  readonly policy: Policy | undefined;
  readonly authorizer: Authorizer;
  /** What may be a slip in the policy's file, a line each. */
  warnings(tools: readonly Tool[]): readonly string[];
}

const NO_POLICY: OpenedPolicy = { policy: undefined, authorizer: openAuthorizer, warnings: () => [] };

/**
 * Reads POLICY_FILE. Where it is unset the built-in policy holds or, where nobody is asked who they are, none.
 *
 * @param clusters those that KUBE_CONTEXTS names; `undefined` where it is not set
 * @throws {SettingError} when the file cannot be read or is no policy.
 */
export async function openPolicy(
  settings: Pick<Settings, "AUTH_MODE" | "POLICY_FILE">,
  clusters: Clusters | undefined,
): Promise<OpenedPolicy> {
  const { AUTH_MODE, POLICY_FILE: path } = settings;
  if (path === undefined && AUTH_MODE === "none") return NO_POLICY;
  const { createPolicyAuthorizer } = await import("../../tools/policy/authorizer.ts");
  if (path === undefined) {
    const { builtInPolicy } = await import("../../tools/policy/built_in.ts");
    const policy = builtInPolicy(clusters);
    return { policy, authorizer: createPolicyAuthorizer(policy), warnings: () => [] };
  }
  const [policy, { findPolicyWarnings }] = await Promise.all([
    readPolicy(path, clusters),
    import("../../tools/policy/warnings.ts"),
  ]);
  return {
    policy,
    authorizer: createPolicyAuthorizer(policy),
    warnings: (tools) => findPolicyWarnings(policy, tools),
  };
}

async function readPolicy(path: string, clusters: Clusters | undefined): Promise<Policy> {
  const { parsePolicy } = await import("../../tools/policy/parse.ts");
  try {
    return await parsePolicy(await Deno.readTextFile(path), clusters);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new SettingError(`Invalid setting POLICY_FILE=${JSON.stringify(path)}: ${reason}`, { cause });
  }
}
