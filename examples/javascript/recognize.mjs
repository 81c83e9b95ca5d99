// Who is in these pictures?   node recognize.mjs party.jpg door.jpg
// FACEVEC_SERVICE is the address of the service; FACEVEC_API_KEY its key.

import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { Facevec } from "./facevec.mjs";

const facevec = new Facevec(process.env.FACEVEC_SERVICE, process.env.FACEVEC_API_KEY);

for (const path of process.argv.slice(2)) {
  try {
    const { images } = await facevec.recognize(await readFile(path), basename(path));
    for (const face of images[0].faces) console.log(path, face.status, face.worker?.name ?? "-");
  } catch (error) {
    console.error(`${path}: ${error.message} (${error.code ?? error.name})`);
    process.exitCode = 1;
  }
}
