/** The clusters that tools may ask, by the names of their contexts in the kubeconfig. */
export interface Clusters {
  /** At least one, each once. */
  readonly names: readonly string[];
  /** The one of `names` that a call asks where it leaves the argument `cluster` out. */
  readonly default: string;
}
