#!/usr/bin/env python3
"""What a headless Chromium makes of a report, for tests/commands/report.sh.

    report_browser.py check PAGE FOLDER
    report_browser.py shots PAGE FOLDER

`check` prints one line "ok NAME" or "FAILED NAME: why" for each thing that must hold; `shots` leaves
pictures of the page on a wide and on a narrow screen, and as it is printed. Chromium is spoken to over
its debugging pipe (messages in JSON, each ended by a zero byte), so nothing but Python is needed.
"""
import base64
import json
import os
import pathlib
import re
import select
import subprocess
import sys
import tempfile
import time

PATIENCE_S = 60
# Pipes 3 and 4 are those of --remote-debugging-pipe.
OPTIONS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
           "--disable-background-networking", "--disable-component-update", "--disable-sync",
           "--hide-scrollbars", "--remote-debugging-pipe"]


class Browser:
    """One page of one Chromium."""

    def __init__(self, profile):
        down, self.into = os.pipe()
        self.out, up = os.pipe()

        def hand_down():
            read_end, write_end = os.dup(down), os.dup(up)
            os.dup2(read_end, 3)
            os.dup2(write_end, 4)

        self.process = subprocess.Popen(["chromium", *OPTIONS, f"--user-data-dir={profile}"],
                                        preexec_fn=hand_down, close_fds=False,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(down)
        os.close(up)
        self.buffer, self.number, self.session, self.events = b"", 0, None, []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]

    def close(self):
        self.process.kill()
        self.process.wait()
        os.close(self.into)
        os.close(self.out)

    def message(self):
        end = time.monotonic() + PATIENCE_S
        while b"\0" not in self.buffer:
            if not select.select([self.out], [], [], max(0, end - time.monotonic()))[0]:
                sys.exit("Chromium does not answer")
            part = os.read(self.out, 1 << 20)
            if not part:
                sys.exit("Chromium ended by itself")
            self.buffer += part
        message, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(message)

    def call(self, method, **parameters):
        self.number += 1
        request = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            request["sessionId"] = self.session
        text = json.dumps(request).encode() + b"\0"
        while text:
            text = text[os.write(self.into, text):]
        while True:
            message = self.message()
            if message.get("id") == self.number:
                if "error" in message:
                    sys.exit(f"{method}: {message['error']}")
                return message["result"]
            self.events.append(message)

    def evaluate(self, script):
        result = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in result:
            sys.exit(f"{script}: {result['exceptionDetails']}")
        return result["result"].get("value")

    def open(self, page):
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")
        self.call("Page.navigate", url=pathlib.Path(page).resolve().as_uri())
        while not any(event["method"] == "Page.loadEventFired" for event in self.events):
            self.events.append(self.message())

    def screen(self, width, height, is_phone):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height,
                  deviceScaleFactor=1, mobile=is_phone)

    def dark(self, is_dark):
        self.call("Emulation.setEmulatedMedia",
                  features=[{"name": "prefers-color-scheme", "value": "dark" if is_dark else "light"}])

    def key(self, name, code):
        for kind in ("rawKeyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=name, code=name, windowsVirtualKeyCode=code)

    def print(self, path):
        data = self.call("Page.printToPDF", printBackground=True, preferCSSPageSize=True)["data"]
        with open(path, "wb") as file:
            file.write(base64.b64decode(data))


def tell(name, wrong):
    print(f"FAILED {name}: {wrong}" if wrong else f"ok {name}")


# What is wider than the screen and neither scrolls by itself nor lies in what does.
WIDE = """[...document.querySelectorAll('body *')].filter(e => {
  const box = e.getBoundingClientRect();
  return box.right > innerWidth + 1 && box.width > 0 && !e.closest('.scroll') && !e.closest('.skip');
}).slice(0, 3).map(e => e.outerHTML.slice(0, 80)).join(' | ')"""

FOCUSABLE = """[...document.querySelectorAll('a[href], [tabindex="0"], summary, button, input')]
  .filter(e => e.getClientRects().length > 0).length"""

# Where the focus is, and whether a reader can see that.
FOCUS = """(() => {
  const e = document.activeElement;
  if (e === document.body || e === null) return null;
  e.dataset.place ??= String(window.places = (window.places ?? 0) + 1);
  const style = getComputedStyle(e), box = e.getBoundingClientRect();
  return {place: e.dataset.place, what: e.outerHTML.slice(0, 80),
          seen: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2 ||
                e.classList.contains('skip') && box.left >= 0,
          inside: box.bottom > 0 && box.top < innerHeight};
})()"""


def check_keyboard(browser):
    count = browser.evaluate(FOCUSABLE)
    places, hidden, outside = set(), [], []
    for _ in range(count + 1):
        browser.key("Tab", 9)
        focus = browser.evaluate(FOCUS)
        if focus is None or focus["place"] in places:
            break
        places.add(focus["place"])
        if not focus["seen"]:
            hidden.append(focus["what"])
        if not focus["inside"]:
            outside.append(focus["what"])
    tell("tab_reaches_every_link_and_every_table", count == 0 or len(places) != count and
         f"{len(places)} of {count} were reached")
    tell("the_focus_is_seen", hidden[:3])
    tell("the_focus_is_on_the_screen", outside[:3])


def check_pictures(browser):
    wrong = browser.evaluate("""[...document.images].filter(i => !i.complete || i.naturalWidth < 100)
        .map(i => i.alt).join(' | ')""")
    tell("every_picture_is_drawn", wrong)


def check_contrast(browser):
    """Text against the page, by the formula of WCAG 2."""
    script = """(() => {
      const light = c => c.match(/[0-9.]+/g).slice(0, 3).map(v => v / 255)
        .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
        .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
      const page = light(getComputedStyle(document.body).backgroundColor);
      return Math.min(...['p', 'a[href]:not(.skip)', 'td', 'figcaption'].map(s => document.querySelector(s))
        .filter(e => e).map(e => light(getComputedStyle(e).color))
        .map(t => (Math.max(t, page) + 0.05) / (Math.min(t, page) + 0.05)));
    })()"""
    for is_dark in (False, True):
        browser.dark(is_dark)
        least = browser.evaluate(script)
        tell(f"text_has_contrast_on_a_{'dark' if is_dark else 'light'}_screen", least < 7 and least)
    browser.dark(False)


def check_widths(browser):
    for name, width, is_phone in (("wide", 1200, False), ("narrow", 360, True)):
        browser.screen(width, 740, is_phone)
        beyond = browser.evaluate("document.documentElement.scrollWidth") - width
        tell(f"a_{name}_screen_does_not_scroll_sideways", beyond > 0 and
             f"{beyond} px too wide: {browser.evaluate(WIDE)}")
    least = browser.evaluate("""Math.min(...[...document.querySelectorAll('p, td, figcaption, li')]
        .map(e => parseFloat(getComputedStyle(e).fontSize)))""")
    tell("letters_on_a_phone_are_no_smaller_than_12_px", least < 12 and least)


def squeeze(text):
    return re.sub(r"\s+", "", text)


def check_print(browser, folder):
    path = f"{folder}/print.pdf"
    browser.print(path)
    text = subprocess.run(["pdftotext", "-raw", path, "-"], capture_output=True, text=True,
                          check=True).stdout
    pages = text.count("\f")
    tell("print_has_pages", pages < 5 and f"{pages} pages")
    printed = squeeze(text)
    script = "[...document.querySelectorAll('{}')].map(e => e.textContent)"
    for name, what in (("headings", "h1, h2, h3"), ("captions_of_figures", "figcaption"),
                       ("cells_of_tables", "td, th")):
        missing = [words for words in browser.evaluate(script.format(what))
                   if squeeze(words) not in printed]
        tell(f"{name}_can_be_selected_in_print", missing[:3])
    pictures = subprocess.run(["pdfimages", "-list", path], capture_output=True, text=True,
                              check=True).stdout.count(" image ")
    wanted = browser.evaluate("document.images.length")
    tell("print_has_every_picture", pictures < wanted and f"{pictures} of {wanted}")


def check(browser, page, folder):
    browser.screen(1200, 800, False)
    browser.open(page)
    check_pictures(browser)
    check_contrast(browser)
    check_keyboard(browser)
    check_widths(browser)
    browser.screen(1200, 800, False)
    check_print(browser, folder)
    loud = [event for event in browser.events
            if event["method"] in ("Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded")]
    tell("the_console_stays_empty", loud[:2])
    asked = [event["params"]["request"]["url"][:60] for event in browser.events
             if event["method"] == "Network.requestWillBeSent"]
    tell("nothing_is_asked_of_a_network",
         [url for url in asked if not url.startswith(("file:", "data:"))])


def shots(browser, page, folder):
    browser.open(page)
    for name, width, height, is_phone in (("wide", 1200, 1600, False), ("narrow", 360, 1600, True)):
        browser.screen(width, height, is_phone)
        whole = browser.evaluate("document.documentElement.scrollHeight")
        for number, top in enumerate(range(0, int(whole), height)):
            clip = {"x": 0, "y": top, "width": width, "height": min(height, whole - top), "scale": 1}
            data = browser.call("Page.captureScreenshot", format="png", clip=clip,
                                captureBeyondViewport=True)["data"]
            with open(f"{folder}/{name}-{number:03}.png", "wb") as file:
                file.write(base64.b64decode(data))
    browser.print(f"{folder}/print.pdf")


def main():
    task, page, folder = sys.argv[1:]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        browser = Browser(profile)
        try:
            {"check": check, "shots": shots}[task](browser, page, folder)
        finally:
            browser.close()


main()
