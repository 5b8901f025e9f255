"""The API below flytekit: stubs, and templates made by hand, as a client of another language makes them."""

import itertools
import uuid

import grpc
from flyteidl.admin import common_pb2, execution_pb2, launch_plan_pb2, node_execution_pb2, task_execution_pb2
from flyteidl.admin import task_pb2, workflow_pb2
from flyteidl.core import execution_pb2 as phases
from flyteidl.core import identifier_pb2, interface_pb2, literals_pb2, tasks_pb2, types_pb2, workflow_pb2 as core
from flyteidl.service import admin_pb2_grpc, dataproxy_pb2_grpc

from server import wait_for

PROJECT, DOMAIN = "flytesnacks", "development"
INTEGER = types_pb2.LiteralType(simple=types_pb2.INTEGER)
STRING = types_pb2.LiteralType(simple=types_pb2.STRING)
PHASE = phases.WorkflowExecution.Phase
NODE = phases.NodeExecution.Phase
TASK = phases.TaskExecution.Phase
ENDED = {PHASE.SUCCEEDED, PHASE.FAILED, PHASE.ABORTED, PHASE.TIMED_OUT}


def identifier(kind, name, version):
    return identifier_pb2.Identifier(resource_type=kind, project=PROJECT, domain=DOMAIN, name=name, version=version)


def execution_id(name):
    return identifier_pb2.WorkflowExecutionIdentifier(project=PROJECT, domain=DOMAIN, name=name)


def interface(inputs=(), outputs=()):
    return interface_pb2.TypedInterface(inputs=variables(dict(inputs)), outputs=variables(dict(outputs)))


def variables(types):
    named = {name: interface_pb2.Variable(type=type, description=name) for name, type in types.items()}
    return interface_pb2.VariableMap(variables=named)


def shell(id, script, inputs=(), outputs=(), retries=0):
    """A task that runs a line of shell, and so starts in a millisecond where Python takes a second."""
    return tasks_pb2.TaskTemplate(
        id=id,
        type="raw-container",
        metadata=tasks_pb2.TaskMetadata(
            retries=literals_pb2.RetryStrategy(retries=retries),
            runtime=tasks_pb2.RuntimeMetadata(type=tasks_pb2.RuntimeMetadata.OTHER, version="1"),
        ),
        interface=interface(inputs, outputs),
        container=tasks_pb2.Container(image="none", command=["sh", "-c", script]),
    )


def promise(var, node, output):
    reference = types_pb2.OutputReference(node_id=node, var=output)
    return literals_pb2.Binding(var=var, binding=literals_pb2.BindingData(promise=reference))


def constant(var, literal):
    return literals_pb2.Binding(var=var, binding=literals_pb2.BindingData(scalar=literal.scalar))


def integer(value):
    return literals_pb2.Literal(scalar=literals_pb2.Scalar(primitive=literals_pb2.Primitive(integer=value)))


def string(value):
    return literals_pb2.Literal(scalar=literals_pb2.Scalar(primitive=literals_pb2.Primitive(string_value=value)))


def node(id, task, bindings=(), after=()):
    return core.Node(
        id=id,
        metadata=core.NodeMetadata(name=id),
        inputs=list(bindings),
        upstream_node_ids=list(after),
        task_node=core.TaskNode(reference_id=task),
    )


