// Samples of a job's records as they pass: what comes in, what goes out, and the dead letters with their reasons.
"use strict";

const kTailKept = 50;

const tail = {job: "", point: "", stop: null};
const tail_list = () => document.getElementById("tail-list");
const tail_buttons = () => document.querySelectorAll("#tail button");

// One sample as a line: where it comes from, why it is a dead letter, and what it says.
function tail_line(sample) {
  const line = document.createElement("li");
  const where = document.createElement("small");
  const place = sample.topic ? `${sample.topic} / ${sample.partition} @ ${sample.offset}` : sample.at.slice(11, 23);
  where.textContent = place + (sample.key ? "  " + sample.key : "") + " ";
  line.append(where);
  if (sample.code) {
    const reason = document.createElement("b");
    reason.textContent = (sample.stage === sample.code ? "" : `${sample.stage}, ${sample.code}: `) + (sample.error || "") + " ";
    line.append(reason);
  }
  const cut = sample.value_size ? ` … ${sample.value_size} bytes` : "";
  const said = sample.value ?? (sample.value_base64 === undefined ? "no value" : "base64 " + sample.value_base64);
  line.append(said + cut);
  return line;
}

function say_of_tail(text) {
  const note = document.getElementById("tail-note");
  if (note.textContent !== text) note.textContent = text;
}

function take_tail_event(name, data) {
  if (name === "sample") {
    tail_list().prepend(tail_line(JSON.parse(data)));
    while (tail_list().childElementCount > kTailKept) tail_list().lastChild.remove();
    say_of_tail("");
  } else if (name === "state") {
    const now = JSON.parse(data);
    say_of_tail(now.state === "running" ? "nothing has passed yet" : "the job is " + now.state);
  } else if (name === "gone") {
    say_of_tail("there is no such job any more");
  }
}

// Not an EventSource: where other hosts reach the daemon, looking at records needs the token, and that is a header.
async function read_tail(job, point, signal) {
  const token = sessionStorage.getItem("token");
  const answer = await fetch(`api/v1/jobs/${encodeURIComponent(job)}/tap?point=${point}`,
      {signal, headers: token ? {Authorization: "Bearer " + token} : {}});
  if (!answer.ok) {
    const said = await answer.json().catch(() => ({}));
    say_of_tail(said.error || "the daemon says " + answer.status);
    return;
  }
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const {value, done} = await reader.read();
    if (done) break;
    text += value;
    const events = text.split("\n\n");
    text = events.pop();
    for (const event of events) {
      const field = name => (event.match(new RegExp("^" + name + ": (.*)$", "m")) || [])[1];
      if (field("event")) take_tail_event(field("event"), field("data"));
    }
  }
  say_of_tail("the daemon has ended the tail; choose again");
}

function stop_tail() {
  if (tail.stop) tail.stop.abort();
  tail.stop = null;
  tail.point = "";
  for (const button of tail_buttons()) button.setAttribute("aria-pressed", "false");
}

function start_tail(point) {
  const again = tail.point === point;
  stop_tail();
  if (again) return say_of_tail("stopped");
  tail.point = point;
  tail.stop = new AbortController();
  tail_list().replaceChildren();
  say_of_tail("looking …");
  for (const button of tail_buttons()) button.setAttribute("aria-pressed", String(button.dataset.point === point));
  const signal = tail.stop.signal;
  read_tail(tail.job, point, signal).catch(() => {
    if (!signal.aborted) say_of_tail("the daemon does not answer; choose again");
  });
}

// For this job from now on; for none where the name is empty.
function show_tail(job) {
  document.getElementById("tail").hidden = !job;
  if (tail.job === (job || "")) return;
  stop_tail();
  tail.job = job || "";
  tail_list().replaceChildren();
  say_of_tail("Samples of records as they pass; a second press stops.");
}

for (const button of tail_buttons()) button.addEventListener("click", () => start_tail(button.dataset.point));
