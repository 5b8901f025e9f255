"""Workflows of tasks that only connectors run."""

from datetime import timedelta

from flytekit import workflow
from flytekit.core.task import Echo
from flytekit.sensor.file_sensor import FileSensor
from flytekit.core.base_task import PythonTask
from flytekit.core.interface import Interface
from flytekit.extend.backend.base_connector import AsyncConnectorExecutorMixin, SyncConnectorExecutorMixin


class Played(AsyncConnectorExecutorMixin, PythonTask):
    def __init__(self, name, version=0, **kwargs):
        interface = Interface(inputs={"how": str, "a": int}, outputs={"o0": int})
        super().__init__("played", name, None, interface=interface, task_type_version=version, **kwargs)


class AtOnce(SyncConnectorExecutorMixin, PythonTask):
    def __init__(self, name, **kwargs):
        interface = Interface(inputs={"how": str, "a": int}, outputs={"o0": int})
        super().__init__("at_once", name, None, interface=interface, **kwargs)


class Unknown(AsyncConnectorExecutorMixin, PythonTask):
    def __init__(self, name, **kwargs):
        interface = Interface(inputs={"how": str, "a": int}, outputs={"o0": int})
        super().__init__("of_nobody", name, None, interface=interface, **kwargs)


play = Played("play")
play_second = Played("play_second", version=2)
play_again = Played("play_again")
do_at_once = AtOnce("do_at_once")
of_nobody = Unknown("of_nobody")
echo = Echo("echo", inputs={"a": int, "b": str})
sensor = FileSensor("sensor")


@workflow
def played(how: str, a: int) -> int:
    return play(how=how, a=a)


@workflow
def second(how: str, a: int) -> int:
    return play_second(how=how, a=a)


@workflow
def again(how: str, a: int) -> int:
    return play_again(how=how, a=a).with_overrides(retries=2)


@workflow
def hasty(how: str, a: int) -> int:
    return play(how=how, a=a).with_overrides(timeout=timedelta(seconds=3))


@workflow
def at_once(how: str, a: int) -> int:
    return do_at_once(how=how, a=a)


@workflow
def nobody(how: str, a: int) -> int:
    return of_nobody(how=how, a=a)


@workflow
def both(a: int) -> int:
    return do_at_once(how="succeed", a=play(how="succeed", a=a))


@workflow
def echoed(a: int, b: str) -> tuple[int, str]:
    return echo(a=a, b=b)


@workflow
def sensed(path: str):
    sensor(path=path)
