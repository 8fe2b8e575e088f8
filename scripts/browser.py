#!/usr/bin/env python3
"""Answers a form in headless Chromium as visitors do, and looks at the lead that comes of it.

    scripts/browser.py http://127.0.0.1:8080 EMPTY_DIRECTORY

Two pages on ports of their own embed the same snippet: the form names the origin of one and not of the other. Chromium is
driven by chromedriver's WebDriver protocol (W3C). The page's own policy lets it run scripts of the server only, without eval.
"""

import http.server
import json
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
PATIENCE = 20
# Who fills in a form in less is taken for a program.
PACE = 1.2


def call(method, url, body=None, headers=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json", **(headers or {})}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            text = answer.read()
    except urllib.error.HTTPError as error:
        raise SystemExit(f"browser: {method} {url} answered {error.code}: {error.read().decode()}") from error
    return json.loads(text or b"null")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def page_server(server_url, pages):
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            body = pages["html"].encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Security-Policy", f"default-src 'none'; script-src {server_url}; connect-src {server_url}")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}"


class Browser:
    def __init__(self, driver, profile):
        options = {"binary": "/usr/bin/chromium", "args": [*FLAGS, f"--user-data-dir={profile}"]}
        wanted = {"capabilities": {"alwaysMatch": {"browserName": "chrome", "goog:chromeOptions": options}}}
        self.session = f"{driver}/session/{call('POST', f'{driver}/session', wanted)['value']['sessionId']}"

    def go(self, url):
        call("POST", f"{self.session}/url", {"url": url})

    def run(self, script, *arguments):
        return call("POST", f"{self.session}/execute/sync", {"script": script, "args": list(arguments)})["value"]

    def until(self, what, script, *arguments):
        deadline = time.monotonic() + PATIENCE
        while True:
            found = self.run(script, *arguments)
            if found:
                return found
            if time.monotonic() > deadline:
                raise SystemExit(f"browser: not in time: {what}; the page: {self.run('return document.body.innerText')}")
            time.sleep(0.1)

    def field(self, label):
        script = """const label = [...document.querySelectorAll('label')].find(l => l.textContent.startsWith(arguments[0]));
                    return label && document.getElementById(label.htmlFor);"""
        return self.until(f"a field labelled {label}", script, label)[ELEMENT]

    def write(self, label, text):
        field = f"{self.session}/element/{self.field(label)}"
        call("POST", f"{field}/clear", {})
        call("POST", f"{field}/value", {"text": text})

    def click(self, element):
        call("POST", f"{self.session}/element/{element}/click", {})

    def send(self):
        self.click(self.until("a button", "return document.querySelector('form.cauce-form button')")[ELEMENT])

    def cookies(self):
        return call("GET", f"{self.session}/cookie")["value"]

    def close(self):
        call("DELETE", self.session)


def main():
    server, profile = sys.argv[1:]
    driver_port = free_port()
    driver_url = f"http://127.0.0.1:{driver_port}"
    driver = subprocess.Popen(["chromedriver", f"--port={driver_port}", "--log-level=SEVERE"], stdout=subprocess.DEVNULL)
    try:
        wait_for(f"{driver_url}/status")
        failed = look(server, driver_url, profile)
    finally:
        driver.terminate()
        driver.wait()
    sys.exit(1 if failed else 0)


def wait_for(url):
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            if time.monotonic() > deadline:
                raise SystemExit("browser: chromedriver does not start") from None
            time.sleep(0.1)


def look(server, driver_url, profile):
    ours, theirs = {"html": ""}, {"html": ""}
    allowed, foreign = page_server(server, ours), page_server(server, theirs)
    signup = {"tenant_name": "Empresa", "name": "Ana", "email": "ana@example.com", "password": "browser-run-only-4711"}
    token = call("POST", f"{server}/api/v1/auth/signup", signup)["access_token"]
    owner = {"Authorization": f"Bearer {token}"}
    field = {"key": "giro", "label": "Giro", "type": "choice", "choices": ["Textil", "Calzado"]}
    call("POST", f"{server}/api/v1/leads/fields", field, owner)
    form = call("POST", f"{server}/api/v1/leads/forms", {
        "name": "Contacto", "origins": [allowed], "source": "sitio", "tags": ["web"],
        "fields": [{"name": "contact_name", "required": True}, {"name": "email", "required": True},
                   {"name": "phone"}, {"name": "field.giro"}, {"name": "notes"}],
        "consent": {"text": "Acepto el aviso de privacidad"}, "thanks_text": "Gracias, Inés",
    }, owner)
    html = f"<!doctype html><meta charset=utf-8><title>Empresa</title><h1>Contacto</h1>\n{form['html']}\n"
    ours["html"] = theirs["html"] = html
    leads = lambda: call("GET", f"{server}/api/v1/leads", None, owner)["data"]
    results = []
    check = lambda what, holds: results.append((what, bool(holds)))

    browser = Browser(driver_url, profile)
    try:
        arrive_and_answer(browser, allowed, check)
        lead = leads()[0] if leads() else {}
        touch, consent = lead.get("first_touch") or {}, lead.get("consent") or {}
        check("one lead, although it was sent twice", len(leads()) == 1)
        check("name, e-mail, source, tags and custom field are there",
              (lead.get("contact_name"), lead.get("email"), lead.get("source"), lead.get("tags"), lead.get("custom_fields"))
              == ("Inés Nájera", "ines@najera.mx", "sitio", ["web"], {"giro": "Calzado"}))
        check("consent: text, version, time and address",
              (consent.get("status"), consent.get("text"), consent.get("version"), consent.get("ip"))
              == ("granted", "Acepto el aviso de privacidad", "1", "127.0.0.1") and consent.get("at"))
        check("UTM and click id of the first page of the visit",
              (touch.get("source"), touch.get("campaign"), touch.get("gclid")) == ("facebook", "otoño", "G1"))
        check("the page and the form", (touch.get("landing_page") or "").startswith(f"{allowed}/llegada?")
              and touch.get("form") == "Contacto")
        check("no cookies", browser.cookies() == [])

        browser.go(f"{foreign}/contacto")
        fill_in(browser, "otra@najera.mx")
        browser.send()
        told = browser.until("a refusal", "const s = document.querySelector('.cauce-status');"
                             "return s && s.textContent !== 'Enviando…' && s.textContent")
        check("a page of another origin is refused, and says so", told == "No se pudo enviar; intente de nuevo.")
        check("it makes no lead", len(leads()) == 1)
    finally:
        browser.close()
    total = call("GET", f"{server}/api/v1/leads/forms/{form['id']}/results", None, owner)["total"]
    check("the form's results count 1 created and 1 refused", (total["created"], total["refused"]) == (1, 1))
    for what, holds in results:
        print(f"{'ok    ' if holds else 'FAILED'}  {what}")
    print(f"lead: {json.dumps({key: lead.get(key) for key in ('company_name', 'source', 'first_touch', 'consent')}, ensure_ascii=False)}")
    print(f"results: {json.dumps(total)}")
    return [what for what, holds in results if not holds]


def fill_in(browser, email):
    browser.write("Nombre", "Inés Nájera")
    browser.write("Correo electrónico", email)
    giro = browser.field("Giro")
    browser.run("arguments[0].value = 'Calzado'", {ELEMENT: giro})
    browser.click(browser.field("Acepto el aviso"))
    time.sleep(PACE)


def arrive_and_answer(browser, allowed, check):
    browser.go(f"{allowed}/llegada?utm_source=facebook&utm_campaign=oto%C3%B1o&gclid=G1")
    browser.field("Nombre")
    browser.go(f"{allowed}/contacto")
    browser.field("Nombre")
    check("the form is shown once", browser.run("return document.querySelectorAll('form.cauce-form').length") == 1)
    # Browsers take this for an address, the server does not.
    fill_in(browser, "ines@najera")
    browser.send()
    said = "return [...document.querySelectorAll('.cauce-error')].map(e => e.id + ' ' + e.textContent).find(t => !t.endsWith('error '))"
    error = browser.until("an error at its field", said)
    check("what is refused is told at its field", "-email-error " in error)
    browser.write("Correo electrónico", "ines@najera.mx")
    browser.run("const f = document.querySelector('form.cauce-form'); f.requestSubmit(); f.requestSubmit()")
    thanks = browser.until("the thanks", "const t = document.querySelector('.cauce-thanks'); return t && t.textContent")
    check("the person is thanked", thanks == "Gracias, Inés")


if __name__ == "__main__":
    main()
