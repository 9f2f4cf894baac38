"""Looks at the status page in a headless Chromium, with nothing but the standard library:
page_test.py URL TOKEN FOLDER. Screenshots stay in FOLDER. Ends with 0 when all is as it should be."""

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


def look(browser, url, token):
    browser.ask("POST", "/url", {"url": url})
    browser.await_true("both jobs are listed", f"{by('job-calm')} && {by('job-troubled')}")
    browser.await_true("they run", f"{by('job-calm')}.querySelector('.state.running')")
    browser.await_true("the line at the top counts them", f"{by('connection')}.textContent.startsWith('2 jobs')")

    # By keyboard: the link has the focus, Enter opens the job.
    browser.run(f"{by('job-calm')}.querySelector('a').focus()")
    browser.ask("POST", "/actions", {"actions": [{"type": "key", "id": "keys", "actions": [
        {"type": "keyDown", "value": "\ue007"}, {"type": "keyUp", "value": "\ue007"}]}]})
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

    problems = [entry["message"] for entry in browser.ask("POST", "/se/log", {"type": "browser"})
                if entry["level"] == "SEVERE"]
    assert not problems, problems


def main():
    url, token, folder = sys.argv[1:4]
    browser = Browser(folder)
    try:
        look(browser, url, token)
    except AssertionError as problem:
        browser.screenshot("failed.png")
        sys.exit(str(problem))
    finally:
        browser.close()


main()
