"""Looks at the status page in a headless Chromium, with nothing but the standard library:
page_test.py jobs URL FOLDER TOKEN, over the jobs `calm` and `troubled`; page_test.py demo URL FOLDER, over the demo. Screenshots
stay in FOLDER. Ends with 0 when all is as it should be."""

import base64
import json
import pathlib
import subprocess
import sys
import time
import urllib.request

PATIENCE = 20  # Seconds for anything to come true.


class Browser:
    def __init__(self, folder):
        self.driver = subprocess.Popen(["chromedriver", "--port=0"], stdout=subprocess.PIPE, text=True)
        for line in self.driver.stdout:
            if "started successfully on port" in line:
                self.url = "http://127.0.0.1:" + line.split("port")[1].strip(" .\n")
                break
        self.folder = pathlib.Path(folder)
        options = {"args": ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                            "--window-size=1200,900", f"--user-data-dir={folder}/profile"]}
        wanted = {"browserName": "chrome", "goog:chromeOptions": options,
                  "goog:loggingPrefs": {"browser": "ALL"}}
        session = self.ask("POST", "/session", {"capabilities": {"alwaysMatch": wanted}})
        self.url += "/session/" + session["sessionId"]

    def ask(self, method, path, body=None):
        data = None if body is None and method == "GET" else json.dumps(body or {}).encode()
        request = urllib.request.Request(self.url + path, data, {"Content-Type": "application/json"}, method=method)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)["value"]

    def run(self, script):
        return self.ask("POST", "/execute/sync", {"script": script, "args": []})

    def await_true(self, what, script):
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if self.run("return !!(" + script + ")"):
                return
        raise AssertionError(f"{what}: it did not come true; the page says:\n{self.run('return document.body.innerText')}")

    def screenshot(self, name):
        (self.folder / name).write_bytes(base64.b64decode(self.ask("GET", "/screenshot")))

    def devtools(self, command, parameters):
        self.ask("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def close(self):
        try:
            self.ask("DELETE", "")
        finally:
            self.driver.terminate()
            self.driver.wait()


def by(name):
    return f"document.querySelector('[data-testid=\"{name}\"]')"


def press_enter(browser):
    browser.ask("POST", "/actions", {"actions": [{"type": "key", "id": "keys", "actions": [
        {"type": "keyDown", "value": "\ue007"}, {"type": "keyUp", "value": "\ue007"}]}]})


def no_complaints(browser):
    problems = [entry["message"] for entry in browser.ask("POST", "/se/log", {"type": "browser"})
                if entry["level"] == "SEVERE"]
    assert not problems, problems


def look(browser, url, token):
    browser.ask("POST", "/url", {"url": url})
    browser.await_true("both jobs are listed", f"{by('job-calm')} && {by('job-troubled')}")
    browser.await_true("they run", f"{by('job-calm')}.querySelector('.state.running')")
    browser.await_true("the line at the top counts them", f"{by('connection')}.textContent.startsWith('2 jobs')")

    # By keyboard: the link has the focus, Enter opens the job.
    browser.run(f"{by('job-calm')}.querySelector('a').focus()")
    press_enter(browser)
    browser.await_true("the job is shown", f"!{by('job')}.hidden && {by('records-in')}.textContent === '2'")
    browser.await_true("its plan is a flow", f"{by('flow')}.querySelectorAll('.operator').length >= 2")
    browser.await_true("its configuration is there", f"{by('configuration')}.textContent.includes('\"commit_interval\": \"20ms\"')")
    assert browser.run(f"return {by('pause')}.disabled"), "nothing can be changed without the token"
    browser.await_true("what is not there is not shown", "!/null|undefined|NaN/.test(document.body.innerText)")
    browser.screenshot("page.png")

    browser.run("document.getElementById('token').value = " + json.dumps(token) +
                "; document.querySelector('#token-form button').click()")
    browser.await_true("with the token it can", f"!{by('pause')}.disabled")
    browser.run(f"{by('pause')}.click()")
    browser.await_true("the job is paused", f"{by('job-calm')}.querySelector('.state.paused')")

    browser.run("location.hash = '#troubled'")
    browser.await_true("its dead letter is seen", f"{by('dead-lettered')} && {by('dead-lettered')}.textContent === '1'")

    # Dark, and on a phone: nothing but tables may be wider than the screen.
    light = browser.run("return getComputedStyle(document.body).backgroundColor")
    browser.devtools("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": "dark"}]})
    browser.await_true("dark is another colour", f"getComputedStyle(document.body).backgroundColor !== {json.dumps(light)}")
    browser.devtools("Emulation.setDeviceMetricsOverride", {"width": 400, "height": 800, "deviceScaleFactor": 1, "mobile": True})
    browser.await_true("400 pixels are enough", "document.documentElement.scrollWidth <= 400")
    browser.screenshot("page-narrow-dark.png")
    no_complaints(browser)


