// Sends one photo, or the address of one, and says how far it is.

export class Refusal extends Error {
  constructor(code, detail) {
    super(detail);
    this.code = code;
  }
}

const OFFLINE = "The server was not reached. Your photo is still here: try again when the connection is back.";
const BROKEN = "The answer could not be read. Try again in a while.";

/** What the server's answer means: {id, url}, or a Refusal. */
export function understood(status, text) {
  let answer;
  try {
    answer = JSON.parse(text);
  } catch {
    throw new Refusal(status === 413 ? "file_too_large" : "broken", status === 413 ? "The file is too large." : BROKEN);
  }
  if (status === 201 && answer.url) return answer;
  throw new Refusal(answer.code ?? "broken", answer.detail ?? BROKEN);
}

/** fields: name -> string or File. onProgress gets 0..1 while the bytes travel. */
export function send(url, fields, token, onProgress = () => {}) {
  const body = new FormData();
  for (const [name, value] of Object.entries(fields)) body.append(name, value);
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", url);
    request.setRequestHeader("Accept", "application/json");
    request.setRequestHeader("X-CSRFToken", token);
    request.upload.addEventListener("progress", (event) => onProgress(event.loaded / event.total));
    request.addEventListener("error", () => reject(new Refusal("offline", OFFLINE)));
    request.addEventListener("load", () => {
      try {
        resolve(understood(request.status, request.responseText));
      } catch (refusal) {
        reject(refusal);
      }
    });
    request.send(body);
  });
}
