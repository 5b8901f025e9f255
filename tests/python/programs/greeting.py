"""A container that knows nothing of Flyte: its inputs lie in files, and so do its outputs."""

from flytekit import ContainerTask, kwtypes, workflow

greet = ContainerTask(
    name="greet",
    image="registry.local/flytekit:1",
    inputs=kwtypes(name=str, times=int),
    outputs=kwtypes(greeting=str, letters=int),
    input_data_dir="/var/inputs",
    output_data_dir="/var/outputs",
    command=[
        "sh",
        "-c",
        "for _ in $(seq $(cat /var/inputs/times)); do printf 'hello %s;' $(cat /var/inputs/name); done"
        " > /var/outputs/greeting; wc -c < /var/outputs/greeting > /var/outputs/letters",
    ],
)


@workflow
def main(name: str) -> tuple[str, int]:
    return greet(name=name, times=2)
