// The status page: everything it shows comes from /api/v1/events and /api/v1/jobs/NAME; tail.js shows samples of records.
"use strict";

const kHistory = 900;          // Seconds of rates that are kept.
const kDetailEvery = 2000;     // Milliseconds between looks at the chosen job.

const at = id => document.getElementById(id);
const history_of = new Map();  // By job: rates, oldest first.
let before = null;             // The snapshot before the last one.
let last = null;
let detail = null;
let detail_before = null;      // The look at the chosen job before the last one.
let detail_timer = 0;

// ---- words for numbers ---------------------------------------------------------------------------

function count(n) {
  if (n === null || n === undefined || !isFinite(n)) return "–";
  if (Math.abs(n) < 10 && n % 1) return n.toFixed(1);
  if (Math.abs(n) < 1000) return String(Math.round(n));
  for (const unit of ["k", "M", "G", "T"]) {
    n /= 1000;
    if (Math.abs(n) < 999.95 || unit === "T") return n.toFixed(1) + unit;
  }
}

function seconds(s) {
  if (s === null || s === undefined || !isFinite(s)) return "–";
  if (Math.abs(s) < 0.001) return (s * 1e6).toFixed(0) + " µs";
  if (Math.abs(s) < 1) return (s * 1e3).toFixed(1) + " ms";
  if (Math.abs(s) < 120) return s.toFixed(1) + " s";
  if (Math.abs(s) < 7200) return (s / 60).toFixed(0) + " min";
  if (Math.abs(s) < 172800) return (s / 3600).toFixed(0) + " h";
  return (s / 86400).toFixed(0) + " d";
}

function bytes(n) {
  for (const unit of ["B", "KiB", "MiB", "GiB"]) {
    if (n < 1024 || unit === "GiB") return (unit === "B" ? n : n.toFixed(1)) + " " + unit;
    n /= 1024;
  }
}

const percent = share => share === undefined ? "–" : (share * 100).toFixed(0) + " %";

// ---- elements ------------------------------------------------------------------------------------

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "onclick") element.addEventListener("click", value);
    else if (value !== false && value !== null) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter(child => child !== null));
  return element;
}

