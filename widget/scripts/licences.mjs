// Refuses a package whose licence is not among those that we may use, and prints the
// notices of what is bundled: its licences want to be carried along.
import { existsSync, readFileSync } from "node:fs";

const allowed = new Set([
  "0BSD", "Apache-2.0", "BlueOak-1.0.0", "BSD-2-Clause", "BSD-3-Clause", "CC-BY-4.0", "CC0-1.0", "ISC", "MIT", "MIT-0",
  "MPL-2.0", "Python-2.0", "Unlicense", "WTFPL", "Zlib",
]);
// What benchmarks compare ours with, and nobody is given.
const compared = { "widget/bench": new Set(["@botpress/webchat", "@typebot.io/js", "deep-chat", "fast-shallow-equal", "react-universal-interface"]) };

const isAllowed = (licence) =>
  licence.replace(/[()]/g, "").split(/ OR /).some((choice) => choice.split(/ AND /).every((one) => allowed.has(one.trim())));

let failed = false;
for (const [folder, lock] of [["widget", "package-lock.json"], ["widget/bench", "bench/package-lock.json"]]) {
  for (const [path, entry] of Object.entries(JSON.parse(readFileSync(lock, "utf8")).packages)) {
    const name = path.split("node_modules/").pop();
    if (path === "" || compared[folder]?.has(name) || isAllowed(entry.license ?? "none")) continue;
    console.error(`${folder}: ${name} ${entry.version} has the licence ${entry.license ?? "none that it names"}, which is not among those in scripts/licences.mjs`);
    failed = true;
  }
}

const own = JSON.parse(readFileSync("package.json", "utf8"));
for (const [name, version] of Object.entries(own.dependencies)) {
  const text = ["LICENSE", "LICENSE.md", "LICENSE.txt"].map((file) => `node_modules/${name}/${file}`).find(existsSync);
  if (!text) {
    console.error(`${name} brings no text of its licence`);
    failed = true;
    continue;
  }
  console.log(`\n== ${name} ${version}\n\n${readFileSync(text, "utf8")}`);
}
process.exit(failed ? 1 : 0);
