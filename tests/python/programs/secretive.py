"""A task is given secrets: one in its environment, one in a file."""

from flytekit import Secret, current_context, task, workflow

USER = Secret(group="database", key="user", mount_requirement=Secret.MountType.ENV_VAR)
PASSWORD = Secret(group="database", key="password", mount_requirement=Secret.MountType.FILE)


@task(secret_requests=[USER, PASSWORD])
def log_in() -> str:
    secrets = current_context().secrets
    return f"{secrets.get('database', 'user')} with {secrets.get('database', 'password')}"


@workflow
def main() -> str:
    return log_in()
