/** Options of kubectl by what they mean to a call, and those that only say how something is printed. */
const WITH_VALUE: Readonly<Record<string, string>> = {
  "--context": "cluster",
  "-n": "namespace",
  "--namespace": "namespace",
  "-l": "labels",
  "--selector": "labels",
  "--field-selector": "fields",
  "-c": "container",
  "--container": "container",
  "--tail": "tail",
  "--since": "since",
  "--replicas": "replicas",
  "-o": "print",
  "--output": "print",
  "--sort-by": "print",
  "--timeout": "print",
};
const WITHOUT: Readonly<Record<string, string>> = {
  "-A": "all",
  "--all-namespaces": "all",
  "-p": "previous",
  "--previous": "previous",
  "--all-containers": "print",
  "--no-headers": "print",
  "--show-labels": "print",
  "--timestamps": "print",
};

/** A command of kubectl, taken apart. */
export interface KubectlCommand {
  /** `rollout`, `restart`, `deployment/web` */
  readonly words: readonly string[];
  readonly options: Readonly<Partial<Record<string, string>>>;
}

/** `undefined` for an option that is not known: what it changes is not known either. */
export function parseKubectl(words: readonly string[]): KubectlCommand | undefined {
  const plain: string[] = [];
  const options: Record<string, string> = {};
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? "";
    if (!word.startsWith("-")) {
      plain.push(word);
      continue;
    }
    const equals = word.indexOf("=");
    const name = equals < 0 ? word : word.slice(0, equals);
    const valued = own(WITH_VALUE, name);
    const flag = own(WITHOUT, name);
    if (valued !== undefined) {
      const value = equals < 0 ? words[++at] : word.slice(equals + 1);
      if (value === undefined || Object.hasOwn(options, valued) && valued !== "print") return undefined;
      options[valued] = value;
    } else if (flag !== undefined && (equals < 0 || word.endsWith("=true"))) {
      options[flag] = "true";
    } else {
      return undefined;
    }
  }
  return { words: plain, options };
}

function own(table: Readonly<Record<string, string>>, name: string): string | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}
