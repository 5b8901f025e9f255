"""Real clients log in: flytekit by every way that it has, unchanged, against the server's own accounts and against an identity
provider from a registry; and what roles let them do."""

import base64
import contextlib
import html
import json
import os
import re
import subprocess
import sys
import threading
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import pytest

from browser import Browser
from server import BINARY, Server, free_port, wait_for

HERE = Path(__file__).parent
PASSWORD = "correct horse battery"

# Asks for what only a caller with a role sees, as any program with FlyteRemote does.
ASK = """
from flytekit.configuration import Config
from flytekit.remote import FlyteRemote

remote = FlyteRemote(Config.auto(), default_project="flytesnacks", default_domain="development")
projects, _ = remote.client.list_projects_paginated(limit=10)
print("PROJECTS", [project.id for project in projects])
"""

PROGRAM = """
from flytekit import task, workflow

@task
def double(n: int) -> int:
    return 2 * n

@workflow
def doubled(n: int = 21) -> int:
    return double(n=n)
"""


def aileron(*words, text=None):
    """A command of the binary beside the server; what it prints."""
    done = subprocess.run([BINARY, *words], input=text, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


class Keeper:
    """A server that keeps passwords, with a person and a program that may register and launch."""

    def __init__(self, data):
        self.server = Server(data, options=("--auth", "builtin"))
        self.beside = ["--data-dir", data, *[word for word in self.server.options if word not in ("--auth", "builtin")]]
        aileron("user", "add", "ann", "--password-stdin", *self.beside, text=PASSWORD + "\n")
        self.secret = aileron("client", "add", "ci", *self.beside)
        for who in ("user:ann", "client:ci"):
            aileron("role", "grant", who, "contributor", "flytesnacks/development", *self.beside)
        self.server.start()


@pytest.fixture(scope="module")
def keeper(tmp_path_factory):
    keeper = Keeper(tmp_path_factory.mktemp("access") / "data")
    yield keeper
    keeper.server.stop()


def environment(server, mode, **credentials):
    """What flytekit reads of the environment alone."""
    given = {f"FLYTE_CREDENTIALS_{name.upper()}": value for name, value in credentials.items()}
    return (
        os.environ
        | {"FLYTE_PLATFORM_URL": server.endpoint, "FLYTE_PLATFORM_INSECURE": "true", "FLYTE_CREDENTIALS_AUTH_MODE": mode}
        # Nothing is kept between two processes.
        | {"PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}
        | given
    )


def ask(environment):
    done = subprocess.run([sys.executable, "-c", ASK], env=environment, capture_output=True, text=True, timeout=120)
    assert "PROJECTS ['flytesnacks']" in done.stdout, done.stdout + done.stderr
    return done


def token(address, client, secret):
    """An access token by a program's secret."""
    form = urllib.parse.urlencode({"grant_type": "client_credentials"}).encode()
    basic = base64.b64encode(f"{client}:{secret}".encode()).decode()
    request = urllib.request.Request(address, form, {"Authorization": f"Basic {basic}"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)["access_token"]


def test_a_person_logs_in_by_a_browser(keeper):
    browser = f"{sys.executable} {HERE / 'browser.py'} ann '{PASSWORD}' %s &"
    ask(environment(keeper.server, "Pkce") | {"BROWSER": browser})


def test_a_program_logs_in_by_its_secret(keeper):
    ask(environment(keeper.server, "ClientSecret", client_id="ci", client_secret=keeper.secret))


def test_a_token_comes_from_a_command(keeper, tmp_path):
    kept = tmp_path / "token"
    kept.write_text(token(f"{keeper.server.address}/oauth2/token", "ci", keeper.secret))
    ask(environment(keeper.server, "ExternalCommand", command=f"cat,{kept}"))


def approve(output, browser, values, decision="approve"):
    """Approves the device that a client's output asks for, in a browser, or denies it."""
    for line in output:
        found = re.search(r"(https?://\S+user_code=\S+)", line)
        if found:
            url = found.group(1).rstrip(".,)'\"")
            address, page = browser.log_in(url, values)
            code = urllib.parse.parse_qs(urllib.parse.urlsplit(url).query)["user_code"][0]
            browser.post(address.split("?")[0], {"user_code": code, "decision": decision})
            break
    # The client must not wait for a reader.
    return output.read()


def test_a_device_is_approved_in_a_browser_elsewhere(keeper):
    asking = subprocess.Popen(
        [sys.executable, "-u", "-c", ASK],
        env=environment(keeper.server, "DeviceFlow"),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    too_late = threading.Timer(120, asking.kill)
    too_late.start()
    rest = approve(asking.stdout, Browser(), {"user": "ann", "password": PASSWORD})
    too_late.cancel()
    assert "PROJECTS ['flytesnacks']" in rest, rest


def test_a_person_logs_in_at_the_command_line(keeper):
    """`aileron login` prints the token alone to standard output, and the commands after it call as that person."""
    asked = [BINARY, "login", "--endpoint", keeper.server.address]
    asking = subprocess.Popen(asked, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    too_late = threading.Timer(120, asking.kill)
    too_late.start()
    approve(asking.stderr, Browser(), {"user": "ann", "password": PASSWORD})
    printed = asking.stdout.read()
    too_late.cancel()
    assert asking.wait(timeout=30) == 0, printed
    given = printed.strip()
    assert printed == given + "\n" and given.count(".") == 2, printed
    request = urllib.request.Request(f"{keeper.server.address}/me", headers={"Authorization": f"Bearer {given}"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        assert json.load(answer)["subject"] == "user:ann"
    place = ["--project", "flytesnacks", "--domain", "development", "--endpoint", keeper.server.address]
    get = [BINARY, "get", "executions", *place]
    known = os.environ | {"AILERON_TOKEN": given}
    done = subprocess.run(get, env=known, capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stderr
    done = subprocess.run(get, capture_output=True, text=True, timeout=30)
    assert done.returncode == 1 and "aileron login" in done.stderr, done.stderr


def test_a_device_that_is_denied_gets_nothing(keeper):
    asked = [BINARY, "login", "--endpoint", keeper.server.address]
    asking = subprocess.Popen(asked, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    too_late = threading.Timer(120, asking.kill)
    too_late.start()
    told = approve(asking.stderr, Browser(), {"user": "ann", "password": PASSWORD}, "deny")
    assert asking.wait(timeout=60) == 1, told
    too_late.cancel()
    assert "access_denied" in told and asking.stdout.read() == "", told


def test_keys_are_rotated_while_the_server_runs(keeper):
    """Tokens of the key before count on; new ones are signed by the new key."""
    address = f"{keeper.server.address}/oauth2/token"
    before = token(address, "ci", keeper.secret)
    told = aileron("rotate-key", *keeper.beside)
    assert "a new key signs" in told and "token.key" in told, told

    def signed_by_another():
        given = token(address, "ci", keeper.secret)
        return given if given.split(".")[0] != before.split(".")[0] else None

    after = wait_for("a token by the new key", signed_by_another)
    for given in (before, after):
        request = urllib.request.Request(f"{keeper.server.address}/me", headers={"Authorization": f"Bearer {given}"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            assert json.load(answer)["subject"] == "client:ci"
    with urllib.request.urlopen(f"{keeper.server.address}/oauth2/jwks", timeout=30) as answer:
        assert len(json.load(answer)["keys"]) == 2


def test_a_program_registers_and_runs_what_its_role_lets_it(keeper, tmp_path):
    program = tmp_path / "doubled.py"
    program.write_text(PROGRAM)
    ours = environment(keeper.server, "ClientSecret", client_id="ci", client_secret=keeper.secret)
    run = [Path(sys.executable).parent / "pyflyte", "run", "--remote", "--wait"]
    done = subprocess.run([*run, program, "doubled"], env=ours, cwd=tmp_path, capture_output=True, text=True, timeout=180)
    assert done.returncode == 0, done.stdout + done.stderr
    name = re.search(r"executions/([a-z0-9]+)", done.stdout + done.stderr).group(1)
    bearer = {"Authorization": "Bearer " + token(f"{keeper.server.address}/oauth2/token", "ci", keeper.secret)}
    place = f"{keeper.server.address}/api/v1/executions/flytesnacks/development/{name}"
    with urllib.request.urlopen(urllib.request.Request(place, headers=bearer), timeout=30) as answer:
        execution = json.load(answer)
    assert execution["closure"]["phase"] == "SUCCEEDED"
    assert execution["spec"]["metadata"]["principal"] == "client:ci"

    elsewhere = [*run, "--domain", "production", program, "doubled"]
    done = subprocess.run(elsewhere, env=ours, cwd=tmp_path, capture_output=True, text=True, timeout=180)
    assert done.returncode != 0
    assert "needs the role" in done.stdout + done.stderr, done.stdout + done.stderr


def test_the_audit_is_exported_as_lines_of_json(keeper):
    secret = aileron("client", "add", "auditor", *keeper.beside)
    aileron("role", "grant", "client:auditor", "admin", "flytesnacks", *keeper.beside)
    address = f"{keeper.server.address}/oauth2/token"
    place = ["--project", "flytesnacks", "--domain", "production", "--endpoint", keeper.server.address]

    def call(words, client, secret):
        known = os.environ | {"AILERON_TOKEN": token(address, client, secret)}
        return subprocess.run([BINARY, *words, *place], env=known, capture_output=True, text=True, timeout=30)

    assert call(["get", "executions"], "ci", keeper.secret).returncode == 1
    done = wait_for("the role", lambda: (done := call(["audit"], "auditor", secret)).returncode == 0 and done)
    records = [json.loads(line) for line in done.stdout.splitlines()]
    told = [record for record in records if record["action"].lower().replace("_", "").endswith("/listexecutions")]
    assert {(record["caller"], record["outcome"]) for record in told} == {("client:ci", "PERMISSION_DENIED")}, records
    assert all(record["via"] == "token" and record["address"] == "127.0.0.1" and record["at"] for record in told)
    only = call(["audit", "--caller", "client:nobody"], "auditor", secret)
    assert only.returncode == 0 and only.stdout == ""
    assert call(["audit"], "ci", keeper.secret).returncode == 1


def test_secrets_stand_in_no_log_error_or_metric(keeper):
    given = token(f"{keeper.server.address}/oauth2/token", "ci", keeper.secret)
    scraper = aileron("client", "add", "scraper", *keeper.beside)
    aileron("role", "grant", "client:scraper", "viewer", "*", *keeper.beside)
    bearer = {"Authorization": f"Bearer {token(f'{keeper.server.address}/oauth2/token', 'scraper', scraper)}"}
    scrape = urllib.request.Request(f"{keeper.server.address}/metrics", headers=bearer)

    def scraped():
        with contextlib.suppress(urllib.error.HTTPError), urllib.request.urlopen(scrape, timeout=30) as answer:
            return answer.read().decode()

    request = urllib.request.Request(f"{keeper.server.address}/api/v1/projects", headers={"Authorization": f"Bearer {given}x"})
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=30)
    with pytest.raises(urllib.error.HTTPError) as unknown:
        token(f"{keeper.server.address}/oauth2/token", "nobody", keeper.secret)
    seen = {
        "log": keeper.server.log.read_text(errors="replace"),
        "errors": str(refused.value.headers) + refused.value.read().decode() + unknown.value.read().decode(),
        "metrics": wait_for("the role", scraped),
    }
    for secret in (PASSWORD, keeper.secret, given, given.rsplit(".", 1)[1]):
        for place, text in seen.items():
            assert secret not in text, place


SETTINGS = """
config_version: 1
server: {{host: 127.0.0.1, port: {port}}}
oauth:
  issuer: "http://127.0.0.1:{port}"
  audience: "https://aileron.test"
  require_pkce: true
  clients:
    - {{client_id: flytectl, token_endpoint_auth_method: none, redirect_uris: ["http://localhost:53593/callback"]}}
    - {{client_id: ci, client_secret: "secret-of-ci"}}
    - {{client_id: aileron, client_secret: "secret-of-console", redirect_uris: ["{address}/callback"]}}
"""
USERS = """
config_version: 1
users:
  ann: {password: correct horse battery, email: ann@example.org, groups: [ml], roles: [USER]}
"""


class Provider:
    """nanoidp, and a server that takes its tokens."""

    def __init__(self, folder):
        self.port = free_port()
        self.issuer = f"http://127.0.0.1:{self.port}"
        config = folder / "nanoidp"
        config.mkdir()
        secret = folder / "secret"
        secret.write_text("secret-of-console\n")
        secret.chmod(0o600)
        roles = folder / "roles.toml"
        scope = 'role = "contributor"\nscope = "flytesnacks"\n'
        roles.write_text(f'[[binding]]\nwho = ["user:ann", "client:ci"]\n{scope}')
        options = ("--auth", "oidc", "--oidc-issuer", self.issuer, "--oidc-audience", "https://aileron.test")
        options = (*options, "--oidc-client-secret-file", str(secret), "--roles-file", str(roles))
        self.server = Server(folder / "data", options=(*options, "--oidc-scopes", "openid,profile"))
        (config / "settings.yaml").write_text(SETTINGS.format(port=self.port, address=self.server.address))
        (config / "users.yaml").write_text(USERS)
        self.log = (folder / "nanoidp.log").open("wb")
        command = [Path(sys.executable).parent / "nanoidp", "--config", config, "--port", str(self.port)]
        self.process = subprocess.Popen(command, stdout=self.log, stderr=self.log, cwd=folder)
        wait_for("the identity provider", self.answers)
        self.server.start()

    def answers(self):
        try:
            return urllib.request.urlopen(f"{self.issuer}/.well-known/openid-configuration", timeout=5).status == 200
        except (urllib.error.URLError, ConnectionError):
            return False

    def stop(self):
        self.server.stop()
        self.process.terminate()
        self.process.wait(10)
        self.log.close()


@pytest.fixture(scope="module")
def provider(tmp_path_factory):
    provider = Provider(tmp_path_factory.mktemp("provider"))
    yield provider
    provider.stop()


def test_a_person_of_a_provider_logs_in_by_a_browser(provider):
    browser = f"{sys.executable} {HERE / 'browser.py'} ann '{PASSWORD}' %s &"
    ask(environment(provider.server, "Pkce") | {"BROWSER": browser})


def test_a_program_of_a_provider_logs_in_by_its_secret(provider):
    ask(environment(provider.server, "ClientSecret", client_id="ci", client_secret="secret-of-ci"))


def test_the_console_logs_in_at_the_provider(provider):
    browser = Browser()
    values = {"username": "ann", "password": PASSWORD}
    address, _ = browser.log_in(f"{provider.server.address}/console/", values)
    assert address.startswith(f"{provider.server.address}/console/"), address
    told = json.loads(browser.get(f"{provider.server.address}/me")[1])
    assert told["subject"] == "user:ann", told
    _, left = browser.get(f"{provider.server.address}/logout")
    assert "log in" in browser.get(f"{provider.server.address}/me")[1]
    # The page leads on to the provider, whose session ends too: it asks who it is again.
    address, page = browser.get(html.unescape(re.search(r'href="([^"]+)"', left).group(1)))
    assert address.startswith(provider.issuer) and 'name="password"' in page, (address, page)
