// The npm client `remove.bg`, asked by a line of JSON: {"call": "File" | "Base64" | "Url", "options": {...}}.
// Prints what it resolved to, or what it rejected with.
const client = require("remove.bg");

const { call, options } = JSON.parse(process.argv[2]);
client[`removeBackgroundFromImage${call}`](options).then(
  (found) => console.log(JSON.stringify({ found })),
  (refused) => console.log(JSON.stringify({ refused })),
);
