"""A task is given secrets: one in its environment, one in a file. It tells nobody what they are, but that it has them."""

from hashlib import sha256

from flytekit import Secret, current_context, task, workflow

USER = Secret(group="database", key="user", mount_requirement=Secret.MountType.ENV_VAR)
PASSWORD = Secret(group="database", key="password", mount_requirement=Secret.MountType.FILE)


@task(secret_requests=[USER, PASSWORD])
def log_in() -> str:
    secrets = current_context().secrets
    has = f"{secrets.get('database', 'user')} with {secrets.get('database', 'password')}"
    return sha256(has.encode()).hexdigest()


@workflow
def main() -> str:
    return log_in()
