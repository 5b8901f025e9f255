"""Launch plans that name people: these get a mail when a workflow ends so, by a mail server that asks who sends."""

import email
import queue
from email.policy import default

import grpc
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from flyteidl.admin import common_pb2, launch_plan_pb2
from flyteidl.core import identifier_pb2

from server import Server, free_port
from wire import PHASE, Wire, identifier

PASSWORD = "correct horse"


class Mails:
    """A mail server that keeps what it gets, of those who know the password."""

    def __init__(self):
        self.queue = queue.Queue()
        port = free_port()
        asks = {"authenticator": self.known, "auth_required": True, "auth_require_tls": False}
        self.controller = Controller(self, hostname="127.0.0.1", port=port, **asks)
        self.url = f"smtp://127.0.0.1:{port}"

    def known(self, server, session, envelope, mechanism, given):
        return AuthResult(success=(given.login, given.password) == (b"aileron", PASSWORD.encode()))

    async def handle_DATA(self, server, session, envelope):
        self.queue.put((envelope.rcpt_tos, email.message_from_bytes(envelope.content, policy=default)))
        return "250 OK"


@pytest.fixture
def mails():
    mails = Mails()
    mails.controller.start()
    yield mails
    mails.controller.stop()


def options(mails, folder, password):
    file = folder / "password"
    file.write_text(password + "\n")
    file.chmod(0o600)
    given = {
        "smtp-url": mails.url,
        "smtp-user": "aileron",
        "smtp-password-file": str(file),
        "mail-sender": "Aileron <aileron@mail.test>",
    }
    return [word for name, value in given.items() for word in (f"--{name}", value)]


@pytest.fixture
def server(mails, tmp_path):
    server = Server(tmp_path / "data", options=options(mails, tmp_path, PASSWORD))
    yield server.start()
    server.stop()


def plan(wire, script):
    """A launch plan of a workflow of one task, that names people for two kinds of ends."""
    workflow = wire.chain(script)
    id = identifier(identifier_pb2.LAUNCH_PLAN, wire.name("told"), wire.version)
    people = common_pb2.EmailNotification(recipients_email=["ann@mail.test", "bob@mail.test"])
    channel = common_pb2.SlackNotification(recipients_email=["channel@slack.test"])
    told = [
        common_pb2.Notification(phases=[PHASE.FAILED], email=people),
        common_pb2.Notification(phases=[PHASE.SUCCEEDED, PHASE.ABORTED], slack=channel),
    ]
    spec = launch_plan_pb2.LaunchPlanSpec(
        workflow_id=identifier(identifier_pb2.WORKFLOW, workflow.name, wire.version),
        entity_metadata=launch_plan_pb2.LaunchPlanMetadata(notifications=told),
    )
    wire.admin.CreateLaunchPlan(launch_plan_pb2.LaunchPlanCreateRequest(id=id, spec=spec))
    return id


def test_who_a_launch_plan_names_gets_a_mail(server, mails):
    with grpc.insecure_channel(server.endpoint) as channel:
        wire = Wire(channel)
        failed = wire.launch(plan(wire, "exit 7"))
        assert wire.end(failed).closure.phase == PHASE.FAILED
        recipients, mail = mails.queue.get(timeout=60)
        assert recipients == ["ann@mail.test", "bob@mail.test"]
        assert mail["From"] == "Aileron <aileron@mail.test>"
        assert mail["Subject"] == f"flytesnacks/development/{failed.name}: FAILED"
        text = mail.get_content()
        page = f"{server.address}/console/projects/flytesnacks/domains/development/executions/{failed.name}"
        assert page in text and wire.execution(failed).closure.error.message.splitlines()[0] in text

        succeeded = wire.launch(plan(wire, "true"))
        wire.succeed(succeeded)
        recipients, mail = mails.queue.get(timeout=60)
        assert recipients == ["channel@slack.test"]
        assert mail["Subject"] == f"flytesnacks/development/{succeeded.name}: SUCCEEDED"

        aborted = wire.launch(plan(wire, "sleep 300"))
        wire.abort(aborted, "enough of it")
        recipients, mail = mails.queue.get(timeout=60)
        assert recipients == ["channel@slack.test"]
        assert mail["Subject"].endswith(f"{aborted.name}: ABORTED") and "enough of it" in mail.get_content()
        assert mails.queue.empty()


@pytest.mark.parametrize(
    "wrong, told",
    [
        (["--smtp-url", "mail.test:25", "--mail-sender", "a@b.test"], "`mail.test:25` is no mail server"),
        (["--smtp-url", "smtp://mail.test"], "mail_sender: it is needed with smtp_url"),
        (["--smtp-url", "smtp://mail.test", "--mail-sender", "aileron"], "`aileron` is no sender"),
        (["--smtp-url", "smtp://m.test", "--mail-sender", "a@b.test", "--smtp-user", "u"], "smtp_password_file"),
        (["--notification-webhook", "nowhere"], "`nowhere` is no address"),
    ],
)
def test_settings_that_name_nobody_are_told_at_the_start(wrong, told, tmp_path):
    server = Server(tmp_path / "wrong", options=wrong)
    with pytest.raises(AssertionError):
        server.start()
    assert told in server.log.read_text()