function draw(tag, attributes, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

function sparkline(values) {
  const width = 120, height = 22, most = Math.max(...values, 1e-9);
  const step = width / Math.max(values.length - 1, 1);
  const points = values.map((v, i) => (i * step).toFixed(1) + "," + (height - 1 - v / most * (height - 2)).toFixed(1));
  return draw("svg", {class: "spark", width, height, role: "img", "aria-label": "records in per second, up to " + count(most)},
              draw("polyline", {points: points.join(" ")}));
}

function share_bar(rates) {
  if (!rates) return "–";
  const svg = draw("svg", {width: "100%", height: 12, viewBox: "0 0 100 12", preserveAspectRatio: "none", role: "img",
                           "aria-label": `busy ${percent(rates.busy)}, back-pressured ${percent(rates.held)}`});
  let x = 0;
  for (const [name, share] of [["busy", rates.busy], ["held", rates.held], ["idle", rates.idle]]) {
    svg.append(draw("rect", {class: "bar-" + name, x: x * 100, width: share * 100, y: 0, height: 12}));
    x += share;
  }
  return make("div", {class: "share"}, svg);
}

// ---- from counters to rates ----------------------------------------------------------------------

const job_in = (snapshot, name) => snapshot ? snapshot.jobs.find(job => job.name === name) : undefined;

function rates_of(job, old, passed) {
  // A counter that went down belongs to another run: all of it came since.
  const grown = field => {
    const from = old ? old[field] : job[field];
    return job[field] < from ? job[field] : job[field] - from;
  };
  const busy = grown("busy_seconds"), held = grown("backpressured_seconds"), idle = grown("idle_seconds");
  const all = busy + held + idle || 1;
  const per_second = field => grown(field) / passed;
  return {
    in: per_second("records_in"), out: per_second("records_out"), answered: per_second("records_answered"),
    filtered: per_second("records_filtered"), late: per_second("records_late"),
    dead: per_second("records_dead_lettered"), dropped: per_second("records_dropped"),
    busy: busy / all, held: held / all, idle: idle / all || (busy + held ? 0 : 1),
  };
}

// The same of one pipeline, between the last two looks at its job; undefined: there was no look before, or another run.
function shares_of(pipeline, old) {
  if (!old) return undefined;
  const busy = pipeline.busy_seconds - old.busy_seconds, held = pipeline.backpressured_seconds - old.backpressured_seconds;
  const idle = pipeline.idle_seconds - old.idle_seconds, all = busy + held + idle;
  if (!(all > 0) || busy < 0) return undefined;
  return {busy: busy / all, held: held / all, idle: idle / all, rows: pipeline.records - old.records};
}

const passed_between = (a, b) => a && b ? Math.max((Date.parse(b.at) - Date.parse(a.at)) / 1000, 0.001) : 1;
const rates_now = job => rates_of(job, job_in(before, job.name), passed_between(before, last));

// The worst first; among equals, who lags most.
function trouble_rank(job) {
  if (job.state === "failed") return 0;
  if (job.trouble || job.broker_away) return 1;
  return job.state === "running" ? 3 : 2;
}

// ---- the list ------------------------------------------------------------------------------------

function show_list() {
  const chosen = chosen_job();
  const jobs = [...last.jobs].sort((a, b) =>
      trouble_rank(a) - trouble_rank(b) || (b.lag || 0) - (a.lag || 0) || (a.name < b.name ? -1 : 1));
  const focused = document.activeElement && document.activeElement.dataset.job;
  const rows = [];
  for (const job of jobs) {
    const rates = rates_now(job);
    const cells = [count(rates.in), count(rates.out), count(job.lag), seconds(job.watermark_lag_seconds), count(rates.late),
                   count(rates.dead), seconds(job.latency_seconds.processing.p99), percent(rates.busy)];
    const classes = [job.name === chosen ? "selected" : "", job.trouble ? "trouble" : ""].join(" ").trim();
    rows.push(make("tr", {class: classes, "data-testid": "job-" + job.name},
                   make("td", {}, make("a", {href: "#" + encodeURIComponent(job.name), "data-job": job.name}, job.name)),
                   make("td", {}, make("span", {class: "state " + job.state}, job.state)),
                   ...cells.map(text => make("td", {}, text)),
                   make("td", {}, sparkline(history_of.get(job.name) || []))));
    if (job.trouble) rows.push(make("tr", {}, make("td", {class: "note", colspan: 11}, job.trouble)));
  }
  at("jobs").replaceChildren(...rows);
  at("none").hidden = jobs.length > 0;
  if (focused) {
    const again = document.querySelector(`a[data-job="${CSS.escape(focused)}"]`);
    if (again) again.focus();
  }
}

// ---- one job -------------------------------------------------------------------------------------

const chosen_job = () => decodeURIComponent(location.hash.slice(1));

function figures(pairs) {
  return make("dl", {class: "figures"}, ...pairs.map(([name, value, id]) =>
      make("div", {}, make("dt", {}, name), make("dd", id ? {"data-testid": id} : {}, value))));
}

function table(heads, rows) {
  return make("div", {class: "scroll", tabindex: 0, role: "region", "aria-label": heads[0]}, make("table", {},
      make("thead", {}, make("tr", {}, ...heads.map(text => make("th", {scope: "col"}, text)))),
      make("tbody", {}, ...rows.map(cells => make("tr", {}, ...cells.map(cell => make("td", {}, cell)))))));
}

// The worst pipeline has several times the rows of the one in the middle: a key has most of the rows.
function skew_of(shares) {
  const rows = shares.map(each => each ? each.rows : 0).sort((a, b) => a - b);
  const most = rows[rows.length - 1], middle = rows[(rows.length - 1) >> 1];
  return most > 1000 ? most / Math.max(middle, 1) : 1;
}

function pipelines(job) {
  const shares = job.pipelines.map((p, i) => shares_of(p, detail_before && detail_before.pipelines[i]));
  const skew = skew_of(shares);
  const most = Math.max(...shares.map(each => each ? each.rows : 0));
  return table(["Pipeline", "Rows answered", "Busy, back-pressured, idle", "Busy", "Back-pressured", "Idle", "Keys", "State", ""],
      job.pipelines.map((p, i) => [String(i), count(p.records), share_bar(shares[i]), percent(shares[i]?.busy),
                                   percent(shares[i]?.held), percent(shares[i]?.idle), count(p.state_keys), bytes(p.state_bytes),
                                   skew > 2 && shares[i] && shares[i].rows === most ? skew.toFixed(1) + " times the rows: a hot key" : ""]));
}

function flow(job, rates) {
  const operators = (job.plan && job.plan.operators) || [];
  const items = [];
  operators.forEach((operator, i) => {
    const facts = Object.entries(operator).filter(([name]) => name !== "operator" && name !== "name")
        .map(([name, value]) => name + ": " + (Array.isArray(value) ? value.join(", ") : value));
    items.push(make("li", {}, make("span", {class: "operator", title: facts.join("\n")},
        operator.operator + (operator.name ? " " + operator.name : ""), make("small", {}, facts[0] || ""))));
    let rate = i === 0 ? rates.in : rates.in - rates.filtered;
    if (i === operators.length - 1) rate = rates.out;
    items.push(make("li", {class: "edge"}, count(rate) + "/s →"));
  });
  items.push(make("li", {}, make("span", {class: "operator"}, "sink")));
  return make("ol", {class: "flow", "data-testid": "flow"}, ...items);
}

function actions(job) {
  const token = sessionStorage.getItem("token");
  const buttons = ["pause", "resume", "restart", "drain"].map(action =>
      make("button", {type: "button", disabled: !token || !last.takes_changes, "data-testid": action,
                      onclick: () => change(job.name, action)}, action[0].toUpperCase() + action.slice(1)));
  const why = !last.takes_changes ? "Nothing can be changed: no http.admin_token is configured."
      : token ? "" : "Enter the admin token below to change this job.";
  return make("div", {class: "actions"}, ...buttons, make("span", {id: "action-note", role: "status"}, why));
}

function show_job() {
  const section = at("job");
  const summary = detail && job_in(last, detail.name);
  section.hidden = !summary;
  show_tail(summary && summary.name);
  if (!summary) return;
  const job = {...detail, ...summary};
  const rates = rates_now(job);
  const open = new Set([...section.querySelectorAll("details[open]")].map(each => each.id));
  const focused = section.contains(document.activeElement) && document.activeElement.dataset.testid;
  const holding = job.partitions.find(partition => partition.holds_watermark);
  const latency = job.latency_seconds;
  const quantiles = l => [seconds(l.p50), seconds(l.p95), seconds(l.p99)].join(" · ");
  const fold = (id, title, ...content) => make("details", {id, open: open.has(id)}, make("summary", {}, title), ...content);
  section.replaceChildren(...[
      make("h2", {id: "job-title"}, job.name + " ", make("span", {class: "state " + job.state}, job.state)),
      job.description ? make("p", {}, job.description) : null,
      job.trouble ? make("p", {class: "hold"}, job.trouble) : null,
      actions(job), flow(job, rates),
      figures([
        ["In/s", count(rates.in), "rate-in"], ["Out/s", count(rates.out)], ["Lag, records", count(job.lag)],
        ["Lag, at this rate", job.lag === 0 ? "none" : rates.in > 0 ? seconds(job.lag / rates.in) : "–", "lag-seconds"],
        ["Watermark", job.watermark ? job.watermark.slice(0, 19).replace("T", " ") : "–"], ["Watermark lag", seconds(job.watermark_lag_seconds)],
        ["Held back by", holding && job.partitions.length > 1 ? holding.topic + " / " + holding.partition : "–", "holding"],
        ["Latency p50 · p95 · p99", quantiles(latency.processing)],
        ["End to end", quantiles(latency.end_to_end)],
        ["State", count(job.state_keys) + " keys, " + bytes(job.state_bytes)], ["Open windows", count(job.windows_open)],
        ["Commits", count(job.commits) + (job.failed_commits ? ", " + count(job.failed_commits) + " failed" : "")],
        ["Commit p50 · p95 · p99", quantiles(latency.commit)], ["Restarts", count(job.restarts)],
      ]),
      make("h3", {}, "Where rows went"),
      figures([
        ["Read", count(job.records_in), "records-in"], ["Answered", count(job.records_answered)],
        ["Filtered", count(job.records_filtered)], ["Late", count(job.records_late), "late"],
        ["Dead-lettered", count(job.records_dead_lettered), "dead-lettered"], ["Dropped", count(job.records_dropped)],
        ["Written", count(job.records_out)],
      ]),
      make("div", {"data-testid": "faults"}, job.faults.length
          ? table(["Stage", "Reason", "Rows"], job.faults.map(fault => [fault.stage, fault.code, count(fault.count)])) : ""),
      make("h3", {}, `Pipelines: busy ${percent(rates.busy)}, back-pressured ${percent(rates.held)}, idle ${percent(rates.idle)}`),
      share_bar(rates),
      pipelines(job),
      make("h3", {}, "Partitions"),
      table(["Partition", "Read", "Offset", "End", "Lag", "Watermark", ""],
            job.partitions.map(p => [p.topic + " / " + p.partition, count(p.records_in), String(p.next_offset),
                                     p.end_offset < p.next_offset ? "–" : String(p.end_offset), count(p.lag), p.watermark || "–",
                                     p.idle ? "idle" : p.holds_watermark && job.partitions.length > 1 ? "holds the watermark" : ""])),
      make("div", {"data-testid": "brokers"}, job.brokers.length
          ? table(["Broker", "Seen by", "", "Round trip, p99", "Throttled", "Requests waiting", "Failed"],
                  job.brokers.map(b => [b.broker, b.client, b.up ? "up" : "away", seconds(b.rtt_seconds), seconds(b.throttle_seconds),
                                        count(b.requests_waiting), count(b.request_errors)])) : ""),
      fold("events", "Events", make("ul", {class: "events"}, ...[...job.events].reverse().map(event =>
          make("li", {class: event.severity}, `${event.at} ${event.severity} ${event.code}: ${event.text}`)))),
      fold("query", "Query", make("pre", {}, job.query)),
      fold("plan", "Plan", make("pre", {}, job.plan_text)),
      fold("configuration", "Effective configuration", make("pre", {"data-testid": "configuration"}, JSON.stringify(job.configuration, null, 2))),
  ].filter(part => part !== null));
  if (focused) {
    const again = section.querySelector(`[data-testid="${CSS.escape(focused)}"]`);
    if (again) again.focus();
  }
}

async function look_at_job() {
  clearTimeout(detail_timer);
  const name = chosen_job();
  if (!name) {
    detail = null;
    show_tail("");
    at("job").hidden = true;
    return;
  }
  try {
    const answer = await fetch("api/v1/jobs/" + encodeURIComponent(name));
    const looked = answer.ok ? await answer.json() : null;
    detail_before = looked && detail && detail.name === looked.name ? detail : null;
    detail = looked;
    if (last) show_job();
  } catch (problem) {
    detail = null;  // The line above says that the daemon is away.
  }
  detail_timer = setTimeout(look_at_job, kDetailEvery);
}

async function change(name, action) {
  let text = "";
  try {
    const answer = await fetch(`api/v1/jobs/${encodeURIComponent(name)}/${action}`,
        {method: "POST", headers: {Authorization: "Bearer " + sessionStorage.getItem("token")}});
    const said = await answer.json();
    text = answer.ok ? `${action} asked for` : said.error;
  } catch (problem) {
    text = "the daemon does not answer";
  }
  await look_at_job();
  const note = at("action-note");
  if (note) note.textContent = text;
}

// ---- the stream ----------------------------------------------------------------------------------

function take(snapshot) {
  before = last;
  last = snapshot;
  for (const job of last.jobs) {
    const rates = history_of.get(job.name) || [];
    if (before) rates.push(rates_now(job).in);
    history_of.set(job.name, rates.slice(-kHistory));
  }
  const failed = last.jobs.filter(job => job.state === "failed").length;
  at("connection").className = "";
  at("connection").textContent = last.draining ? "draining"
      : `${last.jobs.length} ${last.jobs.length === 1 ? "job" : "jobs"}` + (failed ? `, ${failed} failed` : "") + ", " + last.at.slice(11, 19) + " UTC";
  show_list();
  if (detail) show_job();
}

function listen() {
  // A page that a test looks at wants its stream to end: ?frames=5.
  const frames = new URLSearchParams(location.search).get("frames");
  const stream = new EventSource("api/v1/events" + (frames ? "?frames=" + encodeURIComponent(frames) : ""));
  let seen = 0;
  stream.addEventListener("snapshot", event => {
    take(JSON.parse(event.data));
    if (frames && ++seen >= Number(frames)) stream.close();
  });
  stream.addEventListener("error", () => {
    at("connection").className = "lost";
    at("connection").textContent = "the daemon does not answer; trying again";
  });
}

at("token-form").addEventListener("submit", event => {
  event.preventDefault();
  const token = at("token").value;
  if (token) sessionStorage.setItem("token", token);
  else sessionStorage.removeItem("token");
  at("token").value = "";
  at("token-note").textContent = token ? "The token is used in this tab." : "The token is forgotten.";
  if (detail && last) show_job();
});
addEventListener("hashchange", look_at_job);
look_at_job();
listen();
