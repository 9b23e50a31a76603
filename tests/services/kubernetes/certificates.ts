/** PEM texts of a private authority and what it signed. */
export interface Certificates {
  readonly authority: string;
  readonly server: KeyPair;
  /** CN=admin, O=system:masters; an RSA key in PKCS #1, as kubeadm writes it. */
  readonly admin: KeyPair;
  /** The same client with an EC key in SEC 1, as k3s writes it. */
  readonly adminEc: KeyPair;
  /** An authority of the same name that signed none of these. */
  readonly stranger: string;
}

export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
}

/** What the server's certificate is for, as openssl takes it. */
const SERVER_NAMES = "IP:127.0.0.1,DNS:localhost";

let usual: Promise<Certificates> | undefined;

/** Certificates for 127.0.0.1 and localhost, made once a process: they take half a second, and never change. */
export function usualCertificates(): Promise<Certificates> {
  return usual ??= makeCertificates(SERVER_NAMES);
}

/**
 * Makes certificates with the `openssl` command.
 *
 * @param serverNames such as `IP:127.0.0.1,DNS:localhost`
 */
export async function makeCertificates(serverNames: string): Promise<Certificates> {
  const folder = await Deno.makeTempDir({ prefix: "certificates-" });
  try {
    return await make(folder, serverNames);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function make(folder: string, serverNames: string): Promise<Certificates> {
  const run = (...args: string[]) => openssl(folder, args);
  const read = (name: string) => Deno.readTextFile(`${folder}/${name}`);
  const authority = async (name: string) => {
    await run(
      ...["req", "-x509", ...NEW_EC_KEY, "-keyout", `${name}.key`, "-out", `${name}.crt`, "-days", "2"],
      ...["-subj", "/CN=kubernetes", "-addext", "basicConstraints=critical,CA:TRUE"],
      ...["-addext", "keyUsage=critical,keyCertSign,cRLSign"],
    );
    return await read(`${name}.crt`);
  };
  const sign = async (name: string, subject: string, extensions: string): Promise<KeyPair> => {
    await run("req", "-new", "-key", `${name}.key`, "-out", `${name}.csr`, "-subj", subject);
    await Deno.writeTextFile(`${folder}/${name}.ext`, `basicConstraints=CA:FALSE\n${extensions}\n`);
    await run(
      ...["x509", "-req", "-in", `${name}.csr`, "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial"],
      ...["-out", `${name}.crt`, "-days", "2", "-extfile", `${name}.ext`],
    );
    return { certificate: await read(`${name}.crt`), key: await read(`${name}.key`) };
  };
  const ca = await authority("ca");
  for (const name of ["server", "admin-ec"]) {
    await run("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", `${name}.key`);
  }
  await run("genrsa", "-traditional", "-out", "admin.key", "2048");
  const client = "/O=system:masters/CN=admin";
  return {
    authority: ca,
    server: await sign("server", "/CN=kube-apiserver", `extendedKeyUsage=serverAuth\nsubjectAltName=${serverNames}`),
    admin: await sign("admin", client, "extendedKeyUsage=clientAuth"),
    adminEc: await sign("admin-ec", client, "extendedKeyUsage=clientAuth"),
    stranger: await authority("stranger"),
  };
}

const NEW_EC_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];

async function openssl(cwd: string, args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command("openssl", { args, cwd, stdin: "null" }).output();
  if (!success) throw new Error(`openssl ${args.join(" ")} failed:\n${new TextDecoder().decode(stderr)}`);
}
