"""The REST API does what its OpenAPI document says: no request makes it fail, and every answer fits its schema."""

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.configuration import set_hypothesis_home_dir
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.core.failures import FailureGroup

from wire import DOMAIN, PROJECT

# snake_case is what the document describes; other values of Accept are answered in camelCase.
JSON = {"Accept": "application/json"}
load_all_checks()
ANSWERED_AS_DESCRIBED = CHECKS.get_by_names(
    [
        "not_a_server_error",
        "status_code_conformance",
        "content_type_conformance",
        "response_headers_conformance",
        "response_schema_conformance",
    ]
)
REFUSED_AS_DESCRIBED = CHECKS.get_by_names(["negative_data_rejection", "unsupported_method", "allow_header_conformance"])
# Absent (501) from a server that tells no callers apart, which clients take for just that.
OF_A_LOGIN = ["/.well-known/oauth-authorization-server", "/config/v1/flyte_client", "/me"]
# The same examples in every run, and not the smallest one of a failure: that would cost minutes.
BOUNDED = settings(
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def document(server, tmp_path_factory):
    set_hypothesis_home_dir(tmp_path_factory.mktemp("hypothesis"))
    document = schemathesis.openapi.from_url(f"{server.address}/api/v1/openapi.json")
    return document.exclude(path=OF_A_LOGIN)


@pytest.fixture(scope="module")
def finished(wire):
    """An execution that has ended, and what is known of it."""
    plan = wire.chain("true")
    id = wire.launch(plan)
    wire.succeed(id)
    return plan, id, wire.attempts(id, "n0")[0].id.task_id


def hold(document, mode, examples, checks):
    """Draws cases for each operation, and gives what is wrong with the answers."""
    wrong = []
    for operation in document.get_all_operations():
        operation = operation.ok()

        @settings(BOUNDED, max_examples=examples)
        @given(case=operation.as_strategy(generation_mode=mode))
        def holds(case):
            case.call_and_validate(headers=JSON, checks=checks)

        try:
            holds()
        except Unsatisfiable:
            pass  # An operation without parameters has no wrong ones.
        except FailureGroup as failures:
            wrong.append(f"{operation.label}: {failures}")
    return "\n\n".join(wrong)


@pytest.mark.parametrize(
    "mode, examples",
    # What breaks a schema takes long to draw.
    [(GenerationMode.POSITIVE, 8), (GenerationMode.NEGATIVE, 2)],
)
def test_whatever_is_sent_the_answer_is_as_described(document, mode, examples):
    wrong = hold(document, mode, examples, ANSWERED_AS_DESCRIBED + REFUSED_AS_DESCRIBED)
    assert not wrong, wrong


@pytest.fixture(scope="module")
def reading(document, finished):
    """The same document, with identifiers of what is there and lists that are not refused."""
    plan, id, task = finished

    def name(path, label):
        if label.startswith(("task_id", "id_task_id", "task_execution_id_task_id")) or "/tasks/" in path:
            return task.name
        return id.name if "execution" in label or "/executions/" in path else plan.name

    def value(path, label):
        known = {"project": PROJECT, "domain": DOMAIN, "version": plan.version, "attempt": 0, "workflow": plan.name}
        last = label.rsplit("_", 1)[-1]
        return "n0" if label.endswith("node_id") else name(path, label) if last == "name" else known.get(last, PROJECT)

    document = document.include(method="GET")

    @document.hook
    def map_path_parameters(context, parameters):
        path, parameters = context.operation.path, parameters or {}
        kept = [label for label in parameters if "resource_type" in label]
        return {label: value(path, label) for label in parameters} | {label: parameters[label] for label in kept}

    @document.hook
    def map_query(context, query):
        refused = ("filters", "token", "sort_by.key", "id.org")
        query = {name: drawn for name, drawn in (query or {}).items() if name not in refused}
        return query | ({"limit": 5} if "limit" in query or "limit" in str(context.operation.definition.raw) else {})

    return document


def test_what_is_there_is_answered_as_described(reading):
    wrong = hold(reading, GenerationMode.POSITIVE, 4, ANSWERED_AS_DESCRIBED)
    assert not wrong, wrong
