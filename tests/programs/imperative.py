"""A workflow that is put together by calls."""

from flytekit import Workflow, task


@task
def double(a: int) -> int:
    return 2 * a


main = Workflow(name="imperative.main")
main.add_workflow_input("a", int)
_once = main.add_entity(double, a=main.inputs["a"])
_twice = main.add_entity(double, a=_once.outputs["o0"])
main.add_workflow_output("four_times", _twice.outputs["o0"])

EXPECT = [{"inputs": {"a": 3}, "outputs": {"four_times": 12}}]
