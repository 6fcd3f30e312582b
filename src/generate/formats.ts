/** File formats as an Azul identifies them, with the shares of a mixed malware feed. */
import type { Weighted } from './random.js';

export type FormatKind = 'executable' | 'archive' | 'document' | 'script' | 'image' | 'text';

export interface FileFormat {
  readonly kind: FormatKind;
  readonly file_format: string;
  readonly file_extension: string;
  readonly mime: string;
  readonly magic: string;
}

function format(kind: FormatKind, file_format: string, file_extension: string, mime: string, magic: string): FileFormat {
  return { kind, file_format, file_extension, mime, magic };
}

export const PE32 = format('executable', 'executable/windows/pe32', 'exe', 'application/x-dosexec', 'PE32 executable (GUI) Intel 80386');
const PE64 = format('executable', 'executable/windows/pe64', 'exe', 'application/x-dosexec', 'PE32+ executable (console) x86-64');
const DOTNET = format('executable', 'executable/dotnet32', 'exe', 'application/x-dosexec', 'PE32 executable Mono/.Net');
const DLL = format('executable', 'executable/windows/dll32', 'dll', 'application/x-dosexec', 'PE32 executable (DLL)');
const ELF = format('executable', 'executable/linux/elf64', 'elf', 'application/x-executable', 'ELF 64-bit LSB executable, x86-64');
const JAR = format('archive', 'java/jar', 'jar', 'application/java-archive', 'Java archive data (JAR)');
const ZIP = format('archive', 'archive/zip', 'zip', 'application/zip', 'Zip archive data, at least v2.0');
const RAR = format('archive', 'archive/rar', 'rar', 'application/x-rar', 'RAR archive data, v5');
const DOCX = format('document', 'document/office/word', 'docx', 'application/msword', 'Microsoft Word 2007+');
const PDF = format('document', 'document/pdf', 'pdf', 'application/pdf', 'PDF document, version 1.7');
const EMAIL = format('document', 'document/email', 'eml', 'message/rfc822', 'RFC 822 mail, ASCII text');
const JS = format('script', 'code/javascript', 'js', 'text/javascript', 'ASCII text, long lines');
const PS1 = format('script', 'code/ps1', 'ps1', 'text/plain', 'UTF-8 Unicode (with BOM) text');
const PNG = format('image', 'image/png', 'png', 'image/png', 'PNG image data, 640 x 480, 8-bit/color RGBA');
const HTML = format('text', 'code/html', 'html', 'text/html', 'HTML document, ASCII text');
export const TEXT = format('text', 'text/plain', 'txt', 'text/plain', 'ASCII text');

/** What is submitted. */
export const SUBMITTED_FORMATS: Weighted<FileFormat> = [
  [PE32, 28],
  [PE64, 16],
  [DLL, 8],
  [DOTNET, 7],
  [ELF, 6],
  [ZIP, 10],
  [RAR, 3],
  [JAR, 2],
  [DOCX, 6],
  [PDF, 6],
  [EMAIL, 2],
  [JS, 3],
  [PS1, 2],
  [HTML, 2],
  [PNG, 1],
];

/** What comes out of archives and documents. */
export const EMBEDDED_FORMATS: Weighted<FileFormat> = [
  [PE32, 22],
  [DLL, 14],
  [DOTNET, 6],
  [ZIP, 10],
  [DOCX, 5],
  [PDF, 4],
  [JS, 9],
  [PS1, 5],
  [HTML, 8],
  [PNG, 9],
  [TEXT, 8],
];
