"""A program that waits for people: one to approve, one to give a number."""

from datetime import timedelta

from flytekit import CronSchedule, LaunchPlan, approve, task, wait_for_input, workflow


@task
def double(a: int) -> int:
    return a * 2


@workflow
def gated(a: int = 1) -> int:
    approved = approve(double(a=a), "approval", timeout=timedelta(minutes=5))
    more = wait_for_input("more", timeout=timedelta(minutes=5), expected_type=int)
    approved >> more
    return more


daily = LaunchPlan.get_or_create(gated, "gated.daily", default_inputs={"a": 1}, schedule=CronSchedule(schedule="0 0 * * *"))
