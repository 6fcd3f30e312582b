/** Certificates for a server on 127.0.0.1 and its clients, made by openssl for one test run. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Paths of PEM files. */
export interface CertificateFiles {
  readonly ca: string;
  readonly certificate: string;
  readonly key: string;
}

/** An authority and a certificate that it has signed, good for both sides; in the folder, under the name. */
export function makeCertificates(folder: string, name = 'test'): CertificateFiles {
  const file = (kind: string): string => join(folder, `${name}-${kind}`);
  const openssl = (...args: readonly string[]): void => void execFileSync('openssl', args, { stdio: 'pipe' });
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  openssl('req', '-x509', ...newKey, '-keyout', file('ca.key'), '-out', file('ca.crt'), '-days', '2', '-subj', `/CN=${name} authority`);
  openssl('req', ...newKey, '-keyout', file('own.key'), '-out', file('own.csr'), '-subj', `/CN=${name}`);
  writeFileSync(file('own.ext'), 'subjectAltName=IP:127.0.0.1,DNS:localhost\n');
  const authority = ['-CA', file('ca.crt'), '-CAkey', file('ca.key'), '-CAcreateserial'];
  openssl('x509', '-req', '-in', file('own.csr'), ...authority, '-out', file('own.crt'), '-days', '2', '-extfile', file('own.ext'));
  return { ca: file('ca.crt'), certificate: file('own.crt'), key: file('own.key') };
}