def look_at_demo(browser, url):
    browser.ask("POST", "/url", {"url": url + "/#ohlc_1s"})
    browser.await_true("the job is shown", f"!{by('job')}.hidden && {by('records-in')}")
    browser.run(f"window.first = {by('records-in')}.textContent")
    browser.await_true("numbers move", f"{by('records-in')}.textContent !== window.first")
    browser.await_true("rows flow along the edges", f"/[1-9][0-9.]*k?\\/s/.test({by('flow')}.textContent)")
    browser.await_true("each pipeline's time is shared out", f"{by('job')}.querySelectorAll('td .share svg').length > 0")
    browser.await_true("lag is told in time", f"/none|s$|min$/.test({by('lag-seconds')}.textContent)")
    browser.await_true("a partition holds the watermark", f"{by('holding')}.textContent.startsWith('trades / ')")
    browser.await_true("broken rows have their reason", f"/malformed/.test({by('faults')}.textContent)")
    browser.await_true("late rows are counted", f"/[1-9]/.test({by('late')}.textContent)")

    browser.await_true("brokers are told of", f"/source.*up/.test({by('brokers')}.textContent)")

    # By keyboard: a look at what comes in, then at what went wrong.
    browser.run(f"{by('tail-source')}.focus()")
    press_enter(browser)
    browser.await_true("records that come in are shown", f"/trades .*symbol/.test({by('tail')}.textContent)")
    browser.run(f"{by('tail-sink')}.click()")
    browser.await_true("answers are shown", f"/_window_start/.test({by('tail')}.textContent)")
    browser.run(f"{by('tail-dlq')}.click()")
    browser.await_true("dead letters are shown with their reasons", f"/decode, malformed/.test({by('tail')}.textContent)")
    browser.await_true("it says which one is chosen", f"{by('tail-dlq')}.getAttribute('aria-pressed') === 'true'")
    browser.await_true("what is not there is not shown", "!/null|undefined|NaN/.test(document.querySelector('main').innerText)")
    browser.devtools("Emulation.setDeviceMetricsOverride", {"width": 1200, "height": 1800, "deviceScaleFactor": 1, "mobile": False})
    browser.run("document.activeElement.blur(); scrollTo(0, 0)")
    browser.screenshot("demo.png")
    browser.devtools("Emulation.setDeviceMetricsOverride", {"width": 400, "height": 800, "deviceScaleFactor": 1, "mobile": True})
    browser.await_true("400 pixels are enough", "document.documentElement.scrollWidth <= 400")
    browser.run(f"{by('tail-dlq')}.click()")
    browser.await_true("a second press stops it", f"{by('tail-dlq')}.getAttribute('aria-pressed') === 'false'")
    browser.run("location.hash = ''")
    browser.await_true("without a job there is nothing to look at", "document.getElementById('tail').hidden")
    no_complaints(browser)


def main():
    kind, url, folder = sys.argv[1:4]
    browser = Browser(folder)
    try:
        if kind == "demo":
            look_at_demo(browser, url)
        else:
            look(browser, url, sys.argv[4])
    except AssertionError as problem:
        browser.screenshot("failed.png")
        sys.exit(str(problem))
    finally:
        browser.close()


main()
