// What a hosts entry does, without touching the machine: connections to LEAD_HOST go to LEAD_PORT here. The name that
// the certificate is checked for stays.
const tls = require("tls");
const usual = tls.connect;

tls.connect = (options, ...rest) =>
  options.host === process.env.LEAD_HOST
    ? usual({ ...options, host: "127.0.0.1", port: Number(process.env.LEAD_PORT), servername: options.host }, ...rest)
    : usual(options, ...rest);
