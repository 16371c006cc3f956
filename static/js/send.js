// Sends a form with photos, and says how far it is.

export class Refusal extends Error {
  constructor(code, detail) {
    super(detail);
    this.code = code;
  }
}

const OFFLINE = "The server was not reached. What you chose is still here: try again when the connection is back.";
const BROKEN = "The answer could not be read. Try again in a while.";

/** The answer of the server as an object, or a Refusal. */
export function answered(status, text) {
  let answer;
  try {
    answer = JSON.parse(text);
  } catch {
    throw new Refusal(status === 413 ? "file_too_large" : "broken", status === 413 ? "The file is too large." : BROKEN);
  }
  if (status >= 200 && status < 300) return answer;
  throw new Refusal(answer.code ?? "broken", answer.detail ?? BROKEN);
}

/** What became of one photo: {id, url}, or a Refusal. */
export function understood(status, text) {
  const answer = answered(status, text);
  if (status === 201 && answer.url) return answer;
  throw new Refusal(answer.code ?? "broken", answer.detail ?? BROKEN);
}

/** fields: name -> string or File. onProgress gets 0..1 while the bytes travel. */
export function post(url, fields, token, onProgress = () => {}, read = answered) {
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
        resolve(read(request.status, request.responseText));
      } catch (refusal) {
        reject(refusal);
      }
    });
    request.send(body);
  });
}

export const send = (url, fields, token, onProgress) => post(url, fields, token, onProgress, understood);
