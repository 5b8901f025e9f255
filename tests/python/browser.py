"""A browser without a screen, for clients that open one: it logs in by forms, follows where it is led, and keeps cookies.

    python browser.py USER PASSWORD URL
"""

import html
import re
import sys
import urllib.error
import urllib.parse
import urllib.request
from http.cookiejar import CookieJar, DefaultCookiePolicy


class Browser:
    def __init__(self):
        # Cookies of TLS alone are sent on loopback too, as browsers do.
        jar = CookieJar(DefaultCookiePolicy(secure_protocols=("http", "https")))
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))

    def get(self, url):
        """The last page that a URL leads to: its address and its text."""
        return self._open(urllib.request.Request(url, headers={"Accept": "text/html,*/*"}))

    def post(self, url, fields):
        """The same of a form that was sent from the page's own origin."""
        parts = urllib.parse.urlsplit(url)
        headers = {"Origin": f"{parts.scheme}://{parts.netloc}"}
        return self._open(urllib.request.Request(url, urllib.parse.urlencode(fields).encode(), headers))

    def _open(self, request):
        try:
            with self.opener.open(request, timeout=30) as answer:
                return answer.geturl(), answer.read().decode(errors="replace")
        except urllib.error.HTTPError as refusal:
            return refusal.geturl(), refusal.read().decode(errors="replace")

    def log_in(self, url, values):
        """Fills in forms as long as there are any with a field that `values` has."""
        address, page = self.get(url)
        for _ in range(5):
            form = re.search(r"<form\b(.*?)</form>", page, re.S | re.I)
            fields = dict(_fields(form.group(0))) if form else {}
            if not fields.keys() & values.keys():
                break
            action = re.search(r'action="([^"]*)"', form.group(1))
            target = urllib.parse.urljoin(address, html.unescape(action.group(1)) if action else address)
            address, page = self.post(target, fields | {name: text for name, text in values.items() if name in fields})
        return address, page


def _fields(form):
    for tag in re.findall(r"<input\b[^>]*>", form, re.I):
        name = re.search(r'name="([^"]*)"', tag)
        value = re.search(r'value="([^"]*)"', tag)
        if name:
            yield html.unescape(name.group(1)), html.unescape(value.group(1)) if value else ""


if __name__ == "__main__":
    user, password, url = sys.argv[1:]
    Browser().log_in(url, {"user": user, "username": user, "password": password})