class Wire:
    """The services of one server, and shorthands over them. Every entity gets a name of its own."""

    def __init__(self, channel):
        self.channel = channel
        self.admin = admin_pb2_grpc.AdminServiceStub(channel)
        self.data = dataproxy_pb2_grpc.DataProxyServiceStub(channel)
        self.numbers = itertools.count()
        self.version = uuid.uuid4().hex[:8]

    def reconnect(self):
        """Returns once the server is reached again."""
        grpc.channel_ready_future(self.channel).result(timeout=10)

    def name(self, prefix):
        return f"{prefix}-{self.version}-{next(self.numbers)}"

    def create_task(self, script, **details):
        id = identifier(identifier_pb2.TASK, self.name("task"), self.version)
        spec = task_pb2.TaskSpec(template=shell(id, script, **details))
        self.admin.CreateTask(task_pb2.TaskCreateRequest(id=id, spec=spec))
        return id

    def create_workflow(self, nodes, inputs=(), outputs=(), bindings=()):
        """Registers a workflow and its default launch plan, and gives the launch plan's id."""
        name = self.name("workflow")
        id = identifier(identifier_pb2.WORKFLOW, name, self.version)
        template = core.WorkflowTemplate(
            id=id, interface=interface(inputs, outputs), nodes=nodes, outputs=list(bindings)
        )
        spec = workflow_pb2.WorkflowSpec(template=template)
        self.admin.CreateWorkflow(workflow_pb2.WorkflowCreateRequest(id=id, spec=spec))
        plan = identifier(identifier_pb2.LAUNCH_PLAN, name, self.version)
        spec = launch_plan_pb2.LaunchPlanSpec(workflow_id=id)
        self.admin.CreateLaunchPlan(launch_plan_pb2.LaunchPlanCreateRequest(id=plan, spec=spec))
        return plan

    def chain(self, *scripts, **details):
        """A workflow of shell tasks, one after the other: n0, n1, ..."""
        tasks = [self.create_task(script, **details) for script in scripts]
        nodes = [node(f"n{i}", task, after=[f"n{i - 1}"] if i else []) for i, task in enumerate(tasks)]
        return self.create_workflow(nodes)

    def launch(self, plan, inputs=None, name=""):
        request = execution_pb2.ExecutionCreateRequest(
            project=PROJECT,
            domain=DOMAIN,
            name=name,
            spec=execution_pb2.ExecutionSpec(
                launch_plan=plan,
                metadata=execution_pb2.ExecutionMetadata(mode=execution_pb2.ExecutionMetadata.MANUAL),
            ),
            inputs=literals_pb2.LiteralMap(literals=inputs or {}),
        )
        return self.admin.CreateExecution(request).id

    def execution(self, id):
        return self.admin.GetExecution(execution_pb2.WorkflowExecutionGetRequest(id=id))

    def outputs(self, id):
        """The outputs of an execution that has succeeded, by name."""
        request = execution_pb2.WorkflowExecutionGetDataRequest(id=id)
        return self.admin.GetExecutionData(request).full_outputs.literals

    def phase(self, id):
        return self.execution(id).closure.phase

    def end(self, id, timeout=60.0):
        """The execution once it has ended."""

        def ended():
            execution = self.execution(id)
            return execution if execution.closure.phase in ENDED else None

        return wait_for(f"{id.name} ends", ended, timeout)

    def succeed(self, id, timeout=60.0):
        closure = self.end(id, timeout).closure
        assert closure.phase == PHASE.SUCCEEDED, f"{id.name}: {PHASE.Name(closure.phase)} {closure.error}"

    def nodes(self, id, parent=""):
        request = node_execution_pb2.NodeExecutionListRequest(
            workflow_execution_id=id, limit=100, unique_parent_id=parent
        )
        return {node.id.node_id: node for node in self.admin.ListNodeExecutions(request).node_executions}

    def all_nodes(self, id, parent=""):
        """The nodes at any depth."""
        found = self.nodes(id, parent)
        for inside in [node for node in found.values() if node.metadata.is_parent_node]:
            found |= self.all_nodes(id, inside.id.node_id)
        return found

    def attempts(self, id, node="n0"):
        """The task executions of a node, in the order of their tries."""
        request = task_execution_pb2.TaskExecutionListRequest(
            node_execution_id=identifier_pb2.NodeExecutionIdentifier(node_id=node, execution_id=id), limit=100
        )
        found = self.admin.ListTaskExecutions(request).task_executions
        return sorted(found, key=lambda attempt: attempt.id.retry_attempt)

    def abort(self, id, cause="asked by a test"):
        self.admin.TerminateExecution(execution_pb2.ExecutionTerminateRequest(id=id, cause=cause))

    def workflow(self, id):
        return self.admin.GetWorkflow(common_pb2.ObjectGetRequest(id=id))
